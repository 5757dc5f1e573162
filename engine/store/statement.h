/* statement: everything we ever ask the database, by name.
 *
 * A statement is a file, statements/SET/name.sql; the build makes STORE_SQL_NAME of it. Its head
 * comment says what it does, what each $n is and what its columns are; whoever sends it keeps to
 * that. Statements with a twin for the tables of shared resources have a second name
 * STORE_SQL_SHARED_NAME with the same parameters and columns. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include "base/slice.h"
#include "store/statement_names.h"

enum store_set {
    STORE_SET_BOTH, /* begin, commit, rollback */
    STORE_SET_READ,
    STORE_SET_WRITE,
    STORE_SET_VERIFY
};

enum store_statement {
#define STORE_STATEMENT_ROW(constant, name, set) STORE_SQL_##constant,
    STORE_STATEMENTS(STORE_STATEMENT_ROW)
#undef STORE_STATEMENT_ROW
        STORE_SQL_COUNT
};

/* Its name, as the server knows it too. */
const char *store_statement_name(enum store_statement statement);
struct slice store_statement_text(enum store_statement statement);
enum store_set store_statement_set(enum store_statement statement);

#endif
