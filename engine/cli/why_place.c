/* why_place: see the header. */
#include "cli/why_place.h"

#include "mapping/why.h"

#include <stdio.h>

#define PLACE_NUMBER_LIMIT 100000

/* What is said of a state that has no rule or reason to show. */
static const struct {
    const char *name, *words;
} states[MAPPING_LEAF_STATE_COUNT] = {
    [MAPPING_LEAF_MAPPED] = {"mapped",
                             "it cleared an element, or says again what another value said"},
    [MAPPING_LEAF_KEY] = {"key", "part of the key of a resource"},
    [MAPPING_LEAF_ENGINE] = {"engine", "obeyed by the engine itself"},
    [MAPPING_LEAF_SUPPRESSED] = {"suppressed", ""},
    [MAPPING_LEAF_CONDITION] = {"condition", "a condition looked at it; no rule wrote it"},
    [MAPPING_LEAF_NOT_WRITTEN] = {"not written", "a rule read it and wrote nothing: see the "
                                                 "warnings of convert"},
    [MAPPING_LEAF_NEVER_READ] = {"never read", "no rule reads this field in this message"},
    [MAPPING_LEAF_REFUSED] = {"refused", ""},
};

/* --- the place -------------------------------------------------------------------------------- */

static bool take_number(struct slice *rest, unsigned *ret_number)
{
    size_t digits = 0;
    uint64_t number;
    while (digits < rest->len && rest->ptr[digits] >= '0' && rest->ptr[digits] <= '9') {
        digits++;
    }
    if (!slice_to_uint64(slice_part(*rest, 0, digits), PLACE_NUMBER_LIMIT, &number)) {
        return false;
    }
    *ret_number = (unsigned)number;
    *rest = slice_after(*rest, digits);
    return number > 0;
}

/* "[2]", where it is there. */
static bool take_brackets(struct slice *rest, unsigned *ret_number)
{
    if (rest->len == 0 || rest->ptr[0] != '[') {
        return true;
    }
    *rest = slice_after(*rest, 1);
    if (!take_number(rest, ret_number) || rest->len == 0 || rest->ptr[0] != ']') {
        return false;
    }
    *rest = slice_after(*rest, 1);
    return true;
}

/* ".4", where it is there. */
static bool take_part(struct slice *rest, unsigned *ret_number)
{
    if (rest->len == 0 || rest->ptr[0] != '.') {
        return true;
    }
    *rest = slice_after(*rest, 1);
    return take_number(rest, ret_number);
}

static bool is_segment(struct slice text)
{
    bool well = text.len == 3 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z';
    for (size_t i = 1; i < text.len && well; i++) {
        well = (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') ||
               (text.ptr[i] >= '0' && text.ptr[i] <= '9');
    }
    return well;
}

bool why_place_parse(struct slice text, struct why_place *ret_place)
{
    struct why_place place = {.segment = slice_part(text, 0, 3)};
    struct slice rest = slice_after(text, 3);
    if (!is_segment(place.segment) || !take_brackets(&rest, &place.sequence) || rest.len == 0 ||
        rest.ptr[0] != '-') {
        return false;
    }
    rest = slice_after(rest, 1);
    if (!take_number(&rest, &place.field) || !take_brackets(&rest, &place.repetition) ||
        !take_part(&rest, &place.component) || !take_part(&rest, &place.subcomponent) ||
        rest.len > 0) {
        return false;
    }
    *ret_place = place;
    return true;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* A value of the place, and what is needed to answer for it. */
struct answer {
    const struct mapping_result *result;
    const struct mapping_leaf *leaf;
    struct slice value; /* or *** */
    bool masked, json;
    struct arena *arena;
};

/* A level that the leaf does not number has one part only. */
static bool fits(unsigned wanted, unsigned number)
{
    return wanted == 0 || wanted == (number > 0 ? number : 1);
}

static bool is_at(const struct mapping_leaf *leaf, const struct why_place *place)
{
    return slice_equal(leaf->segment, place->segment) && leaf->field == place->field &&
           fits(place->sequence, leaf->sequence) && fits(place->repetition, leaf->repetition) &&
           fits(place->component, leaf->component) && fits(place->subcomponent, leaf->subcomponent);
}

static bool is_source(const struct mapping_why *why, const struct mapping_leaf *leaf)
{
    return why->kind == MAPPING_TRACE_FIELD && why->start <= leaf->start &&
           why->start + why->length >= leaf->start + leaf->length;
}

static struct slice leaf_words(const struct mapping_leaf *leaf, struct arena *arena)
{
    struct issue_place place =
        issue_place_v2(leaf->segment, leaf->sequence, leaf->field, leaf->repetition,
                       leaf->component, leaf->subcomponent);
    return issue_place_text(&place, arena);
}

static struct slice at_words(struct slice file, unsigned line, unsigned column, struct arena *arena)
{
    return arena_format(arena, "%.*s:%u:%u", SLICE_ARG(file), line, column);
}

static void say_element(const struct answer *answer, const struct mapping_resource *resource,
                        const struct mapping_why *why, struct json *elements)
{
    struct arena *arena = answer->arena;
    struct slice reference =
        arena_format(arena, "%.*s/%.*s", SLICE_ARG(resource->type), SLICE_ARG(resource->id));
    struct slice at = at_words(why->rule.file, why->rule.line, why->rule.column, arena);
    struct slice value = answer->masked ? SLICE("***") : command_shown(why->value, arena);
    if (!answer->json) {
        printf("  %.*s %.*s   %.*s\n    rule   %.*s, %.*s\n", SLICE_ARG(reference),
               SLICE_ARG(why->path), SLICE_ARG(value), SLICE_ARG(why->rule.id), SLICE_ARG(at));
        return;
    }
    struct json *element = json_append(elements, json_object(arena));
    json_add_string(element, SLICE("resource"), reference, arena);
    json_add_string(element, SLICE("path"), why->path, arena);
    json_add_string(element, SLICE("value"), value, arena);
    json_add_string(element, SLICE("rule"), why->rule.id, arena);
    json_add_string(element, SLICE("at"), at, arena);
}

/* Every element that has the leaf among its sources; how many. */
static size_t say_elements(const struct answer *answer, struct json *elements)
{
    size_t said = 0;
    for (size_t i = 0; i < answer->result->resource_count; i++) {
        struct mapping_why *list = NULL;
        size_t count = mapping_why_list(answer->result, (uint32_t)i, (struct slice){NULL, 0},
                                        answer->arena, &list);
        for (size_t w = 0; w < count; w++) {
            if (is_source(&list[w], answer->leaf)) {
                say_element(answer, &answer->result->resources[i], &list[w], elements);
                said++;
            }
        }
    }
    return said;
}

static void say_suppression(const struct answer *answer, struct json *json)
{
    const struct mapping_suppression *said = answer->leaf->suppression;
    struct slice at = at_words(said->file, said->line, said->column, answer->arena);
    if (!answer->json) {
        printf("  on purpose: %.*s\n    drop   %.*s%s%.*s\n", SLICE_ARG(said->because),
               SLICE_ARG(said->rule), said->rule.len > 0 ? ", " : "", SLICE_ARG(at));
        return;
    }
    json_add_string(json, SLICE("because"), said->because, answer->arena);
    if (said->rule.len > 0) {
        json_add_string(json, SLICE("rule"), said->rule, answer->arena);
    }
    json_add_string(json, SLICE("at"), at, answer->arena);
}

static void say_leaf(const struct answer *answer)
{
    const struct mapping_leaf *leaf = answer->leaf;
    struct arena *arena = answer->arena;
    struct slice place = leaf_words(leaf, arena);
    struct json *json = json_object(arena), *elements = json_array(arena);
    json_add_string(json, SLICE("place"), place, arena);
    json_add_string(json, SLICE("value"), answer->value, arena);
    json_add_string(json, SLICE("state"), slice_of(states[leaf->state].name), arena);
    if (!answer->json) {
        printf("%.*s   %.*s, bytes %u-%u   %s\n", SLICE_ARG(answer->value), SLICE_ARG(place),
               leaf->start, leaf->start + leaf->length - 1, states[leaf->state].name);
    }
    size_t said = leaf->state == MAPPING_LEAF_MAPPED ? say_elements(answer, elements) : 0;
    if (leaf->suppression != NULL) {
        say_suppression(answer, json);
    } else if (said == 0 && !answer->json) {
        printf("  %s\n", states[leaf->state].words);
    }
    if (answer->json) {
        json_add(json, SLICE("elements"), elements);
        command_print(json);
    }
}

bool why_place_answer(const struct translation *translation,
                      const struct mapping_leaf_reader *reader, struct input_message *input,
                      const struct why_place *place, bool masked, bool json, size_t *ret_answers)
{
    struct mapping_context context;
    struct mapping_result result;
    struct mapping_leaf *leaves = NULL;
    size_t count = 0;
    *ret_answers = 0;
    if (!translation_prepare(translation, input, &context) ||
        mapping_leaf_read(reader, &input->message, input->header.structure, &context, input->arena,
                          &result, &leaves, &count, input->issues) != 0) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct slice raw = slice_part(input->message.frame, leaves[i].start, leaves[i].length);
        struct answer answer = {.result = &result,
                                .leaf = &leaves[i],
                                .value = masked ? SLICE("***") : command_shown(raw, input->arena),
                                .masked = masked,
                                .json = json,
                                .arena = input->arena};
        if (is_at(&leaves[i], place)) {
            say_leaf(&answer);
            ++*ret_answers;
        }
    }
    return true;
}
