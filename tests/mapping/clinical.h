/* clinical: messages through the rules that are shipped, to see that what they say of a patient is
 * what the message says.
 *
 *   MADE("RDE^O11^RDE_O11", PATIENT "ORC|CA|A1^EHR||IP\r" ...);
 *   assert_value(&made, "MedicationRequest", 0, "status", "cancelled");
 *
 * The rules are loaded once, before the tests of a suite run in processes of their own. */
#ifndef TESTS_MAPPING_CLINICAL_H
#define TESTS_MAPPING_CLINICAL_H

#include "mapping/harness.h"

#define CLINICAL_RULES PAINBRIDGE_SOURCE_DIR "/mappings"
#define PATIENT_NUMBERED(number) "PID|1||" number "^^^EHR^MR||DOE^JANE||19700101|F\r"
#define PATIENT PATIENT_NUMBERED("1")

static struct arena *clinical_arena;
static const struct mapping_program *clinical_program;
static const struct zone *clinical_zone; /* of the feed; NULL is UTC */

static inline void clinical_load(void)
{
    struct issue_list issues;
    clinical_arena = arena_new((size_t)1 << 28);
    issue_list_init(&issues, clinical_arena);
    const struct mapping_rules *rules = harness_rules(CLINICAL_RULES, clinical_arena, &issues);
    if (!rules ||
        mapping_program_load(rules, NULL, clinical_arena, &clinical_program, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(clinical_program);
}

static inline void clinical_unload(void)
{
    arena_free(clinical_arena);
}

static inline struct conversion clinical_convert(const char *text)
{
    struct conversion made = {.program = clinical_program, .arena = arena_new((size_t)1 << 26)};
    struct hl7v2_header header;
    const struct mapping_context context = {.received = 20000 * TIME_DAY,
                                            .zone = clinical_zone,
                                            .site = SLICE("north"),
                                            .source = SLICE("urn:painbridge:feed:north#1"),
                                            .message = SLICE("urn:painbridge:message:1"),
                                            .trace = true};
    issue_list_init(&made.issues, made.arena);
    made.message = ARENA_NEW(made.arena, struct hl7v2_message);
    ck_assert_int_eq(
        hl7v2_message_parse(slice_of(text), NULL, made.arena, made.message, &made.issues), 0);
    hl7v2_header_read(made.message, &header);
    made.outcome = mapping_to_fhir(made.program, made.message, header.structure, &context,
                                   made.arena, &made.result, &made.issues);
    return made;
}

static inline void clinical_end(struct conversion *made)
{
    arena_free(made->arena);
    arena_free(made->program_arena);
}

/* The id of the first resource of a type that a message makes; in static storage of four. */
static inline const char *clinical_id(const char *text, const char *type)
{
    static char ids[4][80];
    static size_t next;
    struct conversion made = clinical_convert(text);
    const struct mapping_resource *resource = resource_of(&made, type, 0);
    ck_assert_msg(resource != NULL, "no %s", type);
    char *id = ids[next++ % 4];
    snprintf(id, sizeof(ids[0]), "%.*s", SLICE_ARG(resource->id));
    clinical_end(&made);
    return id;
}

#define CLINICAL_HEAD(structure)                                                                   \
    "MSH|^~\\&|EHR|NORTH|PB|HUB|20261101100000-0600||" structure "|M1|P|2.5.1\r"
/* Declares `made`. */
#define MADE(structure, text)                                                                      \
    struct conversion made = clinical_convert(CLINICAL_HEAD(structure) text)

/* What one element is said to be by many messages: structure, message, type, path, text (NULL:
 * nothing is there). */
struct clinical_row {
    const char *text, *type, *path, *expected;
};

static inline void clinical_check(const struct clinical_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct conversion made = clinical_convert(rows[i].text);
        const struct mapping_resource *resource = resource_of(&made, rows[i].type, 0);
        const struct json *node = resource ? node_at(resource->body, rows[i].path) : NULL;
        struct slice got = json_is_true(node) ? SLICE("true") : json_text(node);
        struct slice expected = rows[i].expected ? slice_of(rows[i].expected) : SLICE("");
        ck_assert_msg(slice_equal(got, expected), "%s %s: got '%.*s', expected '%.*s' of\n%s",
                      rows[i].type, rows[i].path, SLICE_ARG(got), SLICE_ARG(expected),
                      rows[i].text);
        clinical_end(&made);
    }
}

#define CLINICAL_CHECK(rows) clinical_check((rows), sizeof(rows) / sizeof((rows)[0]))

#endif
