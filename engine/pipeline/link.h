/* link: a connection to the store in the loop of the process, which is known by its pipeline_host
 * only. Watches the connection's descriptor for what it wants, and wakes its owner in time; what
 * is then to be done, above all store_connection_progress, is the owner's. */
#ifndef PIPELINE_LINK_H
#define PIPELINE_LINK_H

#include "store/connection.h"

struct pipeline_host;

struct pipeline_link {
    struct store_connection *connection; /* the link's own */
    const struct pipeline_host *host;
    void (*due)(void *data);
    void *data;
    /* ---- as the host knows it ---- */
    int fd; /* -1: not watched */
    bool reads, writes;
    instant timer; /* INT64_MAX: not set */
};

/* Makes a connection, which begins at the first progress. due(data) is called by the host when
 * something can be done; `data` is the timer's key, too: no other timer of the host may have it. */
void pipeline_link_init(struct pipeline_link *link, const struct store_settings *settings,
                        enum store_use use, const struct pipeline_host *host,
                        void (*due)(void *data), void *data);
/* Ends the connection, whose requests then end (store_connection_free); due is not called again. */
void pipeline_link_release(struct pipeline_link *link);

/* Tells the host what the connection waits for; to be called after each progress and each submit.
 * The owner is woken at `wake` (time_monotonic; INT64_MAX: never), or before that where the
 * connection wants it. */
void pipeline_link_settle(struct pipeline_link *link, instant wake);

#endif
