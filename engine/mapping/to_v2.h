/* to_v2: FHIR resources through the files that write v2: one HL7 v2 message, and the record of why.
 *
 * The language is described in mappings/README.md ("What goes out"). A message is called for by one
 * resource, its focus: a DiagnosticReport calls for an ORU^R01. What else goes into it is found in
 * the pool of resources at hand: a Bundle, or what a store has of a patient.
 *
 * A pure function of pool, focus, context and files: no clock, no database, no memory between two
 * calls. Results live in the caller's arena and point into the pool and the files. */
#ifndef MAPPING_TO_V2_H
#define MAPPING_TO_V2_H

#include "base/zone.h"
#include "fhir/json.h"
#include "mapping/to_fhir.h"

struct mapping_sends;
struct mapping_texts;

/* --- the files ---------------------------------------------------------------------------------*/

/* Compiles the files that write v2 with the differences of the site that receives; site_texts NULL:
 * the base as it is. -1 with issues as mapping_program_make, which checks the same. */
int mapping_sends_make(const struct mapping_rules *rules, const struct mapping_texts *site_texts,
                       struct arena *arena, const struct mapping_sends **ret_sends,
                       struct issue_list *issues) __attribute__((warn_unused_result));
/* The same from a site's folder, or NULL. */
int mapping_sends_load(const struct mapping_rules *rules, const char *site_folder,
                       struct arena *arena, const struct mapping_sends **ret_sends,
                       struct issue_list *issues) __attribute__((warn_unused_result));

/* One <send>, by its number from 0. */
struct mapping_send_facts {
    struct slice id;        /* "results-out" */
    struct slice structure; /* "ORU_R01" */
    struct slice type;      /* MSH-9.1 "ORU" */
    struct slice event;     /* MSH-9.2 "R01" */
    struct slice from;      /* type of the focus: "DiagnosticReport" */
};
size_t mapping_sends_count(const struct mapping_sends *sends);
struct mapping_send_facts mapping_sends_at(const struct mapping_sends *sends, size_t number);
/* As mapping_program_site, mapping_program_rule and mapping_program_row. */
const struct mapping_site *mapping_sends_site(const struct mapping_sends *sends);
struct mapping_rule_facts mapping_sends_rule(const struct mapping_sends *sends, uint32_t number);
struct mapping_row_facts mapping_sends_row(const struct mapping_sends *sends, uint32_t number);

/* --- the resources at hand ---------------------------------------------------------------------*/

struct mapping_pool;

/* An empty pool in the arena. */
struct mapping_pool *mapping_pool_new(struct arena *arena);
/* Adds a resource with those it contains, or all entries of a Bundle; full URLs and Type/id find
 * them. The tree must live as long as the pool. */
void mapping_pool_add(struct mapping_pool *pool, const struct json *resource);
size_t mapping_pool_count(const struct mapping_pool *pool);
/* A resource by its number from 0, contained ones included. */
const struct json *mapping_pool_at(const struct mapping_pool *pool, size_t number);

/* --- sending -----------------------------------------------------------------------------------*/

/* What the resources do not say. Slices may be empty. */
struct mapping_send_context {
    instant now;                              /* MSH-7, engine.now */
    const struct zone *zone;                  /* of the receiver, for MSH-7; NULL is UTC */
    struct slice application;                 /* MSH-3; empty is "painbridge" */
    struct slice facility;                    /* MSH-4 */
    struct slice to_application, to_facility; /* MSH-5, MSH-6 */
    struct slice processing;                  /* MSH-11; empty is P */
    struct slice control_id; /* MSH-10; empty: made of the content, the same for the same content */
    struct slice charset;    /* as MSH-18 says it; empty takes the site's, else UNICODE UTF-8 */
    struct slice mrn_system; /* receiver.mrn-system; empty takes the site's */
    bool trace;              /* keep the record of why */
};

/* What a message was asked for by. */
struct mapping_call {
    size_t send;
    size_t focus; /* number in the pool */
};

/* The messages that the pool calls for: each resource of a send's type for which its `when` holds,
 * in the order of the files and of the pool; a send that stands alone only where there is no other.
 * `structures` NULL: of all; else only those named ("MDM_T02"), whose `when` is not asked. */
size_t mapping_calls(const struct mapping_sends *sends, const struct mapping_pool *pool,
                     const struct mapping_send_context *context, const struct slice *structures,
                     size_t structure_count, struct arena *arena, struct mapping_call **ret_calls);

/* One entry of the record of why: a part of a field. A value with several sources has several. */
struct mapping_sent_trace {
    struct slice segment;
    unsigned sequence; /* among the segments of its name, from 1 */
    unsigned field, repetition, component, subcomponent; /* from 1 */
    uint32_t rule;                                       /* or MAPPING_NO_RULE: MSH's own fields */
    uint32_t row;                                        /* code table row, or MAPPING_NO_ROW */
    enum mapping_trace_kind kind;                        /* FIELD: from an element of a resource */
    const struct json *resource;                         /* or NULL */
    struct slice path;                                   /* "identifier[0].value", for FIELD */
};

struct mapping_sent {
    struct mapping_send_facts facts;
    struct slice control_id;
    struct slice text; /* segments ended by CR */
    struct mapping_sent_trace *trace;
    size_t trace_count;
};

/* -1 with issues when the message cannot be sent: a required field or segment without a value,
 * `refuse`, a character that the charset lacks. What was sent with a loss is a warning. */
int mapping_to_v2(const struct mapping_sends *sends, const struct mapping_pool *pool,
                  const struct mapping_call *call, const struct mapping_send_context *context,
                  struct arena *arena, struct mapping_sent *ret_sent, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The trace as JSON, as mapping_trace_json: an array of {"place":"GOL[2]-4.1","rule":"...",
 * "at":"FILE:12:3","resource":"Goal/x","from":"identifier[0].value","table":"..."}. */
struct json *mapping_sent_trace_json(const struct mapping_sends *sends,
                                     const struct mapping_sent *sent, struct arena *arena);

#endif
