/* metrics: counters of the whole engine in a piece of memory that its processes share.
 *
 * Several workers serve one port, and whoever asks /metrics meets any of them; so the numbers live
 * in an anonymous memory file that the supervisor makes and every worker maps. A series is a row of
 * the table below with up to two label values; it is claimed once and then only added to, without
 * locks. The numbers survive a worker that dies, and go with the supervisor.
 *
 * Label values are names of feeds, message types, codes: never anything of a patient. What comes
 * from a message (its type) is checked by the caller against what is known, so that a sender cannot
 * fill the table; when it is full, new series are counted under the label "other". */
#ifndef PIPELINE_METRICS_H
#define PIPELINE_METRICS_H

#include "base/buffer.h"
#include "base/time.h"

/* name, Prometheus type, labels, help */
/* clang-format off */
#define PIPELINE_METRICS_TABLE(row)                                                                \
    row(MESSAGES_RECEIVED, "painbridge_messages_received_total", COUNTER, "feed", "type",          \
        "HL7 v2 messages received")                                                                \
    row(ACKS, "painbridge_acks_total", COUNTER, "feed", "code",                                    \
        "answers sent, by MSA-1")                                                                  \
    row(ACKS_RECEIVED, "painbridge_acks_received_total", COUNTER, "feed", "code",                  \
        "acknowledgements that came in and answered nothing of ours, by MSA-1")                    \
    row(DUPLICATES, "painbridge_duplicates_total", COUNTER, "feed", NULL,                          \
        "messages that were stored before and answered again")                                     \
    row(MLLP_GARBAGE, "painbridge_mllp_garbage_bytes_total", COUNTER, NULL, NULL,                  \
        "bytes between MLLP blocks that were dropped")                                             \
    row(MLLP_TRUNCATED, "painbridge_mllp_truncated_frames_total", COUNTER, NULL, NULL,             \
        "MLLP blocks whose end never came")                                                        \
    row(CONNECTIONS, "painbridge_connections", GAUGE, "door", NULL,                                \
        "open connections")                                                                        \
    row(QUEUE_DEPTH, "painbridge_queue_depth", GAUGE, "queue", "feed",                             \
        "what waits")                                                                              \
    row(QUEUE_OLDEST, "painbridge_queue_oldest_seconds", GAUGE, "queue", "feed",                   \
        "age of the oldest that waits")                                                            \
    row(DEAD_LETTERS, "painbridge_dead_letters", GAUGE, NULL, NULL,                                \
        "messages given up")                                                                       \
    row(DATABASE_UP, "painbridge_database_up", GAUGE, NULL, NULL,                                  \
        "1 when the database answers")                                                             \
    row(FEED_LAST_MESSAGE, "painbridge_feed_last_message_timestamp_seconds", GAUGE, "feed", NULL,  \
        "when the feed last sent a message")                                                       \
    row(CERTIFICATE_EXPIRY, "painbridge_certificate_expiry_timestamp_seconds", GAUGE, "name", NULL,\
        "when a certificate ends, or the first revocation list")                                                                 \
    row(MAPPING_REVISION, "painbridge_mapping_revision_info", GAUGE, "revision", NULL,             \
        "1 for the mapping revision in force")                                                     \
    row(HTTP_REQUESTS, "painbridge_http_requests_total", COUNTER, "interaction", "status",         \
        "HTTPS requests answered")                                                                 \
    row(COMMITS, "painbridge_commits_total", COUNTER, NULL, NULL,                                  \
        "transactions committed")                                                                  \
    row(MESSAGE_SECONDS, "painbridge_message_duration_seconds", HISTOGRAM, "door", NULL,           \
        "time from the last byte of a message to its answer")                                      \
    row(HTTP_SECONDS, "painbridge_http_request_duration_seconds", HISTOGRAM, "interaction", NULL,  \
        "time from the last byte of a request to its answer")
/* clang-format on */

enum pipeline_metric {
#define PIPELINE_METRICS_ROW(id, name, kind, label, label_2, help) PIPELINE_METRIC_##id,
    PIPELINE_METRICS_TABLE(PIPELINE_METRICS_ROW)
#undef PIPELINE_METRICS_ROW
        PIPELINE_METRIC_COUNT
};

struct pipeline_metrics;

/* A memory file of the right size, close-on-exec unless `inherited`; the caller closes it. -1 where
 * the system has none. */
int pipeline_metrics_create(bool inherited);
/* Maps it. NULL where `descriptor` is no such file. With descriptor -1: private memory, for tests
 * and for processes that nobody asks. */
struct pipeline_metrics *pipeline_metrics_open(int descriptor);
/* Unmaps; the numbers stay for the others. NULL is well. */
void pipeline_metrics_close(struct pipeline_metrics *metrics);

/* Adds to a counter. Label values beyond those of the row are ignored; each at most 60 bytes,
 * longer ones are cut. All of these take NULL metrics and do nothing. */
void pipeline_metrics_add(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                          struct slice label, struct slice label_2, int64_t amount);
/* Sets a gauge. */
void pipeline_metrics_set(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                          struct slice label, struct slice label_2, int64_t value);
/* One observation of a histogram, in microseconds. */
void pipeline_metrics_observe(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                              struct slice label, instant duration);
/* The number of a series, 0 where it was never touched. */
int64_t pipeline_metrics_value(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                               struct slice label, struct slice label_2);

/* Appends all of it in Prometheus' text format 0.0.4. */
void pipeline_metrics_print(const struct pipeline_metrics *metrics, struct buffer *out);

#endif
