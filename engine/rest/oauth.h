/* oauth: the token endpoint, and what is said of it.
 *
 * POST /oauth/token (RFC 6749 3.2), one grant: client_credentials with private_key_jwt, which is
 * SMART App Launch 2.2's Backend Services. A request is judged in this order:
 *
 *   form ─▶ put off? ─▶ assertion ─▶ scope ─▶ shown before? ─▶ token
 *    │        │ 429        │ 401       │ 400      │ 401, or 503 where the store is away
 *    └ 400    (access/failures.h, assertion.h, scope.h, pipeline/once.h)
 *
 * so that an assertion that leads to no token is not used up by a slip in the scope. Errors are
 * those of RFC 6749 5.2, as JSON, with words for people that say nothing of keys or other clients.
 * What was granted, which may be less than what was asked, stands in the answer.
 *
 * GET /.well-known/smart-configuration, also below /fhir: what of SMART is served, and no more. */
#ifndef REST_OAUTH_H
#define REST_OAUTH_H

#include "net/http_server.h"

struct rest_server;

void rest_oauth_token(struct rest_server *server, struct http_exchange *exchange);
void rest_oauth_configuration(struct rest_server *server, struct http_exchange *exchange);

#endif
