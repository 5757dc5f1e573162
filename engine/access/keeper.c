/* keeper: what a keeper is made of. See token.h. */
#include "access/token_internal.h"

#include <stdlib.h>

static void add_issuer(struct access_keeper *keeper, const struct access_issuer *from,
                       const struct access_keeper_options *options)
{
    struct arena *arena = keeper->arena;
    struct keeper_issuer *issuer = &keeper->issuers[keeper->issuer_count++];
    *issuer =
        (struct keeper_issuer){.keeper = keeper,
                               .of = {.name = arena_copy(arena, from->name),
                                      .issuer = arena_copy(arena, from->issuer),
                                      .audience = arena_copy(arena, from->audience),
                                      .keys = from->keys,
                                      .site = arena_copy(arena, from->site),
                                      .labels = from->labels,
                                      .known_as = arena_copy(arena, from->known_as),
                                      .scope = arena_copy(arena, from->scope),
                                      .client_claim = arena_copy(arena, from->client_claim),
                                      .user_claim = arena_copy(arena, from->user_claim),
                                      .patient_claim = arena_copy(arena, from->patient_claim)}};
    access_scopes_parse(issuer->of.scope, arena, &issuer->scopes);
    if (from->introspection.len > 0)
        issuer->introspection = access_introspection_new(
            &(struct access_introspection_options){.name = from->name,
                                                   .url = from->introspection,
                                                   .user = from->introspection_user,
                                                   .secret = from->introspection_secret,
                                                   .fetch = options->fetch,
                                                   .log = options->log,
                                                   .answered = keeper_take_answer,
                                                   .data = issuer});
}

static void add_client(struct access_keeper *keeper, const struct access_client *from)
{
    struct arena *arena = keeper->arena;
    struct access_client *client = &keeper->clients[keeper->client_count];
    *client = (struct access_client){.name = arena_copy(arena, from->name),
                                     .site = arena_copy(arena, from->site),
                                     .labels = from->labels,
                                     .known_as = arena_copy(arena, from->known_as),
                                     .scope = arena_copy(arena, from->scope),
                                     .issuer = arena_copy(arena, from->issuer),
                                     .keys = from->keys};
    access_scopes_parse(client->scope, arena, &keeper->client_scopes[keeper->client_count]);
    keeper->client_count++;
}

struct access_keeper *access_keeper_new(const struct access_keeper_options *options)
{
    struct access_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        abort();
    struct arena *arena = keeper->arena = arena_new(0);
    keeper->base_url = arena_copy(arena, options->base_url);
    keeper->token_seconds = options->token_seconds;
    keeper->issuers = ARENA_ARRAY(arena, options->issuer_count, struct keeper_issuer);
    for (size_t i = 0; i < options->issuer_count; i++)
        add_issuer(keeper, &options->issuers[i], options);
    keeper->clients = ARENA_ARRAY(arena, options->client_count, struct access_client);
    keeper->client_scopes = ARENA_ARRAY(arena, options->client_count, struct access_scopes);
    for (size_t i = 0; i < options->client_count; i++)
        add_client(keeper, &options->clients[i]);
    keeper->kept_arena = arena_new((size_t)64 * 1024 * 1024);
    map_init(&keeper->kept, keeper->kept_arena);
    return keeper;
}

void access_keeper_free(struct access_keeper *keeper)
{
    if (!keeper)
        return;
    for (size_t i = 0; i < keeper->issuer_count; i++) {
        access_introspection_free(keeper->issuers[i].introspection);
        access_keyring_free(keeper->issuers[i].of.keys);
    }
    for (size_t i = 0; i < keeper->client_count; i++)
        access_keyring_free(keeper->clients[i].keys);
    arena_free(keeper->kept_arena);
    arena_free(keeper->arena);
    free(keeper);
}

struct slice access_keeper_base_url(const struct access_keeper *keeper)
{
    return keeper->base_url;
}

int64_t access_keeper_token_seconds(const struct access_keeper *keeper)
{
    return keeper->token_seconds;
}

bool access_keeper_find(const struct access_keeper *keeper, struct slice name,
                        struct access_client *ret_client, struct access_scopes *ret_allowed)
{
    for (size_t i = 0; i < keeper->client_count; i++) {
        if (!slice_equal(keeper->clients[i].name, name))
            continue;
        *ret_client = keeper->clients[i];
        *ret_allowed = keeper->client_scopes[i];
        return true;
    }
    return false;
}

bool access_keeper_find_issuer(const struct access_keeper *keeper, struct slice issuer,
                               struct access_client *ret_client, struct access_scopes *ret_allowed)
{
    for (size_t i = 0; i < keeper->client_count; i++) {
        if (issuer.len == 0 || !slice_equal(keeper->clients[i].issuer, issuer))
            continue;
        *ret_client = keeper->clients[i];
        *ret_allowed = keeper->client_scopes[i];
        return true;
    }
    return false;
}
