/* route: see route.h. Rows of one path stand together, those with fixed words first. */
#include "access/route.h"

#define JSON_TYPES "application/fhir+json,application/json"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* clang-format off */
static const struct access_route routes[] = {
    /* method, pattern, interaction, name, level, published, token, body, media types */
    {HTTP_METHOD_GET,  "/healthz", ACCESS_HEALTH,    "healthz", ACCESS_OF_SERVER, false, false, 0, NULL},
    {HTTP_METHOD_GET,  "/readyz",  ACCESS_READINESS, "readyz",  ACCESS_OF_SERVER, false, false, 0, NULL},
    {HTTP_METHOD_GET,  "/metrics", ACCESS_METRICS,   "metrics", ACCESS_OF_SERVER, false, true,  0, NULL},
    {HTTP_METHOD_POST, "/oauth/token", ACCESS_TOKEN, "token", ACCESS_OF_SERVER, false, false, 32 * KIB, FORM_TYPE},
    {HTTP_METHOD_GET,  "/fhir/.well-known/smart-configuration", ACCESS_SMART, "smart-configuration", ACCESS_OF_SERVER, false, false, 0, NULL},
    {HTTP_METHOD_GET,  "/.well-known/smart-configuration", ACCESS_SMART, "smart-configuration", ACCESS_OF_SERVER, false, false, 0, NULL},
    {HTTP_METHOD_GET,  "/fhir/metadata", ACCESS_CAPABILITIES, "capabilities", ACCESS_OF_SYSTEM, false, false, 0, NULL},
    {HTTP_METHOD_POST, "/fhir", ACCESS_TRANSACTION, "transaction", ACCESS_OF_SYSTEM, true, true, 32 * MIB, JSON_TYPES},
    {HTTP_METHOD_GET,  "/fhir/{type}",         ACCESS_SEARCH, "search-type", ACCESS_OF_TYPE, true, true, 0, NULL},
    {HTTP_METHOD_POST, "/fhir/{type}",         ACCESS_CREATE, "create",      ACCESS_OF_TYPE, true, true, 16 * MIB, JSON_TYPES},
    {HTTP_METHOD_PUT,  "/fhir/{type}",         ACCESS_CONDITIONAL_UPDATE, "update", ACCESS_OF_TYPE, false, true, 16 * MIB, JSON_TYPES},
    {HTTP_METHOD_POST, "/fhir/{type}/_search", ACCESS_SEARCH, "search-type", ACCESS_OF_TYPE, false, true, 64 * KIB, FORM_TYPE},
    {HTTP_METHOD_GET,  "/fhir/{type}/$translate", ACCESS_TRANSLATE, "translate", ACCESS_OF_TYPE, false, true, 0, NULL},
    {HTTP_METHOD_POST, "/fhir/{type}/$translate", ACCESS_TRANSLATE, "translate", ACCESS_OF_TYPE, false, true, 64 * KIB, JSON_TYPES},
    {HTTP_METHOD_GET,  "/fhir/{type}/{id}/$translate", ACCESS_TRANSLATE, "translate", ACCESS_OF_TYPE, false, true, 0, NULL},
    {HTTP_METHOD_POST, "/fhir/{type}/{id}/$translate", ACCESS_TRANSLATE, "translate", ACCESS_OF_TYPE, false, true, 64 * KIB, JSON_TYPES},
    {HTTP_METHOD_GET,  "/fhir/{type}/{id}",    ACCESS_READ,   "read",        ACCESS_OF_TYPE, true, true, 0, NULL},
    {HTTP_METHOD_PUT,  "/fhir/{type}/{id}",    ACCESS_UPDATE, "update",      ACCESS_OF_TYPE, true, true, 16 * MIB, JSON_TYPES},
    {HTTP_METHOD_GET,  "/fhir/{type}/{id}/_history", ACCESS_HISTORY, "history-instance", ACCESS_OF_TYPE, true, true, 0, NULL},
    {HTTP_METHOD_GET,  "/fhir/{type}/{id}/_history/{version}", ACCESS_VREAD, "vread", ACCESS_OF_TYPE, true, true, 0, NULL},
};
/* clang-format on */

#define ROUTE_COUNT (sizeof routes / sizeof routes[0])

size_t access_route_count(void)
{
    return ROUTE_COUNT;
}

const struct access_route *access_route_at(size_t index)
{
    return &routes[index];
}

const struct access_route *access_route_of(enum access_interaction interaction)
{
    size_t index = 0;
    while (index < ROUTE_COUNT - 1 && routes[index].interaction != interaction)
        index++;
    return &routes[index];
}

/* --- matching --------------------------------------------------------------------------------- */

/* A resource type begins with a capital letter; fixed words of FHIR's paths with "_" or "$". */
static bool is_type(struct slice segment)
{
    return segment.len > 0 && segment.ptr[0] >= 'A' && segment.ptr[0] <= 'Z';
}

static bool is_id(struct slice segment)
{
    return segment.len > 0 && segment.ptr[0] != '_' && segment.ptr[0] != '$';
}

static bool take_segment(struct slice wanted, struct slice segment, struct access_match *match)
{
    if (slice_equal(wanted, SLICE("{type}"))) {
        match->type = segment;
        return is_type(segment);
    }
    if (slice_equal(wanted, SLICE("{id}"))) {
        match->id = segment;
        return is_id(segment);
    }
    if (slice_equal(wanted, SLICE("{version}"))) {
        match->version = segment;
        return segment.len > 0;
    }
    return slice_equal(wanted, segment);
}

static bool path_fits(const char *pattern, struct slice path, struct access_match *match)
{
    struct slice wanted = slice_of(pattern);
    struct slice part, segment;
    while (slice_split(&wanted, '/', &part)) {
        if (!slice_split(&path, '/', &segment) || !take_segment(part, segment, match))
            return false;
    }
    return !path.ptr;
}

static void allow(struct access_match *match, enum http_request_method method, struct arena *arena)
{
    const char *comma = match->allowed.len > 0 ? ", " : "";
    const char *also = method == HTTP_METHOD_GET ? ", HEAD" : "";
    match->allowed = arena_format(arena, "%.*s%s%s%s", SLICE_ARG(match->allowed), comma,
                                  http_method_name(method), also);
}

void access_route_find(enum http_request_method method, struct slice path, struct arena *arena,
                       struct access_match *ret_match)
{
    if (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    if (method == HTTP_METHOD_HEAD)
        method = HTTP_METHOD_GET;
    struct access_match match = {0};
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        struct access_match parts = {0};
        if (!path_fits(routes[i].pattern, path, &parts))
            continue;
        match.path_is_known = true;
        match.type = parts.type;
        match.id = parts.id;
        match.version = parts.version;
        allow(&match, routes[i].method, arena);
        if (routes[i].method == method && !match.route)
            match.route = &routes[i];
    }
    *ret_match = match;
}

bool access_route_takes(const struct access_route *route, struct slice content_type)
{
    struct slice media =
        slice_trim(slice_part(content_type, 0, slice_find_byte(content_type, ';')));
    struct slice rest = slice_of(route->media_types);
    for (struct slice each; slice_split(&rest, ',', &each);) {
        if (slice_equal_ignoring_case(each, media))
            return true;
    }
    return false;
}
