/* settings: the types of values: what they take, how they are stored, how they are called. */
#include "cli/settings_internal.h"

#include "base/zone.h"

#include <inttypes.h>
#include <string.h>

static bool name_is_valid(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        bool alphanumeric = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= '0' && byte <= '9');
        bool mark = byte == '-' || byte == '_' || byte == '.';
        if (!alphanumeric && !(mark && i > 0)) {
            return false;
        }
    }
    return true;
}

int settings_word_number(const char *choices, struct slice word)
{
    int number = 0;
    for (struct slice rest = slice_of(choices), choice; slice_split(&rest, ' ', &choice);
         number++) {
        if (slice_equal(choice, word)) {
            return number;
        }
    }
    return -1;
}

static void put(const struct setting *row, unsigned char *target, const void *value, size_t size)
{
    memcpy(target + row->offset, value, size);
}

static bool parse_length(const struct setting *row, struct slice text)
{
    return (int64_t)text.len >= row->minimum &&
           (row->maximum == 0 || (int64_t)text.len <= row->maximum);
}

static bool parse_text(const struct setting *row, struct slice text, unsigned char *target)
{
    if (!parse_length(row, text)) {
        return false;
    }
    put(row, target, &text, sizeof(text));
    return true;
}

static bool parse_name(const struct setting *row, struct slice text, unsigned char *target)
{
    return name_is_valid(text) && parse_text(row, text, target);
}

static bool parse_number(const struct setting *row, struct slice text, unsigned char *target)
{
    uint64_t number = 0;
    if (!slice_to_uint64(text, (uint64_t)row->maximum, &number) || (int64_t)number < row->minimum) {
        return false;
    }
    put(row, target, &(int64_t){(int64_t)number}, sizeof(int64_t));
    return true;
}

static bool parse_flag(const struct setting *row, struct slice text, unsigned char *target)
{
    int number = settings_word_number("no yes", text);
    if (number < 0) {
        return false;
    }
    put(row, target, &(bool){number == 1}, sizeof(bool));
    return true;
}

static bool parse_choice(const struct setting *row, struct slice text, unsigned char *target)
{
    int number = settings_word_number(row->choices, text);
    if (number < 0) {
        return false;
    }
    put(row, target, &number, sizeof(number));
    return true;
}

static bool parse_zone(const struct setting *row, struct slice text, unsigned char *target)
{
    struct arena *arena = arena_new(0);
    bool known = (text.len == 0 && row->minimum == 0) || zone_load(arena, text) != NULL;
    arena_free(arena);
    return known && parse_text(row, text, target);
}

static bool (*const parsers[])(const struct setting *row, struct slice text,
                               unsigned char *target) = {
    [SETTING_TEXT] = parse_text, [SETTING_NAME] = parse_name,     [SETTING_NUMBER] = parse_number,
    [SETTING_FLAG] = parse_flag, [SETTING_CHOICE] = parse_choice, [SETTING_ZONE] = parse_zone,
};

/* What may stand there, for people: "a number from 1 to 65535". */
static void append_range(const struct setting *row, struct buffer *out)
{
    switch (row->type) {
    case SETTING_NUMBER:
        buffer_append_format(out, "a number from %" PRId64 " to %" PRId64, row->minimum,
                             row->maximum);
        break;
    case SETTING_FLAG:
        buffer_append(out, SLICE("yes or no"));
        break;
    case SETTING_CHOICE:
        buffer_append_format(out, "one of: %s", row->choices);
        break;
    case SETTING_ZONE:
        buffer_append(out, SLICE("a time zone such as America/Chicago"));
        break;
    case SETTING_NAME:
        buffer_append(out, SLICE("a name of letters, digits, '-', '_' and '.'"));
        break;
    case SETTING_TEXT:
        buffer_append(out, row->minimum > 0 ? SLICE("a text that is not empty") : SLICE("a text"));
        break;
    }
}

struct slice settings_range(const struct setting *row, struct arena *arena)
{
    struct buffer words;
    buffer_init(&words, 0);
    append_range(row, &words);
    struct slice copy = arena_copy(arena, buffer_slice(&words));
    buffer_release(&words);
    return copy;
}

bool settings_parse(const struct setting *row, struct slice text, void *target)
{
    return parsers[row->type](row, text, target);
}

bool settings_accepts(const struct setting *row, struct slice text)
{
    struct arena *arena = arena_new(0);
    struct setting alone = *row;
    alone.offset = 0;
    /* the largest of the types that a row can fill */
    bool accepted = settings_parse(&alone, text, arena_alloc(arena, sizeof(struct slice)));
    arena_free(arena);
    return accepted;
}
