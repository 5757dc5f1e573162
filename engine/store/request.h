/* request: some statements that travel together, and what came back.
 *
 * All statements of a request go out in one round trip (libpq's pipeline mode) and fail together:
 * after the first that fails the server skips the rest. Outside begin and commit they are one
 * transaction by themselves.
 *
 * Life: made in an arena, filled, submitted to a connection once. Until it is done, the values'
 * bytes must live. The rows are there from then until the request's arena is reset or freed. */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "store/failure.h"
#include "store/statement.h"
#include "store/value.h"

struct store_request;

struct store_request *store_request_new(struct arena *arena);
/* Adds a statement; its number in the request is returned, from 0. The values are copied, the bytes
 * they point at are not. */
size_t store_request_add(struct store_request *request, enum store_statement statement,
                         const struct store_value *values, size_t count);

/* --- when it is done -------------------------------------------------------------------------- */

enum store_failure store_request_failure(const struct store_request *request);
/* The SQLSTATE of the failure, empty where the server said none. */
struct slice store_request_sqlstate(const struct store_request *request);
/* The name of the statement that failed, NULL where none did or the link broke. */
const char *store_request_culprit(const struct store_request *request);
/* Reports the failure: code, SQLSTATE and statement, never the server's words. */
void store_request_report(const struct store_request *request, struct issue_list *issues);

/* Rows that statement number `statement` gave; for one that gives none, how many it changed. */
size_t store_request_rows(const struct store_request *request, size_t statement);
size_t store_request_changed(const struct store_request *request, size_t statement);
/* One value. A row or column that is not there reads as null; null reads as empty, 0 or false. */
bool store_request_is_null(const struct store_request *request, size_t statement, size_t row,
                           int column);
struct slice store_request_bytes(const struct store_request *request, size_t statement, size_t row,
                                 int column);
int64_t store_request_int8(const struct store_request *request, size_t statement, size_t row,
                           int column);
int32_t store_request_int4(const struct store_request *request, size_t statement, size_t row,
                           int column);
bool store_request_boolean(const struct store_request *request, size_t statement, size_t row,
                           int column);
instant store_request_instant(const struct store_request *request, size_t statement, size_t row,
                              int column);

#endif
