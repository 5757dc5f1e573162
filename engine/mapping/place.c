/* place: the parser and the checks of places; looking one up in a message is to_fhir's. */
#include "mapping/place.h"

const struct slice PLACE_FACTS[FACT_COUNT] = {
    [FACT_NOW] = SLICE_INIT("engine.now"),
    [FACT_MESSAGE] = SLICE_INIT("engine.message"),
    [FACT_SOURCE] = SLICE_INIT("engine.source"),
    [FACT_SITE] = SLICE_INIT("sender.site"),
    [FACT_ORGANIZATION] = SLICE_INIT("sender.organization"),
    [FACT_TIME_ZONE] = SLICE_INIT("sender.time-zone"),
    [FACT_MRN_SYSTEM] = SLICE_INIT("sender.mrn-system"),
    [FACT_RECEIVER_MRN_SYSTEM] = SLICE_INIT("receiver.mrn-system"),
    [FACT_REVISION] = SLICE_INIT("engine.revision"),
};

/* --- the parser: each reads at *at and moves it ---------------------------------------------*/

static char peek(struct slice text, size_t at)
{
    return at < text.len ? text.ptr[at] : '\0';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_number(struct slice text, size_t *at, unsigned *ret_number)
{
    size_t end = *at;
    while (is_digit(peek(text, end)))
        end++;
    uint64_t number;
    if (!slice_to_uint64(slice_part(text, *at, end - *at), 99999, &number) || number == 0)
        return false;
    *ret_number = (unsigned)number;
    *at = end;
    return true;
}

/* Letters, digits and underscores that begin with a capital. */
static struct slice read_name(struct slice text, size_t *at)
{
    size_t end = *at;
    if (is_upper(peek(text, end)))
        while (is_upper(peek(text, end)) || is_digit(peek(text, end)) || peek(text, end) == '_')
            end++;
    struct slice name = slice_part(text, *at, end - *at);
    *at = end;
    return name;
}

static bool read_word(struct slice text, size_t *at, struct slice word)
{
    if (!slice_starts_with(slice_after(text, *at), word))
        return false;
    *at += word.len;
    return true;
}

static bool read_parts(struct slice text, size_t *at, struct place *place)
{
    if (peek(text, *at) != '.' || !is_digit(peek(text, *at + 1)))
        return true;
    ++*at;
    if (!read_number(text, at, &place->component))
        return false;
    if (peek(text, *at) != '.' || !is_digit(peek(text, *at + 1)))
        return true;
    ++*at;
    return read_number(text, at, &place->subcomponent);
}

static bool read_repetition(struct slice text, size_t *at, struct place *place)
{
    if (peek(text, *at) != '[')
        return true;
    ++*at;
    if (read_word(text, at, SLICE("nth "))) {
        place->nth = read_name(text, at);
        if (place->nth.len == 0)
            return false;
    } else if (!read_number(text, at, &place->repetition)) {
        return false;
    }
    if (peek(text, *at) != ']')
        return false;
    ++*at;
    return true;
}

static bool read_segment(struct slice text, size_t *at, struct place *place)
{
    size_t begin = *at;
    struct slice name = read_name(text, at);
    while (name.len && peek(text, *at) == '.' && is_upper(peek(text, *at + 1))) {
        place->groups = slice_part(text, begin, *at - begin);
        ++*at;
        name = read_name(text, at);
    }
    if (name.len != 3)
        return false;
    place->segment = HL7V2_ID(name.ptr);
    if (peek(text, *at) == '[') {
        ++*at;
        if (!read_number(text, at, &place->sequence) || peek(text, *at) != ']')
            return false;
        ++*at;
    }
    if (!read_word(text, at, SLICE(" after ")))
        return true;
    struct slice after = read_name(text, at);
    if (after.len != 3)
        return false;
    place->after = HL7V2_ID(after.ptr);
    return true;
}

static size_t read_fact(struct slice text, struct place *place)
{
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        if (!slice_starts_with(text, PLACE_FACTS[i]))
            continue;
        place->kind = PLACE_FACT;
        place->fact = (enum place_fact)i;
        return PLACE_FACTS[i].len;
    }
    return 0;
}

size_t place_parse_front(struct slice text, struct place *ret_place)
{
    struct place place = {0};
    size_t at = read_fact(text, &place);
    bool well = true;
    if (at == 0 && peek(text, 0) == '.') {
        place.kind = PLACE_RELATIVE;
        well = read_parts(text, &at, &place);
        at = at ? at : 1;
    } else if (at == 0) {
        well = read_segment(text, &at, &place);
        if (well && peek(text, at) == '-') {
            at++;
            well = read_number(text, &at, &place.field) && read_repetition(text, &at, &place) &&
                   read_parts(text, &at, &place);
        }
    }
    if (!well || at == 0)
        return 0;
    place.text = slice_part(text, 0, at);
    place.is_near =
        place.kind == PLACE_SEGMENT && !place.sequence && !place.after && !place.groups.len;
    *ret_place = place;
    return at;
}

int places_parse(struct slice text, struct arena *arena, struct places *ret_places,
                 size_t *ret_column)
{
    struct places places = {0};
    size_t at = 0;
    for (;;) {
        while (peek(text, at) == ' ')
            at++;
        struct place place;
        size_t length = place_parse_front(slice_after(text, at), &place);
        if (length == 0)
            break;
        places.items = arena_grow(arena, places.items, places.count * sizeof(place),
                                  (places.count + 1) * sizeof(place));
        places.items[places.count++] = place;
        at += length;
        if (at == text.len) {
            *ret_places = places;
            return 0;
        }
        if (!read_word(text, &at, SLICE(" or ")))
            break;
    }
    *ret_column = at;
    return -1;
}

/* --- the checks --------------------------------------------------------------------------------*/

static bool is_local_segment(uint32_t segment)
{
    return segment >> 16 == 'Z';
}

static struct slice component_type(const struct hl7v2_dictionary *dictionary, struct slice type,
                                   unsigned component)
{
    /* HL7 v2.7 2.A.13: CE became CWE, whose first six components are the same. */
    if (slice_equal(type, SLICE("CE")))
        type = SLICE("CWE");
    const struct hl7v2_component_definition *definition =
        hl7v2_dictionary_component(dictionary, type, component);
    return definition ? definition->type_of : (struct slice){NULL, 0};
}

static struct slice part_type(const struct hl7v2_dictionary *dictionary, struct slice type,
                              const struct place *place)
{
    if (place->component && hl7v2_dictionary_component_count(dictionary, type))
        type = component_type(dictionary, type, place->component);
    if (place->subcomponent && hl7v2_dictionary_component_count(dictionary, type))
        type = component_type(dictionary, type, place->subcomponent);
    return type;
}

struct slice place_type(const struct place *place, const struct place_scope *scope)
{
    if (place->kind == PLACE_RELATIVE)
        return part_type(scope->dictionary, scope->type, place);
    if (place->kind == PLACE_FACT || place->field == 0)
        return (struct slice){NULL, 0};
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(scope->dictionary, place->segment, place->field);
    if (!field || slice_equal(field->type, SLICE("VARIES")))
        return (struct slice){NULL, 0};
    return part_type(scope->dictionary, field->type, place);
}

static struct slice first_word(struct slice text)
{
    size_t length = 0;
    while (length < text.len && text.ptr[length] != ' ' && text.ptr[length] != ')' &&
           text.ptr[length] != ',')
        length++;
    return slice_part(text, 0, length);
}

struct slice place_did_you_mean(struct slice text, const struct place_scope *scope,
                                const struct rule *rule, struct arena *arena)
{
    size_t at = 0, count;
    struct slice wrong = read_name(text, &at);
    if (at == 0 && peek(text, 0) >= 'a' && peek(text, 0) <= 'z')
        return rule_did_you_mean(arena, first_word(text), PLACE_FACTS, FACT_COUNT);
    while (wrong.len && peek(text, at) == '.' && is_upper(peek(text, at + 1))) {
        at++;
        wrong = read_name(text, &at);
    }
    if (wrong.len == 0)
        return wrong;
    const struct rule *root = rule;
    while (root->parent)
        root = root->parent;
    const struct slice *known = hl7v2_dictionary_segments(scope->dictionary, arena, &count);
    struct slice *names = ARENA_ARRAY(arena, count + 1, struct slice);
    names[0] = rule_text(root, ATTRIBUTE_FROM);
    for (size_t i = 0; i < count; i++)
        names[i + 1] = known[i];
    for (size_t i = 0; i <= count; i++)
        if (slice_equal(names[i], wrong))
            return (struct slice){NULL, 0};
    return rule_did_you_mean(arena, wrong, names, count + 1);
}

/* One error of a place, with the attribute it stands in. */
struct place_report {
    const struct rule *rule;
    enum rule_attribute attribute;
    size_t offset;
    struct issue_list *issues;
};

static bool check_parts(const struct place *place, const struct place_scope *scope,
                        struct slice type, const struct place_report *report)
{
    unsigned numbers[] = {place->component, place->subcomponent};
    for (size_t i = 0; i < 2 && numbers[i] && type.len; i++) {
        /* Simple types have no components, but later versions widened many of them (PID-8 IS
         * became CWE), so these are not refused. */
        if (slice_equal(type, SLICE("CE")))
            type = SLICE("CWE");
        unsigned count = hl7v2_dictionary_component_count(scope->dictionary, type);
        if (count && numbers[i] > count) {
            rule_value_error(report->issues, report->rule, report->attribute, report->offset,
                             place->text.len, "unknown-component",
                             arena_format(report->issues->arena, "%.*s has components 1 to %u",
                                          SLICE_ARG(type), count),
                             "%.*s does not exist", SLICE_ARG(place->text));
            return false;
        }
        type = count ? component_type(scope->dictionary, type, numbers[i]) : type;
    }
    return true;
}

static bool report_segment(const struct place *place, const struct place_scope *scope,
                           const struct place_report *report)
{
    struct slice near = place_did_you_mean(place->text, scope, report->rule, report->issues->arena);
    rule_value_error(report->issues, report->rule, report->attribute, report->offset,
                     place->text.len, "unknown-segment",
                     near.len ? near : SLICE("segments of your own begin with Z"),
                     "%.*s is in no segment that HL7 knows", SLICE_ARG(place->text));
    return false;
}

static bool check_field(const struct place *place, const struct place_scope *scope,
                        const struct place_report *report)
{
    unsigned count = hl7v2_dictionary_field_count(scope->dictionary, place->segment);
    if (count == 0)
        return report_segment(place, scope, report);
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(scope->dictionary, place->segment, place->field);
    if (place->field && !field) {
        rule_value_error(
            report->issues, report->rule, report->attribute, report->offset, place->text.len,
            "unknown-field",
            arena_format(report->issues->arena, "%.3s has fields 1 to %u",
                         place->text.ptr + (place->groups.len ? place->groups.len + 1 : 0), count),
            "%.*s does not exist", SLICE_ARG(place->text));
        return false;
    }
    if (!field || hl7v2_field_in_version(field, scope->version))
        return true;
    struct slice version = hl7v2_version_name(scope->version);
    rule_value_error(report->issues, report->rule, report->attribute, report->offset,
                     place->text.len, "field-not-in-version",
                     SLICE("drop this rule, or declare a later version"),
                     "%.*s (%.*s) does not exist in HL7 v%.*s, which this site declares",
                     SLICE_ARG(place->text), SLICE_ARG(field->name), SLICE_ARG(version));
    return false;
}

/* "did you mean 'PATIENT'?" of the first part of a path that is no group. */
static struct slice nearest_group(const struct hl7v2_structure *structure, struct slice path,
                                  struct arena *arena)
{
    struct slice *names = ARENA_ARRAY(arena, structure->node_count, struct slice);
    size_t count = 0;
    for (size_t i = 1; i < structure->node_count; i++)
        if (structure->nodes[i].segment == 0)
            names[count++] = structure->nodes[i].name;
    struct slice near = {NULL, 0};
    for (struct slice part; near.len == 0 && slice_split(&path, '.', &part);) {
        size_t known = 0;
        while (known < count && !slice_equal(names[known], part))
            known++;
        if (known == count)
            near = rule_did_you_mean(arena, part, names, count);
    }
    return near.len ? near : SLICE("painbridge spec shows the groups of a structure");
}

/* Groups are looked up in the one at hand, then outward. */
static bool check_groups(const struct place *place, const struct place_scope *scope,
                         const struct place_report *report)
{
    if (!scope->structure || place->groups.len == 0)
        return true;
    for (uint32_t node = scope->node;; node = scope->structure->nodes[node].parent) {
        if (hl7v2_structure_find(scope->structure, node, place->groups))
            return true;
        if (node == 0)
            break;
    }
    rule_value_error(
        report->issues, report->rule, report->attribute, report->offset, place->groups.len,
        "unknown-group", nearest_group(scope->structure, place->groups, report->issues->arena),
        "%.*s has no group %.*s", SLICE_ARG(scope->structure->name), SLICE_ARG(place->groups));
    return false;
}

bool place_check(struct place *place, const struct place_scope *scope, const struct rule *rule,
                 enum rule_attribute attribute, size_t offset, struct issue_list *issues)
{
    struct place_report report = {rule, attribute, offset, issues};
    if (place->kind == PLACE_FACT)
        return true;
    struct slice whole = scope->type;
    if (place->kind == PLACE_SEGMENT) {
        if (is_local_segment(place->segment))
            return true;
        if (!check_field(place, scope, &report) || !check_groups(place, scope, &report))
            return false;
        struct place field = *place;
        field.component = field.subcomponent = 0;
        whole = place_type(&field, scope);
    }
    if (!check_parts(place, scope, whole, &report))
        return false;
    struct slice type = place_type(place, scope);
    place->is_composite = type.len && hl7v2_dictionary_component_count(scope->dictionary, type) > 0;
    return true;
}
