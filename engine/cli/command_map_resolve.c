/* map resolve: says what a code means that messages wait for: a row in the site's code table and a
 * test of it, then the engine reads its files again and the messages go on.
 *
 * Everything is made and checked in memory first; what is wrong leaves the files as they were. */
#include "base/file.h"
#include "cli/code_row.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/held_report.h"
#include "cli/knowledge.h"
#include "cli/row_test.h"
#include "cli/serving.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RELOAD_PATIENCE (60 * TIME_SECOND)

struct resolution {
    struct command_call *call;
    struct instance instance;
    struct knowledge knowledge;
    struct pipeline_held_cause cause;
    const char *folder; /* of the site */
    struct mapping_texts base, site;
    const struct mapping_rules *rules;
    struct slice table_name;     /* "codes/AdministrativeSex.csv" */
    struct slice target, system; /* what the code means */
    struct slice table, test;    /* the table's text with the row; the test, or empty */
    enum serving_answer reloaded;
};

static struct slice option_text(const struct resolution *resolution, const char *name)
{
    return slice_of(option_value(&resolution->call->options, name));
}

/* --- what is asked ---------------------------------------------------------------------------- */

static enum command_exit find_cause(struct resolution *resolution, struct pipeline_inbox *inbox)
{
    struct command_call *call = resolution->call;
    struct pipeline_held_cause *causes = NULL;
    struct slice name = slice_of(call->operands[0]);
    size_t count = 0, i = 0;
    if (pipeline_held_causes(inbox, call->arena, &causes, &count, &call->issues) != 0) {
        return command_failed(call);
    }
    while (i < count && !slice_equal(causes[i].cause, name)) {
        i++;
    }
    if (i == count) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "no message waits for '%s'; 'held list' names what they wait for",
                     call->operands[0]);
        return COMMAND_FOUND;
    }
    resolution->cause = causes[i];
    if (causes[i].table.len > 0) {
        return COMMAND_DONE;
    }
    issue_report(&call->issues, ISSUE_BUSINESS_RULE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "no row mends this, but the rule '%.*s': change it, have the engine read its "
                 "files again, then 'held release'",
                 SLICE_ARG(causes[i].rule));
    return COMMAND_REFUSED;
}

static enum command_exit ask_database(struct resolution *resolution)
{
    struct pipeline_inbox *inbox = NULL;
    enum command_exit exit_code =
        database_open_inbox(resolution->call, &resolution->instance, &inbox);
    if (exit_code == COMMAND_DONE) {
        exit_code = find_cause(resolution, inbox);
    }
    pipeline_inbox_close(inbox);
    return exit_code;
}

static void name_files(struct resolution *resolution)
{
    struct arena *arena = resolution->call->arena;
    const struct pipeline_held_cause *cause = &resolution->cause;
    char *sites = instance_path(&resolution->instance, SLICE("sites"), arena);
    resolution->folder = file_join(arena, sites, cause->site);
    resolution->table_name = arena_format(arena, "codes/%.*s.csv", SLICE_ARG(cause->table));
}

static int read_files(struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    const struct knowledge *knowledge = &resolution->knowledge;
    if (knowledge_load(NULL, call->arena, &resolution->knowledge, &call->issues) != 0) {
        return -1;
    }
    if (mapping_texts_of_base(knowledge->mappings, call->arena, &resolution->base, &call->issues) !=
            0 ||
        mapping_texts_of_site(resolution->folder, call->arena, &resolution->site, &call->issues) !=
            0) {
        return -1;
    }
    return mapping_rules_make(&resolution->base, knowledge->dictionary, knowledge->definitions,
                              call->arena, &resolution->rules, &call->issues);
}

/* --- the row ---------------------------------------------------------------------------------- */

static struct slice text_of(const struct mapping_texts *texts, struct slice name)
{
    const struct mapping_text *found = mapping_texts_get(texts, name);
    return found != NULL ? found->text : (struct slice){NULL, 0};
}

static struct slice first_of(struct slice said, struct slice otherwise)
{
    return said.len > 0 ? said : otherwise;
}

/* Where the shipped table has one system for all its answers, or one display for this one, they
 * need not be said. */
static int make_row(struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    struct arena *arena = call->arena;
    const struct pipeline_held_cause *cause = &resolution->cause;
    struct slice shipped = text_of(&resolution->base, resolution->table_name);
    struct slice today = slice_part(time_format(time_now(), 0, arena), 0, 10);
    const struct slice none = {NULL, 0};
    resolution->target = option_text(resolution, "code");
    resolution->system = first_of(option_text(resolution, "system"),
                                  code_row_common(shipped, "target_system", NULL, none, arena));
    struct slice display = first_of(
        option_text(resolution, "display"),
        code_row_common(shipped, "target_display", "target_code", resolution->target, arena));
    const struct code_row_cell cells[] = {
        {"code", cause->code},
        {"code_system", cause->system},
        {"target_code", resolution->target},
        {"target_system", resolution->system},
        {"target_display", display},
        {"who", first_of(option_text(resolution, "who"), command_actor(arena))},
        {"when", today},
        {"why", option_text(resolution, "why")},
    };
    const char *path = file_join(arena, resolution->folder, resolution->table_name);
    return code_row_add(slice_of(path), text_of(&resolution->site, resolution->table_name), cells,
                        sizeof(cells) / sizeof(cells[0]), arena, &resolution->table, &call->issues);
}

/* The site's texts as they will be. */
static void put_row(struct resolution *resolution)
{
    struct mapping_texts *site = &resolution->site;
    struct mapping_text *items =
        ARENA_ARRAY(resolution->call->arena, site->count + 1, struct mapping_text);
    size_t count = 0;
    for (size_t i = 0; i < site->count; i++) {
        if (!slice_equal(site->items[i].name, resolution->table_name)) {
            items[count++] = site->items[i];
        }
    }
    items[count++] = (struct mapping_text){resolution->table_name, resolution->table};
    site->items = items;
    site->count = count;
}

static int check_row(struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    const struct mapping_program *program = NULL;
    const struct pipeline_held_cause *cause = &resolution->cause;
    put_row(resolution);
    if (mapping_program_make(resolution->rules, &resolution->site, call->arena, &program,
                             &call->issues) != 0) {
        return -1;
    }
    const struct row_test row = {.table = cause->table,
                                 .code = cause->code,
                                 .system = cause->system,
                                 .target = resolution->target,
                                 .rule = cause->rule,
                                 .place = cause->place};
    resolution->test =
        row_test_make(&row, resolution->rules, &resolution->base, &resolution->site, call->arena);
    return 0;
}

/* --- the files -------------------------------------------------------------------------------- */

static int write_table(const struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    (void)mkdir(file_join(call->arena, resolution->folder, SLICE("codes")),
                0755); /* where it could not be made, writing says so */
    return file_write(file_join(call->arena, resolution->folder, resolution->table_name),
                      resolution->table, 0644, &call->issues);
}

static int write_test(const struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    struct slice name = mapping_texts_site_name(resolution->folder, call->arena);
    struct slice text =
        row_test_put(text_of(&resolution->site, name), resolution->test, call->arena);
    if (resolution->test.len == 0 || text.len == 0) {
        return 0;
    }
    return file_write(file_join(call->arena, resolution->folder, name), text, 0644, &call->issues);
}

/* A folder that root copied here is root's, and the files are written as the instance's user. */
static void say_whose(const struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    struct account owner;
    if (account_of_path(resolution->folder, &owner, &call->issues) != 0 ||
        owner.user == resolution->instance.account.user) {
        return;
    }
    issue_add(
        &call->issues,
        (struct issue){.code = ISSUE_FORBIDDEN,
                       .severity = ISSUE_ERROR,
                       .place = issue_place_file(slice_of(resolution->folder), 0, 0),
                       .words = SLICE("belongs to another user than the instance"),
                       .hint = arena_format(call->arena, "chown -R --reference='%s' '%s'",
                                            resolution->instance.directory, resolution->folder)});
}

static int write_files(const struct resolution *resolution)
{
    if (instance_assume(&resolution->instance, &resolution->call->issues) != 0) {
        return -1;
    }
    int result = write_table(resolution);
    if (result == 0) {
        result = write_test(resolution);
    }
    account_resume();
    if (result != 0) {
        say_whose(resolution);
    }
    return result;
}

/* Who resolves something else of the site meanwhile waits until the row is there, or one of the two
 * would write the table as it was without the other's. */
static int change_files(struct resolution *resolution)
{
    int lock = -1;
    name_files(resolution);
    if (file_lock(resolution->folder, &lock, &resolution->call->issues) != 0) {
        return -1;
    }
    bool well = read_files(resolution) == 0 && make_row(resolution) == 0 &&
                check_row(resolution) == 0 && write_files(resolution) == 0;
    close(lock);
    return well ? 0 : -1;
}

/* --- what is said ----------------------------------------------------------------------------- */

static void say_json(const struct resolution *resolution, const struct release_tally *tally)
{
    struct arena *arena = resolution->call->arena;
    struct json *answer = held_tally_json(tally, arena);
    json_add_string(answer, SLICE("cause"), resolution->cause.cause, arena);
    json_add_string(answer, SLICE("table"),
                    slice_of(file_join(arena, resolution->folder, resolution->table_name)), arena);
    json_add(answer, SLICE("test"), json_boolean(arena, resolution->test.len > 0));
    json_add(answer, SLICE("reloaded"), json_boolean(arena, resolution->reloaded == SERVING_TAKEN));
    command_print(answer);
}

static void say(const struct resolution *resolution, const struct release_tally *tally)
{
    struct arena *arena = resolution->call->arena;
    printf("%s/%.*s: a row for '%.*s'\n", resolution->folder, SLICE_ARG(resolution->table_name),
           SLICE_ARG(command_shown(resolution->cause.code, arena)));
    if (resolution->test.len > 0) {
        printf("%s/%.*s: a test of it\n%.*s", resolution->folder,
               SLICE_ARG(mapping_texts_site_name(resolution->folder, arena)),
               SLICE_ARG(resolution->test));
    } else {
        printf("no test: the rule %.*s needs more than the code, 'map capture' makes one\n",
               SLICE_ARG(resolution->cause.rule));
    }
    printf("%s\n", resolution->reloaded == SERVING_TAKEN ? "the engine has read its files again"
                                                         : "the engine is not running");
    held_tally_print(tally, arena);
}

/* --- the command ------------------------------------------------------------------------------ */

static enum command_exit reload(struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    if (serving_reload(&resolution->instance, RELOAD_PATIENCE, &resolution->reloaded,
                       &call->issues) != 0) {
        return command_failed(call);
    }
    if (resolution->reloaded != SERVING_REFUSED) {
        return COMMAND_DONE;
    }
    issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "the row is written, but the engine does not take the files as they are: 'check' "
                 "says why; nothing was let go on");
    return COMMAND_CONFIGURATION;
}

static enum command_exit release(const struct resolution *resolution)
{
    struct command_call *call = resolution->call;
    const struct pipeline_held_choice choice = {.causes = &resolution->cause.cause,
                                                .cause_count = 1};
    struct release_tally tally;
    if (release_run(&resolution->instance, &choice, /* as_text= */ false,
                    command_actor(call->arena), &tally, &call->issues) != 0) {
        return command_failed(call);
    }
    if (call->json) {
        say_json(resolution, &tally);
    } else {
        say(resolution, &tally);
    }
    return tally.waiting + tally.failed == 0 ? COMMAND_DONE : COMMAND_FOUND;
}

enum command_exit command_map_resolve(struct command_call *call)
{
    struct resolution resolution = {.call = call};
    if (option_text(&resolution, "code").len == 0 || option_text(&resolution, "why").len == 0) {
        return command_wrong(call, "say what it means and why: --code TARGET --why WORDS");
    }
    enum command_exit exit_code = ask_database(&resolution);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (change_files(&resolution) != 0) {
        return command_failed(call);
    }
    exit_code = reload(&resolution);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    /* The messages go on under the files as they are now, the new test in them. */
    if (instance_open(resolution.instance.directory, &resolution.instance, &call->issues) != 0) {
        return command_failed(call);
    }
    return release(&resolution);
}
