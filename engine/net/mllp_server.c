/* mllp_server: links, their tickets, and when to read.
 *
 * The open tickets of a link stand in a ring, in the order of their frames: an answer is put into
 * its place, and what is answered at the front leaves. Reading stops while the ring holds as much
 * as the settings allow; the bytes that were already decrypted wait in `held`, and the connection
 * is paused, so that TCP holds back the sender. */
#include "net/mllp_server.h"

#include <stdlib.h>

#include "net/server.h"

#define DEFAULT_FRAME_TIMEOUT (30 * TIME_SECOND)
#define DEFAULT_IDLE_TIMEOUT (300 * TIME_SECOND)
#define DEFAULT_CONNECTIONS 1024
#define DEFAULT_WATCH_INTERVAL (15 * TIME_SECOND)
#define DEFAULT_UNANSWERED 1024
#define DEFAULT_UNANSWERED_BYTES ((size_t)4 << 20)
#define SMALLEST_RING 4

/* One frame that is not answered, or whose answer waits for those before it. */
struct ticket {
    size_t frame_bytes;
    bool answered;
    struct buffer answer; /* framed; owned */
};

struct mllp_link {
    struct net_link base; /* first */
    struct mllp_reader reader;
    struct buffer held; /* received and not yet read */
    struct mllp_link_limits limits;
    void *data;

    struct ticket *ring;
    size_t ring_size;      /* a power of two, or 0 */
    uint64_t first_ticket; /* the oldest in the ring */
    uint64_t next_ticket;
    size_t open_tickets; /* not yet answered */
    size_t ring_bytes;   /* of the frames in the ring */

    bool paused;           /* by its owner */
    bool reading_over;     /* nothing more will be read */
    bool in_frame;         /* the frame deadline runs */
    uint64_t block_number; /* for which it runs */
};

struct mllp_server {
    struct net_server base; /* first */
    struct mllp_server_settings settings;
    struct mllp_server_handlers handlers;
    void *data;
    struct mllp_counters closed_counters;
    bool released; /* what was being read is told to nobody */
};

static struct mllp_server *server_of(const struct mllp_link *link)
{
    return (struct mllp_server *)link->base.server;
}

/* --- the ring --------------------------------------------------------------------------------- */

static size_t ring_used(const struct mllp_link *link)
{
    return (size_t)(link->next_ticket - link->first_ticket);
}

static struct ticket *ring_at(const struct mllp_link *link, uint64_t ticket)
{
    return &link->ring[ticket & (link->ring_size - 1)];
}

static void ring_grow(struct mllp_link *link)
{
    size_t size = link->ring_size ? 2 * link->ring_size : SMALLEST_RING;
    struct ticket *grown = net_allocate(size * sizeof(*grown));
    for (uint64_t at = link->first_ticket; at < link->next_ticket; at++)
        grown[at & (size - 1)] = *ring_at(link, at);
    free(link->ring);
    link->ring = grown;
    link->ring_size = size;
}

static uint64_t ring_push(struct mllp_link *link, size_t frame_bytes)
{
    if (ring_used(link) == link->ring_size)
        ring_grow(link);
    uint64_t number = link->next_ticket++;
    struct ticket *ticket = ring_at(link, number);
    *ticket = (struct ticket){.frame_bytes = frame_bytes};
    buffer_init(&ticket->answer, server_of(link)->settings.connection.write_ceiling);
    link->ring_bytes += frame_bytes;
    link->open_tickets++;
    return number;
}

static void ring_pop(struct mllp_link *link)
{
    struct ticket *ticket = ring_at(link, link->first_ticket);
    link->ring_bytes -= ticket->frame_bytes;
    buffer_release(&ticket->answer);
    link->first_ticket++;
    if (ring_used(link) > 0)
        return;
    free(link->ring);
    link->ring = NULL;
    link->ring_size = 0;
}

/* --- life
 * ------------------------------------------------------------------------------------------ */

static void add_counters(struct mllp_counters *sum, const struct mllp_counters *counters)
{
    sum->frames += counters->frames;
    sum->malformed_frames += counters->malformed_frames;
    sum->garbage_bytes += counters->garbage_bytes;
    sum->empty_blocks += counters->empty_blocks;
    sum->truncated_frames += counters->truncated_frames;
    sum->oversized_frames += counters->oversized_frames;
    sum->release_2_blocks += counters->release_2_blocks;
}

static void free_when_over(struct mllp_link *link)
{
    if (link->base.connection || link->open_tickets > 0)
        return;
    while (ring_used(link) > 0)
        ring_pop(link);
    mllp_reader_release(&link->reader);
    buffer_release(&link->held);
    free(link);
}

/* --- reading
 * ---------------------------------------------------------------------------------------- */

static bool may_read(const struct mllp_link *link)
{
    const struct mllp_server_settings *settings = &server_of(link)->settings;
    return link->base.connection && !link->paused && !link->reading_over &&
           ring_used(link) < settings->max_unanswered &&
           link->ring_bytes < settings->max_unanswered_bytes;
}

static void finish_when_answered(struct mllp_link *link)
{
    if (link->reading_over && link->open_tickets == 0 && link->base.connection)
        connection_finish(link->base.connection);
}

static void stop_reading(struct mllp_link *link)
{
    link->reading_over = true;
    buffer_release(&link->held);
    net_link_settle_later(&link->base);
}

static void give_truncated(struct mllp_link *link, struct slice fragment)
{
    const struct mllp_server *server = server_of(link);
    if (server->handlers.truncated)
        server->handlers.truncated(server->data, link, fragment);
}

static void give_frame(struct mllp_link *link, const struct mllp_frame *frame)
{
    const struct mllp_server *server = server_of(link);
    if (frame->kind == MLLP_FRAME_TRUNCATED) {
        give_truncated(link, frame->content);
        return;
    }
    if (frame->kind == MLLP_FRAME_OVERSIZED)
        stop_reading(link);
    uint64_t ticket = ring_push(link, frame->content.len);
    server->handlers.frame(server->data, link, ticket, frame);
}

static uint64_t blocks_seen(const struct mllp_counters *counters)
{
    return counters->frames + counters->empty_blocks + counters->truncated_frames +
           counters->release_2_blocks;
}

/* Nothing is read and nothing owed: only a look at the socket tells whether the peer is there. */
static bool is_watched(const struct mllp_link *link)
{
    return link->paused && !link->reading_over && link->open_tickets == 0;
}

/* The frame deadline runs for a whole frame and not per byte; the idle one from the last byte or
 * answer. While we are the ones who do not read, neither runs. */
static void set_deadline(struct mllp_link *link)
{
    const struct mllp_server_settings *settings = &server_of(link)->settings;
    bool in_frame = link->reader.state == MLLP_BODY || link->reader.state == MLLP_END_BLOCK_SEEN;
    uint64_t block = blocks_seen(&link->reader.counters);
    if (in_frame && may_read(link)) {
        if (!link->in_frame || link->block_number != block)
            connection_set_deadline(link->base.connection, link->limits.frame_timeout);
        link->in_frame = true;
        link->block_number = block;
        return;
    }
    link->in_frame = false;
    instant delay = is_watched(link) ? settings->watch_interval : 0;
    if (may_read(link) && link->open_tickets == 0)
        delay = link->limits.idle_timeout;
    connection_set_deadline(link->base.connection, delay);
}

/* Returns what could not be read. */
static struct slice read_frames(struct mllp_link *link, struct slice bytes)
{
    struct mllp_frame frame;
    while (bytes.len > 0 && may_read(link)) {
        int result = mllp_reader_feed(&link->reader, &bytes, &frame);
        if (result == 1)
            give_frame(link, &frame);
        if (result < 0)
            stop_reading(link);
    }
    return bytes;
}

/* The end of a turn: reads on where the limits or the owner had stopped it. */
static void settle(struct net_link *base)
{
    struct mllp_link *link = (struct mllp_link *)base;
    struct buffer held = link->held;
    buffer_init(&link->held, held.ceiling);
    struct slice rest = read_frames(link, buffer_slice(&held));
    if (!link->reading_over)
        buffer_append(&link->held, rest);
    buffer_release(&held);
    set_deadline(link);
    finish_when_answered(link);
    if (may_read(link))
        connection_resume(link->base.connection);
    if (!may_read(link))
        connection_pause(link->base.connection);
}

/* --- what the connection tells
 * ----------------------------------------------------------------------- */

static void opened(struct net_link *base)
{
    struct mllp_link *link = (struct mllp_link *)base;
    server_of(link)->handlers.opened(server_of(link)->data, link);
    net_link_settle_later(&link->base);
}

static void received(struct net_link *base, struct slice bytes)
{
    struct mllp_link *link = (struct mllp_link *)base;
    if (link->held.len > 0 || !may_read(link)) {
        if (!link->reading_over)
            buffer_append(&link->held, bytes);
        net_link_settle_later(&link->base);
        return;
    }
    struct slice rest = read_frames(link, bytes);
    if (rest.len > 0 && !link->reading_over)
        buffer_append(&link->held, rest);
    if (!may_read(link))
        connection_pause(link->base.connection);
    set_deadline(link);
}

static void expired(struct net_link *base)
{
    struct mllp_link *link = (struct mllp_link *)base;
    if (!is_watched(link)) {
        connection_give_up(base->connection, CONNECTION_END_TIMEOUT);
        return;
    }
    if (connection_peer_left(base->connection))
        connection_give_up(base->connection, CONNECTION_END_PEER);
    set_deadline(link);
}

static void end_reader(struct mllp_link *link)
{
    struct mllp_frame frame;
    if (mllp_reader_end(&link->reader, &frame) == 1)
        give_truncated(link, frame.content);
}

static void ended(struct net_link *base)
{
    struct mllp_link *link = (struct mllp_link *)base;
    end_reader(link);
    stop_reading(link);
}

static void closed(struct net_link *base, enum connection_end end, struct slice words)
{
    struct mllp_link *link = (struct mllp_link *)base;
    struct mllp_server *server = server_of(link);
    if (!server->released)
        end_reader(link);
    link->reading_over = true;
    add_counters(&server->closed_counters, &link->reader.counters);
    server->handlers.closed(server->data, link, end, words);
    free_when_over(link);
}

static void stop_link(struct net_link *base)
{
    stop_reading((struct mllp_link *)base);
}

static struct net_link *link_new(struct net_server *base)
{
    struct mllp_server *server = (struct mllp_server *)base;
    struct mllp_link *link = net_allocate(sizeof(*link));
    link->limits =
        (struct mllp_link_limits){server->settings.limits.max_message_bytes,
                                  server->settings.frame_timeout, server->settings.idle_timeout};
    mllp_reader_init(&link->reader, &server->settings.limits);
    buffer_init(&link->held, 0);
    return &link->base;
}

static void stopped(struct net_server *base)
{
    struct mllp_server *server = (struct mllp_server *)base;
    if (server->handlers.stopped)
        server->handlers.stopped(server->data);
}

static const struct net_protocol protocol = {.link_new = link_new,
                                             .opened = opened,
                                             .received = received,
                                             .ended = ended,
                                             .expired = expired,
                                             .settle = settle,
                                             .finish = stop_link,
                                             .closed = closed,
                                             .stopped = stopped};

/* --- the server
 * ---------------------------------------------------------------------------------------- */

static void set_defaults(struct mllp_server_settings *settings)
{
    if (settings->frame_timeout == 0)
        settings->frame_timeout = DEFAULT_FRAME_TIMEOUT;
    if (settings->idle_timeout == 0)
        settings->idle_timeout = DEFAULT_IDLE_TIMEOUT;
    if (settings->watch_interval == 0)
        settings->watch_interval = DEFAULT_WATCH_INTERVAL;
    if (settings->max_connections == 0)
        settings->max_connections = DEFAULT_CONNECTIONS;
    if (settings->max_unanswered == 0)
        settings->max_unanswered = DEFAULT_UNANSWERED;
    if (settings->max_unanswered_bytes == 0)
        settings->max_unanswered_bytes = DEFAULT_UNANSWERED_BYTES;
}

int mllp_server_new(struct net_loop *loop, int descriptor, const struct tls_context *tls,
                    const struct mllp_server_settings *settings,
                    const struct mllp_server_handlers *handlers, void *data,
                    struct mllp_server **ret_server, struct issue_list *issues)
{
    struct mllp_server *server = net_allocate(sizeof(*server));
    server->settings = *settings;
    set_defaults(&server->settings);
    server->handlers = *handlers;
    server->data = data;
    if (net_server_init(&server->base, &protocol, loop, descriptor, tls,
                        &server->settings.connection, server->settings.max_connections,
                        issues) != 0) {
        free(server);
        return -1;
    }
    *ret_server = server;
    return 0;
}

void mllp_server_stop(struct mllp_server *server)
{
    net_server_stop(&server->base);
}

void mllp_server_free(struct mllp_server *server)
{
    if (!server)
        return;
    server->released = true;
    net_server_release(&server->base);
    free(server);
}

void mllp_server_limit(struct mllp_server *server, unsigned max_connections)
{
    server->base.link_limit = max_connections > 0 ? max_connections : DEFAULT_CONNECTIONS;
}

struct mllp_counters mllp_server_counters(const struct mllp_server *server)
{
    struct mllp_counters sum = server->closed_counters;
    for (const struct net_link *link = server->base.links; link; link = link->next)
        add_counters(&sum, &((const struct mllp_link *)link)->reader.counters);
    return sum;
}

unsigned mllp_server_connections(const struct mllp_server *server)
{
    return server->base.link_count;
}

/* --- links
 * ---------------------------------------------------------------------------------------------- */

static void send_answered(struct mllp_link *link)
{
    while (ring_used(link) > 0 && ring_at(link, link->first_ticket)->answered) {
        if (link->base.connection)
            connection_write(link->base.connection,
                             buffer_slice(&ring_at(link, link->first_ticket)->answer));
        ring_pop(link);
    }
}

void mllp_link_answer(struct mllp_link *link, uint64_t ticket, const struct slice *contents,
                      size_t count)
{
    struct ticket *open = ring_at(link, ticket);
    for (size_t i = 0; i < count; i++)
        mllp_frame_append(&open->answer, contents[i]);
    open->answered = true;
    link->open_tickets--;
    send_answered(link);
    if (link->base.connection)
        net_link_settle_later(&link->base);
    free_when_over(link);
}

void mllp_link_send(struct mllp_link *link, struct slice content)
{
    struct buffer block;
    buffer_init(&block, content.len + 3);
    mllp_frame_append(&block, content);
    connection_write(link->base.connection, buffer_slice(&block));
    buffer_release(&block);
}

void mllp_link_set_limits(struct mllp_link *link, const struct mllp_link_limits *limits)
{
    const struct mllp_server_settings *usual = &server_of(link)->settings;
    link->limits = *limits;
    if (limits->max_message_bytes == 0)
        link->limits.max_message_bytes = usual->limits.max_message_bytes;
    if (limits->frame_timeout == 0)
        link->limits.frame_timeout = usual->frame_timeout;
    if (limits->idle_timeout == 0)
        link->limits.idle_timeout = usual->idle_timeout;
    mllp_reader_limit(&link->reader, link->limits.max_message_bytes);
    net_link_settle_later(&link->base);
}

void mllp_link_pause(struct mllp_link *link)
{
    link->paused = true;
    net_link_settle_later(&link->base);
}

void mllp_link_resume(struct mllp_link *link)
{
    link->paused = false;
    net_link_settle_later(&link->base);
}

void mllp_link_finish(struct mllp_link *link)
{
    stop_reading(link);
}

void mllp_link_abort(struct mllp_link *link)
{
    connection_abort(link->base.connection);
}

void mllp_link_set_data(struct mllp_link *link, void *data)
{
    link->data = data;
}

void *mllp_link_data(const struct mllp_link *link)
{
    return link->data;
}

const struct connection *mllp_link_connection(const struct mllp_link *link)
{
    return link->base.connection;
}
