/* certificate: makes and reads the keys and X.509 certificates of an instance.
 *
 * For a private instance: one certificate authority of its own, server certificates for its doors
 * and its database, client certificates for the feeds. Always P-256 keys (PKCS #8, PEM, mode 0600)
 * and ECDSA with SHA-256. Whoever has certificates of a real authority puts those files in place
 * instead; nothing here is needed to use them.
 *
 * Paths are C strings of our own. Existing files are replaced whole (base/file). Times are
 * arguments; a certificate never outlives what the caller says, and RFC 5280 limits it to whole
 * seconds. No key material ever stands in an issue. */
#ifndef NET_CERTIFICATE_H
#define NET_CERTIFICATE_H

#include "base/issue.h"
#include "base/time.h"

/* A private key with its certificate, as two PEM files. */
struct certificate_files {
    const char *certificate_path;
    const char *key_path;
};

/* RFC 5280 4.2.1.12: what the certificate may be used for. BOTH is for a peer that also calls. */
enum certificate_use { CERTIFICATE_SERVER, CERTIFICATE_CLIENT, CERTIFICATE_BOTH };

/* What a new certificate says. */
struct certificate_subject {
    struct slice common_name;  /* 1 to 64 bytes of UTF-8 (RFC 5280 A.1 ub-common-name) */
    const struct slice *names; /* subject alternative names: IP addresses and DNS names, told apart
                                  by their form; letters, digits and . - _ * : only */
    size_t name_count;         /* 0: the common name alone, where it has that form */
    enum certificate_use use;
    instant not_before;
    instant not_after;
};

/* The names of a server that is called from its own machine: localhost, 127.0.0.1, ::1. */
#define CERTIFICATE_LOCAL_NAME_COUNT 3
extern const struct slice certificate_local_names[CERTIFICATE_LOCAL_NAME_COUNT];

/* Makes an authority: a self-signed certificate that may only sign certificates and revocation
 * lists (path length 0). -1 with ISSUE_CONFIGURATION where a file could not be written or an
 * argument does not fit; nothing is left half made but the key file. */
int certificate_make_authority(const struct certificate_files *authority, struct slice common_name,
                               instant not_before, instant not_after, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Makes a key and a certificate for it, signed by the authority whose files are given. The
 * certificate file holds this one certificate. Errors as above, and where the authority's files
 * cannot be read or do not belong together. */
int certificate_make(const struct certificate_files *authority,
                     const struct certificate_files *made,
                     const struct certificate_subject *subject, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Makes a P-256 private key alone (an ES256 token key, see net/jws.h). */
int certificate_make_key(const char *key_path, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* What a certificate says; the texts live in the arena of the call. */
struct certificate {
    struct slice
        common_name; /* of the subject; the last one where there are several; may be empty */
    struct slice issuer_name; /* common name of the issuer; may be empty */
    struct slice serial;      /* lower hex, without leading zeros */
    struct slice fingerprint; /* SHA-256 over the DER form, 64 lower hex digits */
    struct slice *names;      /* subject alternative names: DNS, e-mail, URI and IP, as text */
    size_t name_count;
    instant not_before;
    instant not_after;
};

/* Reads the first certificate of a PEM file of at most 1 MiB. */
int certificate_read(const char *path, struct arena *arena, struct certificate *ret_certificate,
                     struct issue_list *issues) __attribute__((warn_unused_result));
/* Reads all that are there, at least one, in the order of the file; authorities behind the first
 * one, which are its chain, are left out. */
int certificate_read_all(const char *path, struct arena *arena,
                         struct certificate **ret_certificates, size_t *ret_count,
                         struct issue_list *issues) __attribute__((warn_unused_result));
/* The same from PEM text in memory; `file` names it in issues. */
int certificate_parse(struct slice file, struct slice pem, struct arena *arena,
                      struct certificate *ret_certificate, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* True when the common name or one of the alternative names is this (ASCII case ignored). */
bool certificate_has_name(const struct certificate *certificate, struct slice name);

#endif
