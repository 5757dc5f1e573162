#include "hl7v2/content.h"

#include "hl7v2/datetime.h"
#include "hl7v2/number.h"

struct checker {
    const struct hl7v2_message *message;
    const struct hl7v2_dictionary *dictionary;
    const struct hl7v2_content_rules *rules;
    struct arena *arena;
    struct issue_list *issues;
    bool refused;
};

/* --- data types --------------------------------------------------------------------------------
 */

static bool is_date(struct slice value, struct arena *arena)
{
    struct hl7v2_datetime date;
    (void)arena;
    return hl7v2_date_parse(value, &date);
}

static bool is_time(struct slice value, struct arena *arena)
{
    struct hl7v2_datetime time;
    (void)arena;
    return hl7v2_time_parse(value, &time);
}

static bool is_datetime(struct slice value, struct arena *arena)
{
    struct hl7v2_datetime datetime;
    (void)arena;
    return hl7v2_datetime_parse(value, &datetime);
}

static bool is_number(struct slice value, struct arena *arena)
{
    struct slice text;
    return hl7v2_number_parse(value, arena, &text);
}

static bool is_sequence(struct slice value, struct arena *arena)
{
    uint64_t number;
    (void)arena;
    return hl7v2_number_parse_count(value, UINT32_MAX, &number);
}

/* The second component of TS (degree of precision) is for old versions only and not judged. */
static const struct type_row {
    struct slice type;
    bool (*is_valid)(struct slice value, struct arena *arena);
    const char *words;
} TYPES[] = {
    {SLICE_INIT("DT"), is_date, "not a valid date"},
    {SLICE_INIT("TM"), is_time, "not a valid time"},
    {SLICE_INIT("TS"), is_datetime, "not a valid date"},
    {SLICE_INIT("DTM"), is_datetime, "not a valid date"},
    {SLICE_INIT("NM"), is_number, "not a valid number"},
    {SLICE_INIT("SI"), is_sequence, "not a valid sequence number"},
};

static const struct type_row *find_type(struct slice type)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        if (slice_equal(TYPES[i].type, type))
            return &TYPES[i];
    return NULL;
}

/* --- one field ---------------------------------------------------------------------------------
 */

/* Where the checker stands. */
struct spot {
    size_t segment;
    unsigned field;
    unsigned repetition; /* 0: the field has one only */
    unsigned component;  /* 0: the whole field */
};

static void report(struct checker *checker, enum hl7v2_strictness strictness, enum issue_code code,
                   const struct spot *spot, const char *words)
{
    struct issue_place place = hl7v2_message_place(checker->message, spot->segment, spot->field,
                                                   spot->repetition, spot->component, 0);
    enum issue_severity severity = strictness == HL7V2_REFUSE ? ISSUE_ERROR : ISSUE_WARNING;
    checker->refused = checker->refused || strictness == HL7V2_REFUSE;
    issue_report(checker->issues, code, severity, place, "%s", words);
}

static void check_value(struct checker *checker, const struct type_row *type, struct slice raw,
                        const struct spot *spot)
{
    struct slice value = hl7v2_message_subcomponent(checker->message, raw, 1);
    if (hl7v2_message_is_valued(checker->message, value) && !type->is_valid(value, checker->arena))
        report(checker, checker->rules->data_types, ISSUE_DATA_TYPE, spot, type->words);
}

static void check_components(struct checker *checker, struct slice type, struct slice repetition,
                             struct spot spot)
{
    unsigned count = hl7v2_message_component_count(checker->message, repetition);
    for (spot.component = 1; spot.component <= count; spot.component++) {
        const struct hl7v2_component_definition *component =
            hl7v2_dictionary_component(checker->dictionary, type, spot.component);
        const struct type_row *row = component != NULL ? find_type(component->type_of) : NULL;
        if (row != NULL)
            check_value(checker, row,
                        hl7v2_message_component(checker->message, repetition, spot.component),
                        &spot);
    }
}

static void check_types(struct checker *checker, struct slice type, struct slice field,
                        struct spot spot)
{
    const struct type_row *row = find_type(type);
    unsigned count = hl7v2_message_repetition_count(checker->message, field);
    for (unsigned i = 1; i <= count; i++) {
        struct slice repetition = hl7v2_message_repetition(checker->message, field, i);
        spot.repetition = count > 1 ? i : 0;
        if (row != NULL)
            check_value(checker, row, hl7v2_message_component(checker->message, repetition, 1),
                        &spot);
        else
            check_components(checker, type, repetition, spot);
    }
}

/* --- lengths -----------------------------------------------------------------------------------
 */

#define NO_LIMIT 65536

static size_t character_count(const struct hl7v2_message *message, struct slice text)
{
    size_t count = text.len;
    if (message->charset != HL7V2_CHARSET_UTF_8)
        return count;
    for (size_t i = 0; i < text.len; i++)
        count -= ((unsigned char)text.ptr[i] & 0xC0) == 0x80;
    return count;
}

/* HL7 v2.5.1 2.5.3.2: the length is that of one occurrence, separators included. */
static void check_lengths(struct checker *checker, unsigned length, struct slice field,
                          struct spot spot)
{
    if (length == 0 || length >= NO_LIMIT || field.len <= length ||
        checker->rules->version >= HL7V2_VERSION_2_7)
        return;
    unsigned count = hl7v2_message_repetition_count(checker->message, field);
    for (unsigned i = 1; i <= count; i++) {
        struct slice repetition = hl7v2_message_repetition(checker->message, field, i);
        spot.repetition = count > 1 ? i : 0;
        if (character_count(checker->message, repetition) > length)
            report(checker, checker->rules->lengths, ISSUE_TOO_LONG_VALUE, &spot, "value too long");
    }
}

/* HL7 v2.5.1 7.4.2.2: OBX-2 says what OBX-5 is. */
static struct slice type_of(const struct checker *checker, const struct spot *spot)
{
    uint32_t id = checker->message->segments[spot->segment].id;
    if (id == HL7V2_ID("OBX") && spot->field == 5)
        return hl7v2_message_field(checker->message, spot->segment, 2);
    return hl7v2_dictionary_field_type(checker->dictionary, id, spot->field,
                                       checker->rules->version);
}

static void check_field(struct checker *checker, const struct hl7v2_field_definition *definition,
                        const struct spot *spot)
{
    const struct hl7v2_content_rules *rules = checker->rules;
    struct slice field = hl7v2_message_field(checker->message, spot->segment, spot->field);
    if (hl7v2_message_is_literal(checker->message, field))
        return;
    /* Rule 8: a delete indicator on a required field is row 12 too. */
    if (!hl7v2_message_is_valued(checker->message, field)) {
        if (definition->required && rules->required != HL7V2_PASS)
            report(checker, rules->required, ISSUE_REQUIRED_FIELD, spot, "required field missing");
        return;
    }
    if (rules->repetitions != HL7V2_PASS && definition->max_repeats > 0 &&
        hl7v2_message_repetition_count(checker->message, field) > definition->max_repeats)
        report(checker, rules->repetitions, ISSUE_CARDINALITY, spot, "too many repetitions");
    if (rules->lengths != HL7V2_PASS)
        check_lengths(checker, definition->length, field, *spot);
    if (rules->data_types != HL7V2_PASS)
        check_types(checker, type_of(checker, spot), field, *spot);
}

/* Beyond what the segment has, only required fields are something to look at. */
static unsigned last_field(const struct checker *checker, size_t segment)
{
    const struct hl7v2_segment *at = &checker->message->segments[segment];
    unsigned known = hl7v2_dictionary_field_count(checker->dictionary, at->id);
    unsigned required = hl7v2_dictionary_last_required(checker->dictionary, at->id);
    unsigned last = at->field_count > required ? at->field_count : required;
    return last < known ? last : known;
}

int hl7v2_content_check(const struct hl7v2_message *message,
                        const struct hl7v2_dictionary *dictionary,
                        const struct hl7v2_content_rules *rules, struct arena *arena,
                        struct issue_list *issues)
{
    struct checker checker = {message, dictionary, rules, arena, issues, false};
    struct spot spot = {0};
    for (; spot.segment < message->segment_count && !arena_exceeded(arena); spot.segment++) {
        uint32_t id = message->segments[spot.segment].id;
        unsigned last = last_field(&checker, spot.segment);
        for (spot.field = 1; spot.field <= last; spot.field++) {
            const struct hl7v2_field_definition *definition =
                hl7v2_dictionary_field(dictionary, id, spot.field);
            if (definition != NULL && hl7v2_field_in_version(definition, rules->version))
                check_field(&checker, definition, &spot);
        }
    }
    return checker.refused ? -1 : 0;
}
