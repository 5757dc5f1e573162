/* revocation, for the files of this room. */
#ifndef NET_REVOCATION_INTERNAL_H
#define NET_REVOCATION_INTERNAL_H

#include <openssl/x509.h>

#include "net/revocation.h"

/* As revocation_read, as OpenSSL has them. NULL with an issue; freed by revocation_free. */
STACK_OF(X509_CRL) *
    revocation_load(const char *path, const char *authority_path, struct issue_list *issues);
void revocation_free(STACK_OF(X509_CRL) * lists);

#endif
