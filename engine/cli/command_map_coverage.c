/* map coverage: how much the rules hold, of HL7's guide or of messages. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/traffic.h"
#include "cli/translation.h"
#include "mapping/coverage.h"
#include "mapping/guide.h"

#include <stdio.h>
#include <stdlib.h>

#define COVERAGE_TABLE_LIMIT ((size_t)16 << 20)

/* --- the guide -------------------------------------------------------------------------------- */

static const char *const state_names[MAPPING_GUIDE_STATE_COUNT] = {
    [MAPPING_GUIDE_TAKEN] = "taken",
    [MAPPING_GUIDE_SAID_OTHERWISE] = "said_otherwise",
    [MAPPING_GUIDE_LEFT_OUT] = "left_out",
    [MAPPING_GUIDE_NOT_COMPUTABLE] = "not_computable",
};

static int read_table(struct command_call *call, const char *mappings, struct slice name,
                      struct csv_table *ret_table)
{
    struct slice text;
    char *path =
        file_join(call->arena, file_join(call->arena, mappings, SLICE("v2-to-fhir")), name);
    if (file_read(path, COVERAGE_TABLE_LIMIT, call->arena, &text, &call->issues) != 0) {
        return -1;
    }
    return csv_parse(slice_of(path), text, CSV_COMMA, call->arena, ret_table, &call->issues);
}

static struct json *guide_map_json(const struct mapping_guide_map *map, struct arena *arena)
{
    struct json *answer = json_object(arena);
    if (map->name.len > 0) {
        json_add_string(answer, SLICE("kind"), map->kind, arena);
        json_add_string(answer, SLICE("map"), map->name, arena);
    }
    json_add(answer, SLICE("rows"), json_integer(arena, (int64_t)map->rows));
    for (size_t i = 0; i < MAPPING_GUIDE_STATE_COUNT; i++) {
        json_add(answer, slice_of(state_names[i]), json_integer(arena, (int64_t)map->counts[i]));
    }
    if (map->reason.len > 0) {
        json_add_string(answer, SLICE("reason"), map->reason, arena);
    }
    return answer;
}

static void print_guide_map(const struct mapping_guide_map *map)
{
    printf("%-10.*s %-42.*s %5zu", SLICE_ARG(map->kind), SLICE_ARG(map->name), map->rows);
    for (size_t i = 0; i < MAPPING_GUIDE_STATE_COUNT; i++) {
        printf(" %14zu", map->counts[i]);
    }
    printf("\n");
}

static void print_guide(const struct mapping_guide *guide)
{
    struct mapping_guide_map all = guide->all;
    all.kind = SLICE("in all");
    printf("%-10s %-42s %5s", "kind", "map", "rows");
    for (size_t i = 0; i < MAPPING_GUIDE_STATE_COUNT; i++) {
        printf(" %14.*s", SLICE_ARG(MAPPING_GUIDE_STATES[i]));
    }
    printf("\n");
    for (size_t i = 0; i < guide->map_count; i++) {
        print_guide_map(&guide->maps[i]);
    }
    print_guide_map(&all);
    if (all.rows > 0) {
        printf("not computable: %.1f %% of the rows that map something\n",
               100.0 * (double)all.counts[MAPPING_GUIDE_NOT_COMPUTABLE] / (double)all.rows);
    }
}

static struct json *guide_json(const struct mapping_guide *guide, struct arena *arena)
{
    struct json *answer = json_object(arena);
    struct json *maps = json_add(answer, SLICE("maps"), json_array(arena));
    for (size_t i = 0; i < guide->map_count; i++) {
        json_append(maps, guide_map_json(&guide->maps[i], arena));
    }
    json_add(answer, SLICE("all"), guide_map_json(&guide->all, arena));
    return answer;
}

static enum command_exit cover_guide(struct command_call *call)
{
    struct knowledge knowledge;
    struct csv_table rows, maps;
    struct mapping_guide guide;
    const struct mapping_rules *rules = NULL;
    if (knowledge_load(option_value(&call->options, "mappings"), call->arena, &knowledge,
                       &call->issues) != 0 ||
        mapping_rules_load(knowledge.mappings, knowledge.dictionary, knowledge.definitions,
                           call->arena, &rules, &call->issues) != 0 ||
        read_table(call, knowledge.mappings, SLICE("COVERAGE.csv"), &rows) != 0 ||
        read_table(call, knowledge.mappings, SLICE("COVERAGE-MAPS.csv"), &maps) != 0) {
        return COMMAND_CONFIGURATION;
    }
    int result = mapping_guide_count(rules, &rows, &maps, call->arena, &guide, &call->issues);
    if (call->json) {
        command_print(guide_json(&guide, call->arena));
    } else {
        print_guide(&guide);
    }
    return result == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

/* --- messages --------------------------------------------------------------------------------- */

/* As a feed translates; with files there is one, that of the options. */
struct coverage_feed {
    struct translation translation;
    const struct mapping_leaf_reader *reader; /* NULL: not made yet */
};

struct coverage_run {
    struct command_call *call;
    struct traffic traffic;
    struct mapping_coverage coverage;
    struct knowledge knowledge; /* with an instance */
    struct rules_texts texts;
    struct coverage_feed *feeds; /* by the instance's feeds, or one */
    bool has_failed;
};

static const struct {
    const char *title, *member;
} leaf_states[MAPPING_LEAF_STATE_COUNT] = {
    [MAPPING_LEAF_MAPPED] = {"mapped", "mapped"},
    [MAPPING_LEAF_KEY] = {"key", "key"},
    [MAPPING_LEAF_ENGINE] = {"engine", "engine"},
    [MAPPING_LEAF_SUPPRESSED] = {"suppressed", "suppressed"},
    [MAPPING_LEAF_CONDITION] = {"condition", "condition"},
    [MAPPING_LEAF_NOT_WRITTEN] = {"not written", "not_written"},
    [MAPPING_LEAF_NEVER_READ] = {"never read", "never_read"},
    [MAPPING_LEAF_REFUSED] = {"refused", "refused"},
};

/* What translates the message, made when its feed is met first; NULL with issues in the call. */
static const struct coverage_feed *feed_of(struct coverage_run *run,
                                           const struct traffic_message *message)
{
    struct issue_list *issues = &run->call->issues;
    const struct instance *instance = &run->traffic.instance;
    struct coverage_feed *feed =
        message->feed != NULL ? &run->feeds[message->feed - instance->feeds] : run->feeds;
    if (feed->reader != NULL) {
        return feed;
    }
    if (message->feed != NULL && translation_of_feed(&feed->translation, &run->knowledge, instance,
                                                     &run->texts, message->feed, issues) != 0) {
        return NULL;
    }
    if (mapping_leaf_reader_new(feed->translation.program, feed->translation.site_texts,
                                run->call->arena, &feed->reader, issues) != 0) {
        return NULL;
    }
    return feed;
}

static bool cover_message(const struct traffic_message *message, void *data)
{
    struct coverage_run *run = data;
    struct input_message *input = message->input;
    struct mapping_context context;
    struct mapping_result result;
    struct mapping_leaf *leaves = NULL;
    size_t count = 0;
    if (run->has_failed) {
        return false;
    }
    const struct coverage_feed *feed = feed_of(run, message);
    if (feed == NULL) {
        run->has_failed = true;
        return false;
    }
    struct translation translation = feed->translation;
    translation.received = message->feed != NULL ? message->received : translation.received;
    bool is_taken =
        translation_prepare(&translation, input, &context) &&
        mapping_leaf_read(feed->reader, &input->message, input->header.structure, &context,
                          input->arena, &result, &leaves, &count, input->issues) == 0;
    if (is_taken) {
        mapping_coverage_add(&run->coverage, message->subject, leaves, count);
        run->coverage.held += result.hold_count > 0;
    } else {
        count = input->parsed ? mapping_leaf_list_refused(feed->reader, &input->message,
                                                          input->arena, &leaves)
                              : 0;
        mapping_coverage_add_refused(&run->coverage, message->subject, input->issues, leaves,
                                     count);
    }
    issue_list_init(input->issues, input->arena); /* what is wrong with it is said by convert */
    return true;
}

static struct json *counts_json(const struct mapping_coverage_counts *counts, struct json *answer,
                                struct arena *arena)
{
    json_add(answer, SLICE("seen"), json_integer(arena, (int64_t)counts->seen));
    for (size_t i = 0; i < MAPPING_LEAF_STATE_COUNT; i++) {
        json_add(answer, slice_of(leaf_states[i].member),
                 json_integer(arena, (int64_t)counts->states[i]));
    }
    return answer;
}

static struct json *coverage_json(const struct mapping_coverage *coverage, struct arena *arena)
{
    const struct mapping_coverage_row **rows = NULL;
    size_t count = mapping_coverage_rows(coverage, &rows);
    struct json *answer = json_object(arena);
    json_add(answer, SLICE("messages"), json_integer(arena, (int64_t)coverage->messages));
    json_add(answer, SLICE("messages_refused"), json_integer(arena, (int64_t)coverage->refused));
    json_add(answer, SLICE("messages_held"), json_integer(arena, (int64_t)coverage->held));
    json_add(answer, SLICE("arrived"),
             json_integer(arena, (int64_t)mapping_coverage_arrived(&coverage->all)));
    json_add(answer, SLICE("lost"),
             json_integer(arena, (int64_t)mapping_coverage_lost(&coverage->all)));
    json_add(
        answer, SLICE("share"),
        json_number(arena, arena_format(arena, "%.4f", mapping_coverage_share(&coverage->all))));
    json_add(answer, SLICE("all"), counts_json(&coverage->all, json_object(arena), arena));
    struct json *refused = json_add(answer, SLICE("refusals"), json_array(arena));
    const struct mapping_coverage_refusal **refusals = NULL;
    size_t refusal_count = mapping_coverage_refusals(coverage, &refusals);
    for (size_t i = 0; i < refusal_count; i++) {
        struct json *refusal = json_append(refused, json_object(arena));
        json_add_string(refusal, SLICE("cause"), refusals[i]->cause, arena);
        json_add(refusal, SLICE("messages"), json_integer(arena, (int64_t)refusals[i]->messages));
        json_add_string(refusal, SLICE("example"), command_shown(refusals[i]->example, arena),
                        arena);
    }
    struct json *fields = json_add(answer, SLICE("fields"), json_array(arena));
    for (size_t i = 0; i < count; i++) {
        struct json *field = json_append(fields, json_object(arena));
        json_add_string(field, SLICE("place"), rows[i]->place, arena);
        counts_json(&rows[i]->counts, field, arena);
        if (rows[i]->example.len > 0) {
            json_add_string(field, SLICE("example"), command_shown(rows[i]->example, arena), arena);
        }
    }
    return answer;
}

static void print_counts(struct slice place, const struct mapping_coverage_counts *counts)
{
    printf("%-14.*s %9zu", SLICE_ARG(place), counts->seen);
    for (size_t i = 0; i < MAPPING_LEAF_STATE_COUNT; i++) {
        printf(" %11zu", counts->states[i]);
    }
    printf("\n");
}

static void print_refusals(const struct mapping_coverage *coverage, struct arena *arena)
{
    const struct mapping_coverage_refusal **refusals = NULL;
    size_t count = mapping_coverage_refusals(coverage, &refusals);
    if (count > 0) {
        printf("\nmessages that cannot be translated\n");
    }
    for (size_t i = 0; i < count; i++) {
        printf("%-48.*s %9zu  %.*s\n", SLICE_ARG(refusals[i]->cause), refusals[i]->messages,
               SLICE_ARG(command_shown(refusals[i]->example, arena)));
    }
}

static void print_coverage(const struct mapping_coverage *coverage, struct arena *arena)
{
    const struct mapping_coverage_row **rows = NULL;
    const struct mapping_coverage_counts *all = &coverage->all;
    size_t count = mapping_coverage_rows(coverage, &rows);
    printf("%-14s %9s", "field", "seen");
    for (size_t i = 0; i < MAPPING_LEAF_STATE_COUNT; i++) {
        printf(" %11s", leaf_states[i].title);
    }
    printf("\n");
    for (size_t i = 0; i < count; i++) {
        print_counts(rows[i]->place, &rows[i]->counts);
    }
    print_counts(SLICE("in all"), all);
    count = mapping_coverage_lost_rows(coverage, &rows);
    printf("\nlost, most of them first\n");
    for (size_t i = 0; i < count; i++) {
        printf("%-14.*s %9zu  %.*s\n", SLICE_ARG(rows[i]->place),
               mapping_coverage_lost(&rows[i]->counts),
               SLICE_ARG(command_shown(rows[i]->example, arena)));
    }
    print_refusals(coverage, arena);
    printf("\n%zu message%s, of which %zu cannot be translated and %zu wait for a mapping\n",
           coverage->messages, report_plural(coverage->messages), coverage->refused,
           coverage->held);
    printf("%zu values: %zu arrive and %zu are lost (%.2f %% arrive); %zu suppressed on purpose, "
           "%zu for the engine itself, %zu in messages that cannot be translated\n",
           all->seen, mapping_coverage_arrived(all), mapping_coverage_lost(all),
           100 * mapping_coverage_share(all), all->states[MAPPING_LEAF_SUPPRESSED],
           all->states[MAPPING_LEAF_ENGINE], all->states[MAPPING_LEAF_REFUSED]);
}

/* The share that --at-least asks for; 0 where it was not given. */
static bool read_share(const struct command_call *call, double *ret_share)
{
    const char *text = option_value(&call->options, "at-least");
    char *end = NULL;
    *ret_share = text != NULL ? strtod(text, &end) : 0;
    return text == NULL || (end != text && *end == '\0' && *ret_share >= 0 && *ret_share <= 1);
}

static enum command_exit settle_coverage(struct coverage_run *run, double share)
{
    struct command_call *call = run->call;
    if (call->json) {
        command_print(coverage_json(&run->coverage, call->arena));
    } else {
        print_coverage(&run->coverage, call->arena);
    }
    if (run->coverage.messages > 0 && run->coverage.messages == run->coverage.refused) {
        issue_report(&call->issues, ISSUE_BUSINESS_RULE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "no message here can be translated; convert says why");
        return COMMAND_FOUND;
    }
    if (mapping_coverage_share(&run->coverage.all) >= share) {
        return COMMAND_DONE;
    }
    issue_report(&call->issues, ISSUE_BUSINESS_RULE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "%.4f of the values arrive, less than %.4f",
                 mapping_coverage_share(&run->coverage.all), share);
    return COMMAND_FOUND;
}

/* What translates files, or what the feeds' translations are made from. */
static enum command_exit prepare_feeds(struct coverage_run *run)
{
    struct command_call *call = run->call;
    const struct instance *instance = &run->traffic.instance;
    run->feeds = ARENA_ARRAY(call->arena, instance->feed_count + 1, struct coverage_feed);
    if (!run->traffic.is_stored) {
        return translation_init(&run->feeds->translation, call);
    }
    if (knowledge_load(option_value(&call->options, "mappings"), call->arena, &run->knowledge,
                       &call->issues) != 0 ||
        rules_texts_read(&run->knowledge, instance, call->arena, &run->texts, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    return COMMAND_DONE;
}

static enum command_exit cover_messages(struct command_call *call)
{
    struct coverage_run run = {.call = call};
    double share;
    if (!read_share(call, &share)) {
        return command_wrong(call, "'--at-least' must be a number from 0 to 1");
    }
    mapping_coverage_init(&run.coverage, call->arena);
    enum command_exit exit_code = traffic_open(&run.traffic, call);
    if (exit_code == COMMAND_DONE) {
        exit_code = prepare_feeds(&run);
    }
    if (exit_code == COMMAND_DONE) {
        enum hl7v2_charset charset = run.feeds->translation.options.default_charset;
        exit_code = traffic_each(&run.traffic, 0, charset, cover_message, &run);
    }
    traffic_close(&run.traffic);
    if (run.has_failed) {
        return COMMAND_CONFIGURATION;
    }
    return exit_code == COMMAND_DONE ? settle_coverage(&run, share) : exit_code;
}

enum command_exit command_map_coverage(struct command_call *call)
{
    bool of_guide = option_given(&call->options, "guide");
    bool of_instance = option_given(&call->options, "instance");
    if (of_guide + of_instance + (call->operand_count > 0) != 1) {
        return command_wrong(call, "what is to be counted: --guide, FILE... or --instance DIR");
    }
    return of_guide ? cover_guide(call) : cover_messages(call);
}
