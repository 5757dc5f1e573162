/* link: see the header. */
#include "pipeline/link.h"

#include "pipeline/commit.h"

void pipeline_link_init(struct pipeline_link *link, const struct store_settings *settings,
                        enum store_use use, const struct pipeline_host *host,
                        void (*due)(void *data), void *data)
{
    *link = (struct pipeline_link){.connection = store_connection_new(settings, use),
                                   .host = host,
                                   .due = due,
                                   .data = data,
                                   .fd = -1,
                                   .timer = INT64_MAX};
}

static void unwatch(struct pipeline_link *link)
{
    if (link->fd >= 0)
        link->host->unwatch(link->host->context, link->fd, link->data);
    link->fd = -1;
}

void pipeline_link_release(struct pipeline_link *link)
{
    unwatch(link);
    link->host->timer(link->host->context, -1, link->due, link->data);
    store_connection_free(link->connection);
}

static void watch(struct pipeline_link *link)
{
    struct store_connection *connection = link->connection;
    int fd = store_connection_fd(connection);
    bool reads = store_connection_wants_read(connection);
    bool writes = store_connection_wants_write(connection);
    /* while it links, libpq may close a socket and open another one with the same number */
    bool linking = store_connection_state(connection) == STORE_LINKING;
    if (fd == link->fd && reads == link->reads && writes == link->writes && !linking)
        return;
    if (fd != link->fd || linking)
        unwatch(link);
    link->fd = fd;
    link->reads = reads;
    link->writes = writes;
    if (fd >= 0)
        link->host->watch(link->host->context, fd, reads, writes, link->due, link->data);
}

void pipeline_link_settle(struct pipeline_link *link, instant wake)
{
    watch(link);
    instant wanted = store_connection_wake(link->connection);
    if (wanted < wake)
        wake = wanted;
    if (wake == INT64_MAX && link->timer == INT64_MAX)
        return;
    link->timer = wake;
    instant left = wake - time_monotonic();
    int64_t milliseconds = left > 0 ? left / 1000 + 1 : 0;
    link->host->timer(link->host->context, wake == INT64_MAX ? -1 : milliseconds, link->due,
                      link->data);
}
