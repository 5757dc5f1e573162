/* connection: how one begins: taken from a listening socket, or opened to an address. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
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

/* --- listener
 * -------------------------------------------------------------------------------------- */

struct connection_listener {
    uv_tcp_t tcp; /* first */
    struct net_loop *loop;
    const struct tls_context *tls;
    struct connection_settings settings;
    void (*accepted)(void *data, struct connection *connection);
    void *data;
};

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void accept_one(uv_stream_t *stream, int status)
{
    struct connection_listener *listener = (struct connection_listener *)stream;
    if (status != 0)
        return;
    struct connection *connection = connection_new(listener->loop, &listener->settings);
    if (uv_accept(stream, (uv_stream_t *)&connection->tcp) != 0) {
        connection_abort(connection);
        return;
    }
    name_peer(connection);
    listener->accepted(listener->data, connection);
    if (connection->state != CONNECTION_CLOSED)
        connection_begin(connection, listener->tls, NULL);
}

/* libuv closes the descriptors it was given; ours stays with its owner, so it gets a copy. */
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
    uv_tcp_init(&loop->uv, &listener->tcp);
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    int result = copy < 0 ? UV_EBADF : uv_tcp_open(&listener->tcp, copy);
    if (result != 0 && copy >= 0)
        close(copy);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&listener->tcp, LISTEN_BACKLOG, accept_one);
    if (result != 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not listen: %s", uv_strerror(result));
        connection_listener_free(listener);
        return -1;
    }
    *ret_listener = listener;
    return 0;
}

void connection_listener_free(struct connection_listener *listener)
{
    if (listener)
        uv_close((uv_handle_t *)&listener->tcp, free_handle);
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
