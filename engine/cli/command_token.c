/* token: an access token of the instance's own issuer, for scripts and tests (RFC 9068, SMART App
 * Launch 2.0 scopes). */
#include "access/mint.h"
#include "access/scope.h"
#include "cli/commands.h"
#include "net/jws.h"

#include <stdio.h>

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
    const struct access_mint mint = {.base_url = instance.settings.base_url,
                                     .client = client->name,
                                     .scope = slice_of(option_value(&call->options, "scope")),
                                     .patient = slice_of(option_value(&call->options, "patient")),
                                     .now = time_now(),
                                     .seconds = instance.settings.token_seconds};
    struct slice token;
    int result = access_mint_token(signer, &mint, call->arena, &token, &call->issues);
    jws_signer_free(signer);
    if (result != 0) {
        return command_failed(call);
    }
    say_token(call, &instance, token);
    return COMMAND_DONE;
}
