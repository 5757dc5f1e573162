/* trust: see trust.h. */
#include "cli/trust.h"

#include "access/mint.h"
#include "base/file.h"
#include "pipeline/label.h"

#define KEYS_LIMIT ((size_t)256 << 10)
#define SECRET_LIMIT 4096

/* What is being made of an instance. */
struct trust {
    const struct instance *instance;
    const struct trust_options *options;
    struct issue_list *issues;
    struct access_client *clients;
    struct access_issuer *issuers; /* the first is our own */
};

/* Of all that is written in a site's name. */
static uint32_t labels_of(const struct trust *trust, struct slice name)
{
    const struct instance_site *site = instance_site(trust->instance, name);
    return site && site->part2 ? PIPELINE_LABEL_PART2 : 0;
}

static struct slice names_of(const struct trust *trust, struct slice name)
{
    const struct instance_site *site = instance_site(trust->instance, name);
    return site ? site->known_as : (struct slice){0};
}

/* NULL in *ret_ring where there are no keys. */
static int read_keys(const struct trust *trust, struct slice name, struct slice jwks,
                     enum jws_owner owner, struct access_keyring **ret_ring)
{
    struct issue_list *issues = trust->issues;
    struct jws_keys *keys = NULL;
    struct slice text;
    *ret_ring = NULL;
    if (jwks.len == 0)
        return 0;
    if (slice_starts_with(jwks, SLICE("https://"))) {
        *ret_ring =
            access_keyring_of_url(name, jwks, owner, trust->options->fetch, trust->options->log);
        return 0;
    }
    char *path = instance_path(trust->instance, jwks, issues->arena);
    if (file_read(path, KEYS_LIMIT, issues->arena, &text, issues) != 0 ||
        jws_keys_parse_as(slice_of(path), text, owner, &keys, issues) != 0)
        return -1;
    *ret_ring = access_keyring_of_keys(keys);
    return 0;
}

static int read_clients(const struct trust *trust)
{
    const struct instance *instance = trust->instance;
    int result = 0;
    for (size_t i = 0; i < instance->client_count; i++) {
        const struct instance_client *from = &instance->clients[i];
        struct access_client *client = &trust->clients[i];
        *client = (struct access_client){.name = from->name,
                                         .site = from->site,
                                         .scope = from->scope,
                                         .issuer = from->issuer,
                                         .labels = labels_of(trust, from->site),
                                         .known_as = names_of(trust, from->site)};
        result |= read_keys(trust, from->name, from->jwks, JWS_CLIENT, &client->keys);
    }
    return result;
}

static int read_secret(const struct trust *trust, const struct instance_issuer *from,
                       struct access_issuer *issuer)
{
    struct arena *arena = trust->issues->arena;
    struct slice secret;
    if (from->introspection.len == 0)
        return 0;
    char *path = instance_path(trust->instance, from->introspection_secret, arena);
    if (file_read(path, SECRET_LIMIT, arena, &secret, trust->issues) != 0)
        return -1;
    issuer->introspection = from->introspection;
    issuer->introspection_user = from->introspection_client;
    issuer->introspection_secret = slice_trim(secret);
    return 0;
}

static int read_issuers(const struct trust *trust)
{
    const struct instance *instance = trust->instance;
    int result = 0;
    for (size_t i = 0; i < instance->issuer_count; i++) {
        const struct instance_issuer *from = &instance->issuers[i];
        struct access_issuer *issuer = &trust->issuers[i + 1];
        *issuer = (struct access_issuer){.name = from->name,
                                         .issuer = from->issuer,
                                         .audience = from->audience,
                                         .site = from->site,
                                         .labels = labels_of(trust, from->site),
                                         .known_as = names_of(trust, from->site),
                                         .scope = from->scope,
                                         .client_claim = from->client_claim,
                                         .user_claim = from->user_claim,
                                         .patient_claim = from->patient_claim};
        result |= read_keys(trust, from->name, from->jwks, JWS_ISSUER, &issuer->keys);
        result |= read_secret(trust, from, issuer);
    }
    return result;
}

/* Our own issuer, from what we sign with; where there is nothing (a check), it is left empty. */
static int add_own(const struct trust *trust)
{
    struct arena *arena = trust->issues->arena;
    struct slice base = trust->instance->settings.base_url;
    struct jws_keys *keys = NULL;
    if (trust->options->own_keys.len == 0)
        return 0;
    if (jws_keys_parse(SLICE("secrets/issuer.key"), trust->options->own_keys, &keys,
                       trust->issues) != 0)
        return -1;
    trust->issuers[0] = (struct access_issuer){.issuer = access_own_issuer(base, arena),
                                               .audience = access_own_audience(base, arena),
                                               .keys = access_keyring_of_keys(keys)};
    return 0;
}

static void release(const struct trust *trust)
{
    for (size_t i = 0; i < trust->instance->client_count; i++)
        access_keyring_free(trust->clients[i].keys);
    for (size_t i = 0; i <= trust->instance->issuer_count; i++)
        access_keyring_free(trust->issuers[i].keys);
}

static int read_all(struct trust *trust, struct arena *arena)
{
    const struct instance *instance = trust->instance;
    trust->clients = ARENA_ARRAY(arena, instance->client_count, struct access_client);
    trust->issuers = ARENA_ARRAY(arena, instance->issuer_count + 1, struct access_issuer);
    int result = add_own(trust);
    result |= read_clients(trust);
    result |= read_issuers(trust);
    return result;
}

int trust_keeper(const struct instance *instance, const struct trust_options *options,
                 struct access_keeper **ret_keeper, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    struct trust trust = {.instance = instance, .options = options, .issues = issues};
    int result = read_all(&trust, arena);
    if (result == 0)
        *ret_keeper = access_keeper_new(
            &(struct access_keeper_options){.issuers = trust.issuers,
                                            .issuer_count = instance->issuer_count + 1,
                                            .clients = trust.clients,
                                            .client_count = instance->client_count,
                                            .base_url = instance->settings.base_url,
                                            .token_seconds = instance->settings.granted_seconds,
                                            .fetch = options->fetch,
                                            .log = options->log});
    else
        release(&trust);
    arena_free(arena);
    return result;
}

int trust_check(const struct instance *instance, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    const struct trust_options none = {.fetch = NULL};
    struct trust trust = {.instance = instance, .options = &none, .issues = issues};
    int result = read_all(&trust, arena);
    release(&trust);
    arena_free(arena);
    return result;
}
