/* report: one layout for every issue that a person reads. */
#include "cli/report.h"

#include "base/file.h"
#include "mapping/issue_print.h"

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

/* A fault of a file: as the mapping's analyst meets it, with the line and a caret. */
static void report_in_file(const struct issue *issue, struct buffer *out)
{
    struct arena *arena = arena_new(2 * REPORT_SOURCE_LIMIT);
    struct slice source = {0};
    if (slice_equal(issue->place.name, SLICE("-")) ||
        file_read(arena_string(arena, issue->place.name), REPORT_SOURCE_LIMIT, arena, &source,
                  NULL) != 0) {
        source = (struct slice){0};
    }
    mapping_issue_print(issue, source, out);
    arena_free(arena);
}

/* What stands before "error:". */
static struct slice place_words(const struct issue *issue, const char *subject, struct arena *arena)
{
    struct slice place = issue_place_text(&issue->place, arena);
    if (place.len == 0) {
        return slice_of(subject != NULL ? subject : "painbridge");
    }
    return subject == NULL ? place : arena_format(arena, "%s: %.*s", subject, SLICE_ARG(place));
}

void report_issue(const struct issue *issue, const char *subject, bool colour, struct buffer *out)
{
    if (issue->place.kind == ISSUE_PLACE_FILE) {
        report_in_file(issue, out);
        return;
    }
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
    if (issue->hint.len > 0) {
        buffer_append_format(out, "help: %.*s\n", SLICE_ARG(issue->hint));
    }
    arena_free(arena);
}

const char *report_plural(size_t count)
{
    return count == 1 ? "" : "s";
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
