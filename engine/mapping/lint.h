/* lint: mistakes that each rule alone does not show: two rules for one element, lines of a `first`
 * that never run. Internal to the room. */
#ifndef MAPPING_LINT_H
#define MAPPING_LINT_H

#include "mapping/rule.h"

/* Looks at a file's tree. Errors [two-writers] and [unreachable]. */
void lint_tree(const struct rule *root, struct arena *arena, struct issue_list *issues);

#endif
