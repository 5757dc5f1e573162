/* site add, client add, destination add: who the instance works with. */
#include "access/scope.h"
#include "base/file.h"
#include "cli/partner.h"
#include "net/jws.h"

#include <stdio.h>

static void say_added(const struct partner *partner)
{
    if (partner->call->json) {
        struct json *answer = json_object(partner->call->arena);
        json_add_string(answer, SLICE("name"), partner->name, partner->call->arena);
        json_add_string(answer, SLICE("file"), slice_of(partner->file), partner->call->arena);
        command_print(answer);
        return;
    }
    printf("%s\n", partner->file);
}

enum command_exit command_site_add(struct command_call *call)
{
    struct partner partner;
    enum command_exit exit_code = partner_init(&partner, call, INSTANCE_SITE);
    if (exit_code == COMMAND_DONE && !option_given(&call->options, "time-zone")) {
        exit_code = command_wrong(call, "a site needs --time-zone");
    }
    if (exit_code == COMMAND_DONE) {
        static const char *const options[] = {"time-zone",    "language",   "charset", "version",
                                              "organization", "mrn-system", "known-as"};
        partner_set(&partner, "", "id", partner.name);
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
            partner_set_from_option(&partner, options[i]);
        }
        partner_set(&partner, "", "part2",
                    option_given(&call->options, "part2") ? SLICE("yes") : (struct slice){0});
        exit_code = partner_write(&partner);
    }
    if (exit_code == COMMAND_DONE) {
        say_added(&partner);
    }
    partner_release(&partner);
    return exit_code;
}

/* --- clients ---------------------------------------------------------------------------------- */

/* A key pair of its own, and the public half where the engine looks for it. */
static int make_client_keys(struct partner *partner, struct slice target)
{
    struct command_call *call = partner->call;
    if (partner_make_certificate(partner, CERTIFICATE_CLIENT) != 0) {
        return -1;
    }
    struct slice key = arena_format(call->arena, "tls/%.*s.key", SLICE_ARG(partner->name));
    struct jws_signer *signer = NULL;
    if (jws_signer_read(instance_path(&partner->instance, key, call->arena), &signer,
                        &call->issues) != 0) {
        return -1;
    }
    struct slice keys = jws_signer_public_keys(signer, call->arena);
    jws_signer_free(signer);
    if (instance_assume(&partner->instance, &call->issues) != 0) {
        return -1;
    }
    int result = file_write(instance_path(&partner->instance, target, call->arena), keys, 0644,
                            &call->issues);
    account_resume();
    return result;
}

static int add_client_keys(struct partner *partner)
{
    struct command_call *call = partner->call;
    const char *given = option_value(&call->options, "jwks");
    if (slice_starts_with(slice_of(given), SLICE("https://"))) {
        partner_set(partner, "", "jwks", slice_of(given));
        return 0;
    }
    struct slice target =
        arena_format(call->arena, "clients/%.*s.jwks.json", SLICE_ARG(partner->name));
    partner_set(partner, "", "jwks", target);
    if (given != NULL) {
        return partner_copy(partner, given, target.ptr, 0644);
    }
    return make_client_keys(partner, target);
}

/* A word that gives nothing is a slip: the client would be refused later, and not know why. */
static enum command_exit check_scope(struct command_call *call)
{
    struct slice rest = slice_of(option_value(&call->options, "scope")), word;
    struct access_grant grant;
    size_t count = 0;
    while (slice_split(&rest, ' ', &word)) {
        /* nobody is signed in behind a system's token */
        if (word.len > 0 && (!access_scope_parse(word, &grant) || grant.whose == ACCESS_OF_USER)) {
            return command_wrong(call, "the scope '%.*s' gives nothing; one is system/Patient.rs",
                                 SLICE_ARG(word));
        }
        count += word.len > 0;
    }
    return count > 0 ? COMMAND_DONE : command_wrong(call, "a client needs --scope");
}

enum command_exit command_client_add(struct command_call *call)
{
    struct partner partner;
    enum command_exit exit_code = partner_init(&partner, call, INSTANCE_CLIENT);
    if (exit_code == COMMAND_DONE) {
        exit_code = check_scope(call);
    }
    if (exit_code == COMMAND_DONE) {
        partner_set(&partner, "", "name", partner.name);
        partner_set_from_option(&partner, "scope");
        partner_set_from_option(&partner, "site");
        partner_set_from_option(&partner, "issuer");
        exit_code = add_client_keys(&partner) == 0 ? partner_write(&partner) : command_failed(call);
    }
    if (exit_code == COMMAND_DONE) {
        say_added(&partner);
    }
    partner_release(&partner);
    return exit_code;
}

/* --- destinations ----------------------------------------------------------------------------- */

/* Copies the file an option names to DIR/tls/NAME<ending> and sets the attribute. */
static int copy_option(struct partner *partner, const char *option, const char *attribute,
                       const char *ending, unsigned mode)
{
    struct command_call *call = partner->call;
    const char *source = option_value(&call->options, option);
    if (source == NULL) {
        return 0;
    }
    struct slice target = arena_format(call->arena, "tls/%.*s%s", SLICE_ARG(partner->name), ending);
    partner_set(partner, "", attribute, target);
    return partner_copy(partner, source, target.ptr, mode);
}

enum command_exit command_destination_add(struct command_call *call)
{
    struct partner partner;
    enum command_exit exit_code = partner_init(&partner, call, INSTANCE_DESTINATION);
    static const char *const options[] = {"site", "host", "port", "send"};
    if (exit_code == COMMAND_DONE) {
        partner_set(&partner, "", "name", partner.name);
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
            partner_set_from_option(&partner, options[i]);
        }
        bool copied = copy_option(&partner, "ca", "ca", "-ca.pem", 0644) == 0 &&
                      copy_option(&partner, "cert", "certificate", ".pem", 0644) == 0 &&
                      copy_option(&partner, "key", "key", ".key", 0600) == 0;
        exit_code = copied ? partner_write(&partner) : command_failed(call);
    }
    if (exit_code == COMMAND_DONE) {
        say_added(&partner);
    }
    partner_release(&partner);
    return exit_code;
}
