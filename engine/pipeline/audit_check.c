/* audit_check: see the header. */
#include "pipeline/audit_check.h"

#include <string.h>

/* So many rows taken out together are found, where the rest was counted anew. */
#define SHIFT_LIMIT 256

const char *pipeline_audit_fault_name(enum pipeline_audit_fault fault)
{
    static const char *const names[] = {
        [PIPELINE_AUDIT_WHOLE] = "whole",         [PIPELINE_AUDIT_CHANGED] = "changed",
        [PIPELINE_AUDIT_DELETED] = "deleted",     [PIPELINE_AUDIT_INSERTED] = "inserted",
        [PIPELINE_AUDIT_REORDERED] = "reordered", [PIPELINE_AUDIT_CUT_OFF] = "cut off",
    };
    return names[fault];
}

static bool is_equal(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, DIGEST_SHA256_SIZE) == 0;
}

/* Whether the row says it stands on `before`, were its place this one. */
static bool fits(const struct pipeline_audit_row *row, int64_t place, const unsigned char *before)
{
    unsigned char hash[DIGEST_SHA256_SIZE];
    struct pipeline_audit_row placed = *row;
    placed.place = place;
    pipeline_audit_hash(before, &placed, hash);
    return is_equal(hash, row->hash);
}

void pipeline_audit_check_begin(struct pipeline_audit_check *check,
                                const struct pipeline_audit_chain *head,
                                const struct pipeline_audit_point *points, size_t count)
{
    *check = (struct pipeline_audit_check){.head = *head, .points = points, .point_count = count};
}

/* Whether what is known of this place from elsewhere is so; several may know of it. */
static bool is_as_sealed(const struct pipeline_audit_check *check,
                         const struct pipeline_audit_row *row)
{
    for (size_t i = check->next_point;
         i < check->point_count && check->points[i].place == row->place; i++) {
        if (!is_equal(check->points[i].hash, row->hash))
            return false;
    }
    return true;
}

static void pass_points(struct pipeline_audit_check *check)
{
    while (check->next_point < check->point_count &&
           check->points[check->next_point].place < check->head.place)
        check->next_point++;
}

size_t pipeline_audit_check_rows(struct pipeline_audit_check *check,
                                 const struct pipeline_audit_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct pipeline_audit_row *row = &rows[i];
        if (row->place != check->head.place || !fits(row, row->place, check->head.hash) ||
            !is_as_sealed(check, row))
            return i;
        memcpy(check->before, check->head.hash, sizeof(check->before));
        memcpy(check->head.hash, row->hash, sizeof(row->hash));
        check->head.place++;
        pass_points(check);
    }
    return count;
}

/* --- what was done ---------------------------------------------------------------------------- */

/* A row with this hash among those from `first` on; `count`: none. */
static size_t find_fitting(const struct pipeline_audit_row *rows, size_t first, size_t count,
                           int64_t place, const unsigned char *before)
{
    while (first < count && !fits(&rows[first], place, before))
        first++;
    return first;
}

/* Whether the first row has a place of its own elsewhere, and no second row claims it. */
static bool is_displaced(const struct pipeline_audit_row *rows, size_t count, size_t belongs)
{
    bool has_place = fits(&rows[0], rows[0].place + 1, rows[belongs].hash);
    for (size_t i = 1; i < count; i++) {
        if (is_equal(rows[i].hash, rows[0].hash))
            return false;
        has_place = has_place || fits(&rows[0], rows[i].place + 1, rows[i].hash);
    }
    return has_place;
}

/* Whether the rows hold among themselves when their places are counted on by so many. */
static bool is_shifted(const struct pipeline_audit_row *rows, size_t count, int64_t by)
{
    return count > 1 && fits(&rows[1], rows[1].place + by, rows[0].hash);
}

static struct pipeline_audit_verdict judge(const struct pipeline_audit_check *check,
                                           const struct pipeline_audit_row *rows, size_t count)
{
    const struct pipeline_audit_chain *head = &check->head;
    int64_t place = rows[0].place;
    size_t belongs = find_fitting(rows, 0, count, head->place, head->hash);
    if (place < head->place)
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_INSERTED, place,
                                               "two rows stand at this place"};
    if (place > head->place && belongs == count)
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_DELETED, head->place,
                                               "nothing stands at this place"};
    if (place > head->place)
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_REORDERED, head->place,
                                               "the row that belongs here stands elsewhere"};
    if (belongs == 0 && find_fitting(rows, 1, count, place, head->hash) < count)
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_INSERTED, place,
                                               "another row stands where it is sealed"};
    if (belongs == 0)
        return (struct pipeline_audit_verdict){
            PIPELINE_AUDIT_CHANGED, place,
            "the row is not the one that was sealed: the chain was written anew before it"};
    if (belongs < count && rows[belongs].place > place && is_displaced(rows, count, belongs))
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_REORDERED, place,
                                               "the row that belongs here stands elsewhere"};
    if (belongs < count)
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_INSERTED, place,
                                               "no other row knows of it"};
    if (place > 0 && fits(&rows[0], place - 1, check->before))
        return (struct pipeline_audit_verdict){PIPELINE_AUDIT_INSERTED, place - 1,
                                               "the next row does not know of it"};
    for (int64_t by = 1; by < SHIFT_LIMIT; by++) {
        if (is_shifted(rows, count, by))
            return (struct pipeline_audit_verdict){
                PIPELINE_AUDIT_DELETED, place,
                "what stood here is gone, and the rows behind were counted anew"};
    }
    return (struct pipeline_audit_verdict){
        PIPELINE_AUDIT_CHANGED, place,
        "it does not stand on the row before: it was changed, or that one was with its hash"};
}

void pipeline_audit_check_judge(const struct pipeline_audit_check *check,
                                const struct pipeline_audit_row *rows, size_t count,
                                struct pipeline_audit_verdict *ret_verdict)
{
    *ret_verdict = judge(check, rows, count);
}

void pipeline_audit_check_end(const struct pipeline_audit_check *check,
                              struct pipeline_audit_verdict *ret_verdict)
{
    *ret_verdict = (struct pipeline_audit_verdict){PIPELINE_AUDIT_WHOLE, 0, "it is whole"};
    if (check->next_point < check->point_count)
        *ret_verdict = (struct pipeline_audit_verdict){
            PIPELINE_AUDIT_CUT_OFF, check->head.place,
            "the rows from here on, which a seal or the next chain knows of, are gone"};
}
