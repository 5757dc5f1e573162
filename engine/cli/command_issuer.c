/* issuer add: whose access tokens are taken beside our own. */
#include "access/mint.h"
#include "access/scope.h"
#include "cli/partner.h"

#include <ctype.h>
#include <stdio.h>

#define DEFAULT_SCOPE "system/*.rs"
#define NAME_LIMIT 40

/* "https://ehr.mission.example:8443/oauth" -> "ehr.mission.example" */
static struct slice host_of(struct slice url)
{
    struct slice host = slice_after(url, sizeof "https://" - 1);
    for (size_t i = 0; i < host.len; i++) {
        if (!isalnum((unsigned char)host.ptr[i]) && host.ptr[i] != '-' && host.ptr[i] != '.') {
            host.len = i;
        }
    }
    return slice_part(host, 0, NAME_LIMIT);
}

static bool is_url(struct slice text)
{
    return slice_starts_with(text, SLICE("https://")) && host_of(text).len > 0;
}

static enum command_exit check_call(struct command_call *call)
{
    struct slice scope = slice_of(option_value(&call->options, "scope")), word;
    struct access_grant grant;
    if (!is_url(slice_of(call->operands[0]))) {
        return command_wrong(call, "an issuer is named by its URL, which begins with https://");
    }
    if (!option_given(&call->options, "jwks") && !option_given(&call->options, "introspection")) {
        return command_wrong(call, "an issuer needs --jwks or --introspection");
    }
    while (slice_split(&scope, ' ', &word)) {
        if (word.len > 0 && !access_scope_parse(word, &grant)) {
            return command_wrong(call, "the scope '%.*s' gives nothing; one is system/Patient.rs",
                                 SLICE_ARG(word));
        }
    }
    return COMMAND_DONE;
}

/* A URL stays one; a file is copied to DIR/`target`. */
static int set_keys(struct partner *partner)
{
    struct command_call *call = partner->call;
    struct slice given = slice_of(option_value(&call->options, "jwks"));
    if (given.len == 0 || is_url(given)) {
        partner_set(partner, "", "jwks", given);
        return 0;
    }
    struct slice target =
        arena_format(call->arena, "issuers/%.*s.jwks.json", SLICE_ARG(partner->name));
    partner_set(partner, "", "jwks", target);
    return partner_copy(partner, given.ptr, target.ptr, 0644);
}

static int set_secret(struct partner *partner)
{
    struct command_call *call = partner->call;
    const char *given = option_value(&call->options, "introspection-secret");
    if (given == NULL) {
        return 0;
    }
    struct slice target =
        arena_format(call->arena, "secrets/issuer-%.*s.secret", SLICE_ARG(partner->name));
    partner_set(partner, "", "introspection-secret", target);
    return partner_copy(partner, given, target.ptr, 0600);
}

static enum command_exit write_issuer(struct partner *partner)
{
    static const char *const options[] = {"introspection", "introspection-client", "site",
                                          "client-claim",  "user-claim",           "patient-claim"};
    struct command_call *call = partner->call;
    struct slice audience = slice_of(option_value(&call->options, "audience"));
    struct slice scope = slice_of(option_value(&call->options, "scope"));
    if (audience.len == 0) {
        audience = access_own_audience(partner->instance.settings.base_url, call->arena);
    }
    partner_set(partner, "", "name", partner->name);
    partner_set(partner, "", "issuer", slice_of(call->operands[0]));
    partner_set(partner, "", "audience", audience);
    partner_set(partner, "", "scope", scope.len > 0 ? scope : SLICE(DEFAULT_SCOPE));
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        partner_set_from_option(partner, options[i]);
    }
    if (partner_make_folder(partner, "issuers") != 0 || set_keys(partner) != 0 ||
        set_secret(partner) != 0) {
        return command_failed(call);
    }
    return partner_write(partner);
}

enum command_exit command_issuer_add(struct command_call *call)
{
    enum command_exit exit_code = check_call(call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    struct partner partner;
    const char *name = option_value(&call->options, "name");
    exit_code =
        partner_init_as(&partner, call, INSTANCE_ISSUER,
                        name != NULL ? slice_of(name) : host_of(slice_of(call->operands[0])));
    if (exit_code == COMMAND_DONE) {
        exit_code = write_issuer(&partner);
    }
    if (exit_code == COMMAND_DONE && call->json) {
        struct json *answer = json_object(call->arena);
        json_add_string(answer, SLICE("name"), partner.name, call->arena);
        json_add_string(answer, SLICE("file"), slice_of(partner.file), call->arena);
        command_print(answer);
    } else if (exit_code == COMMAND_DONE) {
        printf("%s\n", partner.file);
    }
    partner_release(&partner);
    return exit_code;
}
