/* issue_print: a mistake in a file as an analyst should meet it.
 *
 *   sites/mission/mission.xml:31:40: error: PID-33 does not exist in HL7 v2.3
 * [field-not-in-version] 31 |     <set to="meta.lastUpdated" from="PID-33"/> | ^~~~~~ help: drop
 * this rule, or declare a later version */
#ifndef MAPPING_ISSUE_PRINT_H
#define MAPPING_ISSUE_PRINT_H

#include "base/buffer.h"
#include "base/issue.h"

/* Appends the issue. `source` is the text of the file its place names, or empty: the line and the
 * caret are then left out. Issues without a file place are printed with what place they have. */
void mapping_issue_print(const struct issue *issue, struct slice source, struct buffer *buffer);

/* Appends all issues of the list, reading each file they name for its source line. */
void mapping_issue_print_list(const struct issue_list *issues, struct buffer *buffer);

#endif
