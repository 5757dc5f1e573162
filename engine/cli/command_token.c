/* token: an access token of the instance's own issuer, for scripts and tests (RFC 9068, SMART App
 * Launch 2.0 scopes). */
#include "access/scope.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/time.h"
#include "cli/commands.h"
#include "net/jws.h"

#include <stdio.h>

#define TOKEN_ID_BYTES 16

static struct slice token_claims(const struct command_call *call, const struct instance *instance,
                                 const struct instance_client *client)
{
    struct arena *arena = call->arena;
    char identity[TOKEN_ID_BYTES];
    digest_random(identity, sizeof(identity));
    int64_t now = time_now() / TIME_SECOND;
    const struct instance_settings *settings = &instance->settings;
    const char *patient = option_value(&call->options, "patient");

    struct json *claims = json_object(arena);
    json_add_string(claims, SLICE("iss"),
                    arena_format(arena, "%.*s/oauth", SLICE_ARG(settings->base_url)), arena);
    json_add_string(claims, SLICE("sub"), client->name, arena);
    json_add_string(claims, SLICE("client_id"), client->name, arena);
    json_add_string(claims, SLICE("aud"),
                    arena_format(arena, "%.*s/fhir", SLICE_ARG(settings->base_url)), arena);
    json_add_string(claims, SLICE("scope"), slice_of(option_value(&call->options, "scope")), arena);
    json_add(claims, SLICE("iat"), json_integer(arena, now));
    json_add(claims, SLICE("exp"), json_integer(arena, now + settings->token_seconds));
    json_add_string(claims, SLICE("jti"),
                    encode_base64url((struct slice){identity, sizeof(identity)}, arena), arena);
    if (patient != NULL) {
        json_add_string(claims, SLICE("patient"), slice_of(patient), arena);
    }
    struct buffer text;
    buffer_init(&text, 0);
    json_print(claims, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

static void say_token(const struct command_call *call, const struct instance *instance,
                      struct slice token)
{
    if (!call->json) {
        printf("%.*s\n", SLICE_ARG(token));
        return;
    }
    struct json *answer = json_object(call->arena);
    json_add_string(answer, SLICE("access_token"), token, call->arena);
    json_add_string(answer, SLICE("token_type"), SLICE("Bearer"), call->arena);
    json_add(answer, SLICE("expires_in"),
             json_integer(call->arena, instance->settings.token_seconds));
    json_add_string(answer, SLICE("scope"), slice_of(option_value(&call->options, "scope")),
                    call->arena);
    command_print(answer);
}

/* A token says no more than its client may ever have: the doors would not honour it anyway. */
static bool check_scope(struct command_call *call, const struct instance_client *client)
{
    struct access_scopes most;
    struct slice word;
    struct slice asked = slice_of(option_value(&call->options, "scope"));
    access_scopes_parse(client->scope, call->arena, &most);
    if (!access_scopes_exceed(asked, &most, &word)) {
        return true;
    }
    issue_add(&call->issues,
              (struct issue){.code = ISSUE_FORBIDDEN,
                             .severity = ISSUE_ERROR,
                             .words = arena_format(call->arena,
                                                   "the client '%.*s' may not be given '%.*s'",
                                                   SLICE_ARG(client->name),
                                                   SLICE_ARG(command_shown(word, call->arena))),
                             .hint = arena_format(call->arena, "it may have at most '%.*s'",
                                                  SLICE_ARG(client->scope))});
    return false;
}

enum command_exit command_token(struct command_call *call)
{
    const char *name = option_value(&call->options, "client");
    if (name == NULL || option_value(&call->options, "scope") == NULL) {
        return command_wrong(call, "a token needs --client and --scope");
    }
    struct instance instance;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    const struct instance_client *client = instance_client(&instance, slice_of(name));
    if (client == NULL) {
        issue_report(&call->issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no client '%s'; make it with 'client add'", name);
        return COMMAND_REFUSED;
    }
    if (!check_scope(call, client)) {
        return COMMAND_REFUSED;
    }
    struct jws_signer *signer = NULL;
    char *key = instance_path(&instance, SLICE("secrets/issuer.key"), call->arena);
    if (jws_signer_read(key, &signer, &call->issues) != 0) {
        return command_failed(call);
    }
    struct slice token;
    int result = jws_sign(signer, SLICE("at+jwt"), token_claims(call, &instance, client),
                          call->arena, &token, &call->issues);
    jws_signer_free(signer);
    if (result != 0) {
        return command_failed(call);
    }
    say_token(call, &instance, token);
    return COMMAND_DONE;
}
