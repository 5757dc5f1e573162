/* Which feeds a certificate may speak for, and which of them a frame is of. Wire rules, sections 3
 * (row 8) and 11. */
#include "feed/roster.h"

#include "support/same.h"
#include "support/suite.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define FORMER "4444444444444444444444444444444444444444444444444444444444444444"
#define NONE "3333333333333333333333333333333333333333333333333333333333333333"

static const struct hl7v2_party north[] = {{SLICE_INIT("EHR"), SLICE_INIT("NORTH")}};
static const struct hl7v2_party south[] = {{SLICE_INIT("EHR"), SLICE_INIT("SOUTH")},
                                           {SLICE_INIT("LAB"), {NULL, 0}}};

static const struct slice one[] = {SLICE_INIT(ONE)};
static const struct slice two[] = {SLICE_INIT(TWO), SLICE_INIT(FORMER)};

static const struct feed_entry entries[] = {
    {.feed = {.name = SLICE_INIT("north"),
              .rules = {.allowed_senders = north, .allowed_sender_count = 1}},
     .fingerprints = one,
     .fingerprint_count = 1,
     .limits = {.max_message_bytes = 100, .frame_timeout = 7, .idle_timeout = 300}},
    {.feed = {.name = SLICE_INIT("alone")},
     .fingerprints = two,
     .fingerprint_count = 2,
     .limits = {.max_message_bytes = 10, .frame_timeout = 1, .idle_timeout = 2}},
    {.feed = {.name = SLICE_INIT("south"),
              .rules = {.allowed_senders = south, .allowed_sender_count = 2}},
     .fingerprints = one,
     .fingerprint_count = 1,
     .limits = {.max_message_bytes = 50, .frame_timeout = 30, .idle_timeout = 60}},
};

static struct feed_set set;
static const struct feed_roster *roster;

static void begin(void)
{
    set = (struct feed_set){.arena = arena_new(0), .entries = entries, .count = 3};
    roster = feed_roster_new(&set);
}

static void end(void)
{
    arena_free(set.arena);
}

START_TEST(a_certificate_names_its_feeds_in_their_order)
{
    const struct feed_candidate *feeds = feed_roster_find(roster, SLICE(ONE));
    ck_assert_ptr_nonnull(feeds);
    CK_SAME(feeds->entry->feed.name, "north");
    CK_SAME(feeds->next->entry->feed.name, "south");
    ck_assert_ptr_null(feeds->next->next);
    feeds = feed_roster_find(roster, SLICE(TWO));
    CK_SAME(feeds->entry->feed.name, "alone");
    ck_assert_ptr_null(feeds->next);
    ck_assert_ptr_null(feed_roster_find(roster, SLICE(NONE)));
}
END_TEST

START_TEST(a_feed_is_known_by_each_of_its_certificates)
{
    CK_SAME(feed_roster_find(roster, SLICE(FORMER))->entry->feed.name, "alone");
    ck_assert_ptr_null(feed_roster_find(roster, SLICE(FORMER))->next);
}
END_TEST

static const struct choice {
    const char *frame, *feed;
} choices[] = {
    {"MSH|^~\\&|EHR|NORTH|X|Y\rPID|1\r", "north"},
    {"MSH|^~\\&|EHR|SOUTH|X|Y\rPID|1\r", "south"},
    {"MSH|^~\\&|LAB|ANY|X|Y\rPID|1\r", "south"},
    {"MSH#^~\\&#EHR#SOUTH#X#Y\r", "south"},
    {"MSH|^~\\&|EHR^1.2^ISO|SOUTH^1.3^ISO|X|Y\r", "south"},
    {"BHS|^~\\&|Q|Q\rMSH|^~\\&|EHR|SOUTH|X|Y\rPID|1\r", "south"},
    {"MSH|^~\\&|EHR|SOUTH|X|Y", "south"},
    {"MSH|^~\\&|EHR|SOUTH|X|Y\nPID|1\n", "south"},
    /* nobody's: the first feed's rules refuse it */
    {"MSH|^~\\&|EHR|WEST|X|Y\r", "north"},
    {"MSH|^~\\&|EHR|sOUTH|X|Y\r", "north"},
    {"MSH", "north"},
    {"PID|1\r", "north"},
    {"NTE|1||MSH|^~\\&|EHR|SOUTH\r", "north"},
    {"", "north"},
};

START_TEST(msh_3_and_4_name_the_feed_of_a_frame)
{
    const struct choice *choice = &choices[_i];
    const struct feed_candidate *feeds = feed_roster_find(roster, SLICE(ONE));
    CK_SAME(feed_candidate_choose(feeds, slice_of(choice->frame))->feed.name, choice->feed);
}
END_TEST

/* A cut header says of none of them that it is its own; the only one there is needs no header. */
START_TEST(what_cannot_be_told_apart_is_nobodys)
{
    static const char *const cut[] = {"MSH", "MSH|^~\\&|EHR|SO", "PID|1\r", ""};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        ck_assert_ptr_null(
            feed_candidate_find(feed_roster_find(roster, SLICE(ONE)), slice_of(cut[i])));
        CK_SAME(
            feed_candidate_find(feed_roster_find(roster, SLICE(TWO)), slice_of(cut[i]))->feed.name,
            "alone");
    }
}
END_TEST

/* Its header rules refuse what it may not send, with an answer: nobody else is asked. */
START_TEST(a_certificate_of_one_feed_is_that_feed_whatever_it_sends)
{
    const struct feed_candidate *feeds = feed_roster_find(roster, SLICE(TWO));
    CK_SAME(feed_candidate_choose(feeds, SLICE("MSH|^~\\&|EHR|NORTH\r"))->feed.name, "alone");
}
END_TEST

START_TEST(a_connection_has_its_feeds_limits_and_the_widest_of_several)
{
    struct mllp_link_limits limits = feed_candidate_limits(feed_roster_find(roster, SLICE(TWO)));
    ck_assert_uint_eq(limits.max_message_bytes, 10);
    ck_assert_int_eq(limits.frame_timeout, 1);
    ck_assert_int_eq(limits.idle_timeout, 2);
    limits = feed_candidate_limits(feed_roster_find(roster, SLICE(ONE)));
    ck_assert_uint_eq(limits.max_message_bytes, 100);
    ck_assert_int_eq(limits.frame_timeout, 30);
    ck_assert_int_eq(limits.idle_timeout, 300);
}
END_TEST

static void add(Suite *suite)
{
    TCase *made = tcase_create("roster");
    tcase_add_checked_fixture(made, begin, end);
    tcase_add_test(made, a_certificate_names_its_feeds_in_their_order);
    tcase_add_test(made, a_feed_is_known_by_each_of_its_certificates);
    tcase_add_loop_test(made, msh_3_and_4_name_the_feed_of_a_frame, 0,
                        (int)(sizeof choices / sizeof choices[0]));
    tcase_add_test(made, what_cannot_be_told_apart_is_nobodys);
    tcase_add_test(made, a_certificate_of_one_feed_is_that_feed_whatever_it_sends);
    tcase_add_test(made, a_connection_has_its_feeds_limits_and_the_widest_of_several);
    suite_add_tcase(suite, made);
}

int main(void)
{
    return suite_main("roster", add);
}
