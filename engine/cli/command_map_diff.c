/* map diff: what would change for the messages of yesterday.
 *
 * A side is a folder of mappings, a site's folder, or with an instance the hash of a kept revision.
 * What a side does not bring is the same on both: the shipped mappings (--mappings), the site of
 * --site or of the feed. A side that is a site's stands for the messages of that site alone. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/traffic.h"
#include "cli/translation.h"
#include "mapping/difference.h"
#include "pipeline/inbox.h"

#include <stdio.h>

#define DIFF_HASH_LENGTH 64

enum diff_side_kind { DIFF_BASE, DIFF_SITE, DIFF_REVISION };

struct diff_side {
    enum diff_side_kind kind;
    struct mapping_texts base, site_texts; /* what it brings */
    struct revision revision;
    struct slice site;                /* name of a site's side or of the revision's site */
    struct translation *translations; /* by the instance's feeds, or one; program NULL: not made */
};

struct diff_run {
    struct command_call *call;
    struct traffic traffic;
    struct translation begun; /* knowledge and time, the same for both sides */
    struct mapping_texts shipped;
    const struct mapping_texts *site_texts; /* of --site, or NULL */
    struct rules_texts texts;               /* of the instance as it is now */
    struct diff_side sides[2];
    struct mapping_difference difference;
    size_t other_sites; /* messages that a side does not stand for */
    bool shows_values, has_failed;
};

/* What --fail-on may name: a kind of difference, or an outcome that is new. */
static const struct {
    const char *name;
    enum mapping_difference_kind kind; /* MAPPING_DIFFERENCE_KIND_COUNT: an outcome */
    enum mapping_outcome outcome;
} diff_gates[] = {
    {"added", MAPPING_DIFFERENCE_ADDED, MAPPING_OUTCOME_COUNT},
    {"removed", MAPPING_DIFFERENCE_REMOVED, MAPPING_OUTCOME_COUNT},
    {"changed", MAPPING_DIFFERENCE_CHANGED, MAPPING_OUTCOME_COUNT},
    {"held", MAPPING_DIFFERENCE_KIND_COUNT, MAPPING_OUTCOME_HELD},
    {"refused", MAPPING_DIFFERENCE_KIND_COUNT, MAPPING_OUTCOME_REFUSED},
};

#define DIFF_GATE_COUNT (sizeof(diff_gates) / sizeof(diff_gates[0]))

static const char *const kind_names[MAPPING_DIFFERENCE_KIND_COUNT] = {
    [MAPPING_DIFFERENCE_ADDED] = "added",
    [MAPPING_DIFFERENCE_REMOVED] = "removed",
    [MAPPING_DIFFERENCE_CHANGED] = "changed",
};

static const char *const outcome_names[MAPPING_OUTCOME_COUNT] = {
    [MAPPING_OUTCOME_TAKEN] = "taken",
    [MAPPING_OUTCOME_HELD] = "held",
    [MAPPING_OUTCOME_REFUSED] = "refused",
};

/* --- sides ------------------------------------------------------------------------------------ */

static bool is_hash(struct slice text)
{
    bool well = text.len == DIFF_HASH_LENGTH;
    for (size_t i = 0; i < text.len && well; i++) {
        well = (text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
               (text.ptr[i] >= 'a' && text.ptr[i] <= 'f');
    }
    return well;
}

static int read_revision(struct diff_run *run, const char *hash, struct diff_side *side)
{
    side->kind = DIFF_REVISION;
    if (revision_open(&run->traffic.instance, run->begun.knowledge.mappings, slice_of(hash),
                      &side->revision, &run->call->issues) != 0) {
        return -1;
    }
    side->site = side->revision.site.name;
    return 0;
}

static int read_site_folder(struct diff_run *run, const char *folder, struct diff_side *side)
{
    struct command_call *call = run->call;
    side->kind = DIFF_SITE;
    if (mapping_texts_of_site(folder, call->arena, &side->site_texts, &call->issues) != 0) {
        return -1;
    }
    struct slice file = mapping_texts_site_name(folder, call->arena);
    side->site = slice_part(file, 0, file.len - sizeof(".xml") + 1);
    return 0;
}

static enum command_exit read_side(struct diff_run *run, const char *name, struct diff_side *side)
{
    struct command_call *call = run->call;
    int result = -1;
    if (run->traffic.is_stored && is_hash(slice_of(name))) {
        result = read_revision(run, name, side);
    } else if (!file_is_folder(name)) {
        return command_wrong(call, "'%s' is no folder of mappings, no site's folder%s", name,
                             run->traffic.is_stored ? " and no revision's hash" : "");
    } else if (file_exists(file_join(call->arena, name, SLICE("v2-to-fhir")))) {
        side->kind = DIFF_BASE;
        result = mapping_texts_of_base(name, call->arena, &side->base, &call->issues);
    } else {
        result = read_site_folder(run, name, side);
    }
    side->translations =
        ARENA_ARRAY(call->arena, run->traffic.instance.feed_count + 1, struct translation);
    return result == 0 ? COMMAND_DONE : command_failed(call);
}

/* --- translating ------------------------------------------------------------------------------ */

/* What a feed does not say itself is its site's: where the side brings another site, that one's. */
static void take_site_settings(const struct instance_feed *feed, struct translation *translation,
                               struct arena *arena)
{
    const struct mapping_site *site = mapping_program_site(translation->program);
    if (site->time_zone.len > 0 && slice_equal(feed->time_zone, feed->site->time_zone)) {
        translation->zone = zone_load(arena, site->time_zone);
    }
    if (site->charset.len > 0 && slice_equal(feed->charset, feed->site->charset)) {
        translation->options.default_charset = hl7v2_charset_of_setting(site->charset);
        translation->default_charset = site->charset;
    }
}

/* As a feed would translate with the side's files. */
static int make_of_feed(struct diff_run *run, const struct diff_side *side,
                        const struct instance_feed *feed, struct translation *translation)
{
    const struct instance *instance = &run->traffic.instance;
    struct issue_list *issues = &run->call->issues;
    struct revision *files = ARENA_NEW(issues->arena, struct revision);
    files->feed = *feed;
    files->site = *feed->site;
    files->base = run->texts.base;
    files->site_texts = run->texts.sites[feed->site - instance->sites];
    bool is_own = side->kind == DIFF_REVISION && slice_equal(side->revision.feed.name, feed->name);
    if (is_own) {
        files->feed = side->revision.feed;
        files->site = side->revision.site;
    }
    if (side->kind == DIFF_REVISION) {
        files->base = side->revision.base;
        files->site_texts = side->revision.site_texts;
    } else if (side->kind == DIFF_BASE) {
        files->base = side->base;
    } else {
        files->site_texts = side->site_texts;
    }
    if (translation_of_revision(translation, &run->begun.knowledge, instance, files, issues) != 0) {
        return -1;
    }
    if (!is_own) {
        take_site_settings(feed, translation, issues->arena);
    }
    return 0;
}

static int make_of_file(struct diff_run *run, const struct diff_side *side,
                        struct translation *translation)
{
    bool is_base = side->kind == DIFF_BASE;
    *translation = run->begun;
    return translation_of_texts(translation, is_base ? &side->base : &run->shipped,
                                is_base ? run->site_texts : &side->site_texts, &run->call->issues);
}

/* Made when its feed is met first; NULL with issues in the call. */
static const struct translation *translation_of(struct diff_run *run, struct diff_side *side,
                                                const struct instance_feed *feed)
{
    struct translation *translation =
        feed != NULL ? &side->translations[feed - run->traffic.instance.feeds] : side->translations;
    if (translation->program != NULL) {
        return translation;
    }
    int result = feed != NULL ? make_of_feed(run, side, feed, translation)
                              : make_of_file(run, side, translation);
    return result == 0 ? translation : NULL;
}

static bool stands_for(const struct diff_side *side, const struct instance_feed *feed)
{
    return feed == NULL || side->kind == DIFF_BASE || slice_equal(side->site, feed->site_name);
}

/* What becomes of the message on one side. */
static bool translate_side(struct diff_run *run, size_t number,
                           const struct traffic_message *message, struct mapping_result *result,
                           struct mapping_difference_side *ret_side)
{
    struct input_message input = *message->input;
    struct issue_list issues;
    const struct translation *made = translation_of(run, &run->sides[number], message->feed);
    if (made == NULL) {
        run->has_failed = true;
        return false;
    }
    struct translation translation = *made;
    translation.received = message->feed != NULL ? message->received : translation.received;
    issue_list_init(&issues, input.arena);
    input.issues = &issues;
    /* a site's charset decides how its bytes are read */
    input.parsed = hl7v2_message_parse(input.bytes, &translation.options, input.arena,
                                       &input.message, &issues) == 0;
    struct mapping_context context;
    *ret_side = (struct mapping_difference_side){.outcome = MAPPING_OUTCOME_REFUSED};
    if (!translation_prepare(&translation, &input, &context) ||
        mapping_to_fhir(translation.program, &input.message, input.header.structure, &context,
                        input.arena, result, &issues) != 0) {
        return true;
    }
    ret_side->outcome = result->hold_count > 0 ? MAPPING_OUTCOME_HELD : MAPPING_OUTCOME_TAKEN;
    ret_side->result = result;
    return true;
}

/* Values are noted in the audit before they are shown. */
static bool note_look(struct diff_run *run, const struct traffic_message *message)
{
    struct command_call *call = run->call;
    return message->feed == NULL || !run->shows_values ||
           pipeline_inbox_note_look(run->traffic.inbox, command_actor(call->arena), message->key,
                                    time_now(), &call->issues) == 0;
}

static bool compare_message(const struct traffic_message *message, void *data)
{
    struct diff_run *run = data;
    struct mapping_difference_side sides[2];
    struct mapping_result results[2];
    if (run->has_failed) {
        return false;
    }
    if (!stands_for(&run->sides[0], message->feed) || !stands_for(&run->sides[1], message->feed)) {
        run->other_sites++;
        return true;
    }
    for (size_t i = 0; i < 2; i++) {
        if (!translate_side(run, i, message, &results[i], &sides[i])) {
            return false;
        }
    }
    if (!note_look(run, message)) {
        run->has_failed = true;
        return false;
    }
    mapping_difference_add(&run->difference, message->subject, &sides[0], &sides[1],
                           message->input->arena);
    issue_list_init(message->input->issues, message->input->arena);
    return true;
}

/* --- saying ----------------------------------------------------------------------------------- */

static struct slice shown_value(const struct diff_run *run, enum mapping_difference_kind absent,
                                const struct mapping_difference_example *example,
                                struct slice value)
{
    if (example->kind == absent) {
        return SLICE("nothing");
    }
    return run->shows_values ? command_shown(value, run->call->arena) : SLICE("***");
}

static void print_row(const struct diff_run *run, const struct mapping_difference_row *row)
{
    for (size_t i = 0; i < MAPPING_DIFFERENCE_KIND_COUNT; i++) {
        if (row->counts[i] > 0) {
            printf("%-8s %8zu  %.*s\n", kind_names[i], row->counts[i], SLICE_ARG(row->element));
        }
    }
    for (size_t i = 0; i < row->example_count; i++) {
        const struct mapping_difference_example *example = &row->examples[i];
        struct slice before = shown_value(run, MAPPING_DIFFERENCE_ADDED, example, example->before);
        struct slice after = shown_value(run, MAPPING_DIFFERENCE_REMOVED, example, example->after);
        printf("    %.*s: %.*s%s%.*s   %.*s -> %.*s\n",
               SLICE_ARG(command_shown(example->subject, run->call->arena)),
               SLICE_ARG(example->resource), example->path.len > 0 ? " " : "",
               SLICE_ARG(example->path), SLICE_ARG(before), SLICE_ARG(after));
    }
}

static void print_difference(const struct diff_run *run)
{
    const struct mapping_difference *difference = &run->difference;
    const struct mapping_difference_row **rows = NULL;
    size_t count = mapping_difference_rows(difference, &rows);
    for (size_t i = 0; i < count; i++) {
        print_row(run, rows[i]);
    }
    for (size_t i = 0; i < MAPPING_OUTCOME_COUNT; i++) {
        for (size_t j = 0; j < MAPPING_OUTCOME_COUNT; j++) {
            if (i != j && difference->outcomes[i][j] > 0) {
                printf("%s before, %s now: %zu message%s, such as %.*s\n", outcome_names[i],
                       outcome_names[j], difference->outcomes[i][j],
                       report_plural(difference->outcomes[i][j]),
                       SLICE_ARG(command_shown(difference->examples[i][j], run->call->arena)));
            }
        }
    }
    printf("%zu message%s: %zu the same, %zu differ\n", difference->messages,
           report_plural(difference->messages), difference->same,
           difference->messages - difference->same);
}

/* How often what --fail-on may name was found. */
static size_t gate_count(const struct mapping_difference *difference, size_t gate)
{
    enum mapping_outcome outcome = diff_gates[gate].outcome;
    size_t count = 0;
    if (outcome == MAPPING_OUTCOME_COUNT) {
        return difference->counts[diff_gates[gate].kind];
    }
    for (size_t before = 0; before < MAPPING_OUTCOME_COUNT; before++) {
        count += before != outcome ? difference->outcomes[before][outcome] : 0;
    }
    return count;
}

static struct json *example_json(const struct diff_run *run,
                                 const struct mapping_difference_example *example)
{
    struct arena *arena = run->call->arena;
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("kind"), slice_of(kind_names[example->kind]), arena);
    json_add_string(answer, SLICE("message"), command_shown(example->subject, arena), arena);
    json_add_string(answer, SLICE("resource"), example->resource, arena);
    json_add_string(answer, SLICE("path"), example->path, arena);
    if (run->shows_values) {
        json_add_string(answer, SLICE("before"), command_shown(example->before, arena), arena);
        json_add_string(answer, SLICE("after"), command_shown(example->after, arena), arena);
    }
    return answer;
}

static struct json *difference_json(const struct diff_run *run)
{
    const struct mapping_difference *difference = &run->difference;
    const struct mapping_difference_row **rows = NULL;
    struct arena *arena = run->call->arena;
    struct json *answer = json_object(arena);
    size_t count = mapping_difference_rows(difference, &rows);
    json_add(answer, SLICE("messages"), json_integer(arena, (int64_t)difference->messages));
    json_add(answer, SLICE("same"), json_integer(arena, (int64_t)difference->same));
    for (size_t i = 0; i < DIFF_GATE_COUNT; i++) {
        size_t number = gate_count(difference, i);
        json_add(answer, slice_of(diff_gates[i].name), json_integer(arena, (int64_t)number));
    }
    struct json *elements = json_add(answer, SLICE("elements"), json_array(arena));
    for (size_t i = 0; i < count; i++) {
        struct json *element = json_append(elements, json_object(arena));
        json_add_string(element, SLICE("element"), rows[i]->element, arena);
        for (size_t kind = 0; kind < MAPPING_DIFFERENCE_KIND_COUNT; kind++) {
            json_add(element, slice_of(kind_names[kind]),
                     json_integer(arena, (int64_t)rows[i]->counts[kind]));
        }
        json_add(element, SLICE("messages"), json_integer(arena, (int64_t)rows[i]->messages));
        struct json *examples = json_add(element, SLICE("examples"), json_array(arena));
        for (size_t k = 0; k < rows[i]->example_count; k++) {
            json_append(examples, example_json(run, &rows[i]->examples[k]));
        }
    }
    return answer;
}

/* --- the gate --------------------------------------------------------------------------------- */

/* Bits of diff_gates that --fail-on names; false for a word that is none of them. */
static bool read_gates(const struct command_call *call, unsigned *ret_gates)
{
    struct slice rest = slice_of(option_value(&call->options, "fail-on")), word;
    *ret_gates = 0;
    while (rest.len > 0 && slice_split(&rest, ',', &word)) {
        size_t i = 0;
        while (i < DIFF_GATE_COUNT && !slice_equal(slice_of(diff_gates[i].name), word)) {
            i++;
        }
        if (i == DIFF_GATE_COUNT) {
            return false;
        }
        *ret_gates |= 1u << i;
    }
    return true;
}

static enum command_exit pass_gates(struct diff_run *run, unsigned gates)
{
    enum command_exit exit_code = COMMAND_DONE;
    for (size_t i = 0; i < DIFF_GATE_COUNT; i++) {
        bool is_outcome = diff_gates[i].outcome != MAPPING_OUTCOME_COUNT;
        size_t count = gate_count(&run->difference, i);
        if ((gates >> i & 1) == 0 || count == 0) {
            continue;
        }
        issue_report(&run->call->issues, ISSUE_BUSINESS_RULE, ISSUE_ERROR, ISSUE_NOWHERE,
                     "%zu %s %s", count, is_outcome ? "messages are now" : "values are",
                     diff_gates[i].name);
        exit_code = COMMAND_FOUND;
    }
    return exit_code;
}

/* --- the command ------------------------------------------------------------------------------ */

/* What both sides share, and the sides. */
static enum command_exit prepare(struct diff_run *run)
{
    struct command_call *call = run->call;
    enum command_exit exit_code = translation_begin(&run->begun, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    int result = run->traffic.is_stored
                     ? rules_texts_read(&run->begun.knowledge, &run->traffic.instance, call->arena,
                                        &run->texts, &call->issues)
                     : mapping_texts_of_base(run->begun.knowledge.mappings, call->arena,
                                             &run->shipped, &call->issues);
    if (result != 0 || translation_site_texts(&run->begun, call, &run->site_texts) != 0) {
        return COMMAND_CONFIGURATION;
    }
    for (size_t i = 0; i < 2 && exit_code == COMMAND_DONE; i++) {
        exit_code = read_side(run, call->operands[i], &run->sides[i]);
    }
    return exit_code;
}

static enum command_exit compare_all(struct diff_run *run, unsigned gates)
{
    struct command_call *call = run->call;
    enum command_exit exit_code =
        traffic_each(&run->traffic, 2, HL7V2_CHARSET_UNKNOWN, compare_message, run);
    if (run->has_failed) {
        return command_failed(call);
    }
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (run->other_sites > 0) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_WARNING, ISSUE_NOWHERE,
                     "messages of other sites, passed over: %zu", run->other_sites);
    }
    if (call->json) {
        command_print(difference_json(run));
    } else {
        print_difference(run);
    }
    return pass_gates(run, gates);
}

enum command_exit command_map_diff(struct command_call *call)
{
    struct diff_run run = {.call = call, .shows_values = option_given(&call->options, "show-phi")};
    unsigned gates;
    if (!read_gates(call, &gates)) {
        return command_wrong(call, "'--fail-on' takes added, removed, changed, held and refused");
    }
    if (option_given(&call->options, "instance") == (call->operand_count > 2)) {
        return command_wrong(call, "messages are missing: FILE... or --instance DIR");
    }
    mapping_difference_init(&run.difference, run.shows_values, call->arena);
    enum command_exit exit_code = traffic_open(&run.traffic, call);
    if (exit_code == COMMAND_DONE) {
        exit_code = prepare(&run);
    }
    if (exit_code == COMMAND_DONE) {
        exit_code = compare_all(&run, gates);
    }
    traffic_close(&run.traffic);
    return exit_code;
}
