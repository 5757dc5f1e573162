/* query_events: rows of the audit as AuditEvents, for clients. See query_internal.h. */
#include "pipeline/audit_internal.h"
#include "pipeline/query_internal.h"

static void ask_event(struct store_request *request, const struct pipeline_question *question)
{
    int64_t chain = -1, place = -1; /* an id that is none of ours is of no row */
    pipeline_audit_event_read_id(question->id, &chain, &place);
    const struct store_value values[] = {store_value_int8(chain, question->arena),
                                         store_value_int8(place, question->arena)};
    store_request_add(request, STORE_SQL_READ_EVENT, values, 2);
}

void query_events_ask(struct store_request *request, const struct pipeline_question *question)
{
    if (question->kind == PIPELINE_QUESTION_EVENT) {
        ask_event(request, question);
        return;
    }
    struct pipeline_audit_search more = *question->events;
    more.limit++;
    audit_search_ask(request, &more, question->arena);
}

static struct slice printed(const struct json *json, struct arena *arena)
{
    struct buffer text;
    buffer_init(&text, 0);
    json_print(json, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

void query_events_take(const struct store_request *request, struct pipeline_question *question)
{
    struct arena *arena = question->arena;
    /* it is nobody's who is bound to a patient */
    size_t rows = question->patient.len > 0 ? 0 : store_request_rows(request, 0);
    uint32_t limit = question->events ? question->events->limit : 1;
    question->has_more = rows > limit;
    rows = rows > limit ? limit : rows;
    question->found = ARENA_ARRAY(arena, rows, struct pipeline_found);
    question->count = rows;
    for (size_t i = 0; i < rows; i++) {
        struct pipeline_audit_row row;
        audit_row_read(request, i, &row);
        struct slice patient = store_request_bytes(request, 0, i, AUDIT_PATIENT_COLUMN);
        question->found[i] = (struct pipeline_found){
            .id = pipeline_audit_event_id(&row, arena),
            .version = 1,
            .last_updated = row.recorded,
            .body = printed(pipeline_audit_event(&row, patient, question->origin, arena), arena),
            .cursor = i + 1 == rows ? pipeline_audit_cursor(&row, arena) : (struct slice){0}};
    }
}
