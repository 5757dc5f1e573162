/* report: issues as a person at a terminal reads them.
 *
 *   painbridge.xml:12:15: error: 'prot' is no setting of mllp [setting-unknown]
 *      12 |   <mllp prot="2575"/>
 *         |         ^~~~
 *   help: did you mean 'port'?
 *
 * Issues without a file are one line: "painbridge: error: words", or with what the caller says
 * instead of the program's name; these may be coloured. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/buffer.h"
#include "base/issue.h"

/* Appends the issue; the source line is taken from the named file where it can be read. `subject`
 * ("a.hl7: message 2") stands before a place that is none of a file; NULL for "painbridge". */
void report_issue(const struct issue *issue, const char *subject, bool colour, struct buffer *out);
/* Appends all, and how many more there were. */
void report_issues(const struct issue_list *issues, bool colour, struct buffer *out);
/* True when descriptor fd is a terminal and NO_COLOR is not set (no-color.org). */
bool report_colour(int fd);

/* "s", but not of one: "%zu error%s". */
const char *report_plural(size_t count);

#endif
