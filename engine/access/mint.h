/* mint: the access tokens of the instance's own issuer (RFC 9068). The token endpoint and the
 * command `token` make them; token.h judges them. */
#ifndef ACCESS_MINT_H
#define ACCESS_MINT_H

#include "base/issue.h"
#include "base/time.h"

struct jws_signer;

struct access_mint {
    struct slice base_url; /* of the instance: iss is BASE/oauth, aud BASE/fhir */
    struct slice client;
    struct slice scope;   /* words with blanks between */
    struct slice patient; /* id of the one Patient of patient/ scopes; empty: none */
    instant now;          /* real time */
    int64_t seconds;      /* of life */
};

/* What the instance calls itself, and where its tokens are good for. In `arena`. */
struct slice access_own_issuer(struct slice base_url, struct arena *arena);
struct slice access_own_audience(struct slice base_url, struct arena *arena);
/* Where clients ask for tokens; the `aud` of their assertions. */
struct slice access_token_url(struct slice base_url, struct arena *arena);

/* A signed token, with an id that nobody can guess. */
int access_mint_token(const struct jws_signer *signer, const struct access_mint *mint,
                      struct arena *arena, struct slice *ret_token, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
