/* suggest: see suggest.h. Names are short; a longer one than MAX_NAME is not worth a guess and is
 * said to be too far away. */
#include "base/suggest.h"

#include <string.h>

#define MAX_NAME 128

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* One row of the table: the distances of the first i bytes of a to each beginning of b.
 * rows[0] is this one, rows[1] that of i - 1, rows[2] that of i - 2. Returns the row's least. */
static unsigned fill_row(struct slice a, struct slice b, size_t i, unsigned rows[3][MAX_NAME + 1])
{
    rows[0][0] = (unsigned)i;
    unsigned row_least = rows[0][0];
    char letter = lower(a.ptr[i - 1]);
    for (size_t k = 1; k <= b.len; k++) {
        char other = lower(b.ptr[k - 1]);
        unsigned best = rows[1][k - 1] + (letter != other);
        best = least(best, least(rows[1][k], rows[0][k - 1]) + 1);
        if (i > 1 && k > 1 && letter == lower(b.ptr[k - 2]) && lower(a.ptr[i - 2]) == other)
            best = least(best, rows[2][k - 2] + 1);
        rows[0][k] = best;
        row_least = least(row_least, best);
    }
    return row_least;
}

unsigned suggest_distance(struct slice a, struct slice b, unsigned limit)
{
    size_t difference = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (a.len > MAX_NAME || b.len > MAX_NAME || difference > limit)
        return limit + 1;
    unsigned rows[3][MAX_NAME + 1];
    for (size_t k = 0; k <= b.len; k++)
        rows[0][k] = (unsigned)k;
    unsigned before = 0;
    for (size_t i = 1; i <= a.len; i++) {
        memmove(rows[1], rows[0], 2 * sizeof(rows[0]));
        unsigned now = fill_row(a, b, i, rows);
        /* A swap reaches back two rows: both must be beyond the limit. */
        if (now > limit && before > limit)
            return limit + 1;
        before = now;
    }
    return least(rows[0][b.len], limit + 1);
}

size_t suggest_nearest(struct slice wrong, const struct slice *names, size_t count)
{
    size_t nearest = count;
    unsigned limit = (unsigned)(wrong.len < MAX_NAME ? wrong.len : MAX_NAME) / 3;
    limit = limit ? limit : 1;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = suggest_distance(wrong, names[i], limit);
        if (distance > limit)
            continue;
        nearest = i;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return nearest;
}
