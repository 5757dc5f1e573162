/* issue_print: issues with their source line and a caret. */
#include "mapping/issue_print.h"

#include "base/file.h"

static struct slice line_of(struct slice source, unsigned line)
{
    struct slice rest = source, one = {NULL, 0};
    for (unsigned number = 0; number < line; number++)
        if (!slice_split(&rest, '\n', &one))
            return (struct slice){NULL, 0};
    if (one.len && one.ptr[one.len - 1] == '\r')
        one.len--;
    return one;
}

/* Byte for byte, but no control characters: they would speak to the terminal. */
static void print_line(struct buffer *buffer, struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char byte = (unsigned char)line.ptr[i];
        bool is_control = (byte < ' ' && byte != '\t') || byte == 0x7F;
        buffer_append_byte(buffer, is_control ? '?' : line.ptr[i]);
    }
    buffer_append_byte(buffer, '\n');
}

/* The caret's line: tabs stay tabs, so that it stands below its column. */
static void print_caret(struct buffer *buffer, struct slice line, const struct issue_place *place)
{
    size_t column = place->column ? place->column - 1 : 0;
    size_t length = place->length ? place->length : 1;
    if (column > line.len)
        return;
    if (length > line.len - column)
        length = line.len > column ? line.len - column : 1;
    buffer_append(buffer, SLICE("      | "));
    for (size_t i = 0; i < column; i++)
        buffer_append_byte(buffer, line.ptr[i] == '\t' ? '\t' : ' ');
    buffer_append_byte(buffer, '^');
    for (size_t i = 1; i < length; i++)
        buffer_append_byte(buffer, '~');
    buffer_append_byte(buffer, '\n');
}

void mapping_issue_print(const struct issue *issue, struct slice source, struct buffer *buffer)
{
    struct arena *arena = arena_new(0);
    struct slice place = issue_place_text(&issue->place, arena);
    struct slice words = issue_words(issue);
    buffer_append(buffer, place);
    buffer_append_format(buffer, "%s%s: %.*s", place.len ? ": " : "",
                         issue_severity_name(issue->severity), SLICE_ARG(words));
    if (issue->rule.len)
        buffer_append_format(buffer, " [%.*s]", SLICE_ARG(issue->rule));
    buffer_append_byte(buffer, '\n');
    struct slice line = {NULL, 0};
    if (issue->place.kind == ISSUE_PLACE_FILE)
        line = line_of(source, issue->place.line);
    if (line.len) {
        buffer_append_format(buffer, "%5u | ", issue->place.line);
        print_line(buffer, line);
        print_caret(buffer, line, &issue->place);
    }
    if (issue->hint.len)
        buffer_append_format(buffer, "help: %.*s\n", SLICE_ARG(issue->hint));
    arena_free(arena);
}

void mapping_issue_print_list(const struct issue_list *issues, struct buffer *buffer)
{
    for (size_t i = 0; i < issues->count; i++) {
        const struct issue *issue = &issues->items[i];
        struct arena *arena = arena_new(0);
        struct issue_list unused;
        struct slice source = {NULL, 0};
        issue_list_init(&unused, arena);
        if (issue->place.kind == ISSUE_PLACE_FILE &&
            file_read(arena_string(arena, issue->place.name), 16u << 20, arena, &source, &unused) !=
                0)
            source = (struct slice){NULL, 0};
        mapping_issue_print(issue, source, buffer);
        arena_free(arena);
    }
    if (issues->dropped)
        buffer_append_format(buffer, "and %zu more\n", issues->dropped);
}
