/* tables: code tables as ConceptMaps. FHIR R4 conceptmap.html.
 *
 * They are files of the mappings, not resources of the store: read and searched by the revision in
 * force, without versions, and written by nobody here. */
#include "base/digest.h"
#include "base/encode.h"
#include "rest/look.h"
#include "rest/translate.h"

#include <inttypes.h>

static const struct {
    struct slice name;
    const char *type;
    enum pipeline_table_field field;
} parameters[] = {
    {SLICE_INIT("_id"), "token", PIPELINE_TABLE_ID},
    {SLICE_INIT("url"), "uri", PIPELINE_TABLE_URL},
    {SLICE_INIT("name"), "string", PIPELINE_TABLE_NAME},
    {SLICE_INIT("title"), "string", PIPELINE_TABLE_TITLE},
};
#define PARAMETER_COUNT (sizeof parameters / sizeof parameters[0])

bool rest_is_table(struct slice type)
{
    return slice_equal(type, SLICE("ConceptMap"));
}

void rest_tables_describe(struct json *resource, struct arena *arena)
{
    struct json *list = json_add(resource, SLICE("searchParam"), json_array(arena));
    json_add_string(resource, SLICE("documentation"),
                    SLICE("The code tables of the mappings in force, read only: they are files."),
                    arena);
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        struct json *parameter = json_append(list, json_object(arena));
        json_add_string(parameter, SLICE("name"), parameters[i].name, arena);
        json_add_string(parameter, SLICE("type"), slice_of(parameters[i].type), arena);
    }
    struct json *operation =
        json_append(json_add(resource, SLICE("operation"), json_array(arena)), json_object(arena));
    json_add_string(operation, SLICE("name"), SLICE("translate"), arena);
    json_add_string(operation, SLICE("definition"),
                    SLICE("http://hl7.org/fhir/OperationDefinition/ConceptMap-translate"), arena);
}

/* --- read ------------------------------------------------------------------------------------- */

/* A file has no versions: what stands in it tells one state of it from another. */
static struct slice tag_of(struct slice body, struct arena *arena)
{
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(body, digest);
    return encode_hex((struct slice){(const char *)digest, sizeof(digest) / 2}, arena);
}

static void take_read(struct pipeline_question *question)
{
    struct rest_call *call = rest_look_answered(question);
    if (!call)
        return;
    if (question->count == 0) {
        rest_call_fail(call, ISSUE_NOT_FOUND, "there is no such code table");
        return;
    }
    call->entity_tag = tag_of(question->found[0].body, call->arena);
    if (call->if_none_match.len > 0 && rest_names_tag(call->if_none_match, call->entity_tag)) {
        rest_call_end(call, 304);
        return;
    }
    call->body = question->found[0].body;
    rest_call_end(call, 200);
}

static void read_table(struct rest_call *call)
{
    struct pipeline_question *question =
        rest_look_question(call, PIPELINE_QUESTION_TABLES, take_read);
    if (!question)
        return;
    struct pipeline_table_search *search = ARENA_NEW(call->arena, struct pipeline_table_search);
    struct pipeline_table_criterion *id = ARENA_NEW(call->arena, struct pipeline_table_criterion);
    *id = (struct pipeline_table_criterion){PIPELINE_TABLE_ID, call->id};
    *search = (struct pipeline_table_search){.criteria = id, .count = 1};
    question->tables = search;
    question->limit = 1;
    rest_look_submit(call, question);
}

/* --- search ----------------------------------------------------------------------------------- */

/* What of the query was taken, for the links of the Bundle. */
struct table_look {
    struct rest_call *call;
    struct pipeline_table_search search;
    struct slice self;
};

static void keep_in_self(struct table_look *look, const struct rest_parameter *parameter)
{
    struct arena *arena = look->call->arena;
    look->self = arena_format(arena, "%.*s%s%.*s=%.*s", SLICE_ARG(look->self),
                              look->self.len > 0 ? "&" : "?", SLICE_ARG(parameter->name),
                              SLICE_ARG(http_percent_encode(parameter->value, arena)));
}

/* False where it is none of ours. */
static bool take_criterion(struct table_look *look, const struct rest_parameter *parameter)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        if (!slice_equal(parameters[i].name, parameter->name))
            continue;
        look->search.criteria[look->search.count++] =
            (struct pipeline_table_criterion){parameters[i].field, parameter->value};
        return true;
    }
    return false;
}

static int read_parameters(struct table_look *look, uint32_t *ret_limit)
{
    struct rest_call *call = look->call;
    struct slice count = {0}, cursor = rest_call_parameter(call, SLICE("_cursor"));
    for (size_t i = 0; i < call->parameter_count; i++) {
        const struct rest_parameter *parameter = &call->parameters[i];
        bool is_count = slice_equal(parameter->name, SLICE("_count"));
        if (parameter->used)
            continue;
        if (!is_count && !take_criterion(look, parameter)) {
            rest_look_leave_out(call, i);
            continue;
        }
        if (!is_count || !count.ptr)
            keep_in_self(look, parameter);
        count = is_count ? parameter->value : count;
    }
    if (cursor.ptr && !slice_to_uint64(cursor, UINT32_MAX, &look->search.skip))
        issue_report(&call->issues, ISSUE_DATA_TYPE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "_cursor is none of ours");
    if (rest_look_count(call, ret_limit) != 0 || issue_list_failed(&call->issues))
        return -1;
    return 0;
}

static void take_search(struct pipeline_question *question)
{
    const struct table_look *look = question->owner;
    struct rest_call *call = question->owner = look->call;
    if (!rest_look_answered(question))
        return;
    struct slice self = arena_format(call->arena, "%.*s/fhir/%.*s%.*s",
                                     SLICE_ARG(rest_server_options(call->server)->base_url),
                                     SLICE_ARG(call->type), SLICE_ARG(look->self));
    struct slice next = {0};
    if (question->has_more)
        next = arena_format(call->arena, "%.*s%s_cursor=%" PRIu64, SLICE_ARG(self),
                            look->self.len > 0 ? "&" : "?", look->search.skip + question->count);
    const struct slice links[] = {SLICE("self"), self, SLICE("next"), next};
    struct rest_bundle bundle;
    rest_bundle_begin(&bundle, "searchset", (int64_t)question->total, links, 2);
    for (size_t i = 0; i < question->count; i++)
        rest_bundle_add_match(&bundle, rest_call_url(call, call->type, question->found[i].id),
                              question->found[i].body, "match");
    rest_look_end_search(call, &bundle);
}

static void search_tables(struct rest_call *call)
{
    struct table_look *look = ARENA_NEW(call->arena, struct table_look);
    uint32_t limit = 0;
    look->call = call;
    look->search.criteria =
        ARENA_ARRAY(call->arena, call->parameter_count + 1, struct pipeline_table_criterion);
    if (read_parameters(look, &limit) != 0) {
        rest_call_end_failed(call);
        return;
    }
    struct pipeline_question *question =
        rest_look_question(call, PIPELINE_QUESTION_TABLES, take_search);
    if (!question)
        return;
    question->owner = look;
    question->tables = &look->search;
    question->limit = limit;
    rest_look_submit(call, question);
}

void rest_tables(struct rest_call *call)
{
    if (call->route->interaction == ACCESS_READ)
        read_table(call);
    else if (call->route->interaction == ACCESS_SEARCH)
        search_tables(call);
    else if (call->route->interaction == ACCESS_TRANSLATE)
        rest_translate(call);
    else
        rest_call_fail(call, ISSUE_NOT_FOUND, "a code table has no versions here");
}
