/* feed add, list, show: who sends. */
#include "base/file.h"
#include "cli/partner.h"

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
    if (slash == text.len) {
        return command_wrong(partner->call, "'--allow %s' must be APP/FACILITY", given);
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

static struct json *feed_json(const struct instance *instance, const struct instance_feed *feed,
                              struct command_call *call)
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
    struct certificate certificate;
    json_add_string(answer, SLICE("certificate"), slice_of(path), arena);
    if (certificate_read(path, arena, &certificate, &call->issues) == 0) {
        json_add_string(answer, SLICE("fingerprint"), certificate.fingerprint, arena);
        json_add_string(answer, SLICE("expires"), time_format(certificate.not_after, 0, arena),
                        arena);
    }
    return answer;
}

enum command_exit command_feed_list(struct command_call *call)
{
    struct instance instance;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    for (size_t i = 0; i < instance.feed_count; i++) {
        const struct instance_feed *feed = &instance.feeds[i];
        if (call->json) {
            command_print(feed_json(&instance, feed, call));
            continue;
        }
        printf("%-24.*s %-16.*s %.*s\n", SLICE_ARG(feed->name), SLICE_ARG(feed->site_name),
               SLICE_ARG(allowed_text(feed, call->arena)));
    }
    return issue_list_failed(&call->issues) ? command_failed(call) : COMMAND_DONE;
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
    struct json *answer = feed_json(&instance, feed, call);
    if (call->json) {
        command_print(answer);
        return issue_list_failed(&call->issues) ? command_failed(call) : COMMAND_DONE;
    }
    for (struct json *member = json_first(answer); member != NULL; member = json_next(member)) {
        struct slice text =
            json_kind(member) == JSON_ARRAY ? allowed_text(feed, call->arena) : json_text(member);
        printf("%-12.*s %.*s\n", SLICE_ARG(json_name(member)), SLICE_ARG(text));
    }
    printf("%-12s %.*s\n", "file", SLICE_ARG(feed->file));
    return issue_list_failed(&call->issues) ? command_failed(call) : COMMAND_DONE;
}
