/* capability: the CapabilityStatement. FHIR R4 capabilitystatement.html.
 *
 * Made from the router's table and from the search parameters that are switched on, so that it
 * cannot say more or less than what is served. Printed once. */
#include "fhir/definition.h"
#include "fhir/resource.h"
#include "fhir/search_index.h"
#include "rest/call.h"

static const char *const search_type_names[FHIR_SEARCH_TYPE_COUNT] = {
    [FHIR_SEARCH_TOKEN] = "token",       [FHIR_SEARCH_REFERENCE] = "reference",
    [FHIR_SEARCH_DATE] = "date",         [FHIR_SEARCH_STRING] = "string",
    [FHIR_SEARCH_URI] = "uri",           [FHIR_SEARCH_NUMBER] = "number",
    [FHIR_SEARCH_QUANTITY] = "quantity",
};

/* `read_only`: those of code tables and of the audit. */
static void add_interactions(struct json *owner, enum access_level level, bool read_only,
                             struct arena *arena)
{
    struct json *list = json_add(owner, SLICE("interaction"), json_array(arena));
    for (size_t i = 0; i < access_route_count(); i++) {
        const struct access_route *route = access_route_at(i);
        if (!route->is_published || route->level != level ||
            (read_only && route->interaction != ACCESS_READ && route->interaction != ACCESS_SEARCH))
            continue;
        struct json *interaction = json_append(list, json_object(arena));
        json_add_string(interaction, SLICE("code"), slice_of(route->name), arena);
        /* one address takes both (FHIR R4 http.html#transaction) */
        if (route->interaction == ACCESS_TRANSACTION)
            json_add_string(json_append(list, json_object(arena)), SLICE("code"), SLICE("batch"),
                            arena);
    }
}

static void add_search(struct json *resource, const struct fhir_search_table *table,
                       struct slice type, struct arena *arena)
{
    const struct fhir_search_parameter *const *parameters = NULL;
    size_t count = fhir_search_parameters(table, type, &parameters);
    if (count == 0)
        return;
    struct json *list = json_add(resource, SLICE("searchParam"), json_array(arena));
    for (size_t i = 0; i < count; i++) {
        struct json *parameter = json_append(list, json_object(arena));
        json_add_string(parameter, SLICE("name"), parameters[i]->code, arena);
        if (parameters[i]->url.len > 0)
            json_add_string(parameter, SLICE("definition"), parameters[i]->url, arena);
        json_add_string(parameter, SLICE("type"), slice_of(search_type_names[parameters[i]->type]),
                        arena);
    }
}

static void add_resource(struct json *list, const struct rest_server_options *options,
                         struct slice type, struct arena *arena)
{
    struct json *resource = json_append(list, json_object(arena));
    json_add_string(resource, SLICE("type"), type, arena);
    bool is_table = rest_is_table(type), is_audit = rest_is_audit(type);
    add_interactions(resource, ACCESS_OF_TYPE, is_table || is_audit, arena);
    if (is_audit) {
        rest_audit_describe(resource, arena);
        return;
    }
    if (is_table) {
        rest_tables_describe(resource, arena);
        return;
    }
    json_add_string(resource, SLICE("versioning"), SLICE("versioned-update"), arena);
    json_add(resource, SLICE("readHistory"), json_boolean(arena, true));
    json_add(resource, SLICE("updateCreate"), json_boolean(arena, true));
    json_add(resource, SLICE("conditionalCreate"), json_boolean(arena, true));
    json_add_string(resource, SLICE("conditionalRead"), SLICE("full-support"), arena);
    json_add(resource, SLICE("conditionalUpdate"), json_boolean(arena, true));
    json_add_string(resource, SLICE("conditionalDelete"), SLICE("not-supported"), arena);
    struct json *policy = json_add(resource, SLICE("referencePolicy"), json_array(arena));
    json_append(policy, json_string(arena, SLICE("literal")));
    json_append(policy, json_string(arena, SLICE("logical")));
    add_search(resource, options->search, type, arena);
}

static void add_rest(struct json *statement, const struct rest_server_options *options,
                     struct arena *arena)
{
    struct json *rest =
        json_append(json_add(statement, SLICE("rest"), json_array(arena)), json_object(arena));
    json_add_string(rest, SLICE("mode"), SLICE("server"), arena);
    struct json *security = json_add(rest, SLICE("security"), json_object(arena));
    json_add(security, SLICE("cors"), json_boolean(arena, false));
    struct json *service =
        json_append(json_add(security, SLICE("service"), json_array(arena)), json_object(arena));
    struct json *coding =
        json_append(json_add(service, SLICE("coding"), json_array(arena)), json_object(arena));
    json_add_string(coding, SLICE("system"),
                    SLICE("http://terminology.hl7.org/CodeSystem/restful-security-service"), arena);
    json_add_string(coding, SLICE("code"), SLICE("SMART-on-FHIR"), arena);
    json_add_string(
        security, SLICE("description"),
        SLICE("A bearer token is needed for all but this page. Systems get one by SMART "
              "Backend Services: .well-known/smart-configuration says where."),
        arena);
    struct json *resources = json_add(rest, SLICE("resource"), json_array(arena));
    for (size_t i = 0; i < fhir_definitions_type_count(options->definitions); i++) {
        const struct fhir_type *type = fhir_definitions_type_at(options->definitions, i);
        if (fhir_definitions_resource(options->definitions, type->name))
            add_resource(resources, options, type->name, arena);
    }
    add_interactions(rest, ACCESS_OF_SYSTEM, false, arena);
}

void rest_capability_print(const struct rest_server_options *options, struct buffer *out)
{
    struct arena *arena = arena_new(0);
    struct json *statement = fhir_resource_new(SLICE("CapabilityStatement"), arena);
    json_add_string(statement, SLICE("status"), SLICE("active"), arena);
    json_add_string(statement, SLICE("date"), time_format(options->started, 0, arena), arena);
    json_add_string(statement, SLICE("kind"), SLICE("instance"), arena);
    struct json *software = json_add(statement, SLICE("software"), json_object(arena));
    json_add_string(software, SLICE("name"), SLICE("painbridge"), arena);
    if (options->software.len > 0)
        json_add_string(software, SLICE("version"), options->software, arena);
    struct json *implementation = json_add(statement, SLICE("implementation"), json_object(arena));
    json_add_string(implementation, SLICE("description"),
                    options->instance_name.len > 0 ? options->instance_name : SLICE("painbridge"),
                    arena);
    json_add_string(implementation, SLICE("url"),
                    arena_format(arena, "%.*s/fhir", SLICE_ARG(options->base_url)), arena);
    json_add_string(statement, SLICE("fhirVersion"), SLICE("4.0.1"), arena);
    struct json *formats = json_add(statement, SLICE("format"), json_array(arena));
    json_append(formats, json_string(arena, SLICE("application/fhir+json")));
    json_append(formats, json_string(arena, SLICE("json")));
    add_rest(statement, options, arena);
    json_print(statement, out);
    arena_free(arena);
}

void rest_capabilities(struct rest_call *call)
{
    call->body = rest_server_capability(call->server);
    rest_call_end(call, 200);
}
