/* introspection: asking an issuer whether a token is good (RFC 7662). For issuers whose tokens say
 * nothing by themselves.
 *
 * We say who we are by client credentials (RFC 7662 2.1, Basic). One question a token at a time;
 * who comes with the same one meanwhile waits along. At most 16 tokens are asked about at once, so
 * that a stranger who makes tokens up cannot use us against the issuer. The token stands in memory
 * while it is asked about, and nowhere after. */
#ifndef ACCESS_INTROSPECTION_H
#define ACCESS_INTROSPECTION_H

#include "access/keyring.h"
#include "base/digest.h"

struct access_introspection;

struct access_introspection_options {
    struct slice name;         /* of the issuer, for the log */
    struct slice url;          /* of its introspection endpoint */
    struct slice user, secret; /* our client there */
    struct net_fetch *fetch;
    struct log *log;
    /* What the issuer said of the token with that SHA-256; {NULL, 0}: nothing came. Called before
     * those who wait are told. */
    void (*answered)(void *data, const unsigned char *digest, struct slice body);
    void *data;
};

/* All texts are copied. */
struct access_introspection *
access_introspection_new(const struct access_introspection_options *options);
/* Who waits is told; `answered` is not called any more. NULL is well. */
void access_introspection_free(struct access_introspection *introspection);

/* False, and nothing begins, when too many are asked about. */
bool access_introspection_ask(struct access_introspection *introspection, struct slice token,
                              const unsigned char *digest, struct access_wait *wait)
    __attribute__((warn_unused_result));

#endif
