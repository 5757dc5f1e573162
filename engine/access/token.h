/* token: who is calling, from the Authorization header.
 *
 * A bearer token (RFC 6750) is one of three:
 *   ours       a signed JWT (RFC 9068) of the instance's own issuer; its client is one that the
 *              instance knows, and has that client's rights at most
 *   foreign    a signed JWT of an outside issuer that an admin trusts, judged by that issuer's keys
 *              (keyring.h); its rights are those the issuer's file allows at most
 *   opaque     a text that only its issuer can read, who is asked about it (introspection.h)
 *
 * Which issuer's keys judge a token is said by its `iss`, and nothing of one issuer's token is
 * judged by another's keys. Time is the real time; the clocks of others may be 30 s off.
 *
 * Judged tokens are kept by their SHA-256, at most 4,096: signed ones until they expire, answers of
 * an issuer for a minute, so that what it revokes is gone then. A keeper belongs to one thread.
 * What is wrong with a token is said in general words: a caller without one learns nothing about
 * keys or clients. */
#ifndef ACCESS_TOKEN_H
#define ACCESS_TOKEN_H

#include "access/keyring.h"
#include "access/scope.h"
#include "base/issue.h"
#include "base/time.h"

struct access_keeper;

/* Who a token speaks for. */
struct access_principal {
    struct slice client;   /* "app"; of an outside issuer "ISSUER/app" */
    struct slice site;     /* whose contribution its writes are; empty: it may not write */
    uint32_t labels;       /* of all that it writes (pipeline/label.h): the site's */
    struct slice known_as; /* other names of the site: "system|value", blank between */
    bool is_hub;           /* a system of the instance itself, which belongs to no clinic */
    struct slice patient;  /* id of the one Patient its patient/ scopes are about; may be empty */
    struct slice user;     /* who is signed in (fhirUser), as the issuer says; empty: nobody */
    struct access_scopes granted; /* by the token */
    struct access_scopes allowed; /* to the client at most */
    instant expires;
};

struct access_client {
    struct slice name;
    struct slice site;
    struct slice scope;    /* what it may be granted at most */
    uint32_t labels;       /* of all that it writes: the site's */
    struct slice known_as; /* of the site, as of a principal */
    struct slice issuer;   /* `iss` of the assertions it sends with calls; empty: it sends none */
    struct access_keyring *keys; /* with which its assertions are signed; NULL: it has none */
};

struct access_issuer {
    struct slice name;           /* in the audit, before the client's; empty: our own issuer */
    struct slice issuer;         /* `iss`, compared as it is */
    struct slice audience;       /* one of `aud` */
    struct access_keyring *keys; /* NULL: it signs none */
    /* ---- of an outside issuer ---- */
    struct slice site, scope; /* of all its tokens: as of a client */
    uint32_t labels;
    struct slice known_as;
    struct slice client_claim, user_claim, patient_claim;
    struct slice introspection, introspection_user, introspection_secret; /* empty: not asked */
};

struct access_keeper_options {
    const struct access_issuer *issuers;
    size_t issuer_count;
    const struct access_client *clients;
    size_t client_count;
    struct slice base_url;   /* of this instance, for its own tokens */
    int64_t token_seconds;   /* life of what the token endpoint gives out */
    struct net_fetch *fetch; /* for introspection; may be NULL where there is none */
    struct log *log;
};

/* Texts and lists are copied. Takes over the keyrings. */
struct access_keeper *access_keeper_new(const struct access_keeper_options *options);
/* Who waits is told to look again, with another keeper. NULL is well. */
void access_keeper_free(struct access_keeper *keeper);

struct slice access_keeper_base_url(const struct access_keeper *keeper);
int64_t access_keeper_token_seconds(const struct access_keeper *keeper);
/* The client of that name, and what its scope comes to; they live as long as the keeper. */
bool access_keeper_find(const struct access_keeper *keeper, struct slice name,
                        struct access_client *ret_client, struct access_scopes *ret_allowed);
/* The same by its `issuer`. */
bool access_keeper_find_issuer(const struct access_keeper *keeper, struct slice issuer,
                               struct access_client *ret_client, struct access_scopes *ret_allowed);

/* `authorization` is the header's value, empty where there was none. `now` is the real time.
 * *ret_principal lives in `arena`. -1 with one issue: ISSUE_LOGIN (no token, or not a valid one),
 * ISSUE_EXPIRED, or ISSUE_STORE_DOWN where its issuer could not be asked. 1 where it cannot be said
 * before something was looked up elsewhere: wait, and call again. */
int access_keeper_verify(struct access_keeper *keeper, struct slice authorization, instant now,
                         struct arena *arena, struct access_principal *ret_principal,
                         struct issue_list *issues) __attribute__((warn_unused_result));
/* After a 1 only, in the same turn of the loop. False where there is no room to wait: too many
 * tokens are being asked about. */
bool access_keeper_wait(struct access_keeper *keeper, struct slice authorization,
                        struct access_wait *wait) __attribute__((warn_unused_result));

#endif
