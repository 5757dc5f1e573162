/* feed renew, revoke: a sender's certificate, its successor, and its end.
 *
 * A feed's certificate file may hold several: the first is the newest, the others are good until
 * they expire or are revoked, so that a sender can change over when it has time to. */
#include "base/file.h"
#include "cli/partner.h"
#include "cli/serving.h"
#include "net/revocation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RELOAD_PATIENCE (30 * TIME_SECOND)
#define CERTIFICATE_FILE_LIMIT ((size_t)1 << 20)

/* What both commands work on. */
struct renewal {
    struct command_call *call;
    struct instance instance;
    const struct instance_feed *feed;
    struct certificate_files files;     /* the feed's */
    struct certificate_files authority; /* the instance's own */
};

static int failed(const struct renewal *renewal, const char *what, const char *path)
{
    issue_report(&renewal->call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not %s '%s': %s", what, path, strerror(errno));
    return -1;
}

/* "x.pem" gives "x.key". */
static const char *key_path_of(const char *path, struct arena *arena)
{
    struct slice stem = slice_of(path);
    if (slice_ends_with(stem, SLICE(".pem"))) {
        stem = slice_part(stem, 0, stem.len - 4);
    }
    return arena_format(arena, "%.*s.key", SLICE_ARG(stem)).ptr;
}

static enum command_exit open_renewal(struct renewal *renewal, struct command_call *call)
{
    *renewal = (struct renewal){.call = call};
    enum command_exit exit_code = command_open(call, &renewal->instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    renewal->feed = instance_feed(&renewal->instance, slice_of(call->operands[0]));
    if (renewal->feed == NULL) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no feed '%s'", call->operands[0]);
        return COMMAND_FOUND;
    }
    renewal->files.certificate_path =
        instance_path(&renewal->instance, renewal->feed->certificate, call->arena);
    renewal->files.key_path = key_path_of(renewal->files.certificate_path, call->arena);
    return partner_authority(call, &renewal->instance, &renewal->authority) == 0
               ? COMMAND_DONE
               : command_failed(call);
}

/* The engine has the files as they are now, or nobody serves it. */
static enum command_exit reload(const struct renewal *renewal)
{
    struct command_call *call = renewal->call;
    enum serving_answer answer = SERVING_NOBODY;
    if (serving_reload(&renewal->instance, RELOAD_PATIENCE, &answer, &call->issues) != 0) {
        return command_failed(call);
    }
    if (answer == SERVING_REFUSED) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the files are written, but the engine does not take them as they are: "
                     "'check' says why");
        return COMMAND_CONFIGURATION;
    }
    if (!call->json) {
        printf("%s\n", answer == SERVING_TAKEN ? "the engine has read its files again"
                                               : "the engine is not running");
    }
    return COMMAND_DONE;
}

/* --- renew ------------------------------------------------------------------------------------ */

/* The certificates of the text that have not expired, each as it stands there. */
static struct slice still_good(const struct renewal *renewal, struct slice text)
{
    static const struct slice end = SLICE_INIT("-----END CERTIFICATE-----");
    struct arena *arena = renewal->call->arena;
    struct issue_list passed_over;
    struct slice kept = {"", 0};
    issue_list_init(&passed_over, arena);
    for (size_t at; (at = slice_find(text, end)) < text.len;) {
        struct slice block = slice_part(text, 0, at + end.len);
        struct certificate certificate;
        text = slice_after(text, block.len);
        if (certificate_parse(renewal->feed->certificate, block, arena, &certificate,
                              &passed_over) == 0 &&
            certificate.not_after > time_now()) {
            kept = arena_format(arena, "%.*s%.*s\n", SLICE_ARG(kept), SLICE_ARG(slice_trim(block)));
        }
    }
    return kept;
}

/* Both are made beside the old ones and then put in their place, the key first: a certificate that
 * the engine takes has a key. */
static int make_successor(const struct renewal *renewal)
{
    struct command_call *call = renewal->call;
    const struct certificate_files *files = &renewal->files;
    const struct certificate_files fresh = {
        arena_format(call->arena, "%s.new", files->certificate_path).ptr,
        arena_format(call->arena, "%s.new", files->key_path).ptr};
    struct slice before, made;
    if (file_read(files->certificate_path, CERTIFICATE_FILE_LIMIT, call->arena, &before,
                  &call->issues) != 0 ||
        partner_sign(call, &renewal->authority, &fresh, renewal->feed->name, CERTIFICATE_CLIENT) !=
            0 ||
        file_read(fresh.certificate_path, CERTIFICATE_FILE_LIMIT, call->arena, &made,
                  &call->issues) != 0) {
        return -1;
    }
    struct slice whole = arena_format(call->arena, "%.*s\n%.*s", SLICE_ARG(slice_trim(made)),
                                      SLICE_ARG(still_good(renewal, before)));
    if (rename(fresh.key_path, files->key_path) != 0) {
        return failed(renewal, "replace", files->key_path);
    }
    unlink(fresh.certificate_path);
    return file_write(files->certificate_path, whole, 0644, &call->issues);
}

static int say_renewed(const struct renewal *renewal)
{
    struct command_call *call = renewal->call;
    struct certificate certificate;
    if (certificate_read(renewal->files.certificate_path, call->arena, &certificate,
                         &call->issues) != 0) {
        return -1;
    }
    struct slice until = time_format(certificate.not_after, 0, call->arena);
    if (call->json) {
        struct json *answer = json_object(call->arena);
        json_add_string(answer, SLICE("name"), renewal->feed->name, call->arena);
        json_add_string(answer, SLICE("serial"), certificate.serial, call->arena);
        json_add_string(answer, SLICE("expires"), until, call->arena);
        command_print(answer);
        return 0;
    }
    printf("%s\n%s\nserial %.*s, until %.*s\n", renewal->files.certificate_path,
           renewal->files.key_path, SLICE_ARG(certificate.serial), SLICE_ARG(until));
    return 0;
}

enum command_exit command_feed_renew(struct command_call *call)
{
    struct renewal renewal;
    enum command_exit exit_code = open_renewal(&renewal, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (instance_assume(&renewal.instance, &call->issues) != 0) {
        return command_failed(call);
    }
    int result = make_successor(&renewal);
    account_resume();
    if (result != 0 || say_renewed(&renewal) != 0) {
        return command_failed(call);
    }
    return reload(&renewal);
}

/* --- revoke ----------------------------------------------------------------------------------- */

/* Only what our own authority has signed can stand in its list. */
static int revoke_one(const struct renewal *renewal, const struct certificate *certificate,
                      const struct certificate *authority)
{
    struct command_call *call = renewal->call;
    const char *path =
        instance_path(&renewal->instance, renewal->instance.settings.crl, call->arena);
    if (!slice_equal(certificate->issuer_name, authority->common_name)) {
        issue_report(&call->issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the certificate with serial %.*s is of another authority, which has to "
                     "revoke it",
                     SLICE_ARG(certificate->serial));
        return -1;
    }
    if (instance_assume(&renewal->instance, &call->issues) != 0) {
        return -1;
    }
    int result = revocation_write(&renewal->authority, path, certificate->serial, time_now(),
                                  authority->not_after, &call->issues);
    account_resume();
    if (result == 0 && !call->json) {
        printf("revoked serial %.*s\n", SLICE_ARG(certificate->serial));
    }
    return result;
}

static void say_revoked(const struct renewal *renewal, const struct certificate *certificates,
                        size_t first, size_t count)
{
    struct command_call *call = renewal->call;
    if (!call->json) {
        return;
    }
    struct json *answer = json_object(call->arena);
    json_add_string(answer, SLICE("name"), renewal->feed->name, call->arena);
    struct json *serials = json_add(answer, SLICE("revoked"), json_array(call->arena));
    for (size_t i = first; i < count; i++) {
        json_append(serials, json_string(call->arena, certificates[i].serial));
    }
    command_print(answer);
}

/* The first certificate of the file is the newest one. */
static enum command_exit revoke_from(const struct renewal *renewal, size_t first)
{
    struct command_call *call = renewal->call;
    struct certificate authority, *certificates = NULL;
    size_t count = 0;
    if (certificate_read_all(renewal->files.certificate_path, call->arena, &certificates, &count,
                             &call->issues) != 0 ||
        certificate_read(renewal->authority.certificate_path, call->arena, &authority,
                         &call->issues) != 0) {
        return command_failed(call);
    }
    if (first >= count) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_ERROR, ISSUE_NOWHERE,
                     "feed '%.*s' has no former certificate", SLICE_ARG(renewal->feed->name));
        return COMMAND_FOUND;
    }
    for (size_t i = first; i < count; i++) {
        if (revoke_one(renewal, &certificates[i], &authority) != 0) {
            return command_failed(call);
        }
    }
    say_revoked(renewal, certificates, first, count);
    return reload(renewal);
}

enum command_exit command_feed_revoke(struct command_call *call)
{
    struct renewal renewal;
    bool former = option_given(&call->options, "former");
    if (former == option_given(&call->options, "all")) {
        return command_wrong(call, "say which certificates: --former or --all");
    }
    enum command_exit exit_code = open_renewal(&renewal, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (renewal.instance.settings.crl.len == 0) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "this instance has no revocation list: name a file in painbridge.xml, "
                     "<tls crl=\"tls/crl.pem\"/>");
        return COMMAND_CONFIGURATION;
    }
    return revoke_from(&renewal, former ? 1 : 0);
}
