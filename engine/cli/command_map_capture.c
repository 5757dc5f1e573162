/* map capture: a message, disguised, as a test of a site.
 *
 *   painbridge map capture oru.hl7 --as-test "our glucose arrives" --site sites/north
 *   painbridge map capture --instance /srv/bridge 65537 --as-test "our glucose arrives"
 *
 * The message is disguised (hl7v2/disguise) with a key that is forgotten at the end of the run,
 * written to fixtures/ beside the site's own file, and a test is put at that file's end: its
 * expectations are what the rules make of the message today, for a person to check. Reading a
 * stored message is noted in the audit. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/translation.h"
#include "hl7v2/batch.h"
#include "hl7v2/disguise.h"
#include "mapping/test.h"
#include "pipeline/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CAPTURE_FILE_LIMIT ((size_t)16 << 20)
#define CAPTURE_KEY_SIZE 32
#define CAPTURE_NAME_LIMIT 100 /* of a test, and so of a fixture's file */

struct capture {
    struct command_call *call;
    struct knowledge knowledge;
    const char *folder; /* of the site */
    struct mapping_texts texts;
    const struct mapping_rules *rules;
    const struct mapping_program *program;
    struct hl7v2_disguise disguise;
    struct slice bytes; /* messages as they came */
    struct capture_fixture *fixtures;
    size_t count;
    struct buffer tests; /* their text */
};

/* A disguised message, to be written. */
struct capture_fixture {
    const char *path;
    struct slice bytes;
};

/* --- the message ------------------------------------------------------------------------------ */

static int read_stored(struct capture *capture, struct pipeline_inbox *inbox,
                       struct pipeline_inbox_message *ret_message)
{
    struct command_call *call = capture->call;
    bool found = false;
    if (pipeline_inbox_find(inbox, slice_of(call->operands[0]), call->arena, ret_message, &found,
                            &call->issues) != 0) {
        return -1;
    }
    if (!found) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no message '%s'", call->operands[0]);
        return -1;
    }
    return pipeline_inbox_note_look(inbox, command_actor(call->arena), ret_message->row.id,
                                    time_now(), &call->issues);
}

/* The stored message, and where --site says nothing the site of its feed. */
static int take_stored(struct capture *capture, const char *directory)
{
    struct command_call *call = capture->call;
    struct instance instance;
    struct store_settings settings;
    struct pipeline_inbox *inbox = NULL;
    struct pipeline_inbox_message message;
    if (instance_open(directory, &instance, &call->issues) != 0 ||
        database_settings(&instance, "door", SLICE("capture"), &settings, &call->issues) != 0 ||
        pipeline_inbox_open(&settings, &inbox, &call->issues) != 0) {
        return -1;
    }
    int result = read_stored(capture, inbox, &message);
    pipeline_inbox_close(inbox);
    if (result != 0) {
        return -1;
    }
    capture->bytes = message.raw;
    const struct instance_feed *feed = instance_feed(&instance, message.row.feed);
    if (capture->folder == NULL && feed != NULL) {
        char *sites = instance_path(&instance, SLICE("sites"), call->arena);
        capture->folder = file_join(call->arena, sites, feed->site_name);
    }
    return 0;
}

static int take_message(struct capture *capture)
{
    struct command_call *call = capture->call;
    const char *given = option_value(&call->options, "instance");
    const char *chosen = getenv("PAINBRIDGE_DIR");
    const char *at_hand = chosen != NULL && chosen[0] != '\0' ? chosen : ".";
    if (given != NULL) {
        return take_stored(capture, given);
    }
    bool is_file = input_is_file(call->operands[0]);
    if (!is_file && instance_is(at_hand)) {
        return take_stored(capture, at_hand);
    }
    if (!is_file) {
        command_wrong(call, "there is no file '%s', and no instance at hand that may know it",
                      call->operands[0]);
        return -1;
    }
    return file_read(call->operands[0], CAPTURE_FILE_LIMIT, call->arena, &capture->bytes,
                     &call->issues);
}

/* --- the site --------------------------------------------------------------------------------- */

static int load_site(struct capture *capture)
{
    struct command_call *call = capture->call;
    const struct knowledge *knowledge = &capture->knowledge;
    if (capture->folder == NULL) {
        command_wrong(call, "which site's file shall hold the test? --site says it");
        return -1;
    }
    if (mapping_texts_of_site(capture->folder, call->arena, &capture->texts, &call->issues) != 0 ||
        mapping_rules_load(knowledge->mappings, knowledge->dictionary, knowledge->definitions,
                           call->arena, &capture->rules, &call->issues) != 0 ||
        mapping_program_make(capture->rules, &capture->texts, call->arena, &capture->program,
                             &call->issues) != 0) {
        return -1;
    }
    return 0;
}

/* The site's own file, among the texts. */
static struct mapping_text *own_text(const struct capture *capture)
{
    struct slice name = mapping_texts_site_name(capture->folder, capture->call->arena);
    size_t at = 0;
    while (!slice_equal(capture->texts.items[at].name, name)) {
        at++;
    }
    return &capture->texts.items[at];
}

/* The last place of it, or text.len. */
static size_t find_last(struct slice text, struct slice part)
{
    size_t last = text.len;
    for (size_t at = 0; at < text.len; at++) {
        at += slice_find(slice_after(text, at), part);
        last = at < text.len ? at : last;
    }
    return last;
}

/* Before the end tag; a site that says nothing else yet (<site .../>) gets one. */
static struct slice with_tests(struct slice site, struct slice tests, struct arena *arena)
{
    struct slice open = SLICE(""), rest = SLICE("</site>");
    size_t end = find_last(site, rest);
    if (end == site.len) {
        open = SLICE(">\n");
        rest = SLICE("/>");
        end = find_last(site, rest);
    }
    return arena_format(arena, "%.*s%.*s%.*s</site>%.*s", SLICE_ARG(slice_part(site, 0, end)),
                        SLICE_ARG(open), SLICE_ARG(tests),
                        SLICE_ARG(slice_after(site, end + rest.len)));
}

static int count_tests(const struct capture *capture, size_t *ret_count)
{
    struct command_call *call = capture->call;
    const struct mapping_tests *tests = NULL;
    if (mapping_tests_of_site(capture->rules, &capture->texts, call->arena, &tests,
                              &call->issues) != 0) {
        return -1;
    }
    *ret_count = mapping_tests_count(tests);
    return 0;
}

/* The tests among those of the site, read again before anything is written: what looks like the
 * end tag may be a comment, and a name may be no text. */
static int add_tests(struct capture *capture)
{
    struct command_call *call = capture->call;
    struct mapping_text *own = own_text(capture);
    size_t before = 0, after = 0;
    if (count_tests(capture, &before) != 0) {
        return -1;
    }
    own->text = with_tests(own->text, buffer_slice(&capture->tests), call->arena);
    if (count_tests(capture, &after) == 0 && after == before + capture->count) {
        return 0;
    }
    issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                 issue_place_file(slice_of(capture->folder), 0, 0),
                 "the test cannot stand at the end of the site's own file, before </site>; nothing "
                 "was written");
    return -1;
}

/* --- the test --------------------------------------------------------------------------------- */

/* A name as a file has it, a hyphen between its words: "Our glucose: arrives" is
 * our-glucose-arrives. Letters beyond ASCII stay. Empty where there is no letter and no digit. */
static struct slice plain_name(struct slice name, struct arena *arena)
{
    char *made = arena_string(arena, name);
    size_t length = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_upper = c >= 'A' && c <= 'Z';
        bool is_plain = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                        (unsigned char)c >= 0x80;
        if (is_plain) {
            made[length++] = (char)(is_upper ? c + ('a' - 'A') : c);
        } else if (length > 0 && made[length - 1] != '-') {
            made[length++] = '-';
        }
    }
    return (struct slice){made, length > 0 && made[length - 1] == '-' ? length - 1 : length};
}

static struct slice file_name(struct slice name, size_t number, struct arena *arena)
{
    struct slice plain = plain_name(name, arena);
    return number == 1 ? arena_format(arena, "fixtures/%.*s.hl7", SLICE_ARG(plain))
                       : arena_format(arena, "fixtures/%.*s-%zu.hl7", SLICE_ARG(plain), number);
}

static int disguise(const struct capture *capture, const struct hl7v2_message *message,
                    struct slice *ret_made)
{
    struct command_call *call = capture->call;
    struct buffer out;
    buffer_init(&out, CAPTURE_FILE_LIMIT);
    hl7v2_disguise_message(&capture->disguise, message, call->arena, &out);
    *ret_made = arena_copy(call->arena, buffer_slice(&out));
    bool is_whole = !buffer_overflowed(&out);
    buffer_release(&out);
    if (is_whole) {
        return 0;
    }
    issue_report(&call->issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "the disguised message is too large for a test");
    return -1;
}

/* One message: its fixture and its test are made. */
static int capture_message(struct capture *capture, struct slice bytes, size_t number)
{
    struct command_call *call = capture->call;
    const struct mapping_site *site = mapping_program_site(capture->program);
    struct hl7v2_message_options options = input_options(
        site->charset.len > 0 ? hl7v2_charset_of_setting(site->charset) : HL7V2_CHARSET_ASCII);
    struct slice name = slice_of(option_value(&call->options, "as-test")), made, test;
    struct hl7v2_message message;
    if (hl7v2_message_parse(bytes, &options, call->arena, &message, &call->issues) != 0 ||
        disguise(capture, &message, &made) != 0) {
        return -1;
    }
    struct slice fixture = file_name(name, number, call->arena);
    const char *path = file_join(call->arena, capture->folder, fixture);
    if (number > 1) {
        name = arena_format(call->arena, "%.*s (%zu)", SLICE_ARG(name), number);
    }
    if (file_exists(path)) {
        issue_report(&call->issues, ISSUE_CONFLICT, ISSUE_ERROR,
                     issue_place_file(slice_of(path), 0, 0), "is there already");
        return -1;
    }
    if (mapping_test_text(capture->program, name, fixture, made, call->arena, &test,
                          &call->issues) != 0) {
        return -1;
    }
    buffer_append(&capture->tests, test);
    capture->fixtures[capture->count++] = (struct capture_fixture){path, made};
    return 0;
}

static int capture_messages(struct capture *capture, const struct slice *messages, size_t count)
{
    capture->fixtures = ARENA_ARRAY(capture->call->arena, count, struct capture_fixture);
    for (size_t i = 0; i < count; i++) {
        if (capture_message(capture, messages[i], i + 1) != 0) {
            return -1;
        }
    }
    return add_tests(capture);
}

/* The fixtures first: a test whose message is not there would fail. */
static int write_all(const struct capture *capture, const char *own)
{
    struct command_call *call = capture->call;
    char *folder = file_join(call->arena, capture->folder, SLICE("fixtures"));
    (void)mkdir(folder, 0755); /* where it could not be made, writing says so */
    for (size_t i = 0; i < capture->count; i++) {
        const struct capture_fixture *fixture = &capture->fixtures[i];
        if (file_write(fixture->path, fixture->bytes, 0644, &call->issues) != 0) {
            return -1;
        }
    }
    return file_write(own, own_text(capture)->text, 0644, &call->issues);
}

static enum command_exit capture_all(struct capture *capture)
{
    struct command_call *call = capture->call;
    struct slice *messages = NULL;
    size_t count = hl7v2_batch_split(capture->bytes, call->arena, &messages);
    if (count == 0) {
        return command_wrong(call, "there is no message in '%s'", call->operands[0]);
    }
    struct slice name = mapping_texts_site_name(capture->folder, call->arena);
    const char *own = file_join(call->arena, capture->folder, name);
    if (capture_messages(capture, messages, count) != 0 || write_all(capture, own) != 0) {
        return command_failed(call);
    }
    if (!call->json) {
        printf("%zu test%s in %s; look at each line, then: painbridge test %s\n", count,
               count > 1 ? "s" : "", own, capture->folder);
        return COMMAND_DONE;
    }
    struct json *line = json_object(call->arena);
    json_add_string(line, SLICE("file"), slice_of(own), call->arena);
    json_add(line, SLICE("tests"), json_integer(call->arena, (int64_t)count));
    command_print(line);
    return COMMAND_DONE;
}

enum command_exit command_map_capture(struct command_call *call)
{
    struct capture capture = {.call = call};
    const char *site = option_value(&call->options, "site");
    struct slice name = slice_of(option_value(&call->options, "as-test"));
    if (name.len > CAPTURE_NAME_LIMIT || plain_name(name, call->arena).len == 0) {
        return command_wrong(call,
                             "the test needs a name of words, at most %d signs: --as-test NAME",
                             CAPTURE_NAME_LIMIT);
    }
    if (knowledge_load(option_value(&call->options, "mappings"), call->arena, &capture.knowledge,
                       &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (site != NULL) {
        capture.folder = translation_site_folder(&capture.knowledge, call, site);
    }
    if ((site != NULL && capture.folder == NULL) || take_message(&capture) != 0 ||
        load_site(&capture) != 0) {
        return command_failed(call);
    }
    unsigned char key[CAPTURE_KEY_SIZE];
    digest_random(key, sizeof(key));
    hl7v2_disguise_init(&capture.disguise, (struct slice){(const char *)key, sizeof(key)},
                        capture.knowledge.dictionary);
    buffer_init(&capture.tests, CAPTURE_FILE_LIMIT);
    enum command_exit exit_code = COMMAND_CONFIGURATION;
    if (account_assume_owner(capture.folder, &call->issues) == 0) {
        exit_code = capture_all(&capture);
        account_resume();
    }
    buffer_release(&capture.tests);
    hl7v2_disguise_release(&capture.disguise);
    return exit_code;
}
