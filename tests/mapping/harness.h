/* harness: a message of a test through the rules of tests/mapping/rules.
 *
 *   struct conversion conversion = convert(NULL, MSH_ORU "PID|1||A1^^^MISSION^MR\r" ...);
 *   assert_value(&conversion, "Patient", 0, "identifier[0].value", "A1");
 *
 * A conversion lives until the test's process ends, except that convert_end gives it back. */
#ifndef TESTS_MAPPING_HARNESS_H
#define TESTS_MAPPING_HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "fhir/definition.h"
#include "hl7v2/dictionary.h"
#include "hl7v2/header.h"
#include "mapping/issue_print.h"
#include "mapping/to_fhir.h"
#include "mapping/why.h"
#include "support/suite.h"

#define HARNESS_FOLDER PAINBRIDGE_SOURCE_DIR "/tests/mapping/"

#define HEAD(structure)                                                                            \
    "MSH|^~\\&|LAB|MISSION|PB|HUB|20261121140211-0800||" structure "|M1|P|2.5.1\r"
#define PID "PID|1||A1^^^MISSION^MR||DOE^JANE^Q||19800229|F\r"

struct conversion {
    struct arena *program_arena, *arena;
    struct issue_list issues;
    const struct mapping_program *program;
    struct hl7v2_message *message; /* the result points to it */
    struct mapping_result result;
    int outcome; /* of mapping_to_fhir */
};

static inline const struct mapping_rules *harness_rules(const char *folder, struct arena *arena,
                                                        struct issue_list *issues)
{
    const struct hl7v2_dictionary *dictionary;
    const struct fhir_definitions *definitions;
    const struct mapping_rules *rules = NULL;
    ck_assert_int_eq(hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", arena,
                                           &dictionary, issues),
                     0);
    ck_assert_int_eq(fhir_definitions_load(PAINBRIDGE_SOURCE_DIR "/fhir/definitions/r4", arena,
                                           &definitions, issues),
                     0);
    if (mapping_rules_load(folder, dictionary, definitions, arena, &rules, issues) != 0)
        return NULL;
    return rules;
}

/* Prints what was wrong, so that a failing test says why. */
static inline void harness_print(const struct issue_list *issues)
{
    struct buffer text;
    buffer_init(&text, 0);
    mapping_issue_print_list(issues, &text);
    fprintf(stderr, "%.*s", (int)text.len, text.data ? text.data : "");
    buffer_release(&text);
}

/* site: a folder of tests/mapping/sites, or NULL. */
static inline const struct mapping_program *harness_program(const char *site, struct arena *arena)
{
    struct issue_list issues;
    const struct mapping_program *program = NULL;
    char *folder = site ? file_join(arena, HARNESS_FOLDER "sites", slice_of(site)) : NULL;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules = harness_rules(HARNESS_FOLDER "rules", arena, &issues);
    if (!rules || mapping_program_load(rules, folder, arena, &program, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(program);
    return program;
}

static inline struct conversion convert_with(const char *site, const char *text, bool as_text)
{
    struct conversion conversion = {.program_arena = arena_new((size_t)1 << 28)};
    struct hl7v2_header header;
    struct mapping_context context = {.received = 20000 * TIME_DAY,
                                      .site = SLICE("mission"),
                                      .source = SLICE("urn:painbridge:feed:mission#1"),
                                      .message = SLICE("urn:painbridge:message:1"),
                                      .trace = true,
                                      .as_text = as_text};
    conversion.program = harness_program(site, conversion.program_arena);
    conversion.arena = arena_new((size_t)1 << 26);
    issue_list_init(&conversion.issues, conversion.arena);
    conversion.message = ARENA_NEW(conversion.arena, struct hl7v2_message);
    ck_assert_int_eq(hl7v2_message_parse(slice_of(text), NULL, conversion.arena, conversion.message,
                                         &conversion.issues),
                     0);
    hl7v2_header_read(conversion.message, &header);
    conversion.outcome =
        mapping_to_fhir(conversion.program, conversion.message, header.structure, &context,
                        conversion.arena, &conversion.result, &conversion.issues);
    return conversion;
}

static inline struct conversion convert(const char *site, const char *text)
{
    return convert_with(site, text, false);
}

static inline void convert_end(struct conversion *conversion)
{
    arena_free(conversion->arena);
    arena_free(conversion->program_arena);
}

/* The number-th resource of a type, from 0; NULL where there is none. */
static inline const struct mapping_resource *resource_of(const struct conversion *conversion,
                                                         const char *type, size_t number)
{
    ck_assert_int_eq(conversion->outcome, 0);
    for (size_t i = 0; i < conversion->result.resource_count; i++)
        if (slice_equal(conversion->result.resources[i].type, slice_of(type)) && number-- == 0)
            return &conversion->result.resources[i];
    return NULL;
}

/* "name[0].family" in a tree; NULL where it leads nowhere. */
static inline const struct json *node_at(const struct json *node, const char *path)
{
    struct slice rest = slice_of(path);
    for (struct slice step; slice_split(&rest, '.', &step);) {
        size_t bracket = slice_find_byte(step, '[');
        bool has_index = bracket < step.len;
        node = json_get(node, slice_part(step, 0, bracket));
        uint64_t index;
        if (has_index &&
            slice_to_uint64(slice_part(step, bracket + 1, step.len - bracket - 2), 1000, &index))
            node = json_at(node, index);
    }
    return node;
}

static inline struct slice value_at(const struct conversion *conversion, const char *type,
                                    size_t number, const char *path)
{
    const struct mapping_resource *resource = resource_of(conversion, type, number);
    return json_text(resource ? node_at(resource->body, path) : NULL);
}

#define assert_slice(text, expected)                                                               \
    do {                                                                                           \
        struct slice got_ = (text);                                                                \
        ck_assert_msg(slice_equal(got_, slice_of(expected)), "got '%.*s', expected '%s'",          \
                      SLICE_ARG(got_), (const char *)(expected));                                  \
    } while (0)
#define assert_value(conversion, type, number, path, expected)                                     \
    assert_slice(value_at((conversion), (type), (number), (path)), (expected))
#define assert_absent(conversion, type, number, path)                                              \
    ck_assert_ptr_null(node_at(resource_of((conversion), (type), (number))->body, (path)))

static inline bool has_issue(const struct issue_list *issues, enum issue_severity severity,
                             const char *rule)
{
    for (size_t i = 0; i < issues->count; i++)
        if (issues->items[i].severity == severity &&
            slice_equal(issues->items[i].rule, slice_of(rule)))
            return true;
    return false;
}

#endif
