/* json_node: what a node is, for the two who touch its links: json.c and json_print.c.
 *
 * A node is a cJSON node whose texts are slices, so cJSON functions that read names or texts
 * (GetObjectItem, Compare, Print, Duplicate) must not be used on it. Those that only move links
 * are. The lengths stand where cJSON keeps the value of a number, which is kept as its text here: a
 * node fills one cache line, and a message has hundreds. Nothing here makes cJSON allocate or free,
 * so its hooks stay untouched.
 *
 * Internal to json. */
#ifndef FHIR_JSON_NODE_H
#define FHIR_JSON_NODE_H

#include "fhir/json.h"

#include <cjson/cJSON.h>
#include <string.h>

struct json {
    cJSON tree; /* first: a link to a node is a link to its tree */
};

static inline struct slice json_node_name(const struct json *json)
{
    return (struct slice){json->tree.string, (unsigned)json->tree.valueint};
}

static inline void json_node_set_name(struct json *json, struct slice name)
{
    /* cJSON's text pointers are not const; nothing writes through them. */
    json->tree.string = (char *)(uintptr_t)name.ptr;
    json->tree.valueint = (int)name.len;
}

static inline struct slice json_node_text(const struct json *json)
{
    uint64_t len;
    memcpy(&len, &json->tree.valuedouble, sizeof(len));
    return (struct slice){json->tree.valuestring, len};
}

static inline void json_node_set_text(struct json *json, struct slice text)
{
    const uint64_t len = text.len;
    json->tree.valuestring = (char *)(uintptr_t)text.ptr;
    memcpy(&json->tree.valuedouble, &len, sizeof(len));
}

#endif
