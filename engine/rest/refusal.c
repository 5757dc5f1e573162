/* refusal: see the header. */
#include "rest/refusal.h"

#include "pipeline/audit_limit.h"

void rest_refusal_note_row(struct rest_server *server, struct pipeline_audit_row *row)
{
    struct arena *arena = arena_new(0);
    size_t passed_over = 0;
    if (pipeline_audit_limit_take(rest_server_audit_limit(server), row->address, time_monotonic(),
                                  &passed_over)) {
        if (passed_over > 0)
            row->detail = arena_format(arena, "%.*s, after %zu that were not noted",
                                       SLICE_ARG(row->detail), passed_over);
        pipeline_query_note(rest_server_options(server)->query, row);
    }
    arena_free(arena);
}

void rest_refusal_note(struct rest_server *server, const struct access_principal *principal,
                       struct slice address, const struct issue_list *issues,
                       const struct access_route *route, struct slice what)
{
    const struct issue *first = issue_list_first_error(issues);
    int status = first ? issue_kind(first->code)->http_status : 0;
    if (status != 401 && status != 403)
        return;
    bool known = status == 403 && principal && principal->client.len > 0;
    struct pipeline_audit_row row = {.kind = SLICE("refuse"),
                                     .role = known ? SLICE(PIPELINE_AUDIT_CLIENT)
                                                   : SLICE(PIPELINE_AUDIT_STRANGER),
                                     .actor = known ? principal->client : (struct slice){0},
                                     .outcome = slice_of(issue_kind(first->code)->name),
                                     .site = known ? principal->site : (struct slice){0},
                                     .user = known ? principal->user : (struct slice){0},
                                     .address = address,
                                     .entities = known ? what : (struct slice){0},
                                     .detail = route ? slice_of(route->name) : SLICE("none")};
    rest_refusal_note_row(server, &row);
}
