/* token, inside: a keeper as its files see it.
 *
 *   keeper.c  made of its options, and looked up in
 *   token.c   tokens judged, and kept */
#ifndef ACCESS_TOKEN_INTERNAL_H
#define ACCESS_TOKEN_INTERNAL_H

#include "access/introspection.h"
#include "access/token.h"
#include "base/map.h"

/* An issuer as it is asked. */
struct keeper_issuer {
    struct access_keeper *keeper;
    struct access_issuer of;                    /* texts in the keeper's arena */
    struct access_scopes scopes;                /* of an outside issuer: `scope` read */
    struct access_introspection *introspection; /* NULL: not asked */
};

struct access_keeper {
    struct arena *arena; /* of the options */
    struct keeper_issuer *issuers;
    size_t issuer_count;
    struct access_client *clients;
    struct access_scopes *client_scopes;
    size_t client_count;
    struct slice base_url;
    int64_t token_seconds;
    struct arena *kept_arena;
    struct map kept; /* SHA-256 of a token -> struct kept (token.c) */
};

/* access_introspection_options.answered, with the keeper_issuer. */
void keeper_take_answer(void *data, const unsigned char *digest, struct slice body);

#endif
