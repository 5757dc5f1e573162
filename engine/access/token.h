/* token: who is calling, from the Authorization header.
 *
 * A bearer token (RFC 6750) is a signed JWT (RFC 9068, RFC 7519) of a trusted issuer. Its signature
 * is judged by net/jws; here its claims: issuer, audience, expiry, start, and the client, which
 * must be one that the instance knows. Time is the real time; the clocks of others may be 30 s off.
 *
 * Verified tokens are kept by their SHA-256 until they expire, at most 4,096 of them, so that the
 * signature of a busy client is not computed anew with each request. A keeper belongs to one
 * thread. What is wrong with a token is said in general words: a caller without one learns nothing
 * about keys or clients. */
#ifndef ACCESS_TOKEN_H
#define ACCESS_TOKEN_H

#include "access/scope.h"
#include "base/issue.h"
#include "base/time.h"

struct jws_keys;
struct access_keeper;

/* Who a token speaks for. */
struct access_principal {
    struct slice client;
    struct slice site;    /* whose contribution its writes are; empty: it may not write */
    struct slice patient; /* id of the one Patient its patient/ scopes are about; may be empty */
    struct access_scopes granted; /* by the token */
    struct access_scopes allowed; /* to the client at most */
    instant expires;
};

struct access_client {
    struct slice name;
    struct slice site;
    struct slice scope;    /* what it may be granted at most */
    struct jws_keys *keys; /* with which its assertions are signed; NULL: it has none */
};

struct access_issuer {
    struct slice issuer;         /* `iss`, compared as it is */
    struct slice audience;       /* one of `aud` */
    const struct jws_keys *keys; /* borrowed */
};

struct access_keeper_options {
    const struct access_issuer *issuers;
    size_t issuer_count;
    const struct access_client *clients;
    size_t client_count;
    struct slice base_url; /* of this instance, for its own tokens */
    int64_t token_seconds; /* life of what the token endpoint gives out */
};

/* Texts and lists are copied. Takes over the keys of clients; those of issuers must live as long as
 * the keeper. */
struct access_keeper *access_keeper_new(const struct access_keeper_options *options);
void access_keeper_free(struct access_keeper *keeper);

struct slice access_keeper_base_url(const struct access_keeper *keeper);
int64_t access_keeper_token_seconds(const struct access_keeper *keeper);
/* The client of that name, and what its scope comes to; they live as long as the keeper. */
bool access_keeper_find(const struct access_keeper *keeper, struct slice name,
                        struct access_client *ret_client, struct access_scopes *ret_allowed);

/* `authorization` is the header's value, empty where there was none. `now` is the real time.
 * *ret_principal lives in `arena`. -1 with one ISSUE_LOGIN (no token, or not a valid one) or
 * ISSUE_EXPIRED. */
int access_keeper_verify(struct access_keeper *keeper, struct slice authorization, instant now,
                         struct arena *arena, struct access_principal *ret_principal,
                         struct issue_list *issues) __attribute__((warn_unused_result));

#endif
