/* bundle_read: the requests of a transaction or batch, checked as far as one Bundle can tell. */
#include "fhir/bundle.h"

#include "base/map.h"
#include "fhir/id.h"
#include "fhir/path.h"
#include "fhir/reference.h"
#include "fhir/resource.h"

struct reader {
    struct arena *arena;
    struct issue_list *issues;
    bool is_transaction;
    bool failed;
    struct map full_urls;
    struct map targets; /* "Patient/1" that a request changes */
};

static void report(struct reader *reader, enum issue_code code, const struct fhir_path *path,
                   const char *words)
{
    reader->failed = true;
    issue_report(reader->issues, code, ISSUE_ERROR, fhir_path_place(path, reader->arena), "%s",
                 words);
}

static void report_at(struct reader *reader, enum issue_code code, const struct fhir_path *entry,
                      struct slice member, const char *words)
{
    const struct fhir_path request = {.outer = entry, .name = SLICE("request")};
    const struct fhir_path path = {.outer = &request, .name = member};
    report(reader, code, &path, words);
}

/* FHIR R4 valueset-http-verb.html */
static const struct {
    struct slice name;
    enum fhir_bundle_method method;
    bool needs_resource;
} methods[] = {
    {SLICE_INIT("GET"), FHIR_BUNDLE_GET, false},
    {SLICE_INIT("HEAD"), FHIR_BUNDLE_HEAD, false},
    {SLICE_INIT("POST"), FHIR_BUNDLE_POST, true},
    {SLICE_INIT("PUT"), FHIR_BUNDLE_PUT, true},
    {SLICE_INIT("DELETE"), FHIR_BUNDLE_DELETE, false},
    {SLICE_INIT("PATCH"), FHIR_BUNDLE_PATCH, true},
};

static bool read_method(struct slice name, struct fhir_bundle_request *request,
                        bool *ret_needs_resource)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (slice_equal(name, methods[i].name)) {
            request->method = methods[i].method;
            *ret_needs_resource = methods[i].needs_resource;
            return true;
        }
    }
    return false;
}

/* A type by its form; whether it exists is the validator's question. */
static bool is_type(struct slice name)
{
    if (name.len == 0 || name.ptr[0] < 'A' || name.ptr[0] > 'Z')
        return false;
    for (size_t i = 1; i < name.len; i++) {
        const char low = (char)(name.ptr[i] | 0x20);
        if (low < 'a' || low > 'z')
            return false;
    }
    return true;
}

/* "Patient", "Patient/1", "Patient?identifier=x", and for reads anything else. */
static bool read_url(struct fhir_bundle_request *request)
{
    const size_t mark = slice_find_byte(request->url, '?');
    const struct slice path = slice_part(request->url, 0, mark);
    const size_t slash = slice_find_byte(path, '/');
    const struct slice type = slice_part(path, 0, slash);
    const struct slice id = slice_after(path, slash + 1);
    request->query = slice_after(request->url, mark + 1);
    const bool is_plain = is_type(type) && (slash == path.len || fhir_id_is_valid(id));
    if (is_plain) {
        request->type = type;
        request->id = id;
    }
    switch (request->method) {
    case FHIR_BUNDLE_POST: /* FHIR R4 http.html#create: [type], nothing behind it */
        return is_plain && id.len == 0 && mark == request->url.len;
    case FHIR_BUNDLE_PUT:
    case FHIR_BUNDLE_DELETE:
    case FHIR_BUNDLE_PATCH: /* by id, or conditional: exactly one of the two */
        return is_plain && (id.len > 0) != (request->query.len > 0);
    case FHIR_BUNDLE_GET:
    case FHIR_BUNDLE_HEAD:
        break;
    }
    return request->url.len > 0;
}

/* W/"23": the version between the quotes (FHIR R4 http.html#versioning). */
static bool read_entity_tag(struct slice tag, struct slice *ret_version)
{
    const struct slice start = SLICE("W/\"");
    if (!slice_starts_with(tag, start) || !slice_ends_with(tag, SLICE("\"")) ||
        tag.len < start.len + 2)
        return false;
    *ret_version = slice_part(tag, start.len, tag.len - start.len - 1);
    return fhir_id_is_valid(*ret_version);
}

static void check_resource(struct reader *reader, const struct fhir_bundle_request *request,
                           const struct fhir_path *path)
{
    const struct fhir_path inner = {.outer = path, .name = SLICE("resource")};
    if (request->method == FHIR_BUNDLE_PATCH) /* a Binary or Parameters with the patch */
        return;
    if (!slice_equal(fhir_resource_type(request->resource), request->type))
        report(reader, ISSUE_STRUCTURE, &inner, "resource is not of the type that the url names");
    if (request->method == FHIR_BUNDLE_PUT && request->id.len > 0 &&
        !slice_equal(fhir_resource_id(request->resource), request->id))
        report(reader, ISSUE_STRUCTURE, &inner, "resource does not have the id that the url names");
}

/* FHIR R4 http.html#trules: one resource at most once, one fullUrl at most once. */
static void check_overlap(struct reader *reader, const struct fhir_bundle_request *request,
                          const struct fhir_path *path)
{
    const struct fhir_path full_url = {.outer = path, .name = SLICE("fullUrl")};
    if (!reader->is_transaction)
        return;
    if (request->full_url.len > 0 && map_put(&reader->full_urls, request->full_url, reader))
        report(reader, ISSUE_STRUCTURE, &full_url, "fullUrl comes twice in the transaction");
    const bool changes = request->method != FHIR_BUNDLE_GET && request->method != FHIR_BUNDLE_HEAD;
    if (changes && request->id.len > 0 &&
        map_put(&reader->targets, fhir_reference_local(request->type, request->id, reader->arena),
                reader))
        report_at(reader, ISSUE_STRUCTURE, path, SLICE("url"),
                  "resource is changed twice in the transaction");
}

/* One that is there and says nothing, or is no text, would protect nothing: the definitions refuse
 * it in a transaction, but a batch is not held to them as a whole. */
static struct slice read_condition(struct reader *reader, const struct json *members,
                                   const struct fhir_path *path, struct slice name)
{
    struct slice text = json_get_text(members, name);
    if (text.len == 0 && json_get(members, name))
        report_at(reader, ISSUE_DATA_TYPE, path, name, "a condition without a text");
    return text;
}

static void read_conditions(struct reader *reader, const struct json *members,
                            const struct fhir_path *path, struct fhir_bundle_request *request)
{
    request->if_none_match = read_condition(reader, members, path, SLICE("ifNoneMatch"));
    request->if_none_exist = read_condition(reader, members, path, SLICE("ifNoneExist"));
    const struct json *if_match = json_get(members, SLICE("ifMatch"));
    if (if_match && !read_entity_tag(json_text(if_match), &request->if_match))
        report_at(reader, ISSUE_DATA_TYPE, path, SLICE("ifMatch"), "not an entity tag W/\"...\"");
}

static void read_entry(struct reader *reader, const struct json *entry,
                       const struct fhir_path *path, struct fhir_bundle_request *request)
{
    const struct json *members = json_get(entry, SLICE("request"));
    bool needs_resource = false;
    request->full_url = json_get_text(entry, SLICE("fullUrl"));
    request->url = json_get_text(members, SLICE("url"));
    request->resource = json_get(entry, SLICE("resource"));
    if (!read_method(json_get_text(members, SLICE("method")), request, &needs_resource)) {
        report_at(reader, ISSUE_STRUCTURE, path, SLICE("method"), "method is missing or not known");
        return;
    }
    if (!read_url(request)) {
        report_at(reader, ISSUE_STRUCTURE, path, SLICE("url"), "url does not fit the method");
        return;
    }
    read_conditions(reader, members, path, request);
    if (needs_resource && !request->resource) {
        report_at(reader, ISSUE_STRUCTURE, path, SLICE("method"), "method needs a resource");
        return;
    }
    if (needs_resource)
        check_resource(reader, request, path);
    check_overlap(reader, request, path);
}

int fhir_bundle_read_requests(const struct json *bundle, struct arena *arena,
                              struct fhir_bundle_request **ret_requests, size_t *ret_count,
                              struct issue_list *issues)
{
    const struct slice type = json_get_text(bundle, SLICE("type"));
    struct reader reader = {
        .arena = arena,
        .issues = issues,
        .is_transaction = slice_equal(type, SLICE("transaction")),
    };
    const struct fhir_path top = {.name = SLICE("Bundle")};
    const struct fhir_path type_path = {.outer = &top, .name = SLICE("type")};
    const struct fhir_path list_path = {.outer = &top, .name = SLICE("entry")};
    struct fhir_path path = {.outer = &list_path, .is_item = true};
    if (!slice_equal(fhir_resource_type(bundle), SLICE("Bundle")) ||
        (!reader.is_transaction && !slice_equal(type, SLICE("batch")))) {
        report(&reader, ISSUE_STRUCTURE, &type_path,
               "a Bundle of type transaction or batch was "
               "expected");
        return -1;
    }
    map_init(&reader.full_urls, arena);
    map_init(&reader.targets, arena);
    const struct json *entries = json_get(bundle, SLICE("entry"));
    const size_t count = json_count(entries);
    struct fhir_bundle_request *requests = ARENA_ARRAY(arena, count, struct fhir_bundle_request);
    for (const struct json *entry = json_first(entries); entry; entry = json_next(entry)) {
        requests[path.index].index = path.index;
        read_entry(&reader, entry, &path, &requests[path.index]);
        path.index++;
    }
    if (reader.failed)
        return -1;
    *ret_requests = requests;
    *ret_count = count;
    return 0;
}
