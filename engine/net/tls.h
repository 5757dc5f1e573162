/* tls: who we are and whom we trust, for the connections of one door or one caller.
 *
 * A context is made from files and can be made anew from them while connections live: those keep
 * what they began with, the next ones get the new. TLS 1.2 and 1.3 only; key exchange on X25519,
 * P-256 and P-384; ECDHE with AEAD suites only; no compression, no renegotiation, no session
 * tickets and no resumption (RFC 9325 sections 3 and 4). ALPN, where a caller asks for it, is
 * http/1.1 (RFC 7301).
 *
 * Making a context reads files and takes milliseconds: do it at the start, or by net_loop_work and
 * tls_context_replace. No password prompts: encrypted keys are refused. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/issue.h"
#include "net/certificate.h"

enum tls_role {
    TLS_SERVER,        /* shows a certificate, asks for none (HTTPS) */
    TLS_SERVER_MUTUAL, /* shows one and requires one of a trusted authority (MLLP feeds) */
    TLS_CLIENT         /* verifies the server's chain and host name; shows its own if it has one */
};

/* Paths may be NULL where it is said. */
struct tls_settings {
    enum tls_role role;
    const char *certificate_path; /* PEM, own certificate and then its chain; client: or NULL */
    const char *key_path;         /* PEM, unencrypted, of that certificate; client: or NULL */
    const char *authority_path;   /* PEM, one or more trusted authorities. TLS_SERVER: NULL;
                                     TLS_CLIENT: NULL for those of the system */
    const char *revocation_path;  /* PEM, revocation lists of these authorities (net/revocation.h);
                                     or NULL. Where it is given, a peer is refused that stands in
                                     one, and one whose issuer has none, or only one that has
                                     expired (RFC 5280 6.3.3) */
};

struct tls_context;

/* -1 with ISSUE_CONFIGURATION for files that are missing, broken or do not belong together. */
int tls_context_new(const struct tls_settings *settings, struct tls_context **ret_context,
                    struct issue_list *issues) __attribute__((warn_unused_result));
void tls_context_free(struct tls_context *context);
/* From the next connection on, `context` is as `fresh`; `fresh` is freed. */
void tls_context_replace(struct tls_context *context, struct tls_context *fresh);
/* Our own certificate, for its expiry. -1 where the context has none. */
int tls_context_certificate(const struct tls_context *context, struct arena *arena,
                            struct certificate *ret_certificate)
    __attribute__((warn_unused_result));

#endif
