/* act: what a message asks to be done beside its resources, in words and as JSON. */
#include "fhir/reference.h"
#include "mapping/run.h"

struct slice mapping_act_name(enum mapping_act_kind kind)
{
    static const struct slice NAMES[MAPPING_ACT_KIND_COUNT] = {
        [MAPPING_ACT_MERGE] = SLICE_INIT("merge"),       [MAPPING_ACT_LINK] = SLICE_INIT("link"),
        [MAPPING_ACT_UNLINK] = SLICE_INIT("unlink"),     [MAPPING_ACT_MOVE] = SLICE_INIT("move"),
        [MAPPING_ACT_SNAPSHOT] = SLICE_INIT("snapshot"),
    };
    return NAMES[kind];
}

static struct json *act_json(const struct mapping_result *result, const struct mapping_act *act,
                             struct arena *arena)
{
    const struct mapping_rule_facts rule = mapping_program_rule(result->program, act->rule);
    struct json *json = json_object(arena);
    json_add_string(json, SLICE("act"), mapping_act_name(act->kind), arena);
    json_add_string(json, SLICE("type"), act->type, arena);
    if (act->kind == MAPPING_ACT_SNAPSHOT) {
        json_add_string(json, SLICE("scope"), act->scope, arena);
        json_add(json, SLICE("set"), json_copy(act->body, arena));
    } else {
        json_add_string(json, SLICE("into"),
                        fhir_reference_local(act->type, fhir_id_slice(&act->into.id), arena),
                        arena);
        json_add_string(json, SLICE("from"),
                        fhir_reference_local(act->type, fhir_id_slice(&act->from.id), arena),
                        arena);
    }
    json_add_string(json, SLICE("rule"), rule.id, arena);
    json_add_string(json, SLICE("at"),
                    arena_format(arena, "%.*s:%u:%u", SLICE_ARG(rule.file), rule.line, rule.column),
                    arena);
    return json;
}

struct json *mapping_acts_json(const struct mapping_result *result, struct arena *arena)
{
    struct json *array = json_array(arena);
    for (size_t i = 0; i < result->act_count; i++)
        json_append(array, act_json(result, &result->acts[i], arena));
    return array;
}
