/* What the suites of this room share: a message from text in one line. */
#ifndef TESTS_HL7V2_SUPPORT_H
#define TESTS_HL7V2_SUPPORT_H

#include <check.h>

#include "hl7v2/message.h"
#include "support/same.h"
#include "support/suite.h"

/* One arena for a test; each test runs in a process of its own. */
static struct arena *test_arena;
static struct issue_list test_issues;

static inline void test_setup(void)
{
    test_arena = arena_new(0);
    issue_list_init(&test_issues, test_arena);
}

static inline void test_teardown(void)
{
    arena_free(test_arena);
}

/* The message; the test fails where it cannot be indexed at all. */
static inline struct hl7v2_message parsed(const char *text)
{
    struct hl7v2_message message;
    ck_assert_int_eq(hl7v2_message_parse(slice_of(text), NULL, test_arena, &message, &test_issues),
                     0);
    return message;
}

/* The only issue of the list. */
static inline const struct issue *the_issue(void)
{
    ck_assert_uint_eq(test_issues.count, 1);
    return &test_issues.items[0];
}

#define CK_PLACE(place, text) CK_SAME(issue_place_text(&(place), test_arena), text)

static inline TCase *test_case(Suite *suite, const char *name)
{
    TCase *made = tcase_create(name);
    tcase_add_checked_fixture(made, test_setup, test_teardown);
    suite_add_tcase(suite, made);
    return made;
}

#endif
