/* report: one layout for every issue that a person reads. */
#include "cli/report.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

#define REPORT_SOURCE_LIMIT ((size_t)16 << 20)

/* SGR sequences (ECMA-48 8.3.117). */
static const char *const severity_colours[] = {
    [ISSUE_INFORMATION] = "\033[36m",
    [ISSUE_WARNING] = "\033[33m",
    [ISSUE_ERROR] = "\033[31m",
    [ISSUE_FATAL] = "\033[31m",
};

bool report_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(fd) && (no_color == NULL || no_color[0] == '\0');
}

/* Line `number` (from 1) of a file, or the empty slice where it cannot be had. */
static struct slice source_line(const struct issue_place *place, struct arena *arena)
{
    struct slice text;
    if (place->line == 0 || slice_equal(place->name, SLICE("-")) ||
        file_read(arena_string(arena, place->name), REPORT_SOURCE_LIMIT, arena, &text, NULL) != 0) {
        return (struct slice){0};
    }
    unsigned number = 1;
    for (struct slice rest = text, line; slice_split(&rest, '\n', &line); number++) {
        if (number == place->line) {
            return slice_ends_with(line, SLICE("\r")) ? slice_part(line, 0, line.len - 1) : line;
        }
    }
    return (struct slice){0};
}

/* The line with a caret below the place; tabs are repeated so that the caret stands right. */
static void append_source(const struct issue_place *place, struct buffer *out)
{
    struct arena *arena = arena_new(2 * REPORT_SOURCE_LIMIT);
    struct slice line = source_line(place, arena);
    if (line.len > 0) {
        buffer_append_format(out, "%5u | %.*s\n", place->line, SLICE_ARG(line));
    }
    if (line.len > 0 && place->column > 0 && place->column <= line.len + 1) {
        buffer_append(out, SLICE("      | "));
        for (unsigned i = 0; i + 1 < place->column; i++) {
            buffer_append_byte(out, line.ptr[i] == '\t' ? '\t' : ' ');
        }
        buffer_append_byte(out, '^');
        for (unsigned i = 1; i < place->length && place->column + i <= line.len; i++) {
            buffer_append_byte(out, '~');
        }
        buffer_append_byte(out, '\n');
    }
    arena_free(arena);
}

/* What stands before "error:". */
static struct slice place_words(const struct issue *issue, const char *subject, struct arena *arena)
{
    struct slice place = issue_place_text(&issue->place, arena);
    if (issue->place.kind == ISSUE_PLACE_FILE) {
        return place;
    }
    if (place.len == 0) {
        return slice_of(subject != NULL ? subject : "painbridge");
    }
    return subject == NULL ? place : arena_format(arena, "%s: %.*s", subject, SLICE_ARG(place));
}

void report_issue(const struct issue *issue, const char *subject, bool colour, struct buffer *out)
{
    struct arena *arena = arena_new(0);
    struct slice place = place_words(issue, subject, arena);
    buffer_append_format(out, "%.*s: %s%s:%s ", SLICE_ARG(place),
                         colour ? severity_colours[issue->severity] : "",
                         issue_severity_name(issue->severity), colour ? "\033[0m" : "");
    buffer_append(out, issue_words(issue));
    if (issue->rule.len > 0) {
        buffer_append_format(out, " [%.*s]", SLICE_ARG(issue->rule));
    }
    buffer_append_byte(out, '\n');
    if (issue->place.kind == ISSUE_PLACE_FILE) {
        append_source(&issue->place, out);
    }
    if (issue->hint.len > 0) {
        buffer_append_format(out, "help: %.*s\n", SLICE_ARG(issue->hint));
    }
    arena_free(arena);
}

void report_issues(const struct issue_list *issues, bool colour, struct buffer *out)
{
    for (size_t i = 0; i < issues->count; i++) {
        report_issue(&issues->items[i], /* subject= */ NULL, colour, out);
    }
    if (issues->dropped > 0) {
        buffer_append_format(out, "painbridge: %zu more are not shown\n", issues->dropped);
    }
}
