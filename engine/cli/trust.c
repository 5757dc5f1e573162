/* trust: see trust.h. */
#include "cli/trust.h"

#include "access/mint.h"
#include "base/file.h"
#include "net/jws.h"

#define KEYS_LIMIT ((size_t)256 << 10)

static bool is_url(struct slice jwks)
{
    return slice_starts_with(jwks, SLICE("https://"));
}

/* NULL in *ret_keys where there is no file. */
static int read_keys(const struct instance *instance, struct slice jwks, struct jws_keys **ret_keys,
                     struct issue_list *issues)
{
    *ret_keys = NULL;
    if (jwks.len == 0 || is_url(jwks))
        return 0;
    char *path = instance_path(instance, jwks, issues->arena);
    struct slice text;
    if (file_read(path, KEYS_LIMIT, issues->arena, &text, issues) != 0)
        return -1;
    return jws_keys_parse_as(slice_of(path), text, JWS_CLIENT, ret_keys, issues);
}

static int read_clients(const struct instance *instance, struct access_client *clients,
                        struct issue_list *issues)
{
    int result = 0;
    for (size_t i = 0; i < instance->client_count; i++) {
        const struct instance_client *from = &instance->clients[i];
        clients[i] =
            (struct access_client){.name = from->name, .site = from->site, .scope = from->scope};
        if (read_keys(instance, from->jwks, &clients[i].keys, issues) != 0)
            result = -1;
    }
    return result;
}

static void free_keys(struct access_client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        jws_keys_free(clients[i].keys);
}

int trust_keeper(const struct instance *instance, const struct jws_keys *own,
                 struct access_keeper **ret_keeper, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    size_t count = instance->client_count;
    struct access_client *clients = ARENA_ARRAY(arena, count, struct access_client);
    struct slice base = instance->settings.base_url;
    const struct access_issuer issuer = {.issuer = access_own_issuer(base, arena),
                                         .audience = access_own_audience(base, arena),
                                         .keys = own};
    int result = read_clients(instance, clients, issues);
    if (result == 0)
        *ret_keeper = access_keeper_new(
            &(struct access_keeper_options){.issuers = &issuer,
                                            .issuer_count = 1,
                                            .clients = clients,
                                            .client_count = count,
                                            .base_url = base,
                                            .token_seconds = instance->settings.granted_seconds});
    else
        free_keys(clients, count);
    arena_free(arena);
    return result;
}

int trust_check(const struct instance *instance, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct access_client *clients =
        ARENA_ARRAY(arena, instance->client_count, struct access_client);
    int result = read_clients(instance, clients, issues);
    free_keys(clients, instance->client_count);
    arena_free(arena);
    return result;
}
