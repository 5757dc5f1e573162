/* json_node: what a node is, for the two who touch its links: json.c and json_print.c.
 *
 * A node is a cJSON node with two lengths behind it: its texts are slices, so cJSON functions that
 * read names or texts (GetObjectItem, Compare, Print, Duplicate) must not be used on it. Those that
 * only move links are. Nothing here makes cJSON allocate or free, so its hooks stay untouched.
 *
 * Internal to json. */
#ifndef FHIR_JSON_NODE_H
#define FHIR_JSON_NODE_H

#include "fhir/json.h"

#include <cjson/cJSON.h>

struct json {
    cJSON tree; /* first: a link to a node is a link to its tree */
    uint32_t text_length;
    uint32_t name_length;
};

#endif
