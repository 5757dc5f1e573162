/* request, for connection.c: a request is a list of statements with room for their results. */
#ifndef STORE_REQUEST_INTERNAL_H
#define STORE_REQUEST_INTERNAL_H

#include "store/request.h"

#include <libpq-fe.h>

struct store_step {
    enum store_statement statement; /* STORE_SQL_COUNT: `text` instead */
    const char *text;
    int count; /* values */
    const char **values;
    int *lengths;
    int *formats;
    PGresult *result; /* cleared when the arena is */
};

struct store_request {
    struct arena *arena;
    struct store_step *steps;
    size_t count;
    size_t capacity;
    size_t arrived;   /* steps whose results are complete */
    size_t commit;    /* number of the commit among them, SIZE_MAX where there is none */
    bool commit_done; /* the server said so */
    size_t culprit;   /* step that failed, SIZE_MAX: none */
    struct slice sqlstate;
    enum store_failure failure;
    void (*done)(void *data);
    void *data;
    struct store_request *next; /* in the connection's queue */
};

/* Adds a statement that is not prepared (store/search.h); `text` must live as long. */
size_t store_request_add_text(struct store_request *request, const char *text,
                              const struct store_value *values, size_t count);
/* Takes the result of the step at hand. */
void store_request_take(struct store_request *request, PGresult *result);
/* The link broke before the end. */
void store_request_lose(struct store_request *request);

#endif
