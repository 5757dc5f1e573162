/* connection: how one begins: taken from a listening socket, or opened to an address. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connection_internal.h"

#define LISTEN_BACKLOG 1024

static void name_peer(struct connection *connection)
{
    struct sockaddr_storage address;
    int length = sizeof(address);
    if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &length) != 0)
        return;
    if (getnameinfo((struct sockaddr *)&address, (socklen_t)length, connection->peer_address,
                    sizeof(connection->peer_address), NULL, 0, NI_NUMERICHOST) != 0)
        connection->peer_address[0] = '\0';
}

/* --- listener --------------------------------------------------------------------------------- */

/* Several processes take connections from one socket. The one that wakes first would take them all,
 * and one core would do all the work while the others rest: measured, 16 of 16 feeds. So who has
 * connections lets those with fewer go first, by a millisecond for each, and the one that came last
 * to take one, when all have many, by one more. */
#define DEFERENCE_LIMIT 20U
#define DEFERENCE_UNIT (TIME_SECOND / 1000)
/* Who has many takes several at once, and a part of those who wait: a thousand that come back do
 * not wait for long, and many that come and go at once keep nobody else out. */
#define ACCEPT_PART 16
#define ACCEPT_PART_OF_QUEUE 4
/* Out of descriptors and the like: nothing is gained by trying again at once. */
#define ACCEPT_PAUSE (TIME_SECOND / 10)

/* Counts the connections of a listener, and outlives it with them. */
struct connection_crowd {
    unsigned holds; /* the connections, and the listener while it is there */
};

struct connection_listener {
    struct net_loop *loop;
    int descriptor; /* our copy */
    struct net_watch *watch;
    struct net_timer *timer; /* of the deference */
    const struct tls_context *tls;
    struct connection_settings settings;
    void (*accepted)(void *data, struct connection *connection);
    void *data;
    struct connection_crowd *crowd;
    bool came_first; /* took the last one, as far as it knows */
    bool accepting;  /* is on the stack */
    bool closed;     /* meanwhile */
};

void connection_crowd_leave(struct connection_crowd *crowd)
{
    if (crowd && --crowd->holds == 0)
        free(crowd);
}

static void take(struct connection_listener *listener, int descriptor)
{
    struct connection *connection = connection_new(listener->loop, &listener->settings);
    connection->crowd = listener->crowd;
    connection->crowd->holds++;
    if (uv_tcp_open(&connection->tcp, descriptor) != 0) {
        close(descriptor);
        connection_abort(connection);
        return;
    }
    name_peer(connection);
    listener->accepted(listener->data, connection);
    if (connection->state != CONNECTION_CLOSED)
        connection_begin(connection, listener->tls, NULL);
}

static unsigned open_connections(const struct connection_listener *listener)
{
    return listener->crowd->holds - 1;
}

/* tcp(7), TCP_INFO: of a listening socket Linux says here how many wait to be accepted. */
static unsigned connections_waiting(const struct connection_listener *listener)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    if (getsockopt(listener->descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_unacked;
}

/* Takes what is its part; false where the system has no descriptor for more. */
static bool accept_some(struct connection_listener *listener)
{
    unsigned left = 1 + open_connections(listener) / ACCEPT_PART;
    unsigned of_queue = connections_waiting(listener) / ACCEPT_PART_OF_QUEUE;
    for (left = left > of_queue ? left : of_queue; left > 0; left--) {
        int descriptor = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        listener->came_first = descriptor >= 0;
        if (descriptor < 0)
            return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
        take(listener, descriptor);
        if (listener->closed)
            return true;
    }
    return true;
}

static void defer(struct connection_listener *listener, instant delay)
{
    net_watch_set(listener->watch, 0);
    net_timer_start(listener->timer, delay, 0);
}

static void accept_now(void *data)
{
    struct connection_listener *listener = data;
    listener->accepting = true;
    bool well = accept_some(listener);
    listener->accepting = false;
    if (listener->closed)
        free(listener);
    else if (!well)
        defer(listener, ACCEPT_PAUSE);
    else
        net_watch_set(listener->watch, NET_READABLE);
}

static void listener_ready(void *data, unsigned events)
{
    (void)events;
    struct connection_listener *listener = data;
    unsigned open = open_connections(listener);
    unsigned many = DEFERENCE_LIMIT + (listener->came_first ? 1U : 0U);
    unsigned units = open < DEFERENCE_LIMIT ? open : many;
    if (units == 0)
        accept_now(listener);
    else
        defer(listener, units * DEFERENCE_UNIT);
}

/* The descriptor stays with its owner, so we work on a copy. */
int connection_listener_new(struct net_loop *loop, int descriptor, const struct tls_context *tls,
                            const struct connection_settings *settings,
                            void (*accepted)(void *data, struct connection *connection), void *data,
                            struct connection_listener **ret_listener, struct issue_list *issues)
{
    struct connection_listener *listener = net_allocate(sizeof(*listener));
    listener->loop = loop;
    listener->tls = tls;
    listener->settings = settings ? *settings : (struct connection_settings){0};
    listener->accepted = accepted;
    listener->data = data;
    listener->crowd = net_allocate(sizeof(*listener->crowd));
    listener->crowd->holds = 1;
    listener->timer = net_timer_new(loop, accept_now, listener);
    listener->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (listener->descriptor >= 0 && listen(listener->descriptor, LISTEN_BACKLOG) == 0)
        listener->watch = net_loop_watch(loop, listener->descriptor, listener_ready, listener);
    if (!listener->watch) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not listen: %s", strerror(errno));
        connection_listener_free(listener);
        return -1;
    }
    net_watch_set(listener->watch, NET_READABLE);
    *ret_listener = listener;
    return 0;
}

void connection_listener_free(struct connection_listener *listener)
{
    if (!listener)
        return;
    net_timer_free(listener->timer);
    if (listener->watch)
        net_watch_free(listener->watch);
    if (listener->descriptor >= 0)
        close(listener->descriptor);
    connection_crowd_leave(listener->crowd);
    listener->closed = true;
    if (!listener->accepting)
        free(listener);
}

/* --- caller
 * ---------------------------------------------------------------------------------------- */

struct connection_route {
    struct connection *connection;
    const struct tls_context *tls;
    char *host;
    uv_getaddrinfo_t resolve;
    uv_connect_t connect;
    struct addrinfo *addresses;
    const struct addrinfo *next; /* to be tried */
    int reason;                  /* of the last failure, libuv's code */
};

static void try_next(struct connection_route *route);

void connection_route_free(struct connection_route *route)
{
    if (!route)
        return;
    uv_freeaddrinfo(route->addresses);
    free(route->host);
    free(route);
}

static void socket_is_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    if (connection->state == CONNECTION_CLOSED) {
        connection_let_go(connection);
        return;
    }
    uv_tcp_init(&connection->loop->uv, &connection->tcp);
    connection->tcp.data = connection;
    try_next(connection->route);
}

static void connected(uv_connect_t *connect, int status)
{
    struct connection_route *route = connect->data;
    struct connection *connection = route->connection;
    if (connection->state == CONNECTION_CLOSED)
        return;
    if (status != 0) {
        /* A socket that failed to connect cannot be used again (POSIX connect). */
        route->reason = status;
        uv_close((uv_handle_t *)&connection->tcp, socket_is_closed);
        return;
    }
    name_peer(connection);
    connection_begin(connection, route->tls, route->host);
}

static void try_next(struct connection_route *route)
{
    while (route->next) {
        const struct addrinfo *address = route->next;
        route->next = address->ai_next;
        route->connect.data = route;
        route->reason =
            uv_tcp_connect(&route->connect, &route->connection->tcp, address->ai_addr, connected);
        if (route->reason == 0)
            return;
    }
    connection_close(route->connection, CONNECTION_END_NETWORK, uv_strerror(route->reason));
}

static void resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *addresses)
{
    struct connection_route *route = resolve->data;
    struct connection *connection = route->connection;
    route->addresses = addresses;
    route->next = addresses;
    if (connection->state != CONNECTION_CLOSED && status != 0)
        connection_close(connection, CONNECTION_END_NETWORK, uv_strerror(status));
    if (connection->state != CONNECTION_CLOSED)
        try_next(route);
    connection_let_go(connection);
}

static void connect_timeout(uv_timer_t *timer)
{
    connection_close(timer->data, CONNECTION_END_TIMEOUT, "could not connect in time");
}

struct connection *connection_open(struct net_loop *loop, const char *host, unsigned port,
                                   const struct tls_context *tls,
                                   const struct connection_settings *settings,
                                   const struct connection_handlers *handlers, void *data)
{
    struct connection *connection = connection_new(loop, settings);
    connection_handle(connection, handlers, data);
    struct connection_route *route = net_allocate(sizeof(*route));
    route->connection = connection;
    route->tls = tls;
    route->host = strdup(host);
    route->resolve.data = route;
    connection->route = route;
    uv_timer_start(&connection->timer, connect_timeout,
                   net_loop_milliseconds(connection->settings.handshake_timeout), 0);
    const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    char service[sizeof("4294967295")];
    snprintf(service, sizeof(service), "%u", port);
    int result = uv_getaddrinfo(&loop->uv, &route->resolve, resolved, host, service, &hints);
    if (result != 0) {
        connection_close(connection, CONNECTION_END_NETWORK, uv_strerror(result));
        return connection;
    }
    connection->holds++;
    return connection;
}
