/* Revocation lists: what is read, what is written, and what OpenSSL's own program says of it. RFC
 * 5280 sections 5 and 6.3. */
#include "net/revocation.h"

#include "fixture.h"
#include "support/same.h"
#include "support/suite.h"

#define NOW (time_now())

static struct fixture fixture;

static void begin(void)
{
    fixture_begin(&fixture);
}

static void end(void)
{
    fixture_end(&fixture);
}

static const char *serial_of(const char *name)
{
    struct certificate certificate;
    ck_assert_int_eq(certificate_read(fixture_files(&fixture, name).certificate_path, fixture.arena,
                                      &certificate, &fixture.issues),
                     0);
    return arena_string(fixture.arena, certificate.serial);
}

static void write_list(const char *authority, const char *serial, instant expires)
{
    struct certificate_files files = fixture_files(&fixture, authority);
    ck_assert_int_eq(revocation_write(&files, fixture_path(&fixture, "crl.pem"), slice_of(serial),
                                      NOW - TIME_HOUR, expires, &fixture.issues),
                     0);
}

static size_t read_lists(const char *authority, struct revocation_list **ret_lists)
{
    size_t count = 0;
    if (revocation_read(fixture_path(&fixture, "crl.pem"),
                        fixture_files(&fixture, authority).certificate_path, fixture.arena,
                        ret_lists, &count, &fixture.issues) != 0)
        return 0;
    return count;
}

START_TEST(an_empty_list_revokes_nobody)
{
    struct revocation_list *lists = NULL;
    struct certificate client;
    instant expires = NOW + TIME_DAY;
    write_list("ca", "", expires);
    ck_assert_uint_eq(read_lists("ca", &lists), 1);
    CK_SAME(lists[0].issuer_name, "ca");
    ck_assert_uint_eq(lists[0].count, 0);
    ck_assert_int_eq(lists[0].expires / TIME_SECOND, expires / TIME_SECOND);
    ck_assert_int_eq(certificate_read(fixture_files(&fixture, "client").certificate_path,
                                      fixture.arena, &client, &fixture.issues),
                     0);
    ck_assert(!revocation_holds(lists, 1, &client));
}
END_TEST

START_TEST(a_list_written_again_keeps_what_it_had_and_counts_on)
{
    struct revocation_list *lists = NULL;
    struct certificate client, server;
    write_list("ca", serial_of("client"), NOW + TIME_DAY);
    write_list("ca", serial_of("client"), NOW + TIME_DAY); /* once is enough */
    write_list("ca", "0f", NOW + TIME_DAY);
    ck_assert_uint_eq(read_lists("ca", &lists), 1);
    ck_assert_uint_eq(lists[0].count, 2);
    ck_assert_int_eq(certificate_read(fixture_files(&fixture, "client").certificate_path,
                                      fixture.arena, &client, &fixture.issues),
                     0);
    ck_assert_int_eq(certificate_read(fixture_files(&fixture, "server").certificate_path,
                                      fixture.arena, &server, &fixture.issues),
                     0);
    ck_assert(revocation_holds(lists, 1, &client));
    ck_assert(!revocation_holds(lists, 1, &server));
    struct slice said =
        fixture_peer(&fixture, "openssl crl -in crl.pem -noout -text -CAfile ca.pem");
    ck_assert_msg(fixture_says(said, "verify OK"), "%.*s", SLICE_ARG(said));
    ck_assert_msg(fixture_says(said, "X509v3 CRL Number: \n                3"), "%.*s",
                  SLICE_ARG(said));
    ck_assert(fixture_says(said, "Serial Number: 0F"));
}
END_TEST

START_TEST(a_list_of_another_authority_is_not_believed)
{
    struct revocation_list *lists = NULL;
    fixture_authority(&fixture, "stranger");
    write_list("stranger", "", NOW + TIME_DAY);
    ck_assert_uint_eq(read_lists("ca", &lists), 0);
    ck_assert_uint_eq(read_lists("stranger", &lists), 1);
    /* nor one that has the right name and another key */
    fixture_peer(&fixture, "cp ca.pem ca.was; cp ca.key ca.key.was");
    fixture_authority(&fixture, "ca");
    fixture_peer(&fixture, "rm crl.pem");
    write_list("ca", "", NOW + TIME_DAY);
    fixture_peer(&fixture, "cp ca.was ca.pem");
    ck_assert_uint_eq(read_lists("ca", &lists), 0);
}
END_TEST

START_TEST(lists_of_others_stay_in_the_file)
{
    struct revocation_list *lists = NULL;
    fixture_authority(&fixture, "stranger");
    write_list("stranger", "0a", NOW + TIME_DAY);
    write_list("ca", "0b", NOW + TIME_DAY);
    write_list("ca", "0c", NOW + TIME_DAY);
    fixture_peer(&fixture, "cat stranger.pem >> ca.pem");
    ck_assert_uint_eq(read_lists("ca", &lists), 2);
    CK_SAME(lists[0].issuer_name, "ca");
    ck_assert_uint_eq(lists[0].count, 2);
    CK_SAME(lists[1].issuer_name, "stranger");
    CK_SAME(lists[1].serials[0], "0a");
}
END_TEST

/* What stands in the file, by shell. */
static const char *const broken[] = {
    "rm -f crl.pem",
    ": > crl.pem",
    "echo nonsense > crl.pem",
    "cp ca.pem crl.pem",
    "cp whole.pem crl.pem; echo '-----BEGIN X509 CRL-----' >> crl.pem",
    "sed 's/^M/N/' whole.pem > crl.pem",
    "sed '3s/./A/3' whole.pem > crl.pem",
};

START_TEST(a_broken_file_is_refused_and_nothing_is_half_believed)
{
    struct revocation_list *lists = NULL;
    write_list("ca", "0a", NOW + TIME_DAY);
    fixture_peer(&fixture, "mv crl.pem whole.pem");
    fixture_peer(&fixture, broken[_i]);
    ck_assert_uint_eq(read_lists("ca", &lists), 0);
    ck_assert_ptr_null(lists);
    struct tls_settings settings = {
        .role = TLS_SERVER_MUTUAL,
        .certificate_path = fixture_files(&fixture, "server").certificate_path,
        .key_path = fixture_files(&fixture, "server").key_path,
        .authority_path = fixture_files(&fixture, "ca").certificate_path,
        .revocation_path = fixture_path(&fixture, "crl.pem")};
    struct tls_context *context = NULL;
    ck_assert_int_eq(tls_context_new(&settings, &context, &fixture.issues), -1);
    ck_assert_ptr_null(context);
}
END_TEST

static void add(Suite *suite)
{
    TCase *made = tcase_create("revocation");
    tcase_add_checked_fixture(made, begin, end);
    tcase_add_test(made, an_empty_list_revokes_nobody);
    tcase_add_test(made, a_list_written_again_keeps_what_it_had_and_counts_on);
    tcase_add_test(made, a_list_of_another_authority_is_not_believed);
    tcase_add_test(made, lists_of_others_stay_in_the_file);
    tcase_add_loop_test(made, a_broken_file_is_refused_and_nothing_is_half_believed, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    suite_add_tcase(suite, made);
}

int main(void)
{
    return suite_main("revocation", add);
}
