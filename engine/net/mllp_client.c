/* mllp_client: see the header. */
#include "net/mllp_client.h"

#include <stdlib.h>

#include "net/loop_internal.h"

struct mllp_client {
    struct connection *connection;
    struct mllp_reader reader;
    struct mllp_client_handlers handlers;
    void *data;
};

static void opened(void *data)
{
    struct mllp_client *client = data;
    client->handlers.opened(client->data, client);
}

static void received(void *data, struct slice bytes)
{
    struct mllp_client *client = data;
    struct mllp_frame frame;
    int result;
    while ((result = mllp_reader_feed(&client->reader, &bytes, &frame)) == 1) {
        if (frame.kind == MLLP_FRAME_OVERSIZED)
            continue;
        if (frame.kind != MLLP_FRAME_TRUNCATED)
            client->handlers.frame(client->data, client, &frame);
    }
    if (result < 0)
        connection_abort(client->connection);
}

static void closed(void *data, enum connection_end end, struct slice words)
{
    struct mllp_client *client = data;
    client->handlers.closed(client->data, end, words);
    mllp_reader_release(&client->reader);
    free(client);
}

struct mllp_client *mllp_client_open(struct net_loop *loop, const char *host, unsigned port,
                                     const struct tls_context *tls,
                                     const struct mllp_limits *limits,
                                     const struct mllp_client_handlers *handlers, void *data)
{
    static const struct connection_handlers ours = {
        .opened = opened, .received = received, .closed = closed};
    struct mllp_client *client = net_allocate(sizeof(*client));
    client->handlers = *handlers;
    client->data = data;
    mllp_reader_init(&client->reader, limits);
    client->connection = connection_open(loop, host, port, tls, NULL, &ours, client);
    return client;
}

void mllp_client_send(struct mllp_client *client, struct slice content)
{
    struct buffer block;
    buffer_init(&block, content.len + 3);
    mllp_frame_append(&block, content);
    connection_write(client->connection, buffer_slice(&block));
    buffer_release(&block);
}

void mllp_client_set_deadline(struct mllp_client *client, instant delay)
{
    connection_set_deadline(client->connection, delay);
}

void mllp_client_finish(struct mllp_client *client)
{
    connection_finish(client->connection);
}

void mllp_client_abort(struct mllp_client *client)
{
    connection_abort(client->connection);
}

const struct connection *mllp_client_connection(const struct mllp_client *client)
{
    return client->connection;
}
