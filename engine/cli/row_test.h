/* row_test: a test of a site for one row of a code table: the rule that met the code, given the
 * code, writes what the row says.
 *
 *   <test name="X9 of AdministrativeSex is other" map="PID-Patient">
 *     <segment>PID||||||||X9</segment>
 *     <expect path="gender" equals="other" by="pid.gender"/>
 *   </test>
 *
 * Nothing of a message is in it but the code. It is run before it is given out. */
#ifndef CLI_ROW_TEST_H
#define CLI_ROW_TEST_H

#include "mapping/program.h"
#include "mapping/texts.h"

struct row_test {
    struct slice table, code, system, target; /* of the row */
    struct slice rule, place;                 /* that met the code, and where: "PID[1]-8[1].1.1" */
};

/* The test's text, indented by two blanks, for the site whose texts (the row among them) these are.
 * Empty where the rule is not one of a segment or data type map, hangs on more than the code, or
 * the code has a character that needs an escape: `map capture` makes a test of the whole message.
 */
struct slice row_test_make(const struct row_test *row, const struct mapping_rules *rules,
                           const struct mapping_texts *base, const struct mapping_texts *site,
                           struct arena *arena);
/* A site's text with a test at its end; empty where it does not end with </site>. */
struct slice row_test_put(struct slice site, struct slice test, struct arena *arena);

#endif
