/* server: see the header. A connection's handlers lead to the protocol's functions; only opening
 * and closing are looked at on the way. */
#include "net/server.h"

#include <stddef.h>

static void tell_stopped(struct net_flush *entry)
{
    struct net_server *server =
        (struct net_server *)((char *)entry - offsetof(struct net_server, flush));
    server->protocol->stopped(server);
}

static void stopped_when_empty(struct net_server *server)
{
    if (server->stopping && server->link_count == 0)
        net_loop_flush_later(server->loop, &server->flush);
}

/* --- links ------------------------------------------------------------------------------------ */

static void settle(struct net_flush *entry)
{
    struct net_link *link = (struct net_link *)((char *)entry - offsetof(struct net_link, flush));
    link->server->protocol->settle(link);
}

void net_link_settle_later(struct net_link *link)
{
    net_loop_flush_later(link->server->loop, &link->flush);
}

static void link_add(struct net_server *server, struct net_link *link,
                     struct connection *connection)
{
    link->server = server;
    link->connection = connection;
    link->flush.flush = settle;
    link->next = server->links;
    if (link->next)
        link->next->previous = link;
    server->links = link;
    server->link_count++;
}

static void link_remove(struct net_link *link, enum connection_end end, struct slice words)
{
    struct net_server *server = link->server;
    if (link->previous)
        link->previous->next = link->next;
    if (!link->previous)
        server->links = link->next;
    if (link->next)
        link->next->previous = link->previous;
    server->link_count--;
    net_loop_flush_never(server->loop, &link->flush);
    link->connection = NULL;
    server->protocol->closed(link, end, words);
}

/* --- what a connection tells ------------------------------------------------------------------ */

static void opened(void *data)
{
    struct net_link *link = data;
    link->opened = true;
    link->server->protocol->opened(link);
}

static void received(void *data, struct slice bytes)
{
    struct net_link *link = data;
    link->server->protocol->received(link, bytes);
}

/* Without close_notify a fragment is a fragment and what is whole is whole: both protocols frame
 * their messages themselves. */
static void ended(void *data, bool clean)
{
    (void)clean;
    struct net_link *link = data;
    link->server->protocol->ended(link);
}

static void expired(void *data)
{
    struct net_link *link = data;
    link->server->protocol->expired(link);
}

static void drained(void *data)
{
    struct net_link *link = data;
    link->server->protocol->drained(link);
}

static void closed(void *data, enum connection_end end, struct slice words)
{
    struct net_link *link = data;
    struct net_server *server = link->server;
    link_remove(link, end, words);
    stopped_when_empty(server);
}

static void accepted(void *data, struct connection *connection)
{
    struct net_server *server = data;
    if (server->link_count >= server->link_limit) {
        connection_abort(connection);
        return;
    }
    struct net_link *link = server->protocol->link_new(server);
    link_add(server, link, connection);
    const struct connection_handlers handlers = {
        .opened = opened,
        .received = received,
        .ended = ended,
        .expired = server->protocol->expired ? expired : NULL,
        .drained = server->protocol->drained ? drained : NULL,
        .closed = closed};
    connection_handle(connection, &handlers, link);
}

/* --- life ------------------------------------------------------------------------------------- */

int net_server_init(struct net_server *server, const struct net_protocol *protocol,
                    struct net_loop *loop, int descriptor, const struct tls_context *tls,
                    const struct connection_settings *settings, unsigned link_limit,
                    struct issue_list *issues)
{
    *server = (struct net_server){.loop = loop, .protocol = protocol, .link_limit = link_limit};
    server->flush.flush = tell_stopped;
    return connection_listener_new(loop, descriptor, tls, settings, accepted, server,
                                   &server->listener, issues);
}

void net_server_stop(struct net_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    connection_listener_free(server->listener);
    server->listener = NULL;
    for (struct net_link *link = server->links; link; link = link->next) {
        if (link->opened)
            server->protocol->finish(link);
        if (!link->opened)
            connection_abort(link->connection);
    }
    stopped_when_empty(server);
}

/* The connections live on until the loop has let go of them, and have nobody to tell. */
void net_server_release(struct net_server *server)
{
    static const struct connection_handlers nobody;
    connection_listener_free(server->listener);
    server->listener = NULL;
    while (server->links) {
        struct net_link *link = server->links;
        connection_handle(link->connection, &nobody, NULL);
        connection_abort(link->connection);
        link_remove(link, CONNECTION_END_ABORTED, (struct slice){NULL, 0});
    }
    net_loop_flush_never(server->loop, &server->flush);
}
