/* match_records: Patients from one line of text, and the shipped tables, for the suites of match.
 *
 *   "García López|José Luis|Jr|1970-04-12|M|12 Calle Mayor|97301|503-555-0142|900-12-3456|bay B1"
 *
 * Parts may be empty or left out at the end; the last ones are numbers: a system and a value, "~"
 * between several. The type of a number is MR. */
#ifndef TESTS_PIPELINE_MATCH_RECORDS_H
#define TESTS_PIPELINE_MATCH_RECORDS_H

#include "pipeline/match.h"
#include "support/suite.h"

static struct arena *arena;
static const struct match_table *table;

static inline void set_up(void)
{
    struct mapping_texts texts;
    arena = arena_new(0);
    ck_assert_int_eq(mapping_texts_of_base(PAINBRIDGE_SOURCE_DIR "/mappings", arena, &texts, NULL),
                     0);
    ck_assert_int_eq(pipeline_match_table_load(&texts, arena, &table, NULL), 0);
}

static inline void tear_down(void)
{
    arena_free(arena);
}

static inline struct slice part_of(struct slice *rest)
{
    struct slice part = {NULL, 0};
    return slice_split(rest, '|', &part) ? slice_trim(part) : (struct slice){NULL, 0};
}

static inline struct json *add_object(struct json *patient, struct slice name)
{
    struct json *list = json_get_or_add(patient, name, JSON_ARRAY, arena);
    return json_append(list, json_object(arena));
}

static inline void add_number(struct json *patient, struct slice type, struct slice system,
                              struct slice value)
{
    struct json *identifier = add_object(patient, SLICE("identifier"));
    struct json *of_type = json_add(identifier, SLICE("type"), json_object(arena));
    json_add_string(add_object(of_type, SLICE("coding")), SLICE("code"), type, arena);
    json_add_string(identifier, SLICE("system"), system, arena);
    json_add_string(identifier, SLICE("value"), value, arena);
}

static inline void add_name(struct json *patient, struct slice family, struct slice given,
                            struct slice suffix)
{
    struct json *name = add_object(patient, SLICE("name"));
    struct json *list = json_add(name, SLICE("given"), json_array(arena));
    json_add_string(name, SLICE("family"), family, arena);
    for (struct slice rest = given, word; given.len > 0 && slice_split(&rest, ' ', &word);)
        json_append(list, json_string(arena, word));
    if (suffix.len > 0)
        json_append(json_add(name, SLICE("suffix"), json_array(arena)), json_string(arena, suffix));
}

static inline struct json *patient_of(const char *line)
{
    struct slice rest = slice_of(line), text, number;
    struct json *patient = json_object(arena);
    struct slice family = part_of(&rest), given = part_of(&rest), suffix = part_of(&rest);
    add_name(patient, family, given, suffix);
    json_add_string(patient, SLICE("birthDate"), part_of(&rest), arena);
    text = part_of(&rest);
    if (text.len > 0)
        json_add_string(patient, SLICE("gender"),
                        text.ptr[0] == 'M' ? SLICE("male") : SLICE("female"), arena);
    text = part_of(&rest);
    struct slice postal = part_of(&rest);
    if (text.len + postal.len > 0) {
        struct json *address = add_object(patient, SLICE("address"));
        json_append(json_add(address, SLICE("line"), json_array(arena)), json_string(arena, text));
        json_add_string(address, SLICE("postalCode"), postal, arena);
    }
    text = part_of(&rest);
    if (text.len > 0) {
        struct json *telecom = add_object(patient, SLICE("telecom"));
        json_add_string(telecom, SLICE("system"), SLICE("phone"), arena);
        json_add_string(telecom, SLICE("value"), text, arena);
    }
    text = part_of(&rest);
    if (text.len > 0)
        add_number(patient, SLICE("SS"), SLICE("http://hl7.org/fhir/sid/us-ssn"), text);
    text = part_of(&rest);
    while (text.len > 0 && slice_split(&text, '~', &number)) {
        size_t blank = slice_find_byte(number, ' ');
        add_number(patient, SLICE("MR"), slice_part(number, 0, blank),
                   slice_after(number, blank + 1));
    }
    return patient;
}

static inline const struct pipeline_demographics *record_of(const char *line)
{
    return pipeline_demographics_of(table, patient_of(line), arena);
}

#endif
