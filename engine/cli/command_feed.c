/* feed add, list, show, pause, resume: who sends, and whether we listen. */
#include "base/file.h"
#include "cli/database.h"
#include "cli/partner.h"
#include "net/revocation.h"
#include "pipeline/inbox.h"

#include <stdio.h>

/* One --set key=value; the key is an option of the feed's table. */
static enum command_exit set_option(struct partner *partner, const char *given)
{
    struct command_call *call = partner->call;
    struct slice text = slice_of(given);
    size_t equals = slice_find_byte(text, '=');
    struct slice key = slice_part(text, 0, equals);
    if (equals == text.len) {
        return command_wrong(call, "'--set %s' must be key=value", given);
    }
    const struct setting *row = settings_find(instance_table(INSTANCE_FEED), key);
    if (row == NULL || row->element[0] == '\0') {
        return command_wrong(call, "'%.*s' is no option of a feed", SLICE_ARG(key));
    }
    partner_set(partner, row->element, row->name, slice_after(text, equals + 1));
    return COMMAND_DONE;
}

static enum command_exit add_allowed(struct partner *partner, const char *given)
{
    struct slice text = slice_of(given);
    size_t slash = slice_find_byte(text, '/');
    if (slash == 0 || slash + 1 >= text.len) {
        return command_wrong(partner->call,
                             "'--allow %s' must be APP/FACILITY, with * where any may send", given);
    }
    buffer_append(&partner->entries, SLICE("  <allow application=\""));
    settings_escape(slice_part(text, 0, slash), &partner->entries);
    buffer_append(&partner->entries, SLICE("\" facility=\""));
    settings_escape(slice_after(text, slash + 1), &partner->entries);
    buffer_append(&partner->entries, SLICE("\"/>\n"));
    return COMMAND_DONE;
}

static enum command_exit read_feed_options(struct partner *partner)
{
    const struct option_values *options = &partner->call->options;
    if (!option_given(options, "site") || !option_given(options, "allow")) {
        return command_wrong(partner->call, "a feed needs --site and at least one --allow");
    }
    partner_set(partner, "", "name", partner->name);
    partner_set_from_option(partner, "site");
    partner_set_from_option(partner, "charset");
    partner_set_from_option(partner, "time-zone");
    enum command_exit exit_code = COMMAND_DONE;
    const char *given;
    for (size_t i = 0; (given = option_value_at(options, "allow", i)) != NULL; i++) {
        exit_code = exit_code == COMMAND_DONE ? add_allowed(partner, given) : exit_code;
    }
    for (size_t i = 0; (given = option_value_at(options, "set", i)) != NULL; i++) {
        exit_code = exit_code == COMMAND_DONE ? set_option(partner, given) : exit_code;
    }
    return exit_code;
}

/* The sender's certificate: the admin's file, checked and copied, or one of our own making. */
static int add_certificate(struct partner *partner)
{
    struct command_call *call = partner->call;
    const char *source = option_value(&call->options, "cert");
    struct slice target = arena_format(call->arena, "tls/%.*s.pem", SLICE_ARG(partner->name));
    partner_set(partner, "", "certificate", target);
    if (source == NULL) {
        return partner_make_certificate(partner, CERTIFICATE_CLIENT);
    }
    struct certificate certificate;
    if (certificate_read(source, call->arena, &certificate, &call->issues) != 0) {
        return -1;
    }
    return partner_copy(partner, source, target.ptr, 0644);
}

enum command_exit command_feed_add(struct command_call *call)
{
    struct partner partner;
    enum command_exit exit_code = partner_init(&partner, call, INSTANCE_FEED);
    if (exit_code == COMMAND_DONE) {
        exit_code = read_feed_options(&partner);
    }
    if (exit_code == COMMAND_DONE &&
        instance_site(&partner.instance, slice_of(option_value(&call->options, "site"))) == NULL) {
        exit_code = command_wrong(call, "there is no site '%s'; make it with 'site add'",
                                  option_value(&call->options, "site"));
    }
    if (exit_code == COMMAND_DONE) {
        exit_code = add_certificate(&partner) == 0 ? partner_write(&partner) : command_failed(call);
    }
    if (exit_code == COMMAND_DONE) {
        printf("%s\n", partner.file);
    }
    partner_release(&partner);
    return exit_code;
}

/* --- pauses ----------------------------------------------------------------------------------- */

/* What the database says of pauses; the feeds themselves are files. */
struct pauses {
    bool known; /* false: the database does not answer */
    struct pipeline_inbox_pause *rows;
    size_t count;
};

static int open_inbox(const struct instance *instance, struct pipeline_inbox **ret_inbox,
                      struct issue_list *issues)
{
    struct store_settings settings;
    if (database_settings(instance, "door", SLICE("command"), &settings, issues) != 0) {
        return -1;
    }
    return pipeline_inbox_open(&settings, ret_inbox, issues);
}

/* The feeds can be looked at without the database; the pauses are then not known. */
static struct pauses read_pauses(struct command_call *call, const struct instance *instance)
{
    struct pauses pauses = {0};
    struct pipeline_inbox *inbox = NULL;
    struct issue_list passed_over;
    issue_list_init(&passed_over, call->arena);
    pauses.known =
        open_inbox(instance, &inbox, &passed_over) == 0 &&
        pipeline_inbox_pauses(inbox, call->arena, &pauses.rows, &pauses.count, &passed_over) == 0;
    pipeline_inbox_close(inbox);
    if (!pauses.known) {
        issue_report(&call->issues, ISSUE_STORE_DOWN, ISSUE_WARNING, ISSUE_NOWHERE,
                     "the database does not answer: it is not known which feeds are paused");
    }
    return pauses;
}

static const struct pipeline_inbox_pause *pause_of(const struct pauses *pauses, struct slice feed)
{
    for (size_t i = 0; i < pauses->count; i++) {
        if (slice_equal(pauses->rows[i].feed, feed)) {
            return &pauses->rows[i];
        }
    }
    return NULL;
}

/* Notes the pause of a feed or its end, and says so. */
static enum command_exit settle_pause(struct command_call *call, bool pause)
{
    struct instance instance;
    struct pipeline_inbox *inbox = NULL;
    struct slice name = slice_of(call->operands[0]);
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (instance_feed(&instance, name) == NULL) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no feed '%s'", call->operands[0]);
        return COMMAND_FOUND;
    }
    if (open_inbox(&instance, &inbox, &call->issues) != 0) {
        return command_failed(call);
    }
    int result = (pause ? pipeline_inbox_pause : pipeline_inbox_resume)(
        inbox, name, command_actor(call->arena), time_now(), &call->issues);
    pipeline_inbox_close(inbox);
    if (result != 0) {
        return command_failed(call);
    }
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add_string(answer, SLICE("name"), name, call->arena);
        json_add(answer, SLICE("paused"), json_boolean(call->arena, pause));
        command_print(answer);
        return COMMAND_DONE;
    }
    printf("%.*s is %s\n", SLICE_ARG(name), pause ? "paused" : "not paused");
    return COMMAND_DONE;
}

enum command_exit command_feed_pause(struct command_call *call)
{
    return settle_pause(call, true);
}

enum command_exit command_feed_resume(struct command_call *call)
{
    return settle_pause(call, false);
}

/* --- looking ---------------------------------------------------------------------------------- */

/* "APP/FACILITY, ..." */
static struct slice allowed_text(const struct instance_feed *feed, struct arena *arena)
{
    struct slice text = {0};
    for (size_t i = 0; i < feed->allowed_count; i++) {
        text = arena_format(arena, "%.*s%s%.*s/%.*s", SLICE_ARG(text), i > 0 ? ", " : "",
                            SLICE_ARG(feed->allowed[i].application),
                            SLICE_ARG(feed->allowed[i].facility));
    }
    return text;
}

static void add_pause(struct json *answer, const struct pauses *pauses, struct slice feed,
                      struct arena *arena)
{
    const struct pipeline_inbox_pause *pause = pause_of(pauses, feed);
    if (!pauses->known) {
        return;
    }
    json_add(answer, SLICE("paused"), json_boolean(arena, pause != NULL));
    if (pause != NULL) {
        json_add_string(answer, SLICE("paused_since"), time_format(pause->since, 0, arena), arena);
        json_add_string(answer, SLICE("paused_by"), pause->actor, arena);
    }
}

/* Whether one is revoked is said where the instance has lists. */
static void add_certificates(struct json *answer, const struct instance *instance, const char *path,
                             struct command_call *call)
{
    struct arena *arena = call->arena;
    struct certificate *certificates = NULL;
    struct revocation_list *lists = NULL;
    size_t count = 0, list_count = 0;
    if (certificate_read_all(path, arena, &certificates, &count, &call->issues) != 0 ||
        (instance->settings.crl.len > 0 &&
         revocation_read(instance_path(instance, instance->settings.crl, arena),
                         instance_path(instance, instance->settings.ca, arena), arena, &lists,
                         &list_count, &call->issues) != 0)) {
        return;
    }
    json_add_string(answer, SLICE("fingerprint"), certificates[0].fingerprint, arena);
    json_add_string(answer, SLICE("expires"), time_format(certificates[0].not_after, 0, arena),
                    arena);
    struct json *all = json_add(answer, SLICE("certificates"), json_array(arena));
    for (size_t i = 0; i < count; i++) {
        struct json *one = json_append(all, json_object(arena));
        bool revoked = revocation_holds(lists, list_count, &certificates[i]);
        json_add_string(one, SLICE("serial"), certificates[i].serial, arena);
        json_add_string(one, SLICE("expires"), time_format(certificates[i].not_after, 0, arena),
                        arena);
        json_add(one, SLICE("revoked"), json_boolean(arena, revoked));
    }
}

static struct json *feed_json(const struct instance *instance, const struct instance_feed *feed,
                              const struct pauses *pauses, struct command_call *call)
{
    struct arena *arena = call->arena;
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("name"), feed->name, arena);
    json_add_string(answer, SLICE("site"), feed->site_name, arena);
    json_add_string(answer, SLICE("time_zone"), feed->time_zone, arena);
    json_add_string(answer, SLICE("charset"), feed->charset, arena);
    struct json *allowed = json_add(answer, SLICE("allow"), json_array(arena));
    for (size_t i = 0; i < feed->allowed_count; i++) {
        json_append(allowed,
                    json_string(arena, arena_format(arena, "%.*s/%.*s",
                                                    SLICE_ARG(feed->allowed[i].application),
                                                    SLICE_ARG(feed->allowed[i].facility))));
    }
    char *path = instance_path(instance, feed->certificate, arena);
    json_add_string(answer, SLICE("certificate"), slice_of(path), arena);
    add_certificates(answer, instance, path, call);
    add_pause(answer, pauses, feed->name, arena);
    return answer;
}

enum command_exit command_feed_list(struct command_call *call)
{
    struct instance instance;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    struct pauses pauses = read_pauses(call, &instance);
    for (size_t i = 0; i < instance.feed_count; i++) {
        const struct instance_feed *feed = &instance.feeds[i];
        if (call->json) {
            command_print(feed_json(&instance, feed, &pauses, call));
            continue;
        }
        printf("%-24.*s %-16.*s %.*s%s\n", SLICE_ARG(feed->name), SLICE_ARG(feed->site_name),
               SLICE_ARG(allowed_text(feed, call->arena)),
               pause_of(&pauses, feed->name) != NULL ? "  (paused)" : "");
    }
    return issue_list_failed(&call->issues) ? command_failed(call) : COMMAND_DONE;
}

static void print_certificates(const struct json *all)
{
    for (const struct json *one = json_first(all); one != NULL; one = json_next(one)) {
        printf("%-12s %.*s until %.*s%s\n", "serial",
               SLICE_ARG(json_text(json_get(one, SLICE("serial")))),
               SLICE_ARG(json_text(json_get(one, SLICE("expires")))),
               json_is_true(json_get(one, SLICE("revoked"))) ? ", revoked" : "");
    }
}

enum command_exit command_feed_show(struct command_call *call)
{
    struct instance instance;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    const struct instance_feed *feed = instance_feed(&instance, slice_of(call->operands[0]));
    if (feed == NULL) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no feed '%s'", call->operands[0]);
        return COMMAND_FOUND;
    }
    struct pauses pauses = read_pauses(call, &instance);
    struct json *answer = feed_json(&instance, feed, &pauses, call);
    if (call->json) {
        command_print(answer);
        return issue_list_failed(&call->issues) ? command_failed(call) : COMMAND_DONE;
    }
    for (struct json *member = json_first(answer); member != NULL; member = json_next(member)) {
        struct slice text = json_text(member);
        if (slice_equal(json_name(member), SLICE("certificates"))) {
            print_certificates(member);
            continue;
        }
        if (json_kind(member) == JSON_ARRAY) {
            text = allowed_text(feed, call->arena);
        }
        if (json_kind(member) == JSON_BOOLEAN) {
            text = json_is_true(member) ? SLICE("yes") : SLICE("no");
        }
        printf("%-12.*s %.*s\n", SLICE_ARG(json_name(member)), SLICE_ARG(text));
    }
    printf("%-12s %.*s\n", "file", SLICE_ARG(feed->file));
    return issue_list_failed(&call->issues) ? command_failed(call) : COMMAND_DONE;
}
