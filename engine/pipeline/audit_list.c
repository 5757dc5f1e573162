/* audit_list: see the header. */
#include "pipeline/audit_list.h"

#include "pipeline/audit_internal.h"
#include "pipeline/inbox_internal.h"

#define PAGE 1000

/* One page; *ret_count rows of it were taken. */
static int
take_page(struct pipeline_inbox *inbox, struct pipeline_audit_search *search, struct arena *arena,
          int (*take)(void *data, const struct pipeline_audit_row *row, struct slice patient),
          void *data, size_t *ret_count, struct issue_list *issues)
{
    struct store_request *request = store_request_new(arena);
    audit_search_ask(request, search, arena);
    if (inbox_run(inbox, request, issues) != 0)
        return -1;
    *ret_count = store_request_rows(request, 0);
    for (size_t i = 0; i < *ret_count; i++) {
        struct pipeline_audit_row row;
        audit_row_read(request, i, &row);
        if (take(data, &row, store_request_bytes(request, 0, i, AUDIT_PATIENT_COLUMN)) != 0)
            return -1;
        search->has_cursor = true;
        search->cursor_recorded = row.recorded;
        search->cursor_chain = row.chain;
        search->cursor_place = row.place;
    }
    return 0;
}

int pipeline_audit_list(struct pipeline_inbox *inbox, const struct pipeline_audit_search *search,
                        int (*take)(void *data, const struct pipeline_audit_row *row,
                                    struct slice patient),
                        void *data, struct issue_list *issues)
{
    struct pipeline_audit_search page = *search;
    struct arena *arena = arena_new(0);
    int result = 0;
    page.limit = PAGE;
    for (size_t count = PAGE; count == PAGE && result == 0;) {
        arena_reset(arena);
        result = take_page(inbox, &page, arena, take, data, &count, issues);
    }
    arena_free(arena);
    return result;
}

int pipeline_audit_last_seal(struct pipeline_inbox *inbox, struct arena *arena, int64_t *ret_number,
                             struct slice *ret_token, struct issue_list *issues)
{
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_LAST_SEAL, NULL, 0, arena, issues);
    if (!request)
        return -1;
    *ret_number = store_request_int8(request, 0, 0, 0);
    *ret_token = store_request_bytes(request, 0, 0, 2);
    return 0;
}
