/* certificate: X.509 by OpenSSL 3.0.
 *
 * Extensions are built as objects and never through OpenSSL's configuration strings: a name with a
 * comma in it would otherwise add a second name. RFC 5280 4.1 and 4.2. */
#include "net/certificate.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "net/certificate_internal.h"

#define CERTIFICATE_FILE_BYTES ((size_t)1 << 20)
#define COMMON_NAME_BYTES 64 /* RFC 5280 A.1: ub-common-name */
#define SERIAL_BITS 127      /* RFC 5280 4.1.2.2: at most 20 octets, positive */

const struct slice certificate_local_names[CERTIFICATE_LOCAL_NAME_COUNT] = {
    SLICE_INIT("localhost"),
    SLICE_INIT("127.0.0.1"),
    SLICE_INIT("::1"),
};

/* A key and its certificate, both owned. */
struct pair {
    EVP_PKEY *key;
    X509 *x509;
};

static void pair_release(struct pair *pair)
{
    EVP_PKEY_free(pair->key);
    X509_free(pair->x509);
}

const char *certificate_library_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return reason != NULL ? reason : "unknown reason";
}

int certificate_no_password(char *buffer, int size, int writing, void *data)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)data;
    return -1;
}

static int failed(struct issue_list *issues, const char *path, const char *what)
{
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(slice_of(path), 0, 0),
                 "could not %s: %s", what, certificate_library_reason());
    return -1;
}

/* --- files ------------------------------------------------------------------------------------ */

static int write_bio(BIO *bio, const char *path, unsigned mode, struct issue_list *issues)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    return file_write(path, (struct slice){bytes, (size_t)length}, mode, issues);
}

static int write_key(EVP_PKEY *key, const char *path, struct issue_list *issues)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    int result = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1
                     ? write_bio(bio, path, 0600, issues)
                     : failed(issues, path, "encode the key");
    BIO_free(bio);
    return result;
}

static int write_certificate(X509 *x509, const char *path, struct issue_list *issues)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int result = PEM_write_bio_X509(bio, x509) == 1
                     ? write_bio(bio, path, 0644, issues)
                     : failed(issues, path, "encode the certificate");
    BIO_free(bio);
    return result;
}

static int read_pem(const char *path, struct arena *arena, BIO **ret_bio, struct issue_list *issues)
{
    struct slice text;
    if (file_read(path, CERTIFICATE_FILE_BYTES, arena, &text, issues) != 0)
        return -1;
    *ret_bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    return 0;
}

static int read_authority(const struct certificate_files *files, struct pair *ret_pair,
                          struct issue_list *issues)
{
    struct arena *arena = arena_new(4 * CERTIFICATE_FILE_BYTES);
    struct pair pair = {NULL, NULL};
    BIO *certificate = NULL;
    BIO *key = NULL;
    int result = -1;
    if (read_pem(files->certificate_path, arena, &certificate, issues) != 0 ||
        read_pem(files->key_path, arena, &key, issues) != 0)
        goto out;
    pair.x509 = PEM_read_bio_X509(certificate, NULL, certificate_no_password, NULL);
    if (pair.x509 == NULL) {
        failed(issues, files->certificate_path, "read the certificate");
        goto out;
    }
    pair.key = PEM_read_bio_PrivateKey(key, NULL, certificate_no_password, NULL);
    if (pair.key == NULL) {
        failed(issues, files->key_path, "read the private key");
        goto out;
    }
    if (X509_check_private_key(pair.x509, pair.key) != 1) {
        failed(issues, files->key_path, "use the private key with its certificate");
        goto out;
    }
    *ret_pair = pair;
    pair = (struct pair){NULL, NULL};
    result = 0;
out:
    pair_release(&pair);
    BIO_free(certificate);
    BIO_free(key);
    arena_free(arena);
    return result;
}

int certificate_read_authority(const struct certificate_files *files, EVP_PKEY **ret_key,
                               X509 **ret_x509, struct issue_list *issues)
{
    struct pair pair;
    if (read_authority(files, &pair, issues) != 0)
        return -1;
    *ret_key = pair.key;
    *ret_x509 = pair.x509;
    return 0;
}

int certificate_load(const char *path, STACK_OF(X509) * *ret_x509s, struct issue_list *issues)
{
    struct arena *arena = arena_new(4 * CERTIFICATE_FILE_BYTES);
    BIO *bio = NULL;
    int result = read_pem(path, arena, &bio, issues);
    STACK_OF(X509) *x509s = sk_X509_new_null();
    X509 *x509;
    while (result == 0 &&
           (x509 = PEM_read_bio_X509(bio, NULL, certificate_no_password, NULL)) != NULL)
        sk_X509_push(x509s, x509);
    /* what ends the loop is the end of the file, or something that is no certificate */
    if (result == 0 && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        result = failed(issues, path, "read the certificates");
    ERR_clear_error();
    BIO_free(bio);
    arena_free(arena);
    if (result != 0) {
        sk_X509_pop_free(x509s, X509_free);
        return -1;
    }
    *ret_x509s = x509s;
    return 0;
}

/* --- what a certificate says ------------------------------------------------------------------ */

static int set_serial(X509 *x509)
{
    BIGNUM *number = BN_new();
    bool well = number != NULL &&
                BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return well ? 0 : -1;
}

static int set_dates(X509 *x509, instant not_before, instant not_after)
{
    if (not_after <= not_before)
        return -1;
    return ASN1_TIME_set(X509_getm_notBefore(x509), not_before / TIME_SECOND) != NULL &&
                   ASN1_TIME_set(X509_getm_notAfter(x509), not_after / TIME_SECOND) != NULL
               ? 0
               : -1;
}

static int set_common_name(X509_NAME *name, struct slice text)
{
    if (text.len == 0 || text.len > COMMON_NAME_BYTES)
        return -1;
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)text.ptr, (int)text.len, -1, 0) == 1
               ? 0
               : -1;
}

static bool is_host_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.ptr[i]) && memchr(".-_*", name.ptr[i], 4) == NULL)
            return false;
    return name.len > 0 && name.len <= 253; /* RFC 1035 3.1, as text */
}

/* The bytes of an address in text form; 4, 16, or 0 where it is none. */
static size_t address_bytes(struct slice text, unsigned char ret_bytes[16])
{
    char terminated[INET6_ADDRSTRLEN];
    if (text.len >= sizeof(terminated))
        return 0;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    if (inet_pton(AF_INET, terminated, ret_bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, terminated, ret_bytes) == 1 ? 16 : 0;
}

static int add_name(GENERAL_NAMES *names, struct slice text)
{
    unsigned char address[16];
    size_t address_length = address_bytes(text, address);
    if (address_length == 0 && !is_host_name(text))
        return -1;
    int type = address_length > 0 ? GEN_IPADD : GEN_DNS;
    const void *bytes = address_length > 0 ? (const void *)address : text.ptr;
    int length = address_length > 0 ? (int)address_length : (int)text.len;
    ASN1_STRING *value =
        ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (value == NULL || name == NULL || ASN1_STRING_set(value, bytes, length) != 1 ||
        sk_GENERAL_NAME_push(names, name) == 0) {
        ASN1_STRING_free(value);
        GENERAL_NAME_free(name);
        return -1;
    }
    GENERAL_NAME_set0_value(name, type, value);
    return 0;
}

static int set_names(X509 *x509, const struct certificate_subject *subject)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    int result = 0;
    for (size_t i = 0; i < subject->name_count && result == 0; i++)
        result = add_name(names, subject->names[i]);
    if (subject->name_count == 0 && is_host_name(subject->common_name))
        result = add_name(names, subject->common_name);
    if (result == 0 && sk_GENERAL_NAME_num(names) > 0 &&
        X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) != 1)
        result = -1;
    GENERAL_NAMES_free(names);
    return result;
}

/* RFC 5280 4.2.1.9: critical where it is an authority. */
static int set_basic_constraints(X509 *x509, bool authority)
{
    BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
    constraints->ca = authority ? 1 : 0;
    if (authority) {
        constraints->pathlen = ASN1_INTEGER_new();
        ASN1_INTEGER_set(constraints->pathlen, 0);
    }
    int added = X509_add1_ext_i2d(x509, NID_basic_constraints, constraints, 1, 0);
    BASIC_CONSTRAINTS_free(constraints);
    return added == 1 ? 0 : -1;
}

/* RFC 5280 4.2.1.3: bit 0 digitalSignature, bit 5 keyCertSign, bit 6 cRLSign. */
static int set_key_usage(X509 *x509, bool authority)
{
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    if (authority) {
        ASN1_BIT_STRING_set_bit(bits, 5, 1);
        ASN1_BIT_STRING_set_bit(bits, 6, 1);
    }
    if (!authority)
        ASN1_BIT_STRING_set_bit(bits, 0, 1);
    int added = X509_add1_ext_i2d(x509, NID_key_usage, bits, 1, 0);
    ASN1_BIT_STRING_free(bits);
    return added == 1 ? 0 : -1;
}

static int set_extended_use(X509 *x509, enum certificate_use use)
{
    EXTENDED_KEY_USAGE *uses = sk_ASN1_OBJECT_new_null();
    if (use != CERTIFICATE_CLIENT)
        sk_ASN1_OBJECT_push(uses, OBJ_nid2obj(NID_server_auth));
    if (use != CERTIFICATE_SERVER)
        sk_ASN1_OBJECT_push(uses, OBJ_nid2obj(NID_client_auth));
    int added = X509_add1_ext_i2d(x509, NID_ext_key_usage, uses, 0, 0);
    sk_ASN1_OBJECT_pop_free(uses, ASN1_OBJECT_free);
    return added == 1 ? 0 : -1;
}

/* RFC 5280 4.2.1.1 and 4.2.1.2: the key identifiers, by which a chain is found. */
static int set_key_identifiers(X509 *x509, X509 *issuer)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    static const int kinds[] = {NID_subject_key_identifier, NID_authority_key_identifier};
    static const char *const values[] = {"hash", "keyid:always"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kinds[i], values[i]);
        int added = extension != NULL ? X509_add_ext(x509, extension, -1) : 0;
        X509_EXTENSION_free(extension);
        if (added != 1)
            return -1;
    }
    return 0;
}

/* An unsigned certificate for a new key; NULL where the arguments do not fit. */
static X509 *draft(EVP_PKEY *key, struct slice common_name, instant not_before, instant not_after)
{
    X509 *x509 = X509_new();
    if (x509 == NULL || X509_set_version(x509, X509_VERSION_3) != 1 || set_serial(x509) != 0 ||
        set_dates(x509, not_before, not_after) != 0 ||
        set_common_name(X509_get_subject_name(x509), common_name) != 0 ||
        X509_set_pubkey(x509, key) != 1) {
        X509_free(x509);
        return NULL;
    }
    return x509;
}

static int sign(X509 *x509, X509 *issuer, EVP_PKEY *issuer_key)
{
    return X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 &&
                   set_key_identifiers(x509, issuer) == 0 &&
                   X509_sign(x509, issuer_key, EVP_sha256()) > 0
               ? 0
               : -1;
}

int certificate_make_authority(const struct certificate_files *authority, struct slice common_name,
                               instant not_before, instant not_after, struct issue_list *issues)
{
    struct pair made = {EVP_EC_gen("P-256"), NULL};
    int result = -1;
    if (made.key == NULL) {
        failed(issues, authority->key_path, "make a key");
        goto out;
    }
    made.x509 = draft(made.key, common_name, not_before, not_after);
    if (made.x509 == NULL || set_basic_constraints(made.x509, true) != 0 ||
        set_key_usage(made.x509, true) != 0 || sign(made.x509, made.x509, made.key) != 0) {
        failed(issues, authority->certificate_path, "make the certificate authority");
        goto out;
    }
    if (write_key(made.key, authority->key_path, issues) != 0 ||
        write_certificate(made.x509, authority->certificate_path, issues) != 0)
        goto out;
    result = 0;
out:
    pair_release(&made);
    return result;
}

int certificate_make(const struct certificate_files *authority,
                     const struct certificate_files *made,
                     const struct certificate_subject *subject, struct issue_list *issues)
{
    struct pair signer = {NULL, NULL};
    struct pair fresh = {NULL, NULL};
    int result = -1;
    if (read_authority(authority, &signer, issues) != 0)
        goto out;
    fresh.key = EVP_EC_gen("P-256");
    if (fresh.key == NULL) {
        failed(issues, made->key_path, "make a key");
        goto out;
    }
    fresh.x509 = draft(fresh.key, subject->common_name, subject->not_before, subject->not_after);
    if (fresh.x509 == NULL || set_basic_constraints(fresh.x509, false) != 0 ||
        set_key_usage(fresh.x509, false) != 0 || set_extended_use(fresh.x509, subject->use) != 0 ||
        set_names(fresh.x509, subject) != 0 || sign(fresh.x509, signer.x509, signer.key) != 0) {
        failed(issues, made->certificate_path, "make the certificate");
        goto out;
    }
    if (write_key(fresh.key, made->key_path, issues) != 0 ||
        write_certificate(fresh.x509, made->certificate_path, issues) != 0)
        goto out;
    result = 0;
out:
    pair_release(&fresh);
    pair_release(&signer);
    return result;
}

int certificate_make_key(const char *key_path, struct issue_list *issues)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int result =
        key != NULL ? write_key(key, key_path, issues) : failed(issues, key_path, "make a key");
    EVP_PKEY_free(key);
    return result;
}

/* --- reading ---------------------------------------------------------------------------------- */

int certificate_time(const ASN1_TIME *time, instant *ret_when)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return -1;
    struct civil_time civil = {
        .year = parts.tm_year + 1900,
        .month = parts.tm_mon + 1,
        .day = parts.tm_mday,
        .hour = parts.tm_hour,
        .minute = parts.tm_min,
        .second = parts.tm_sec,
    };
    if (!time_civil_is_valid(&civil))
        return -1;
    *ret_when = time_from_civil(&civil, 0);
    return 0;
}

struct slice certificate_common_name(const X509_NAME *name, struct arena *arena)
{
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;)
        last = at;
    if (last < 0)
        return (struct slice){NULL, 0};
    unsigned char *text = NULL;
    int length =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
    if (length < 0)
        return (struct slice){NULL, 0};
    struct slice copy = arena_copy(arena, (struct slice){(const char *)text, (size_t)length});
    OPENSSL_free(text);
    return copy;
}

static struct slice read_address(const ASN1_OCTET_STRING *octets, struct arena *arena)
{
    char text[INET6_ADDRSTRLEN];
    int family = ASN1_STRING_length(octets) == 4 ? AF_INET : AF_INET6;
    if (family == AF_INET6 && ASN1_STRING_length(octets) != 16)
        return (struct slice){NULL, 0};
    if (inet_ntop(family, ASN1_STRING_get0_data(octets), text, sizeof(text)) == NULL)
        return (struct slice){NULL, 0};
    return arena_copy(arena, slice_of(text));
}

static struct slice read_name(const GENERAL_NAME *name, struct arena *arena)
{
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_IPADD)
        return read_address(value, arena);
    if (type != GEN_DNS && type != GEN_EMAIL && type != GEN_URI)
        return (struct slice){NULL, 0};
    return arena_copy(arena, (struct slice){(const char *)ASN1_STRING_get0_data(value),
                                            (size_t)ASN1_STRING_length(value)});
}

static void read_names(X509 *x509, struct arena *arena, struct certificate *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    certificate->names = ARENA_ARRAY(arena, (size_t)count, struct slice);
    for (int i = 0; i < count; i++) {
        struct slice name = read_name(sk_GENERAL_NAME_value(names, i), arena);
        if (name.len > 0)
            certificate->names[certificate->name_count++] = name;
    }
    GENERAL_NAMES_free(names);
}

struct slice certificate_serial(const ASN1_INTEGER *number, struct arena *arena)
{
    BIGNUM *value = ASN1_INTEGER_to_BN(number, NULL);
    size_t length = (size_t)BN_num_bytes(value);
    unsigned char *bytes = arena_alloc(arena, length);
    BN_bn2bin(value, bytes);
    BN_free(value);
    return encode_hex((struct slice){(const char *)bytes, length}, arena);
}

int certificate_describe(X509 *x509, struct arena *arena, struct certificate *ret_certificate)
{
    struct certificate certificate = {.names = NULL};
    unsigned char fingerprint[EVP_MAX_MD_SIZE];
    unsigned fingerprint_length = 0;
    if (certificate_time(X509_get0_notBefore(x509), &certificate.not_before) != 0 ||
        certificate_time(X509_get0_notAfter(x509), &certificate.not_after) != 0 ||
        X509_digest(x509, EVP_sha256(), fingerprint, &fingerprint_length) != 1)
        return -1;
    certificate.fingerprint =
        encode_hex((struct slice){(const char *)fingerprint, fingerprint_length}, arena);
    certificate.serial = certificate_serial(X509_get0_serialNumber(x509), arena);
    certificate.common_name = certificate_common_name(X509_get_subject_name(x509), arena);
    certificate.issuer_name = certificate_common_name(X509_get_issuer_name(x509), arena);
    read_names(x509, arena, &certificate);
    *ret_certificate = certificate;
    return 0;
}

int certificate_parse(struct slice file, struct slice pem, struct arena *arena,
                      struct certificate *ret_certificate, struct issue_list *issues)
{
    BIO *bio = pem.len <= CERTIFICATE_FILE_BYTES ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    X509 *x509 = bio != NULL ? PEM_read_bio_X509(bio, NULL, certificate_no_password, NULL) : NULL;
    int result = x509 != NULL ? certificate_describe(x509, arena, ret_certificate) : -1;
    if (result != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(file, 0, 0),
                     "cannot read a certificate: %s", certificate_library_reason());
    }
    X509_free(x509);
    BIO_free(bio);
    return result;
}

int certificate_read(const char *path, struct arena *arena, struct certificate *ret_certificate,
                     struct issue_list *issues)
{
    struct slice pem;
    if (file_read(path, CERTIFICATE_FILE_BYTES, arena, &pem, issues) != 0)
        return -1;
    return certificate_parse(slice_of(path), pem, arena, ret_certificate, issues);
}

int certificate_read_all(const char *path, struct arena *arena,
                         struct certificate **ret_certificates, size_t *ret_count,
                         struct issue_list *issues)
{
    STACK_OF(X509) *x509s = NULL;
    if (certificate_load(path, &x509s, issues) != 0)
        return -1;
    size_t count = 0;
    int result = 0;
    struct certificate *certificates =
        ARENA_ARRAY(arena, (size_t)sk_X509_num(x509s) + 1, struct certificate);
    for (int i = 0; i < sk_X509_num(x509s) && result == 0; i++) {
        X509 *x509 = sk_X509_value(x509s, i);
        bool of_chain = i > 0 && X509_check_ca(x509) == 1;
        if (!of_chain)
            result = certificate_describe(x509, arena, &certificates[count++]);
    }
    sk_X509_pop_free(x509s, X509_free);
    if (result != 0 || count == 0)
        return failed(issues, path, "read a certificate");
    *ret_certificates = certificates;
    *ret_count = count;
    return 0;
}

bool certificate_has_name(const struct certificate *certificate, struct slice name)
{
    if (slice_equal_ignoring_case(certificate->common_name, name))
        return true;
    for (size_t i = 0; i < certificate->name_count; i++)
        if (slice_equal_ignoring_case(certificate->names[i], name))
            return true;
    return false;
}
