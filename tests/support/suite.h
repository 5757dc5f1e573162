/* suite: how every check suite of ours is run and reported.
 *
 *   static void add(Suite *suite)
 *   {
 *       TCase *split = tcase_create("split");
 *       tcase_add_test(split, empty_input_gives_one_empty_part);
 *       suite_add_tcase(suite, split);
 *   }
 *
 *   int main(void)
 *   {
 *       return suite_main("slice", add);
 *   }
 *
 * Each test runs in a process of its own. A failed test is printed with the place and the sentence
 * its name is; the last line of the output is exactly "N passed, N failed, N skipped". */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>

/* Runs what `add` puts into the suite. 0 when something ran and nothing failed. */
int suite_main(const char *name, void (*add)(Suite *suite));

/* Ends the running test as skipped, with the reason printed. */
void suite_skip(const char *reason) __attribute__((noreturn));

/* The path of a file in the shared folder (environment PAINBRIDGE_SHARED, else ../shared beside the
 * repository), or NULL where it is not there. The text belongs to the caller. */
char *suite_shared(const char *file);
/* The same, but a missing file ends the running test as skipped. */
char *suite_need_shared(const char *file);

#endif
