/* leaf: see the header. */
#include "mapping/leaf.h"

#include "mapping/library.h"
#include "mapping/program_internal.h"

/* A place that a drop names, or that the rule it drops reads. */
struct dropped_place {
    struct place place;
    struct slice type; /* of a relative place: the data type whose part it is */
    bool by_id;        /* the rule does not run; else nobody reads the place at all */
    struct mapping_suppression said;
};

struct mapping_leaf_reader {
    const struct mapping_program *program;
    const struct mapping_program *without_site; /* NULL: no rule is dropped by id */
    struct dropped_place *dropped;
    size_t dropped_count;
};

/* What is known of a leaf before its state. */
struct finding {
    bool is_looked_at, is_traced, is_key, is_asked, is_cleared;
    struct slice type, type_around; /* v2 data types: its own field's, and of its component */
};

/* Leaves in the order of the frame, and the findings beside them. */
struct leaf_list {
    struct mapping_leaf *items;
    struct finding *findings;
    size_t count, capacity;
    struct arena *arena;
};

struct slice mapping_leaf_place(const struct mapping_leaf *leaf, struct arena *arena)
{
    if (leaf->subcomponent)
        return arena_format(arena, "%.*s-%u.%u.%u", SLICE_ARG(leaf->segment), leaf->field,
                            leaf->component, leaf->subcomponent);
    if (leaf->component)
        return arena_format(arena, "%.*s-%u.%u", SLICE_ARG(leaf->segment), leaf->field,
                            leaf->component);
    return arena_format(arena, "%.*s-%u", SLICE_ARG(leaf->segment), leaf->field);
}

/* --- drops -------------------------------------------------------------------------------------*/

static void add_dropped(struct mapping_leaf_reader *reader, const struct rule *drop,
                        const struct rule *reads, struct slice type, struct arena *arena)
{
    struct places places;
    size_t column;
    if (places_parse(rule_text(reads, ATTRIBUTE_FROM), arena, &places, &column) != 0)
        return;
    for (size_t i = 0; i < places.count; i++) {
        size_t count = reader->dropped_count++;
        reader->dropped = arena_grow(arena, reader->dropped, count * sizeof(struct dropped_place),
                                     (count + 1) * sizeof(struct dropped_place));
        reader->dropped[count] = (struct dropped_place){
            .place = places.items[i],
            .type = type,
            .by_id = drop != reads,
            .said = {.because = rule_text(drop, ATTRIBUTE_BECAUSE),
                     .rule = drop != reads ? drop->id : (struct slice){NULL, 0},
                     .file = drop->file->name,
                     .line = drop->element->line,
                     .column = drop->element->column}};
    }
}

/* The data type that relative places of a rule are parts of; empty in a segment map. */
static struct slice type_of_rule(const struct rule *rule)
{
    while (rule->parent)
        rule = rule->parent;
    return rule->word == WORD_DATATYPE ? rule_text(rule, ATTRIBUTE_FROM) : (struct slice){NULL, 0};
}

/* Every `drop` with a place, in a tree. */
static void add_tree(struct mapping_leaf_reader *reader, const struct rule *rule,
                     struct arena *arena)
{
    if (rule->word == WORD_DROP && rule_has(rule, ATTRIBUTE_FROM))
        add_dropped(reader, rule, rule, type_of_rule(rule), arena);
    for (const struct rule *child = rule->first_child; child; child = child->next)
        add_tree(reader, child, arena);
}

static void add_base(struct mapping_leaf_reader *reader, const struct mapping_rules *rules,
                     struct arena *arena)
{
    for (size_t i = 0; i < rules->maps.count; i++)
        add_tree(reader, ((const struct map_source *)rules->maps.entries[i].value)->rule, arena);
    for (size_t i = 0; i < rules->messages.count; i++)
        add_tree(reader, ((const struct message_source *)rules->messages.entries[i].value)->rule,
                 arena);
}

/* Its drops by id; true where it has one. */
static bool add_overlays(struct mapping_leaf_reader *reader, const struct site_source *site,
                         struct arena *arena)
{
    bool has_one = false;
    for (size_t i = 0; i < site->overlays.count; i++) {
        const struct overlay *overlay = site->overlays.entries[i].value;
        for (; overlay; overlay = overlay->next) {
            const struct rule *base = map_get(&reader->program->rules->rules, overlay->rule->id);
            if (overlay->rule->word != WORD_DROP || !base)
                continue;
            add_dropped(reader, overlay->rule, base, type_of_rule(base), arena);
            has_one = true;
        }
    }
    return has_one;
}

int mapping_leaf_reader_new(const struct mapping_program *program,
                            const struct mapping_texts *site_texts, struct arena *arena,
                            const struct mapping_leaf_reader **ret_reader,
                            struct issue_list *issues)
{
    struct mapping_leaf_reader *reader = ARENA_NEW(arena, struct mapping_leaf_reader);
    struct site_source site;
    reader->program = program;
    if (site_load(program->rules, site_texts, arena, &site, issues) != 0)
        return -1;
    add_base(reader, program->rules, arena);
    if (site.rule)
        add_tree(reader, site.rule, arena);
    bool drops_rules = site.rule && add_overlays(reader, &site, arena);
    reader->without_site = drops_rules ? program->base : NULL;
    if (drops_rules && !program->base &&
        mapping_program_make(program->rules, NULL, arena, &reader->without_site, issues) != 0)
        return -1;
    *ret_reader = reader;
    return 0;
}

/* --- leaves ------------------------------------------------------------------------------------*/

static bool is_blank(struct slice text)
{
    return slice_trim(text).len == 0;
}

static bool has_parts(const struct hl7v2_dictionary *dictionary, struct slice type)
{
    return hl7v2_dictionary_component_count(dictionary, type) > 0;
}

static struct slice type_of_component(const struct hl7v2_dictionary *dictionary, struct slice type,
                                      unsigned component)
{
    const struct hl7v2_component_definition *definition =
        hl7v2_dictionary_component(dictionary, type, component);
    return definition ? definition->type_of : (struct slice){NULL, 0};
}

static void push_leaf(struct leaf_list *list, struct mapping_leaf leaf, struct finding finding)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 128;
        list->items = arena_grow(list->arena, list->items, list->capacity * sizeof(leaf),
                                 capacity * sizeof(leaf));
        list->findings = arena_grow(list->arena, list->findings, list->capacity * sizeof(finding),
                                    capacity * sizeof(finding));
        list->capacity = capacity;
    }
    list->items[list->count] = leaf;
    list->findings[list->count++] = finding;
}

/* Where the leaves of one repetition come from. */
struct repetition {
    const struct hl7v2_message *message;
    const struct hl7v2_dictionary *dictionary;
    struct mapping_leaf base; /* but for component, subcomponent and bytes */
    struct slice type;        /* of the field */
};

static void push_component(struct leaf_list *list, const struct repetition *of, struct slice raw,
                           unsigned component, bool is_divided)
{
    const struct hl7v2_message *message = of->message;
    unsigned count = hl7v2_message_subcomponent_count(message, raw);
    struct slice type =
        is_divided ? type_of_component(of->dictionary, of->type, component) : of->type;
    bool is_cut = is_divided && (count > 1 || has_parts(of->dictionary, type));
    for (unsigned i = 1; i <= count; i++) {
        struct slice part = hl7v2_message_subcomponent(message, raw, i);
        if (is_blank(part))
            continue;
        struct mapping_leaf leaf = of->base;
        leaf.component = is_divided || count > 1 ? component : 0;
        leaf.subcomponent = is_cut || count > 1 ? i : 0;
        leaf.type = of->type;
        leaf.start = (uint32_t)(part.ptr - message->frame.ptr);
        leaf.length = (uint32_t)part.len;
        push_leaf(list, leaf,
                  (struct finding){.type = of->type, .type_around = is_divided ? type : of->type});
    }
}

static void push_repetition(struct leaf_list *list, const struct repetition *of, struct slice raw)
{
    unsigned count = hl7v2_message_component_count(of->message, raw);
    bool is_divided = count > 1 || has_parts(of->dictionary, of->type);
    for (unsigned i = 1; i <= count; i++)
        push_component(list, of, hl7v2_message_component(of->message, raw, i), i, is_divided);
}

/* HL7 v2.5.1 7.4.2.5: the type of OBX-5 is said by OBX-2. */
static struct slice type_of_field(const struct hl7v2_dictionary *dictionary,
                                  const struct hl7v2_message *message, size_t segment,
                                  unsigned field)
{
    if (message->segments[segment].id == HL7V2_ID("OBX") && field == 5)
        return hl7v2_message_value(message, segment, 2, 1, 1, 1);
    return hl7v2_dictionary_field_type(dictionary, message->segments[segment].id, field,
                                       HL7V2_VERSION_UNKNOWN);
}

static void push_field(struct leaf_list *list, const struct hl7v2_dictionary *dictionary,
                       const struct hl7v2_message *message, size_t segment, unsigned field)
{
    struct slice whole = hl7v2_message_field(message, segment, field);
    unsigned count = hl7v2_message_repetition_count(message, whole);
    struct repetition of = {.message = message,
                            .dictionary = dictionary,
                            .base = {.segment = hl7v2_message_segment_id(message, segment),
                                     .sequence = message->segments[segment].sequence,
                                     .field = field,
                                     .state = MAPPING_LEAF_REFUSED},
                            .type = whole.len ? type_of_field(dictionary, message, segment, field)
                                              : (struct slice){NULL, 0}};
    for (unsigned i = 1; i <= count; i++) {
        of.base.repetition = i;
        push_repetition(list, &of, hl7v2_message_repetition(message, whole, i));
    }
}

static void push_message(struct leaf_list *list, const struct mapping_leaf_reader *reader,
                         const struct hl7v2_message *message)
{
    for (size_t segment = 0; segment < message->segment_count; segment++)
        for (unsigned field = 1; field <= message->segments[segment].field_count; field++)
            push_field(list, reader->program->dictionary, message, segment, field);
}

/* --- findings ----------------------------------------------------------------------------------*/

/* Index of the first leaf that does not begin before the byte. */
static size_t first_leaf_at(const struct leaf_list *list, uint32_t start)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note_look(struct leaf_list *list, const struct mapping_look *look)
{
    for (size_t i = first_leaf_at(list, look->start); i < list->count; i++) {
        const struct mapping_leaf *leaf = &list->items[i];
        struct finding *finding = &list->findings[i];
        if (leaf->start + leaf->length > look->start + look->length)
            return;
        /* That a value with parts is there says nothing of its parts. */
        bool is_whole = leaf->start == look->start && leaf->length == look->length;
        finding->is_looked_at |= look->kind == MAPPING_LOOK_VALUE;
        finding->is_key |= look->kind == MAPPING_LOOK_KEY;
        finding->is_asked |= look->kind == MAPPING_LOOK_CONDITION && is_whole;
    }
}

static void note_trace(struct leaf_list *list, const struct mapping_trace *trace)
{
    if (trace->kind != MAPPING_TRACE_FIELD)
        return;
    for (size_t i = first_leaf_at(list, trace->start); i < list->count; i++) {
        const struct mapping_leaf *leaf = &list->items[i];
        if (leaf->start + leaf->length > trace->start + trace->length)
            return;
        list->findings[i].is_traced = true;
    }
}

/* "" is not read as a text: a rule that met it cleared what it wrote before. */
static void note_clears(struct leaf_list *list, const struct mapping_result *result)
{
    const struct hl7v2_message *message = result->message;
    for (size_t i = 0; i < list->count; i++) {
        const struct mapping_leaf *leaf = &list->items[i];
        struct slice raw = slice_part(message->frame, leaf->start, leaf->length);
        if (!hl7v2_is_delete(raw))
            continue;
        uint32_t id = HL7V2_ID(leaf->segment.ptr);
        size_t segment = hl7v2_message_find(message, id, leaf->sequence);
        unsigned bit = leaf->repetition > 31 ? 31 : leaf->repetition - 1;
        uint32_t read = result->read[message->segments[segment].first_field + leaf->field - 1];
        list->findings[i].is_cleared = read >> bit & 1;
    }
}

static void note_all(struct leaf_list *list, const struct mapping_result *result)
{
    for (size_t i = 0; i < result->look_count; i++)
        note_look(list, &result->looks[i]);
    for (size_t i = 0; i < result->trace_count; i++)
        note_trace(list, &result->trace[i]);
    note_clears(list, result);
}

static bool is_mapped(const struct finding *finding)
{
    return (finding->is_looked_at && finding->is_traced) || finding->is_cleared;
}

/* --- states ------------------------------------------------------------------------------------*/

/* HL7 v2.5.1 2.15.9, and what hl7v2/header reads; HL7 v2.5.1 2.A.69: SI only counts. */
static bool is_of_engine(const struct mapping_leaf *leaf, struct slice type)
{
    static const unsigned HEADER[] = {1, 2, 9, 10, 11, 12, 15, 16, 18};
    if (slice_equal(type, SLICE("SI")))
        return true;
    if (!slice_equal(leaf->segment, SLICE("MSH")))
        return false;
    for (size_t i = 0; i < sizeof(HEADER) / sizeof(HEADER[0]); i++)
        if (HEADER[i] == leaf->field)
            return true;
    return false;
}

/* 0 in the place: any; a leaf without the number is the first. */
static bool fits(unsigned wanted, unsigned number)
{
    return wanted == 0 || wanted == (number ? number : 1);
}

static bool is_place_of(const struct dropped_place *dropped, const struct mapping_leaf *leaf,
                        const struct finding *finding)
{
    const struct place *place = &dropped->place;
    if (place->kind == PLACE_SEGMENT)
        return place->segment == HL7V2_ID(leaf->segment.ptr) &&
               fits(place->sequence, leaf->sequence) &&
               (place->field == 0 || place->field == leaf->field) &&
               fits(place->repetition, leaf->repetition) &&
               fits(place->component, leaf->component) &&
               fits(place->subcomponent, leaf->subcomponent);
    if (place->kind != PLACE_RELATIVE || dropped->type.len == 0)
        return false;
    if (slice_equal(dropped->type, finding->type))
        return fits(place->component, leaf->component) &&
               fits(place->subcomponent, leaf->subcomponent);
    return slice_equal(dropped->type, finding->type_around) &&
           fits(place->component, leaf->subcomponent);
}

static const struct mapping_suppression *suppression_of(const struct mapping_leaf_reader *reader,
                                                        const struct mapping_leaf *leaf,
                                                        const struct finding *finding,
                                                        bool arrives_without_site)
{
    for (size_t i = 0; i < reader->dropped_count; i++) {
        const struct dropped_place *dropped = &reader->dropped[i];
        if ((!dropped->by_id || arrives_without_site) && is_place_of(dropped, leaf, finding))
            return &dropped->said;
    }
    return NULL;
}

static void settle(const struct mapping_leaf_reader *reader, struct mapping_leaf *leaf,
                   const struct finding *finding, bool arrives_without_site)
{
    leaf->state = MAPPING_LEAF_NEVER_READ;
    if (is_mapped(finding))
        leaf->state = MAPPING_LEAF_MAPPED;
    else if (finding->is_key)
        leaf->state = MAPPING_LEAF_KEY;
    else if (is_of_engine(leaf, finding->type))
        leaf->state = MAPPING_LEAF_ENGINE;
    else if ((leaf->suppression = suppression_of(reader, leaf, finding, arrives_without_site)))
        leaf->state = MAPPING_LEAF_SUPPRESSED;
    else if (finding->is_asked)
        leaf->state = MAPPING_LEAF_CONDITION;
    else if (finding->is_looked_at)
        leaf->state = MAPPING_LEAF_NOT_WRITTEN;
}

/* What becomes of the leaves where the site is not asked; empty where it drops no rule by id, or
 * the message cannot be translated so. */
static struct leaf_list read_without_site(const struct mapping_leaf_reader *reader,
                                          const struct hl7v2_message *message,
                                          struct slice structure,
                                          const struct mapping_context *context,
                                          struct arena *arena)
{
    struct leaf_list list = {.arena = arena};
    struct mapping_result result;
    struct issue_list passed_over;
    issue_list_init(&passed_over, arena);
    if (!reader->without_site || mapping_to_fhir(reader->without_site, message, structure, context,
                                                 arena, &result, &passed_over) != 0)
        return list;
    push_message(&list, reader, message);
    note_all(&list, &result);
    return list;
}

int mapping_leaf_read(const struct mapping_leaf_reader *reader, const struct hl7v2_message *message,
                      struct slice structure, const struct mapping_context *context,
                      struct arena *arena, struct mapping_result *ret_result,
                      struct mapping_leaf **ret_leaves, size_t *ret_count,
                      struct issue_list *issues)
{
    struct mapping_context own = *context;
    struct leaf_list list = {.arena = arena};
    own.trace = own.looks = true;
    if (mapping_to_fhir(reader->program, message, structure, &own, arena, ret_result, issues) != 0)
        return -1;
    push_message(&list, reader, message);
    note_all(&list, ret_result);
    struct leaf_list without = read_without_site(reader, message, structure, &own, arena);
    for (size_t i = 0; i < list.count; i++)
        settle(reader, &list.items[i], &list.findings[i],
               without.count && (is_mapped(&without.findings[i]) || without.findings[i].is_key));
    *ret_leaves = list.items;
    *ret_count = list.count;
    return 0;
}

size_t mapping_leaf_list_refused(const struct mapping_leaf_reader *reader,
                                 const struct hl7v2_message *message, struct arena *arena,
                                 struct mapping_leaf **ret_leaves)
{
    struct leaf_list list = {.arena = arena};
    push_message(&list, reader, message);
    *ret_leaves = list.items;
    return list.count;
}
