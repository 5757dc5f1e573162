/* person: see the header. */
#include "pipeline/person.h"

#include "pipeline/inbox_internal.h"

int pipeline_person_records(struct pipeline_inbox *inbox, struct slice name, int64_t after,
                            int32_t limit, struct arena *arena,
                            struct pipeline_record **ret_records, size_t *ret_count,
                            struct issue_list *issues)
{
    const struct store_value values[] = {
        store_value_bytes(name.ptr ? name : SLICE("")),
        store_value_int8(after, arena),
        store_value_int4(limit, arena),
    };
    const struct store_request *request =
        inbox_ask(inbox, STORE_SQL_LIST_RECORDS, values, 3, arena, issues);
    if (request == NULL) {
        return -1;
    }
    size_t count = store_request_rows(request, 0);
    struct pipeline_record *records = ARENA_ARRAY(arena, count + 1, struct pipeline_record);
    for (size_t i = 0; i < count; i++) {
        records[i] = (struct pipeline_record){
            .key = store_request_int8(request, 0, i, 0),
            .site = store_request_bytes(request, 0, i, 1),
            .system = store_request_bytes(request, 0, i, 2),
            .value = store_request_bytes(request, 0, i, 3),
            .patient = store_request_bytes(request, 0, i, 4),
            .own_patient = store_request_bytes(request, 0, i, 5),
        };
    }
    *ret_records = records;
    *ret_count = count;
    return 0;
}
