/* revocation: X.509 revocation lists by OpenSSL 3.0; RFC 5280 section 5. */
#include "net/revocation.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/file.h"
#include "net/certificate_internal.h"
#include "net/revocation_internal.h"

#define REVOCATION_FILE_BYTES ((size_t)16 << 20)

static int failed(struct issue_list *issues, const char *path, const char *what)
{
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(slice_of(path), 0, 0),
                 "could not %s: %s", what, certificate_library_reason());
    return -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

void revocation_free(STACK_OF(X509_CRL) * lists)
{
    sk_X509_CRL_pop_free(lists, X509_CRL_free);
}

static STACK_OF(X509_CRL) *
    parse_lists(const char *path, struct slice text, struct issue_list *issues)
{
    STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    X509_CRL *list;
    while ((list = PEM_read_bio_X509_CRL(bio, NULL, certificate_no_password, NULL)) != NULL)
        sk_X509_CRL_push(lists, list);
    /* what ends the loop is the end of the file, or something that is no list */
    bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    BIO_free(bio);
    if (whole && sk_X509_CRL_num(lists) > 0) {
        ERR_clear_error();
        return lists;
    }
    failed(issues, path, "read the revocation lists");
    revocation_free(lists);
    return NULL;
}

/* RFC 5280 6.3.3 (f), (g): signed by the key of the authority that its issuer names. */
static bool is_signed(X509_CRL *list, STACK_OF(X509) * authorities)
{
    for (int i = 0; i < sk_X509_num(authorities); i++) {
        X509 *authority = sk_X509_value(authorities, i);
        if (X509_NAME_cmp(X509_get_subject_name(authority), X509_CRL_get_issuer(list)) == 0 &&
            X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1)
            return true;
    }
    ERR_clear_error();
    return false;
}

static int check_signatures(STACK_OF(X509_CRL) * lists, const char *path,
                            const char *authority_path, struct issue_list *issues)
{
    STACK_OF(X509) *authorities = NULL;
    if (certificate_load(authority_path, &authorities, issues) != 0)
        return -1;
    int result = 0;
    for (int i = 0; i < sk_X509_CRL_num(lists) && result == 0; i++)
        result = is_signed(sk_X509_CRL_value(lists, i), authorities) ? 0 : -1;
    sk_X509_pop_free(authorities, X509_free);
    if (result != 0)
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                     issue_place_file(slice_of(path), 0, 0),
                     "a revocation list is not signed by an authority in '%s'", authority_path);
    return result;
}

STACK_OF(X509_CRL) *
    revocation_load(const char *path, const char *authority_path, struct issue_list *issues)
{
    struct arena *arena = arena_new(2 * REVOCATION_FILE_BYTES);
    struct slice text;
    STACK_OF(X509_CRL) *lists = NULL;
    if (file_read(path, REVOCATION_FILE_BYTES, arena, &text, issues) == 0)
        lists = parse_lists(path, text, issues);
    arena_free(arena);
    if (lists && check_signatures(lists, path, authority_path, issues) != 0) {
        revocation_free(lists);
        lists = NULL;
    }
    return lists;
}

static int describe(X509_CRL *list, struct arena *arena, struct revocation_list *ret_list)
{
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
    int count = revoked ? sk_X509_REVOKED_num(revoked) : 0;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
    *ret_list = (struct revocation_list){.expires = INT64_MAX};
    if (certificate_time(X509_CRL_get0_lastUpdate(list), &ret_list->issued) != 0 ||
        (next && certificate_time(next, &ret_list->expires) != 0))
        return -1;
    ret_list->issuer_name = certificate_common_name(X509_CRL_get_issuer(list), arena);
    ret_list->serials = ARENA_ARRAY(arena, (size_t)count + 1, struct slice);
    for (int i = 0; i < count; i++)
        ret_list->serials[ret_list->count++] = certificate_serial(
            X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i)), arena);
    return 0;
}

int revocation_read(const char *path, const char *authority_path, struct arena *arena,
                    struct revocation_list **ret_lists, size_t *ret_count,
                    struct issue_list *issues)
{
    STACK_OF(X509_CRL) *loaded = revocation_load(path, authority_path, issues);
    if (!loaded)
        return -1;
    int count = sk_X509_CRL_num(loaded), result = 0;
    struct revocation_list *lists = ARENA_ARRAY(arena, (size_t)count, struct revocation_list);
    for (int i = 0; i < count; i++)
        result |= describe(sk_X509_CRL_value(loaded, i), arena, &lists[i]);
    revocation_free(loaded);
    if (result != 0)
        return failed(issues, path, "read the dates of the revocation lists");
    *ret_lists = lists;
    *ret_count = (size_t)count;
    return 0;
}

bool revocation_holds(const struct revocation_list *lists, size_t count,
                      const struct certificate *certificate)
{
    for (size_t i = 0; i < count; i++) {
        if (!slice_equal(lists[i].issuer_name, certificate->issuer_name))
            continue;
        for (size_t j = 0; j < lists[i].count; j++)
            if (slice_equal(lists[i].serials[j], certificate->serial))
                return true;
    }
    return false;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The list that is to come after `last`, which may be NULL. */
struct writing {
    X509_CRL *list;
    X509_CRL *last;
    ASN1_TIME *now;
};

/* RFC 5280 5.2.3: a number that grows. */
static int set_number(const struct writing *writing)
{
    ASN1_INTEGER *before =
        writing->last ? X509_CRL_get_ext_d2i(writing->last, NID_crl_number, NULL, NULL) : NULL;
    BIGNUM *value = before ? ASN1_INTEGER_to_BN(before, NULL) : BN_new();
    ASN1_INTEGER *number =
        value && BN_add_word(value, 1) == 1 ? BN_to_ASN1_INTEGER(value, NULL) : NULL;
    int added = number ? X509_CRL_add1_ext_i2d(writing->list, NID_crl_number, number, 0, 0) : 0;
    ASN1_INTEGER_free(before);
    ASN1_INTEGER_free(number);
    BN_free(value);
    return added == 1 ? 0 : -1;
}

/* RFC 5280 5.2.1: which key has signed it. */
static int set_authority(const struct writing *writing, X509 *authority)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, authority, NULL, NULL, writing->list, 0);
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    int added = extension ? X509_CRL_add_ext(writing->list, extension, -1) : 0;
    X509_EXTENSION_free(extension);
    return added == 1 &&
                   X509_CRL_set_issuer_name(writing->list, X509_get_subject_name(authority)) == 1
               ? 0
               : -1;
}

static int keep_revoked(const struct writing *writing)
{
    STACK_OF(X509_REVOKED) *before = writing->last ? X509_CRL_get_REVOKED(writing->last) : NULL;
    for (int i = 0; before && i < sk_X509_REVOKED_num(before); i++) {
        X509_REVOKED *copy = X509_REVOKED_dup(sk_X509_REVOKED_value(before, i));
        if (!copy || X509_CRL_add0_revoked(writing->list, copy) != 1) {
            X509_REVOKED_free(copy);
            return -1;
        }
    }
    return 0;
}

static int add_revoked(const struct writing *writing, struct slice serial, struct arena *arena)
{
    BIGNUM *value = NULL;
    X509_REVOKED *there = NULL;
    if (serial.len == 0)
        return 0;
    if (BN_hex2bn(&value, arena_string(arena, serial)) != (int)serial.len) {
        BN_free(value);
        return -1;
    }
    ASN1_INTEGER *number = BN_to_ASN1_INTEGER(value, NULL);
    BN_free(value);
    X509_REVOKED *revoked = X509_REVOKED_new();
    bool well = number && revoked && X509_REVOKED_set_serialNumber(revoked, number) == 1 &&
                X509_REVOKED_set_revocationDate(revoked, writing->now) == 1;
    bool is_there =
        well && writing->last && X509_CRL_get0_by_serial(writing->last, &there, number) == 1;
    bool added = well && !is_there && X509_CRL_add0_revoked(writing->list, revoked) == 1;
    ASN1_INTEGER_free(number);
    if (!added)
        X509_REVOKED_free(revoked);
    return added || is_there ? 0 : -1;
}

static int fill_list(const struct writing *writing, X509 *authority, EVP_PKEY *key,
                     struct slice serial, instant expires, struct arena *arena)
{
    ASN1_TIME *next = ASN1_TIME_set(NULL, expires / TIME_SECOND);
    bool well = next && X509_CRL_set_version(writing->list, X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set1_lastUpdate(writing->list, writing->now) == 1 &&
                X509_CRL_set1_nextUpdate(writing->list, next) == 1 &&
                set_authority(writing, authority) == 0 && set_number(writing) == 0 &&
                keep_revoked(writing) == 0 && add_revoked(writing, serial, arena) == 0 &&
                X509_CRL_sort(writing->list) == 1 &&
                X509_CRL_sign(writing->list, key, EVP_sha256()) > 0;
    ASN1_TIME_free(next);
    return well ? 0 : -1;
}

/* The fresh list first, then those of others. */
static int write_lists(X509_CRL *fresh, STACK_OF(X509_CRL) * others, const char *path,
                       struct issue_list *issues)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool well = PEM_write_bio_X509_CRL(bio, fresh) == 1;
    for (int i = 0; others && i < sk_X509_CRL_num(others) && well; i++)
        well = PEM_write_bio_X509_CRL(bio, sk_X509_CRL_value(others, i)) == 1;
    long length = BIO_get_mem_data(bio, &bytes);
    int result = well ? file_write(path, (struct slice){bytes, (size_t)length}, 0644, issues)
                      : failed(issues, path, "encode the revocation list");
    BIO_free(bio);
    return result;
}

/* Takes the authority's own list out of the others. */
static X509_CRL *take_own(STACK_OF(X509_CRL) * lists, X509 *authority)
{
    for (int i = 0; lists && i < sk_X509_CRL_num(lists); i++)
        if (X509_NAME_cmp(X509_CRL_get_issuer(sk_X509_CRL_value(lists, i)),
                          X509_get_subject_name(authority)) == 0)
            return sk_X509_CRL_delete(lists, i);
    return NULL;
}

/* What is there already; an empty stack where nothing is. */
static STACK_OF(X509_CRL) *
    read_before(const char *path, struct arena *arena, struct issue_list *issues)
{
    struct slice text;
    if (!file_exists(path))
        return sk_X509_CRL_new_null();
    if (file_read(path, REVOCATION_FILE_BYTES, arena, &text, issues) != 0)
        return NULL;
    return parse_lists(path, text, issues);
}

int revocation_write(const struct certificate_files *authority, const char *path,
                     struct slice serial, instant now, instant expires, struct issue_list *issues)
{
    EVP_PKEY *key = NULL;
    X509 *x509 = NULL;
    if (certificate_read_authority(authority, &key, &x509, issues) != 0)
        return -1;
    struct arena *arena = arena_new(2 * REVOCATION_FILE_BYTES);
    STACK_OF(X509_CRL) *others = read_before(path, arena, issues);
    struct writing writing = {NULL, NULL, NULL};
    int result = -1;
    if (!others)
        goto out;
    writing = (struct writing){X509_CRL_new(), take_own(others, x509),
                               ASN1_TIME_set(NULL, now / TIME_SECOND)};
    if (fill_list(&writing, x509, key, serial, expires, arena) != 0) {
        failed(issues, path, "make the revocation list");
        goto out;
    }
    result = write_lists(writing.list, others, path, issues);
out:
    X509_CRL_free(writing.list);
    X509_CRL_free(writing.last);
    ASN1_TIME_free(writing.now);
    revocation_free(others);
    arena_free(arena);
    X509_free(x509);
    EVP_PKEY_free(key);
    return result;
}
