/* lint: mistakes that each rule alone does not show: two rules for one element, lines of a `first`
 * that never run; tables that nobody asks. Internal to the room. */
#ifndef MAPPING_LINT_H
#define MAPPING_LINT_H

#include "mapping/library.h"

/* Looks at a file's tree, of either direction. Errors [two-writers] and [unreachable]. */
void lint_tree(const struct rule *root, const struct hl7v2_dictionary *dictionary,
               struct arena *arena, struct issue_list *issues);

/* Looks at the tables of the base, or of a site: warnings [unused-table], [unread-column] and
 * [duplicate-code]. The arena is scratch. */
void lint_tables(const struct mapping_rules *rules, const struct site_source *site,
                 struct arena *arena, struct issue_list *issues);

/* Looks at every resource that the rules make: warnings [required-never-set] where nothing writes
 * an element that R4 requires of it. The arena is scratch. */
void lint_required(const struct mapping_rules *rules, struct arena *arena,
                   struct issue_list *issues);

#endif
