/* tls: OpenSSL contexts by the rules of RFC 9325. */
#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "net/certificate_internal.h"
#include "net/loop_internal.h"
#include "net/revocation_internal.h"
#include "net/tls_internal.h"

/* Macros of OpenSSL 3.0 (groups, signature algorithms, server name) cast const away and only read.
 */
#pragma GCC diagnostic ignored "-Wcast-qual"

/* RFC 9325 4.2: ECDHE with AEAD only, for TLS 1.2; the suites of 1.3 are all such. */
#define SUITES_1_2                                                                                 \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"                                   \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define SUITES_1_3 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
#define GROUPS "X25519:P-256:P-384"
/* 112 bits: no RSA below 2048, no SHA-1 in a chain, whatever the system's configuration says. */
#define SECURITY_LEVEL 2
#define SIGNATURES                                                                                 \
    "ECDSA+SHA256:ECDSA+SHA384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"       \
    "RSA+SHA256:RSA+SHA384:RSA+SHA512"

struct tls_context {
    enum tls_role role;
    SSL_CTX *ssl;
    STACK_OF(X509_CRL) * revoked; /* NULL: no lists */
};

static int failed(struct issue_list *issues, const char *path, const char *what)
{
    struct issue_place place = path ? issue_place_file(slice_of(path), 0, 0) : ISSUE_NOWHERE;
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, place, "could not %s: %s", what,
                 certificate_library_reason());
    return -1;
}

/* RFC 7301: http/1.1 where the caller offers it; a caller without it in its list is served too, as
 * MLLP has no protocol name. */
static int choose_protocol(SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_length,
                           const unsigned char *offered, unsigned offered_length, void *data)
{
    (void)ssl;
    (void)data;
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, ret_length, ours, sizeof(ours) - 1, offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *ret_chosen = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static int set_rules(SSL_CTX *ssl)
{
    SSL_CTX_set_security_level(ssl, SECURITY_LEVEL);
    SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
                   SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
                   SSL_CTX_set_cipher_list(ssl, SUITES_1_2) == 1 &&
                   SSL_CTX_set_ciphersuites(ssl, SUITES_1_3) == 1 &&
                   SSL_CTX_set1_groups_list(ssl, GROUPS) == 1 &&
                   SSL_CTX_set1_sigalgs_list(ssl, SIGNATURES) == 1
               ? 0
               : -1;
}

static int load_own(SSL_CTX *ssl, const struct tls_settings *settings, struct issue_list *issues)
{
    if (!settings->certificate_path && settings->role == TLS_CLIENT)
        return 0;
    if (!settings->certificate_path || !settings->key_path)
        return failed(issues, NULL, "find a certificate and a key in the settings");
    if (SSL_CTX_use_certificate_chain_file(ssl, settings->certificate_path) != 1)
        return failed(issues, settings->certificate_path, "read the certificate");
    if (SSL_CTX_use_PrivateKey_file(ssl, settings->key_path, SSL_FILETYPE_PEM) != 1)
        return failed(issues, settings->key_path, "read the private key");
    if (SSL_CTX_check_private_key(ssl) != 1)
        return failed(issues, settings->key_path, "use the private key with its certificate");
    return 0;
}

static int load_trusted(SSL_CTX *ssl, const struct tls_settings *settings,
                        struct issue_list *issues)
{
    if (settings->role == TLS_SERVER)
        return 0;
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (!settings->authority_path && settings->role == TLS_SERVER_MUTUAL)
        return failed(issues, NULL, "find a trusted authority in the settings");
    if (!settings->authority_path)
        return SSL_CTX_set_default_verify_paths(ssl) == 1
                   ? 0
                   : failed(issues, NULL, "read the trusted authorities of the system");
    if (SSL_CTX_load_verify_file(ssl, settings->authority_path) != 1)
        return failed(issues, settings->authority_path, "read the trusted authorities");
    if (settings->role == TLS_SERVER_MUTUAL)
        SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(settings->authority_path));
    return 0;
}

/* Of the peer's own certificate: an authority that is taken back is taken out of the file of
 * authorities, which is as near at hand as the list. */
static int load_revoked(struct tls_context *context, const struct tls_settings *settings,
                        struct issue_list *issues)
{
    if (!settings->revocation_path)
        return 0;
    if (!settings->authority_path)
        return failed(issues, settings->revocation_path,
                      "find the authority of the revocation lists in the settings");
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    context->revoked = revocation_load(settings->revocation_path, settings->authority_path, issues);
    if (!context->revoked)
        return -1;
    for (int i = 0; i < sk_X509_CRL_num(context->revoked); i++)
        if (X509_STORE_add_crl(store, sk_X509_CRL_value(context->revoked, i)) != 1)
            return failed(issues, settings->revocation_path, "take the revocation lists");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return 0;
}

int tls_context_new(const struct tls_settings *settings, struct tls_context **ret_context,
                    struct issue_list *issues)
{
    SSL_CTX *ssl =
        SSL_CTX_new(settings->role == TLS_CLIENT ? TLS_client_method() : TLS_server_method());
    if (!ssl)
        return failed(issues, NULL, "make a TLS context");
    struct tls_context *context = net_allocate(sizeof(*context));
    *context = (struct tls_context){settings->role, ssl, NULL};
    SSL_CTX_set_default_passwd_cb(ssl, certificate_no_password);
    int result = set_rules(ssl) == 0 ? 0 : failed(issues, NULL, "make a TLS context");
    if (result != 0 || load_own(ssl, settings, issues) != 0 ||
        load_trusted(ssl, settings, issues) != 0 || load_revoked(context, settings, issues) != 0) {
        tls_context_free(context);
        return -1;
    }
    *ret_context = context;
    return 0;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    revocation_free(context->revoked);
    free(context);
}

void tls_context_replace(struct tls_context *context, struct tls_context *fresh)
{
    struct tls_context old = *context;
    *context = *fresh;
    *fresh = old;
    tls_context_free(fresh);
}

int tls_context_certificate(const struct tls_context *context, struct arena *arena,
                            struct certificate *ret_certificate)
{
    X509 *own = SSL_CTX_get0_certificate(context->ssl);
    return own ? certificate_describe(own, arena, ret_certificate) : -1;
}

/* By serial number only: the lists' signatures were checked when they were read, and a thousand
 * connections are looked at in one turn. */
bool tls_context_revokes(const struct tls_context *context, const X509 *x509)
{
    for (int i = 0; context->revoked && i < sk_X509_CRL_num(context->revoked); i++) {
        X509_REVOKED *found = NULL;
        if (X509_CRL_get0_by_cert(sk_X509_CRL_value(context->revoked, i), &found, (X509 *)x509) ==
            1)
            return true;
    }
    return false;
}

/* RFC 9110 4.3.4, RFC 9525: an address is compared with the iPAddress names, a name with the
 * dNSName ones; the common name does not count. */
static int expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 ? 0 : -1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1 ? 0 : -1;
}

SSL *tls_session_new(const struct tls_context *context, const char *host)
{
    SSL *ssl = SSL_new(context->ssl);
    if (!ssl)
        return NULL;
    if (context->role != TLS_CLIENT) {
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_set_connect_state(ssl);
    if (expect_host(ssl, host) == 0)
        return ssl;
    SSL_free(ssl);
    return NULL;
}
