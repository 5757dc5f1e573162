/* certificate, for the files of this room: the same description from OpenSSL's own object. */
#ifndef NET_CERTIFICATE_INTERNAL_H
#define NET_CERTIFICATE_INTERNAL_H

#include <openssl/x509.h>

#include "net/certificate.h"

/* Fills ret_certificate from a certificate; -1 where a date or name in it cannot be read. */
int certificate_describe(X509 *x509, struct arena *arena, struct certificate *ret_certificate)
    __attribute__((warn_unused_result));

/* OpenSSL's password callback: an encrypted key is refused and nobody is asked, because a prompt
 * would hang a service. */
int certificate_no_password(char *buffer, int size, int writing, void *data);

/* The key and the certificate of an authority, both the caller's. */
int certificate_read_authority(const struct certificate_files *files, EVP_PKEY **ret_key,
                               X509 **ret_x509, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Every certificate of a PEM file, the caller's to free; none where it holds none. */
int certificate_load(const char *path, STACK_OF(X509) * *ret_x509s, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The last common name; empty where there is none. */
struct slice certificate_common_name(const X509_NAME *name, struct arena *arena);
/* A serial number as struct certificate has it. */
struct slice certificate_serial(const ASN1_INTEGER *number, struct arena *arena);
int certificate_time(const ASN1_TIME *time, instant *ret_when) __attribute__((warn_unused_result));

/* Takes the oldest error of OpenSSL's queue as words of ours and empties the queue. Never NULL. */
const char *certificate_library_reason(void);

#endif
