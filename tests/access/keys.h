/* keys: signers and tokens for the suites of this room. */
#ifndef TESTS_ACCESS_KEYS_H
#define TESTS_ACCESS_KEYS_H

#include "net/certificate.h"
#include "net/jws.h"
#include "support/suite.h"

#include <stdlib.h>
#include <unistd.h>

static inline struct jws_signer *make_signer(void)
{
    char path[] = "/tmp/painbridge-token.XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    unlink(path);
    struct jws_signer *made = NULL;
    ck_assert_int_eq(certificate_make_key(path, NULL), 0);
    ck_assert_int_eq(jws_signer_read(path, &made, NULL), 0);
    unlink(path);
    return made;
}

static inline struct jws_keys *public_keys(const struct jws_signer *signer, struct arena *arena)
{
    struct jws_keys *keys = NULL;
    ck_assert_int_eq(
        jws_keys_parse(SLICE("keys"), jws_signer_public_keys(signer, arena), &keys, NULL), 0);
    return keys;
}

static inline struct slice sign_claims(const struct jws_signer *by, const char *type,
                                       struct slice claims, struct arena *arena)
{
    struct slice compact;
    ck_assert_int_eq(jws_sign(by, slice_of(type), claims, arena, &compact, NULL), 0);
    return compact;
}

#endif
