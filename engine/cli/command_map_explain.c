/* map explain: a rule with all that was said about it, or the way of a message through the rules.
 *
 * What is asked is a file with messages, a stored message (with an instance), or else a rule, a map
 * or a structure by its name. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/traffic.h"
#include "cli/translation.h"
#include "mapping/explain.h"
#include "pipeline/inbox.h"

#include <stdio.h>

#define EXPLAIN_DEPTH 128 /* of steps: each map that runs is one, and they form no circle */
#define EXPLAIN_INDENT 2

struct explain_run {
    struct command_call *call;
    struct traffic traffic;
    struct translation translation; /* of files; of the feed at hand */
    struct rules_texts texts;       /* with an instance */
    bool shows_values, has_failed, has_answer;
};

static struct slice place_words(struct slice file, unsigned line, unsigned column,
                                struct arena *arena)
{
    return arena_format(arena, "%.*s:%u:%u", SLICE_ARG(file), line, column);
}

/* --- a rule ----------------------------------------------------------------------------------- */

static void print_way(const struct mapping_explained_way *way, struct arena *arena)
{
    bool is_base = way->word.len == 0;
    printf("\n%.*s, %.*s\n", SLICE_ARG(is_base ? SLICE("as the base has it") : way->word),
           SLICE_ARG(place_words(way->file, way->line, way->column, arena)));
    if (way->when.len > 0) {
        printf("  where %.*s\n", SLICE_ARG(way->when));
    }
    if (way->because.len > 0) {
        printf("  because %.*s\n", SLICE_ARG(way->because));
    }
    for (size_t i = 0; i < way->attribute_count; i++) {
        const struct mapping_explained_attribute *attribute = &way->attributes[i];
        printf("  %-10.*s %-40.*s %.*s\n", SLICE_ARG(attribute->name), SLICE_ARG(attribute->value),
               SLICE_ARG(place_words(attribute->file, attribute->line, attribute->column, arena)));
    }
}

static void print_rule(const struct mapping_explained_rule *rule, struct arena *arena)
{
    printf("%.*s   %.*s, %.*s\n", SLICE_ARG(rule->id), SLICE_ARG(rule->word),
           SLICE_ARG(place_words(rule->file, rule->line, rule->column, arena)));
    if (rule->parent.len > 0) {
        printf("  in %.*s\n", SLICE_ARG(rule->parent));
    }
    for (size_t i = 0; i < rule->way_count; i++) {
        print_way(&rule->ways[i], arena);
    }
    if (rule->inside_count > 0) {
        printf("\nholds\n");
    }
    for (size_t i = 0; i < rule->inside_count; i++) {
        printf("  %.*s\n", SLICE_ARG(rule->inside[i]));
    }
}

static struct json *way_json(const struct mapping_explained_way *way, struct arena *arena)
{
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("word"), way->word.len > 0 ? way->word : SLICE("base"), arena);
    if (way->when.len > 0) {
        json_add_string(answer, SLICE("when"), way->when, arena);
    }
    if (way->because.len > 0) {
        json_add_string(answer, SLICE("because"), way->because, arena);
    }
    json_add_string(answer, SLICE("at"), place_words(way->file, way->line, way->column, arena),
                    arena);
    struct json *attributes = json_add(answer, SLICE("attributes"), json_array(arena));
    for (size_t i = 0; i < way->attribute_count; i++) {
        const struct mapping_explained_attribute *attribute = &way->attributes[i];
        struct json *one = json_append(attributes, json_object(arena));
        json_add_string(one, SLICE("name"), attribute->name, arena);
        json_add_string(one, SLICE("value"), attribute->value, arena);
        json_add_string(one, SLICE("at"),
                        place_words(attribute->file, attribute->line, attribute->column, arena),
                        arena);
    }
    return answer;
}

static struct json *rule_json(const struct mapping_explained_rule *rule, struct arena *arena)
{
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("rule"), rule->id, arena);
    json_add_string(answer, SLICE("word"), rule->word, arena);
    json_add_string(answer, SLICE("owner"), rule->owner, arena);
    json_add_string(answer, SLICE("parent"), rule->parent, arena);
    json_add_string(answer, SLICE("at"), place_words(rule->file, rule->line, rule->column, arena),
                    arena);
    struct json *ways = json_add(answer, SLICE("ways"), json_array(arena));
    for (size_t i = 0; i < rule->way_count; i++) {
        json_append(ways, way_json(&rule->ways[i], arena));
    }
    struct json *inside = json_add(answer, SLICE("holds"), json_array(arena));
    for (size_t i = 0; i < rule->inside_count; i++) {
        json_append(inside, json_string(arena, rule->inside[i]));
    }
    return answer;
}

/* The texts of the site whose words count: of --site, in the instance where one is given. */
static int site_texts_of(struct explain_run *run, const struct mapping_texts **ret_texts)
{
    struct command_call *call = run->call;
    const struct instance *instance = &run->traffic.instance;
    const char *name = option_value(&call->options, "site");
    if (!run->traffic.is_stored) {
        return translation_site_texts(&run->translation, call, ret_texts);
    }
    const struct instance_site *site =
        name != NULL ? instance_site(instance, slice_of(name)) : NULL;
    if (name != NULL && site == NULL) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no site '%s'", name);
        return -1;
    }
    *ret_texts = site != NULL ? &run->texts.sites[site - instance->sites] : NULL;
    return 0;
}

static enum command_exit explain_rule(struct explain_run *run)
{
    struct command_call *call = run->call;
    const struct knowledge *knowledge = &run->translation.knowledge;
    const struct mapping_texts *site_texts = NULL;
    const struct mapping_rules *rules = NULL;
    struct mapping_explained_rule explained;
    if (site_texts_of(run, &site_texts) != 0 ||
        mapping_rules_load(knowledge->mappings, knowledge->dictionary, knowledge->definitions,
                           call->arena, &rules, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (mapping_explain_rule(rules, site_texts, slice_of(call->operands[0]), call->arena,
                             &explained, &call->issues) != 0) {
        return command_failed(call);
    }
    if (call->json) {
        command_print(rule_json(&explained, call->arena));
    } else {
        print_rule(&explained, call->arena);
    }
    return COMMAND_DONE;
}

/* --- the way of a message --------------------------------------------------------------------- */

static const char *const step_outcomes[] = {
    [MAPPING_STEP_RAN] = "ran", [MAPPING_STEP_FALSE] = "false", [MAPPING_STEP_NOTHING] = "nothing"};

static struct slice resource_words(const struct mapping_resource *resource, struct arena *arena)
{
    return arena_format(arena, "%.*s/%.*s", SLICE_ARG(resource->type), SLICE_ARG(resource->id));
}

/* "person(mission, A1)", or without its parts where values are masked. */
static struct slice key_words(const struct explain_run *run, const struct mapping_key *key,
                              struct arena *arena)
{
    struct slice words = arena_format(arena, "%.*s(", SLICE_ARG(key->name));
    for (size_t i = 0; i < key->part_count; i++) {
        struct slice part = run->shows_values ? command_shown(key->parts[i], arena) : SLICE("***");
        words =
            arena_format(arena, "%.*s%s%.*s", SLICE_ARG(words), i > 0 ? ", " : "", SLICE_ARG(part));
    }
    return arena_format(arena, "%.*s)", SLICE_ARG(words));
}

/* What is at hand: "OBSERVATION[1] OBX[2] Observation/7f3k". */
static struct slice at_hand(const struct mapping_result *result, const struct mapping_step *step,
                            struct arena *arena)
{
    struct slice words = {NULL, 0};
    if (step->group.len > 0) {
        words = arena_format(arena, "%.*s[%u] ", SLICE_ARG(step->group), step->group_number);
    }
    if (step->segment.len > 0) {
        words = arena_format(arena, "%.*s%.*s[%u] ", SLICE_ARG(words), SLICE_ARG(step->segment),
                             step->sequence);
    }
    if (step->resource != MAPPING_NO_RESOURCE) {
        words = arena_format(arena, "%.*s%.*s", SLICE_ARG(words),
                             SLICE_ARG(resource_words(&result->resources[step->resource], arena)));
    }
    return slice_trim(words);
}

static void print_step(const struct mapping_result *result, const struct mapping_step *step,
                       struct arena *arena)
{
    struct mapping_rule_facts rule = mapping_program_rule(result->program, step->rule);
    struct slice place = place_words(rule.file, rule.line, rule.column, arena);
    int indent = EXPLAIN_INDENT * (int)(step->depth + 1);
    if (step->outcome == MAPPING_STEP_RAN) {
        printf("%*s%.*s   %.*s\n", indent, "", SLICE_ARG(rule.id), SLICE_ARG(place));
        return;
    }
    printf("%*snot %.*s: %.*s   %.*s\n", indent, "", SLICE_ARG(rule.id),
           SLICE_ARG(mapping_explain_when(result->program, rule.id)), SLICE_ARG(place));
}

static void print_steps(const struct mapping_result *result, struct arena *arena)
{
    struct slice shown[EXPLAIN_DEPTH] = {{NULL, 0}};
    size_t silent = 0;
    for (size_t i = 0; i < result->step_count; i++) {
        const struct mapping_step *step = &result->steps[i];
        size_t depth = step->depth < EXPLAIN_DEPTH - 1 ? step->depth : EXPLAIN_DEPTH - 2;
        struct slice now = at_hand(result, step, arena);
        if (step->outcome == MAPPING_STEP_NOTHING) {
            silent++;
            continue;
        }
        if (!slice_equal(shown[depth], now)) {
            shown[depth] = now;
            printf("%*s%.*s\n", EXPLAIN_INDENT * (int)depth + 1, "", SLICE_ARG(now));
        }
        print_step(result, step, arena);
        shown[depth + 1] = now; /* what is inside says only what is new */
    }
    printf("  and %zu rule%s that found nothing to read\n", silent, report_plural(silent));
}

static void print_way_of_message(const struct explain_run *run,
                                 const struct traffic_message *message,
                                 const struct mapping_result *result)
{
    struct arena *arena = message->input->arena;
    printf("%.*s: %.*s, rules %.*s\n", SLICE_ARG(command_shown(message->subject, arena)),
           SLICE_ARG(message->input->header.structure),
           SLICE_ARG(mapping_program_revision(result->program)));
    print_steps(result, arena);
    printf("makes\n");
    for (size_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *resource = &result->resources[i];
        struct mapping_rule_facts rule = mapping_program_rule(result->program, resource->rule);
        printf("  %.*s", SLICE_ARG(resource_words(resource, arena)));
        for (size_t k = 0; k < resource->key_count; k++) {
            printf(" %.*s", SLICE_ARG(key_words(run, &resource->keys[k], arena)));
        }
        printf("   %.*s\n", SLICE_ARG(rule.id));
    }
}

static struct json *step_json(const struct mapping_result *result, const struct mapping_step *step,
                              struct arena *arena)
{
    struct mapping_rule_facts rule = mapping_program_rule(result->program, step->rule);
    struct slice when = mapping_explain_when(result->program, rule.id);
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("rule"), rule.id, arena);
    json_add_string(answer, SLICE("at"), place_words(rule.file, rule.line, rule.column, arena),
                    arena);
    json_add(answer, SLICE("depth"), json_integer(arena, step->depth));
    json_add_string(answer, SLICE("outcome"), slice_of(step_outcomes[step->outcome]), arena);
    json_add_string(answer, SLICE("in"), at_hand(result, step, arena), arena);
    if (when.len > 0) {
        json_add_string(answer, SLICE("when"), when, arena);
    }
    return answer;
}

static struct json *way_of_message_json(const struct explain_run *run,
                                        const struct traffic_message *message,
                                        const struct mapping_result *result)
{
    struct arena *arena = message->input->arena;
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("message"), command_shown(message->subject, arena), arena);
    json_add_string(answer, SLICE("structure"), message->input->header.structure, arena);
    json_add_string(answer, SLICE("rules"), mapping_program_revision(result->program), arena);
    struct json *steps = json_add(answer, SLICE("steps"), json_array(arena));
    for (size_t i = 0; i < result->step_count; i++) {
        json_append(steps, step_json(result, &result->steps[i], arena));
    }
    struct json *resources = json_add(answer, SLICE("resources"), json_array(arena));
    for (size_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *resource = &result->resources[i];
        struct json *one = json_append(resources, json_object(arena));
        json_add_string(one, SLICE("resource"), resource_words(resource, arena), arena);
        json_add_string(one, SLICE("rule"),
                        mapping_program_rule(result->program, resource->rule).id, arena);
        struct json *keys = json_add(one, SLICE("keys"), json_array(arena));
        for (size_t k = 0; k < resource->key_count; k++) {
            json_append(keys, json_string(arena, key_words(run, &resource->keys[k], arena)));
        }
    }
    return answer;
}

static bool explain_message(const struct traffic_message *message, void *data)
{
    struct explain_run *run = data;
    struct command_call *call = run->call;
    struct input_message *input = message->input;
    struct mapping_context context;
    struct mapping_result result;
    if (message->feed != NULL) {
        if (translation_of_feed(&run->translation, &run->translation.knowledge,
                                &run->traffic.instance, &run->texts, message->feed,
                                &call->issues) != 0) {
            run->has_failed = true;
            return false;
        }
        run->translation.received = message->received;
    }
    run->has_answer = true;
    if (!translation_prepare(&run->translation, input, &context)) {
        if (message->feed != NULL) { /* what is wrong with a file's is said by its visit */
            issue_list_take(&call->issues, input->issues);
        }
        return false;
    }
    context.steps = true;
    if (mapping_to_fhir(run->translation.program, &input->message, input->header.structure,
                        &context, input->arena, &result, input->issues) != 0) {
        return false;
    }
    if (call->json) {
        command_print(way_of_message_json(run, message, &result));
    } else {
        print_way_of_message(run, message, &result);
    }
    return true;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum command_exit explain_stored(struct explain_run *run)
{
    struct command_call *call = run->call;
    struct traffic *traffic = &run->traffic;
    if (rules_texts_read(&run->translation.knowledge, &traffic->instance, call->arena, &run->texts,
                         &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    enum command_exit exit_code =
        traffic_one(traffic, slice_of(call->operands[0]), run->shows_values, explain_message, run);
    if (exit_code != COMMAND_DONE || run->has_answer) {
        return run->has_failed ? command_failed(call) : exit_code;
    }
    return explain_rule(run);
}

enum command_exit command_map_explain(struct command_call *call)
{
    struct explain_run run = {.call = call,
                              .shows_values = option_given(&call->options, "show-phi")};
    bool is_file = !option_given(&call->options, "instance") && input_is_file(call->operands[0]);
    enum command_exit exit_code = traffic_open(&run.traffic, call);
    if (exit_code == COMMAND_DONE) {
        exit_code = is_file ? translation_init(&run.translation, call)
                            : translation_begin(&run.translation, call);
    }
    if (exit_code == COMMAND_DONE && run.traffic.is_stored) {
        exit_code = explain_stored(&run);
    } else if (exit_code == COMMAND_DONE && is_file) {
        exit_code = traffic_each(&run.traffic, 0, run.translation.options.default_charset,
                                 explain_message, &run);
    } else if (exit_code == COMMAND_DONE) {
        exit_code = explain_rule(&run);
    }
    traffic_close(&run.traffic);
    return exit_code;
}
