/* tls, for the files of this room. */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* A new session of the context as it is now, for the server's side, or for a caller that verifies
 * `host` (a name or an address). NULL where the library refuses. The session keeps its own hold on
 * the context's material. */
SSL *tls_session_new(const struct tls_context *context, const char *host);

/* Whether the certificate stands in a list of the context as it is now. */
bool tls_context_revokes(const struct tls_context *context, const X509 *x509);

#endif
