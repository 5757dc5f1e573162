/* bundle_text: see bundle_text.h. */
#include "rest/bundle_text.h"

#include "net/http.h"

#include <inttypes.h>

#define BUNDLE_CEILING ((size_t)128 * 1024 * 1024)

static void put(struct rest_bundle *bundle, struct slice text)
{
    buffer_append(&bundle->text, text);
}

/* Urls and the like: what JSON does not take as it is cannot stand in them but for quotes and
 * backslashes (RFC 8259 7). */
static void put_string(struct rest_bundle *bundle, struct slice text)
{
    buffer_append_byte(&bundle->text, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte < 0x20)
            buffer_append_format(&bundle->text, "\\u%04x", byte);
        if (byte == '"' || byte == '\\')
            buffer_append_byte(&bundle->text, '\\');
        if (byte >= 0x20)
            buffer_append_byte(&bundle->text, (char)byte);
    }
    buffer_append_byte(&bundle->text, '"');
}

void rest_bundle_begin(struct rest_bundle *bundle, const char *type, int64_t total,
                       const struct slice *links, size_t link_count)
{
    buffer_init(&bundle->text, BUNDLE_CEILING);
    bundle->has_entries = false;
    put(bundle, SLICE("{\"resourceType\":\"Bundle\",\"type\":"));
    put_string(bundle, slice_of(type));
    if (total >= 0)
        buffer_append_format(&bundle->text, ",\"total\":%" PRId64, total);
    bool first = true;
    for (size_t i = 0; i < link_count; i++) {
        if (links[2 * i + 1].len == 0)
            continue;
        put(bundle, first ? SLICE(",\"link\":[{\"relation\":") : SLICE(",{\"relation\":"));
        put_string(bundle, links[2 * i]);
        put(bundle, SLICE(",\"url\":"));
        put_string(bundle, links[2 * i + 1]);
        put(bundle, SLICE("}"));
        first = false;
    }
    if (!first)
        put(bundle, SLICE("]"));
}

/* Opens an entry; *ret_comma is what goes before its next member. */
static struct slice begin_entry(struct rest_bundle *bundle, struct slice full_url,
                                struct slice body)
{
    put(bundle, bundle->has_entries ? SLICE(",{") : SLICE(",\"entry\":[{"));
    bundle->has_entries = true;
    struct slice comma = SLICE("");
    if (full_url.len > 0) {
        put(bundle, SLICE("\"fullUrl\":"));
        put_string(bundle, full_url);
        comma = SLICE(",");
    }
    if (body.len == 0)
        return comma;
    put(bundle, comma);
    put(bundle, SLICE("\"resource\":"));
    put(bundle, body);
    return SLICE(",");
}

void rest_bundle_add_match(struct rest_bundle *bundle, struct slice full_url, struct slice body,
                           const char *mode)
{
    struct slice comma = begin_entry(bundle, full_url, body);
    if (mode) {
        put(bundle, comma);
        put(bundle, SLICE("\"search\":{\"mode\":"));
        put_string(bundle, slice_of(mode));
        put(bundle, SLICE("}"));
    }
    put(bundle, SLICE("}"));
}

static void put_instant(struct rest_bundle *bundle, instant when)
{
    struct arena *arena = arena_new(0);
    put_string(bundle, time_format(when, 0, arena));
    arena_free(arena);
}

static void put_response(struct rest_bundle *bundle, const struct rest_entry_response *response)
{
    buffer_append_format(&bundle->text, "\"response\":{\"status\":\"%d %s\"", response->status,
                         http_status_words(response->status));
    if (response->location.len > 0) {
        put(bundle, SLICE(",\"location\":"));
        put_string(bundle, response->location);
    }
    if (response->version > 0) {
        buffer_append_format(&bundle->text, ",\"etag\":\"W/\\\"%" PRIu64 "\\\"\"",
                             response->version);
        put(bundle, SLICE(",\"lastModified\":"));
        put_instant(bundle, response->last_modified);
    }
    if (response->outcome.len > 0) {
        put(bundle, SLICE(",\"outcome\":"));
        put(bundle, response->outcome);
    }
    put(bundle, SLICE("}"));
}

void rest_bundle_add_response(struct rest_bundle *bundle, struct slice full_url, struct slice body,
                              const char *method, struct slice url,
                              const struct rest_entry_response *response)
{
    struct slice comma = begin_entry(bundle, full_url, body);
    if (method) {
        put(bundle, comma);
        put(bundle, SLICE("\"request\":{\"method\":"));
        put_string(bundle, slice_of(method));
        put(bundle, SLICE(",\"url\":"));
        put_string(bundle, url);
        put(bundle, SLICE("}"));
        comma = SLICE(",");
    }
    put(bundle, comma);
    put_response(bundle, response);
    put(bundle, SLICE("}"));
}

static void release_text(void *data)
{
    buffer_release(data);
}

bool rest_bundle_end(struct rest_bundle *bundle, struct arena *arena, struct slice *ret_text)
{
    put(bundle, bundle->has_entries ? SLICE("]}") : SLICE("}"));
    bool whole = !buffer_overflowed(&bundle->text);
    /* the text may be large: it hangs on the arena instead of being copied into it */
    struct buffer *text = ARENA_NEW(arena, struct buffer);
    *text = bundle->text;
    arena_on_release(arena, release_text, text);
    if (whole)
        *ret_text = buffer_slice(text);
    return whole;
}
