/* audit_list: rows of the audit for commands, one after the other from the newest to the oldest,
 * page by page: memory does not grow with them. Waits; never for a door. */
#ifndef PIPELINE_AUDIT_LIST_H
#define PIPELINE_AUDIT_LIST_H

#include "base/issue.h"
#include "pipeline/audit_search.h"

struct pipeline_inbox;

/* Calls take() for each row; `patient` is as pipeline_audit_event wants it. Both live until take()
 * returns; where it does not return 0 nothing more is taken. The limit of the search is not looked
 * at. -1 with an issue, or where take() said so. */
int pipeline_audit_list(struct pipeline_inbox *inbox, const struct pipeline_audit_search *search,
                        int (*take)(void *data, const struct pipeline_audit_row *row,
                                    struct slice patient),
                        void *data, struct issue_list *issues) __attribute__((warn_unused_result));

/* The last seal; *ret_number is 0 where there is none. */
int pipeline_audit_last_seal(struct pipeline_inbox *inbox, struct arena *arena, int64_t *ret_number,
                             struct slice *ret_token, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
