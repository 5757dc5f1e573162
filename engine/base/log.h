/* log: one JSON object a line on a file descriptor.
 *
 *   {"ts":"2026-11-22T22:02:11.123Z","level":"info","event":"ready","https":"127.0.0.1:8443"}
 *
 * Only the top rooms log, and each failure once. A field holds names, codes, counts and control
 * ids, never a value of a message or a resource. Control characters and invalid UTF-8 in a field
 * are escaped, so that nobody can forge a line. A line is one write(2). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log; /* belongs to the process's top room; passed down by pointer */

struct log_field {
    const char *name;
    enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER, LOG_FIELD_LIST } kind;
    struct slice text;
    int64_t number;
};

#define LOG_TEXT(field_name, slice_value)                                                          \
    ((struct log_field){(field_name), LOG_FIELD_TEXT, (slice_value), 0})
/* Items with a blank between, written as an array of texts; empty: an empty array. */
#define LOG_LIST(field_name, slice_value)                                                          \
    ((struct log_field){(field_name), LOG_FIELD_LIST, (slice_value), 0})
#define LOG_NUMBER(field_name, number_value)                                                       \
    ((struct log_field){(field_name), LOG_FIELD_NUMBER, {0}, (int64_t)(number_value)})

/* Writes to descriptor fd what is at least `lowest`. `process` ("door-1", "supervisor") goes on
 * every line; may be NULL. */
struct log *log_new(int fd, enum log_level lowest, const char *process);
void log_free(struct log *log);
void log_set_lowest(struct log *log, enum log_level lowest);

/* A NULL log writes nothing. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);

/* LOG_EVENT(log, LOG_INFO, "feed-open", LOG_TEXT("feed", name), LOG_NUMBER("port", 2575)); */
#define LOG_EVENT(log, level, event, ...)                                                          \
    log_write((log), (level), (event), (const struct log_field[]){__VA_ARGS__},                    \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
