/* survey: see the header. */
#include "mapping/survey.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "hl7v2/text.h"
#include "mapping/program_internal.h"

void mapping_survey_init(struct mapping_survey *survey, const struct mapping_program *program,
                         struct arena *arena)
{
    *survey = (struct mapping_survey){.arena = arena, .program = program};
    for (size_t i = 0; i < MAPPING_SURVEY_TOPIC_COUNT; i++)
        map_init(&survey->topics[i], arena);
}

/* Counts it; equal names of one place and table are one item. */
static struct mapping_survey_item *note(struct mapping_survey *survey,
                                        enum mapping_survey_topic topic, struct slice name,
                                        struct slice place, struct slice table)
{
    struct slice key = arena_format(survey->arena, "%.*s\n%.*s\n%.*s", SLICE_ARG(name),
                                    SLICE_ARG(place), SLICE_ARG(table));
    struct mapping_survey_item *item = map_get(&survey->topics[topic], key);
    if (!item) {
        item = ARENA_NEW(survey->arena, struct mapping_survey_item);
        *item = (struct mapping_survey_item){.name = arena_copy(survey->arena, name),
                                             .place = arena_copy(survey->arena, place),
                                             .table = arena_copy(survey->arena, table)};
        map_put(&survey->topics[topic], key, item);
    }
    item->count++;
    return item;
}

static void note_name(struct mapping_survey *survey, enum mapping_survey_topic topic,
                      struct slice name)
{
    note(survey, topic, name, (struct slice){NULL, 0}, (struct slice){NULL, 0});
}

static struct slice field_words(struct slice segment, unsigned field, struct arena *arena)
{
    return arena_format(arena, "%.*s-%u", SLICE_ARG(segment), field);
}

/* As UTF-8; empty where the bytes are none of the message's set. */
static struct slice text_of(const struct hl7v2_message *message, struct slice raw,
                            struct arena *arena)
{
    struct slice text = {NULL, 0};
    struct issue_list passed_over;
    issue_list_init(&passed_over, arena);
    if (hl7v2_text_decode(message, raw, arena, &text, &passed_over) != 0)
        return (struct slice){NULL, 0};
    return slice_trim(text);
}

/* --- the message as a whole --------------------------------------------------------------------*/

/* What the bytes above ASCII could be: ISO 8859 has no letters from 0x80 to 0x9f. */
static struct slice set_of_bytes(struct slice frame)
{
    bool is_ascii = true, has_c1 = false;
    for (size_t i = 0; i < frame.len; i++) {
        unsigned char byte = (unsigned char)frame.ptr[i];
        is_ascii &= byte < 0x80;
        has_c1 |= byte >= 0x80 && byte < 0xa0;
    }
    if (is_ascii)
        return SLICE("ASCII");
    if (utf8_check(frame) == frame.len)
        return SLICE("UTF-8");
    return has_c1 ? SLICE("windows-1252") : SLICE("8859/1");
}

static void note_header(struct mapping_survey *survey, const struct hl7v2_message *message,
                        struct slice structure, struct arena *arena)
{
    struct slice application = hl7v2_message_value(message, 0, 3, 1, 1, 1);
    struct slice facility = hl7v2_message_value(message, 0, 4, 1, 1, 1);
    note_name(survey, MAPPING_SURVEY_VERSION, hl7v2_message_value(message, 0, 12, 1, 1, 1));
    note_name(survey, MAPPING_SURVEY_STRUCTURE, structure);
    note_name(survey, MAPPING_SURVEY_SENDER,
              arena_format(arena, "%.*s/%.*s", SLICE_ARG(text_of(message, application, arena)),
                           SLICE_ARG(text_of(message, facility, arena))));
    note_name(survey, MAPPING_SURVEY_DELIMITERS,
              arena_format(arena, "%c%.*s", message->delimiters.field,
                           SLICE_ARG(hl7v2_message_field(message, 0, 2))));
    note_name(survey, MAPPING_SURVEY_CHARSET, hl7v2_message_value(message, 0, 18, 1, 1, 1));
    note_name(survey, MAPPING_SURVEY_BYTES, set_of_bytes(message->frame));
}

/* --- leaves ------------------------------------------------------------------------------------*/

/* A leaf of the message that is being taken. */
struct look {
    struct mapping_survey *survey;
    const struct hl7v2_message *message;
    const struct mapping_leaf *leaf;
    struct arena *arena;
};

/* Another part of the leaf's repetition, as text; subcomponent 0: the whole component. */
static struct slice part_beside(const struct look *look, unsigned component, unsigned subcomponent)
{
    const struct mapping_leaf *leaf = look->leaf;
    size_t segment = hl7v2_message_find(look->message, HL7V2_ID(leaf->segment.ptr), leaf->sequence);
    struct slice raw = hl7v2_message_value(look->message, segment, leaf->field, leaf->repetition,
                                           component, subcomponent);
    return text_of(look->message, raw, look->arena);
}

static void note_beside(const struct look *look, enum mapping_survey_topic topic, struct slice name)
{
    note(look->survey, topic, name,
         field_words(look->leaf->segment, look->leaf->field, look->arena), (struct slice){NULL, 0});
}

static bool is_type(const struct mapping_leaf *leaf, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(leaf->type, slice_of(names[i])))
            return true;
    return false;
}

/* HL7 v2.5.1 2.A.22: a time with hours; behind it perhaps +/-ZZZZ. */
static void note_time(const struct look *look)
{
    static const char *const TYPES[] = {"TS", "DTM"};
    const struct mapping_leaf *leaf = look->leaf;
    struct slice raw = slice_part(look->message->frame, leaf->start, leaf->length);
    if (!is_type(leaf, TYPES, 2) || leaf->component > 1 || raw.len <= 8)
        return;
    bool has_offset = slice_find_byte(raw, '+') < raw.len || slice_find_byte(raw, '-') < raw.len;
    note_name(look->survey, MAPPING_SURVEY_OFFSET, has_offset ? SLICE("with") : SLICE("without"));
}

/* Who assigns the number: a component of that name in CX, XCN and XON, and EI.2 to EI.4. */
static void note_authority(const struct look *look)
{
    const struct mapping_leaf *leaf = look->leaf;
    const struct hl7v2_component_definition *component =
        hl7v2_dictionary_component(look->survey->program->dictionary, leaf->type, leaf->component);
    if (slice_equal(leaf->type, SLICE("EI")) && leaf->component == 2)
        note_beside(look, MAPPING_SURVEY_AUTHORITY, part_beside(look, 2, 1));
    else if (component && leaf->subcomponent <= 1 &&
             slice_find(component->name, SLICE("Assigning Authority")) < component->name.len)
        note_beside(look, MAPPING_SURVEY_AUTHORITY, part_beside(look, leaf->component, 0));
}

/* HL7 v2.5.1 2.A.13: CWE.3 is the system of CWE.1. */
static void note_system(const struct look *look)
{
    static const char *const TYPES[] = {"CE", "CWE", "CNE"};
    const struct code_table *systems =
        code_tables_get(&look->survey->program->tables, SLICE("systems"));
    if (!is_type(look->leaf, TYPES, 3) || look->leaf->component != 1 ||
        look->leaf->subcomponent > 1)
        return;
    struct slice system = part_beside(look, 3, 1), text = part_beside(look, 2, 1);
    if (system.len && systems && code_table_find(systems, system, (struct slice){NULL, 0}).row)
        return;
    note_beside(look, MAPPING_SURVEY_SYSTEM, system);
    struct slice place = field_words(look->leaf->segment, look->leaf->field, look->arena);
    struct mapping_survey_item *code =
        note(look->survey, MAPPING_SURVEY_LOCAL_CODE, part_beside(look, 1, 1), place, system);
    if (code->text.len == 0)
        code->text = arena_copy(look->survey->arena, text);
}

/* Which map can read it follows from where it stands: the last segment before it that is none. */
static void note_z_field(const struct look *look)
{
    const struct mapping_leaf *leaf = look->leaf;
    if (leaf->segment.ptr[0] != 'Z')
        return;
    size_t segment = hl7v2_message_find(look->message, HL7V2_ID(leaf->segment.ptr), leaf->sequence);
    struct slice before = leaf->segment;
    while (segment > 0 && before.ptr[0] == 'Z')
        before = hl7v2_message_segment_id(look->message, --segment);
    note(look->survey, MAPPING_SURVEY_Z_FIELD, mapping_leaf_place(leaf, look->arena), before,
         (struct slice){NULL, 0});
}

static void note_leaf(const struct look *look)
{
    note_z_field(look);
    note_time(look);
    note_system(look);
    note_authority(look);
}

/* --- codes -------------------------------------------------------------------------------------*/

static struct slice table_in(const struct mapping_program *program, const struct body *body,
                             struct slice rule)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct operation *operation = &body->operations[i];
        if (operation->table &&
            slice_equal(mapping_program_rule(program, operation->rule).id, rule))
            return operation->table->name;
    }
    return (struct slice){NULL, 0};
}

/* The table of the rule of that id; empty where it has none. */
static struct slice table_of(const struct mapping_program *program, struct slice rule)
{
    struct slice table = {NULL, 0};
    for (size_t i = 0; i < program->body_count && table.len == 0; i++)
        table = table_in(program, program->bodies[i], rule);
    return table;
}

/* A code that no table knew is in the warnings of the translation, with its place. */
static void note_code(struct mapping_survey *survey, const struct hl7v2_message *message,
                      const struct issue *issue, struct arena *arena)
{
    const struct issue_place *place = &issue->place;
    if (issue->code != ISSUE_TABLE_VALUE || place->kind != ISSUE_PLACE_V2 || place->name.len < 3)
        return;
    struct slice table = table_of(survey->program, issue->rule);
    size_t segment = hl7v2_message_find(message, HL7V2_ID(place->name.ptr),
                                        place->sequence ? place->sequence : 1);
    struct slice raw = hl7v2_message_value(message, segment, place->field,
                                           place->repetition ? place->repetition : 1,
                                           place->component ? place->component : 1, 1);
    struct slice code = text_of(message, raw, arena);
    if (table.len && code.len)
        note(survey, MAPPING_SURVEY_CODE, code, field_words(place->name, place->field, arena),
             table);
}

/* --- the whole ---------------------------------------------------------------------------------*/

void mapping_survey_add(struct mapping_survey *survey, const struct hl7v2_message *message,
                        struct slice structure, const struct mapping_leaf *leaves, size_t count,
                        const struct issue_list *issues, struct arena *arena)
{
    survey->messages++;
    note_header(survey, message, structure, arena);
    for (size_t i = 0; i < count; i++) {
        struct look look = {survey, message, &leaves[i], arena};
        note_leaf(&look);
    }
    for (size_t i = 0; i < issues->count; i++)
        note_code(survey, message, &issues->items[i], arena);
}

static int compare_items(const void *a, const void *b)
{
    const struct mapping_survey_item *const *left = a, *const *right = b;
    const struct mapping_survey_item *x = *left, *y = *right;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int order = slice_compare(x->name, y->name);
    return order ? order : slice_compare(x->place, y->place);
}

size_t mapping_survey_items(const struct mapping_survey *survey, enum mapping_survey_topic topic,
                            const struct mapping_survey_item ***ret_items)
{
    const struct map *map = &survey->topics[topic];
    const struct mapping_survey_item **items =
        ARENA_ARRAY(survey->arena, map->count + 1, const struct mapping_survey_item *);
    for (size_t i = 0; i < map->count; i++)
        items[i] = map->entries[i].value;
    qsort(items, map->count, sizeof(*items), compare_items);
    *ret_items = items;
    return map->count;
}

size_t mapping_survey_columns(const struct mapping_survey *survey, struct slice table,
                              const struct slice **ret_columns)
{
    static const struct slice USUAL[] = {SLICE_INIT("target_code"), SLICE_INIT("target_system"),
                                         SLICE_INIT("target_display")};
    const struct code_table *found = code_tables_get(&survey->program->tables, table);
    bool fills = found && found->column_count > 0;
    *ret_columns = fills ? found->columns : USUAL;
    return fills ? found->column_count : sizeof(USUAL) / sizeof(USUAL[0]);
}
