/* What `check` and `serve` find out about an instance before a worker meets it. */
#include "cli/inspection.h"

#include "net/revocation.h"
#include "support/suite.h"

#include <stdlib.h>

static struct arena *arena;
static struct issue_list issues;
static char *folder;

static void make_certificate(const char *name)
{
    struct certificate_files files = {arena_format(arena, "%s/%s.pem", folder, name).ptr,
                                      arena_format(arena, "%s/%s.key", folder, name).ptr};
    ck_assert_int_eq(certificate_make_authority(&files, slice_of(name), time_now() - TIME_DAY,
                                                time_now() + 90 * TIME_DAY, &issues),
                     0);
}

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    folder = mkdtemp(arena_string(arena, SLICE("/tmp/painbridge-inspection-XXXXXX")));
    ck_assert_ptr_nonnull(folder);
    make_certificate("one");
    make_certificate("two");
}

static void end(void)
{
    struct slice command = arena_format(arena, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command.ptr), 0);
    arena_free(arena);
}

/* Two feeds: what each allows, whether the certificate is one, and whether that is well. */
static const struct pair {
    const char *first_application, *first_facility, *second_application, *second_facility;
    bool same_certificate, well;
} pairs[] = {
    {"EHR", "NORTH", "EHR", "SOUTH", true, true},  {"EHR", "NORTH", "LAB", "NORTH", true, true},
    {"EHR", "NORTH", "EHR", "NORTH", true, false}, {"EHR", "*", "EHR", "SOUTH", true, false},
    {"EHR", "NORTH", "*", "SOUTH", true, false},   {"EHR", "NORTH", "*", "*", true, false},
    {"EHR", "NORTH", "EHR", "NORTH", false, true}, {"*", "*", "*", "*", false, true},
};

START_TEST(feeds_of_one_certificate_must_be_told_apart_by_their_senders)
{
    const struct pair *pair = &pairs[_i];
    struct instance_party first = {slice_of(pair->first_application),
                                   slice_of(pair->first_facility)};
    struct instance_party second = {slice_of(pair->second_application),
                                    slice_of(pair->second_facility)};
    struct instance_feed feeds[] = {{.name = SLICE_INIT("first"),
                                     .file = SLICE_INIT("feeds/first.xml"),
                                     .certificate = SLICE_INIT("one.pem"),
                                     .allowed = &first,
                                     .allowed_count = 1},
                                    {.name = SLICE_INIT("second"),
                                     .file = SLICE_INIT("feeds/second.xml"),
                                     .certificate = SLICE_INIT("two.pem"),
                                     .allowed = &second,
                                     .allowed_count = 1}};
    if (pair->same_certificate)
        feeds[1].certificate = feeds[0].certificate;
    struct instance instance = {.directory = folder, .feeds = feeds, .feed_count = 2};
    ck_assert_int_eq(inspection_shared_certificates(&instance, &issues), pair->well ? 0 : -1);
    ck_assert_uint_eq(issues.count, pair->well ? 0 : 1);
    if (pair->well)
        return;
    const struct issue *issue = &issues.items[0];
    ck_assert(slice_equal(issue_place_text(&issue->place, arena), SLICE("feeds/second.xml")));
    struct slice words = issue_words(issue);
    ck_assert(slice_find(words, SLICE("feed 'first'")) < words.len);
}
END_TEST

/* A list of four days: the last of them is when somebody should have fetched the next one. */
static const struct {
    int issued, expires; /* hours from now */
    size_t said;
    enum issue_severity severity;
} lives[] = {
    {-1, 95, 0, ISSUE_INFORMATION},
    {-71, 25, 0, ISSUE_INFORMATION},
    {-73, 23, 1, ISSUE_WARNING},
    {-97, -1, 1, ISSUE_ERROR},
    {-1000, 800 * 24, 0, ISSUE_INFORMATION},
    {-8000 * 24, 29 * 24, 1, ISSUE_WARNING}, /* of a long one a month, as of a certificate */
};

START_TEST(a_list_is_warned_of_in_the_last_quarter_of_its_life)
{
    instant now = time_now();
    struct certificate_files authority = {arena_format(arena, "%s/one.pem", folder).ptr,
                                          arena_format(arena, "%s/one.key", folder).ptr};
    ck_assert_int_eq(revocation_write(&authority, arena_format(arena, "%s/crl.pem", folder).ptr,
                                      SLICE(""), now + lives[_i].issued * TIME_HOUR,
                                      now + lives[_i].expires * TIME_HOUR, &issues),
                     0);
    struct instance instance = {.directory = folder,
                                .settings = {.ca = SLICE_INIT("one.pem"),
                                             .certificate = SLICE_INIT("one.pem"),
                                             .database_ca = SLICE_INIT("one.pem"),
                                             .crl = SLICE_INIT("crl.pem")}};
    ck_assert_int_eq(inspection_certificates(&instance, now, &issues), 0);
    ck_assert_uint_eq(issues.count, lives[_i].said);
    ck_assert_int_eq(issues.highest, lives[_i].severity);
}
END_TEST

static void add(Suite *suite)
{
    TCase *made = tcase_create("inspection");
    tcase_add_checked_fixture(made, begin, end);
    tcase_add_loop_test(made, feeds_of_one_certificate_must_be_told_apart_by_their_senders, 0,
                        (int)(sizeof(pairs) / sizeof(pairs[0])));
    tcase_add_loop_test(made, a_list_is_warned_of_in_the_last_quarter_of_its_life, 0,
                        (int)(sizeof(lives) / sizeof(lives[0])));
    suite_add_tcase(suite, made);
}

int main(void)
{
    return suite_main("inspection", add);
}
