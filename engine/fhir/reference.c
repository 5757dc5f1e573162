#include "fhir/reference.h"

#include <string.h>

#include "fhir/id.h"

static bool is_letter(char c)
{
    const char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'z';
}

/* A resource type's form: a capital letter, then letters. */
static bool is_type_name(struct slice text)
{
    if (text.len == 0 || text.ptr[0] < 'A' || text.ptr[0] > 'Z')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (!is_letter(text.ptr[i]))
            return false;
    }
    return true;
}

/* RFC 3986 3.1: the length of "https:" in "https://...", 0 where there is no scheme. */
static size_t scheme_length(struct slice text)
{
    const size_t colon = slice_find_byte(text, ':');
    if (colon == text.len || colon == 0 || !is_letter(text.ptr[0]))
        return 0;
    for (size_t i = 1; i < colon; i++) {
        const char c = text.ptr[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')
            return 0;
    }
    return colon + 1;
}

static bool has_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ')
            return true;
    }
    return false;
}

/* Cuts the last "/part" off *rest; false, and nothing cut, where no slash is in it. */
static bool cut_last(struct slice *rest, struct slice *ret_part)
{
    size_t at = rest->len;
    while (at > 0 && rest->ptr[at - 1] != '/')
        at--;
    if (at == 0)
        return false;
    *ret_part = slice_after(*rest, at);
    *rest = slice_part(*rest, 0, at - 1);
    return true;
}

/* Type/id[/_history/version] at the end of `path`; what stands before goes to *ret_base. */
static bool parse_restful(struct slice path, struct fhir_reference *ret_reference)
{
    struct slice rest = path, last, before;
    if (!cut_last(&rest, &last))
        return false;
    struct slice version = {NULL, 0};
    struct slice history = rest;
    if (cut_last(&history, &before) && slice_equal(before, SLICE("_history"))) {
        version = last;
        rest = history;
        if (!fhir_id_is_valid(version) || !cut_last(&rest, &last))
            return false;
    }
    struct slice type = rest, base = {NULL, 0};
    if (cut_last(&rest, &type))
        base = rest;
    if (!is_type_name(type) || !fhir_id_is_valid(last))
        return false;
    *ret_reference = (struct fhir_reference){
        .kind = base.ptr ? FHIR_REFERENCE_ABSOLUTE : FHIR_REFERENCE_RELATIVE,
        .base = base,
        .type = type,
        .id = last,
        .version = version,
    };
    return true;
}

static bool parse_conditional(struct slice text, struct fhir_reference *ret_reference)
{
    const size_t mark = slice_find_byte(text, '?');
    const struct slice type = slice_part(text, 0, mark);
    if (mark + 1 >= text.len || !is_type_name(type))
        return false;
    *ret_reference = (struct fhir_reference){
        .kind = FHIR_REFERENCE_CONDITIONAL, .type = type, .query = slice_after(text, mark + 1)};
    return true;
}

static bool parse_absolute(struct slice text, struct fhir_reference *ret_reference)
{
    if (slice_starts_with(text, SLICE("urn:uuid:")) || slice_starts_with(text, SLICE("urn:oid:"))) {
        *ret_reference = (struct fhir_reference){.kind = FHIR_REFERENCE_URN, .id = text};
        return true;
    }
    const bool is_web =
        slice_starts_with(text, SLICE("http://")) || slice_starts_with(text, SLICE("https://"));
    if (is_web && parse_restful(text, ret_reference))
        return true;
    *ret_reference = (struct fhir_reference){.kind = FHIR_REFERENCE_OTHER, .id = text};
    return true;
}

bool fhir_reference_parse(struct slice text, struct fhir_reference *ret_reference)
{
    if (text.len == 0 || has_blank(text))
        return false;
    if (text.ptr[0] == '#') {
        const struct slice id = slice_after(text, 1);
        if (id.len > 0 && !fhir_id_is_valid(id))
            return false;
        *ret_reference = (struct fhir_reference){.kind = FHIR_REFERENCE_CONTAINED, .id = id};
        return true;
    }
    if (scheme_length(slice_part(text, 0, slice_find_byte(text, '?'))) > 0)
        return parse_absolute(text, ret_reference);
    if (slice_find_byte(text, '?') < text.len)
        return parse_conditional(text, ret_reference);
    struct fhir_reference reference;
    /* FHIR R4 references.html#literal: a relative one is [type]/[id], nothing before the type. */
    if (!parse_restful(text, &reference) || reference.kind != FHIR_REFERENCE_RELATIVE)
        return false;
    *ret_reference = reference;
    return true;
}

struct slice fhir_reference_print(const struct fhir_reference *reference, struct arena *arena)
{
    switch (reference->kind) {
    case FHIR_REFERENCE_CONTAINED:
        return arena_format(arena, "#%.*s", SLICE_ARG(reference->id));
    case FHIR_REFERENCE_CONDITIONAL:
        return arena_format(arena, "%.*s?%.*s", SLICE_ARG(reference->type),
                            SLICE_ARG(reference->query));
    case FHIR_REFERENCE_URN:
    case FHIR_REFERENCE_OTHER:
        return reference->id;
    case FHIR_REFERENCE_RELATIVE:
    case FHIR_REFERENCE_ABSOLUTE:
        break;
    }
    return arena_format(arena, "%.*s%s%.*s/%.*s%s%.*s", SLICE_ARG(reference->base),
                        reference->kind == FHIR_REFERENCE_ABSOLUTE ? "/" : "",
                        SLICE_ARG(reference->type), SLICE_ARG(reference->id),
                        reference->version.len > 0 ? "/_history/" : "",
                        SLICE_ARG(reference->version));
}

struct slice fhir_reference_local(struct slice type, struct slice id, struct arena *arena)
{
    char *const text = arena_alloc(arena, type.len + 1 + id.len);
    if (type.len > 0)
        memcpy(text, type.ptr, type.len);
    text[type.len] = '/';
    if (id.len > 0)
        memcpy(text + type.len + 1, id.ptr, id.len);
    return (struct slice){text, type.len + 1 + id.len};
}

struct fhir_canonical fhir_canonical_parse(struct slice text)
{
    struct fhir_canonical canonical = {.url = text};
    const size_t hash = slice_find_byte(text, '#');
    if (hash < text.len) {
        canonical.fragment = slice_after(text, hash + 1);
        text = slice_part(text, 0, hash);
    }
    const size_t bar = slice_find_byte(text, '|');
    if (bar < text.len)
        canonical.version = slice_after(text, bar + 1);
    canonical.url = slice_part(text, 0, bar);
    return canonical;
}

/* --- walking ---------------------------------------------------------------------------------- */

/* A few other elements are called `reference` too (Expression.reference, a uri); an object is a
 * Reference when it holds nothing else than what a Reference may hold. */
static bool is_reference_object(const struct json *object)
{
    static const struct slice members[] = {
        SLICE_INIT("reference"),  SLICE_INIT("display"), SLICE_INIT("type"),
        SLICE_INIT("identifier"), SLICE_INIT("id"),      SLICE_INIT("extension"),
        SLICE_INIT("_reference"), SLICE_INIT("_type"),   SLICE_INIT("_display"),
    };
    for (const struct json *member = json_first(object); member; member = json_next(member)) {
        size_t i = 0;
        while (i < sizeof(members) / sizeof(members[0]) &&
               !slice_equal(json_name(member), members[i]))
            i++;
        if (i == sizeof(members) / sizeof(members[0]))
            return false;
    }
    return true;
}

int fhir_reference_walk(struct json *json, fhir_reference_visit *visit, void *data)
{
    struct json *text = json_get(json, SLICE("reference"));
    if (json_kind(text) == JSON_STRING && is_reference_object(json)) {
        const int result = visit(json, text, data);
        if (result)
            return result;
    }
    struct json *next;
    for (struct json *child = json_first(json); child; child = next) {
        next = json_next(child); /* the visitor may replace what it is shown */
        const int result = fhir_reference_walk(child, visit, data);
        if (result)
            return result;
    }
    return 0;
}
