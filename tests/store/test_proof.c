/* The shape of the database, proved in SQL by tests/store/proof/run on a cluster of its own. Its
 * output is one sentence a line; the first that does not hold ends it. */
#include "support/suite.h"

#include <stdlib.h>

START_TEST(every_sentence_of_the_proof_holds)
{
    ck_assert_int_eq(system("sh '" PAINBRIDGE_SOURCE_DIR "/tests/store/proof/run'"), 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *proof = tcase_create("proof");
    tcase_set_timeout(proof, 240);
    tcase_add_test(proof, every_sentence_of_the_proof_holds);
    suite_add_tcase(suite, proof);
}

int main(void)
{
    return suite_main("proof", add);
}
