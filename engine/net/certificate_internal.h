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

/* Takes the oldest error of OpenSSL's queue as words of ours and empties the queue. Never NULL. */
const char *certificate_library_reason(void);

#endif
