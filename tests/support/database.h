/* database: a private PostgreSQL for one suite (tests/support/database.sh), started before its
 * first test and gone after its last.
 *
 *   int main(void)
 *   {
 *       return database_suite_main("commit", add);
 *   }
 *
 * The database has its roles and no schema: who needs one runs store_migrate as the owner. */
#ifndef SUPPORT_DATABASE_H
#define SUPPORT_DATABASE_H

#include "store/settings.h"
#include "support/suite.h"

/* suite_main with a cluster around it. */
int database_suite_main(const char *name, void (*add)(Suite *suite));
/* The same for a program that is no suite; 0 when it runs. Stopped when the process exits. */
int database_start(void);

/* How to reach it as "painbridge_door" and the like ("postgres" is the superuser). */
struct store_settings database_settings(const char *role);
/* One statement by psql, as the superuser; its output without the line end, to be freed. Fails the
 * running test where psql fails. */
char *database_ask(const char *sql);
/* kill -9 of the server, and its return. */
void database_kill(void);
void database_restart(void);

#endif
