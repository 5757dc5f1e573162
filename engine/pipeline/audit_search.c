/* audit_search: see the header. */
#include "pipeline/audit_search.h"

#include "pipeline/audit_internal.h"

const struct slice pipeline_audit_disclosing[] = {
    SLICE_INIT("read"), SLICE_INIT("vread"),  SLICE_INIT("history"),  SLICE_INIT("search"),
    SLICE_INIT("show"), SLICE_INIT("export"), SLICE_INIT("disclose"),
};
const size_t pipeline_audit_disclosing_count =
    sizeof(pipeline_audit_disclosing) / sizeof(pipeline_audit_disclosing[0]);

/* PostgreSQL's "infinity" is beyond what a client may ask for. */
#define LATEST (INT64_MAX / 4)

static struct store_value texts_or_null(const struct slice *texts, size_t count,
                                        struct arena *arena)
{
    if (count == 0)
        return store_value_null();
    struct store_column *column = ARENA_NEW(arena, struct store_column);
    store_column_init(column, STORE_TEXT, arena);
    for (size_t i = 0; i < count; i++)
        store_column_add_bytes(column, texts[i]);
    return store_column_value(column);
}

static struct slice lower(struct slice text, struct arena *arena)
{
    char *copy = arena_string(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    }
    return (struct slice){copy, text.len};
}

size_t audit_search_ask(struct store_request *request, const struct pipeline_audit_search *search,
                        struct arena *arena)
{
    bool of_person = search->patient.len > 0;
    const struct store_value values[] = {
        store_value_instant(search->from, arena),
        store_value_instant(search->before > 0 ? search->before : LATEST, arena),
        texts_or_null(search->kinds, search->kind_count, arena),
        texts_or_null(search->roles, search->role_count, arena),
        search->actor.len > 0 ? store_value_bytes(lower(search->actor, arena)) : store_value_null(),
        search->by_outcome ? store_value_boolean(search->went_well, arena) : store_value_null(),
        store_value_instant(search->has_cursor ? search->cursor_recorded : LATEST, arena),
        store_value_int8(search->has_cursor ? search->cursor_chain : INT64_MAX, arena),
        store_value_int8(search->has_cursor ? search->cursor_place : INT64_MAX, arena),
        store_value_int8(search->limit, arena),
        store_value_bytes(search->patient)};
    return store_request_add(request, of_person ? STORE_SQL_LIST_EVENTS_OF : STORE_SQL_LIST_EVENTS,
                             values, of_person ? 11 : 10);
}

struct slice pipeline_audit_cursor(const struct pipeline_audit_row *row, struct arena *arena)
{
    return arena_format(arena, "%lld-%lld-%lld", (long long)row->recorded, (long long)row->chain,
                        (long long)row->place);
}

bool pipeline_audit_continue(struct pipeline_audit_search *search, struct slice cursor)
{
    struct slice recorded;
    uint64_t when;
    if (!slice_split(&cursor, '-', &recorded) || !slice_to_uint64(recorded, LATEST, &when) ||
        !pipeline_audit_event_read_id(cursor, &search->cursor_chain, &search->cursor_place))
        return false;
    search->cursor_recorded = (instant)when;
    search->has_cursor = true;
    return true;
}
