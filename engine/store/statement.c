/* statement: see statement.h. The texts are made from the files by embed.cmake. */
#include "store/statement.h"

static const struct {
    const char *name;
    enum store_set set;
} statement_rows[] = {
#define STORE_STATEMENT_ROW(constant, name, set) [STORE_SQL_##constant] = {(name), (set)},
    STORE_STATEMENTS(STORE_STATEMENT_ROW)
#undef STORE_STATEMENT_ROW
};

static const struct slice statement_texts[] = {
#include "store/statement_texts.inc"
};

const char *store_statement_name(enum store_statement statement)
{
    return statement_rows[statement].name;
}

struct slice store_statement_text(enum store_statement statement)
{
    return statement_texts[statement];
}

enum store_set store_statement_set(enum store_statement statement)
{
    return statement_rows[statement].set;
}
