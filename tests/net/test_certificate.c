/* What is made can be read back, is what RFC 5280 asks for, and verifies with a foreign program. */
#include "net/certificate.h"

#include <sys/stat.h>

#include "fixture.h"
#include "support/same.h"
#include "support/suite.h"

static struct fixture fixture;

static void begin(void)
{
    fixture_begin(&fixture);
}

static void end(void)
{
    fixture_end(&fixture);
}

static struct certificate read_made(const char *name)
{
    struct certificate certificate;
    ck_assert_int_eq(certificate_read(fixture_files(&fixture, name).certificate_path, fixture.arena,
                                      &certificate, &fixture.issues),
                     0);
    return certificate;
}

START_TEST(a_server_certificate_has_the_names_of_its_own_machine)
{
    struct certificate server = read_made("server");
    CK_SAME(server.common_name, "server");
    CK_SAME(server.issuer_name, "ca");
    ck_assert_uint_eq(server.name_count, 3);
    CK_SAME(server.names[0], "localhost");
    CK_SAME(server.names[1], "127.0.0.1");
    CK_SAME(server.names[2], "::1");
    ck_assert_uint_eq(server.fingerprint.len, 64);
    ck_assert(certificate_has_name(&server, SLICE("LOCALHOST")));
    ck_assert(!certificate_has_name(&server, SLICE("localhost.example.org")));
}
END_TEST

START_TEST(dates_are_those_that_were_asked_for)
{
    struct certificate client = read_made("client");
    instant off = client.not_after - (time_now() + 5 * TIME_DAY);
    ck_assert_int_lt(off < 0 ? -off : off, TIME_MINUTE);
    ck_assert_int_eq(client.not_after - client.not_before, 6 * TIME_DAY);
}
END_TEST

START_TEST(a_name_without_alternatives_is_its_own_alternative)
{
    struct certificate client = read_made("client");
    ck_assert_uint_eq(client.name_count, 1);
    CK_SAME(client.names[0], "client");
}
END_TEST

START_TEST(keys_are_for_their_owner_alone)
{
    static const char *const names[] = {"ca", "server", "client"};
    for (size_t i = 0; i < 3; i++) {
        struct stat status;
        ck_assert_int_eq(stat(fixture_files(&fixture, names[i]).key_path, &status), 0);
        ck_assert_uint_eq(status.st_mode & 0777, 0600);
    }
}
END_TEST

START_TEST(a_foreign_program_verifies_the_chain_for_its_purpose)
{
    struct slice said =
        fixture_peer(&fixture, "openssl verify -x509_strict -CAfile ca.pem -purpose sslserver "
                               "-verify_hostname localhost server.pem; "
                               "openssl verify -x509_strict -CAfile ca.pem -purpose sslclient "
                               "client.pem; "
                               "openssl verify -CAfile ca.pem -purpose sslserver client.pem");
    ck_assert_msg(fixture_says(said, "server.pem: OK"), "%.*s", SLICE_ARG(said));
    ck_assert_msg(fixture_says(said, "client.pem: OK"), "%.*s", SLICE_ARG(said));
    /* A client's certificate must not serve. */
    ck_assert_msg(fixture_says(said, "client.pem: verification failed"), "%.*s", SLICE_ARG(said));
}
END_TEST

START_TEST(an_authority_may_sign_and_nothing_else)
{
    struct slice said = fixture_peer(&fixture, "openssl x509 -in ca.pem -noout -text");
    ck_assert(fixture_says(said, "CA:TRUE, pathlen:0"));
    ck_assert(fixture_says(said, "Certificate Sign, CRL Sign"));
    ck_assert(fixture_says(said, "NIST CURVE: P-256"));
    ck_assert(fixture_says(said, "ecdsa-with-SHA256"));
}
END_TEST

static const struct {
    const char *what;
    struct slice common_name;
    struct slice name;
    int days;
} refused[] = {
    {"no common name", SLICE_INIT(""), SLICE_INIT("a"), 1},
    {"a common name of 65 bytes",
     SLICE_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
     SLICE_INIT("a"), 1},
    {"a name with a comma", SLICE_INIT("a"), SLICE_INIT("a,DNS:b"), 1},
    {"a name with a NUL", SLICE_INIT("a"), SLICE_INIT("a\0b"), 1},
    {"an end before its beginning", SLICE_INIT("a"), SLICE_INIT("a"), -1},
};

START_TEST(what_is_no_certificate_is_not_made)
{
    struct certificate_files by = fixture_files(&fixture, "ca");
    struct certificate_files made = fixture_files(&fixture, "refused");
    struct certificate_subject subject = {.common_name = refused[_i].common_name,
                                          .names = &refused[_i].name,
                                          .name_count = 1,
                                          .use = CERTIFICATE_CLIENT,
                                          .not_before = time_now(),
                                          .not_after = time_now() + refused[_i].days * TIME_DAY};
    ck_assert_msg(certificate_make(&by, &made, &subject, &fixture.issues) == -1, "%s",
                  refused[_i].what);
    ck_assert(issue_list_failed(&fixture.issues));
    ck_assert(!file_exists(made.certificate_path));
}
END_TEST

START_TEST(an_authority_with_the_key_of_another_is_refused)
{
    fixture_authority(&fixture, "other");
    struct certificate_files mixed = {fixture_files(&fixture, "ca").certificate_path,
                                      fixture_files(&fixture, "other").key_path};
    struct certificate_files made = fixture_files(&fixture, "refused");
    struct certificate_subject subject = {
        .common_name = SLICE("a"), .not_before = time_now(), .not_after = time_now() + TIME_DAY};
    ck_assert_int_eq(certificate_make(&mixed, &made, &subject, &fixture.issues), -1);
}
END_TEST

START_TEST(what_is_no_certificate_is_not_read)
{
    struct certificate certificate;
    ck_assert_int_eq(certificate_parse(SLICE("x.pem"), SLICE("-----BEGIN CERTIFICATE-----\nAAAA\n"),
                                       fixture.arena, &certificate, &fixture.issues),
                     -1);
    ck_assert_int_eq(certificate_read(fixture_files(&fixture, "client").key_path, fixture.arena,
                                      &certificate, &fixture.issues),
                     -1);
}
END_TEST

static void add(Suite *suite)
{
    TCase *made = tcase_create("made");
    tcase_add_checked_fixture(made, begin, end);
    tcase_add_test(made, a_server_certificate_has_the_names_of_its_own_machine);
    tcase_add_test(made, dates_are_those_that_were_asked_for);
    tcase_add_test(made, a_name_without_alternatives_is_its_own_alternative);
    tcase_add_test(made, keys_are_for_their_owner_alone);
    tcase_add_test(made, a_foreign_program_verifies_the_chain_for_its_purpose);
    tcase_add_test(made, an_authority_may_sign_and_nothing_else);
    tcase_add_loop_test(made, what_is_no_certificate_is_not_made, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(made, an_authority_with_the_key_of_another_is_refused);
    tcase_add_test(made, what_is_no_certificate_is_not_read);
    suite_add_tcase(suite, made);
}

int main(void)
{
    return suite_main("certificate", add);
}
