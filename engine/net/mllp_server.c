/* mllp_server: links, their tickets, and when to read.
 *
 * The open tickets of a link stand in a ring, in the order of their frames: an answer is put into
 * its place, and what is answered at the front leaves. Reading stops while the ring holds as much
 * as the settings allow; the bytes that were already decrypted wait in `held`, and the connection
 * is paused, so that TCP holds back the sender. */
#include "net/mllp_server.h"

#include <stddef.h>
#include <stdlib.h>

#include "net/loop_internal.h"

#define DEFAULT_FRAME_TIMEOUT (30 * TIME_SECOND)
#define DEFAULT_IDLE_TIMEOUT (300 * TIME_SECOND)
#define DEFAULT_CONNECTIONS 1024
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
    struct mllp_server *server;
    struct mllp_link *next, *previous; /* among the server's links */
    struct connection *connection;     /* NULL once it is closed */
    struct mllp_reader reader;
    struct buffer held; /* received and not yet read */
    struct net_flush flush;
    void *data;

    struct ticket *ring;
    size_t ring_size;      /* a power of two, or 0 */
    uint64_t first_ticket; /* the oldest in the ring */
    uint64_t next_ticket;
    size_t open_tickets; /* not yet answered */
    size_t ring_bytes;   /* of the frames in the ring */

    bool opened;
    bool paused;           /* by its owner */
    bool reading_over;     /* nothing more will be read */
    bool in_frame;         /* the frame deadline runs */
    uint64_t block_number; /* for which it runs */
};

struct mllp_server {
    struct net_loop *loop;
    struct connection_listener *listener; /* NULL once stopped */
    struct mllp_server_settings settings;
    struct mllp_server_handlers handlers;
    void *data;
    struct mllp_link *links;
    unsigned connection_count;
    struct mllp_counters closed_counters;
    struct net_flush flush; /* tells `stopped` */
    bool stopping;
};

static struct mllp_link *link_of_flush(struct net_flush *entry)
{
    return (struct mllp_link *)((char *)entry - offsetof(struct mllp_link, flush));
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
    buffer_init(&ticket->answer, link->server->settings.connection.write_ceiling);
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
    if (link->connection || link->open_tickets > 0)
        return;
    while (ring_used(link) > 0)
        ring_pop(link);
    mllp_reader_release(&link->reader);
    buffer_release(&link->held);
    free(link);
}

static void server_stopped(struct net_flush *entry)
{
    struct mllp_server *server =
        (struct mllp_server *)((char *)entry - offsetof(struct mllp_server, flush));
    if (server->handlers.stopped)
        server->handlers.stopped(server->data);
}

static void stopped_when_empty(struct mllp_server *server)
{
    if (server->stopping && server->connection_count == 0)
        net_loop_flush_later(server->loop, &server->flush);
}

static void unlink_from_server(struct mllp_link *link)
{
    struct mllp_server *server = link->server;
    if (link->previous)
        link->previous->next = link->next;
    if (!link->previous)
        server->links = link->next;
    if (link->next)
        link->next->previous = link->previous;
    add_counters(&server->closed_counters, &link->reader.counters);
    server->connection_count--;
}

/* --- reading
 * ---------------------------------------------------------------------------------------- */

static bool may_read(const struct mllp_link *link)
{
    const struct mllp_server_settings *settings = &link->server->settings;
    return link->connection && !link->paused && !link->reading_over &&
           ring_used(link) < settings->max_unanswered &&
           link->ring_bytes < settings->max_unanswered_bytes;
}

static void finish_when_answered(struct mllp_link *link)
{
    if (link->reading_over && link->open_tickets == 0 && link->connection)
        connection_finish(link->connection);
}

static void stop_reading(struct mllp_link *link)
{
    link->reading_over = true;
    buffer_release(&link->held);
    net_loop_flush_later(link->server->loop, &link->flush);
}

static void give_truncated(struct mllp_link *link, struct slice fragment)
{
    const struct mllp_server *server = link->server;
    if (server->handlers.truncated)
        server->handlers.truncated(server->data, link, fragment);
}

static void give_frame(struct mllp_link *link, const struct mllp_frame *frame)
{
    const struct mllp_server *server = link->server;
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

/* The frame deadline runs for a whole frame and not per byte; the idle one from the last byte or
 * answer. While we are the ones who do not read, none runs. */
static void set_deadline(struct mllp_link *link)
{
    const struct mllp_server_settings *settings = &link->server->settings;
    bool in_frame = link->reader.state == MLLP_BODY || link->reader.state == MLLP_END_BLOCK_SEEN;
    uint64_t block = blocks_seen(&link->reader.counters);
    if (in_frame && may_read(link)) {
        if (!link->in_frame || link->block_number != block)
            connection_set_deadline(link->connection, settings->frame_timeout);
        link->in_frame = true;
        link->block_number = block;
        return;
    }
    link->in_frame = false;
    bool idle = may_read(link) && link->open_tickets == 0;
    connection_set_deadline(link->connection, idle ? settings->idle_timeout : 0);
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
static void settle(struct net_flush *entry)
{
    struct mllp_link *link = link_of_flush(entry);
    struct buffer held = link->held;
    buffer_init(&link->held, held.ceiling);
    struct slice rest = read_frames(link, buffer_slice(&held));
    if (!link->reading_over)
        buffer_append(&link->held, rest);
    buffer_release(&held);
    set_deadline(link);
    finish_when_answered(link);
    if (may_read(link))
        connection_resume(link->connection);
    if (!may_read(link))
        connection_pause(link->connection);
}

/* --- what the connection tells
 * ----------------------------------------------------------------------- */

static void opened(void *data)
{
    struct mllp_link *link = data;
    link->opened = true;
    link->server->handlers.opened(link->server->data, link);
    net_loop_flush_later(link->server->loop, &link->flush);
}

static void received(void *data, struct slice bytes)
{
    struct mllp_link *link = data;
    if (link->held.len > 0 || !may_read(link)) {
        if (!link->reading_over)
            buffer_append(&link->held, bytes);
        net_loop_flush_later(link->server->loop, &link->flush);
        return;
    }
    struct slice rest = read_frames(link, bytes);
    if (rest.len > 0 && !link->reading_over)
        buffer_append(&link->held, rest);
    if (!may_read(link))
        connection_pause(link->connection);
    set_deadline(link);
}

static void end_reader(struct mllp_link *link)
{
    struct mllp_frame frame;
    if (mllp_reader_end(&link->reader, &frame) == 1)
        give_truncated(link, frame.content);
}

static void ended(void *data, bool clean)
{
    (void)clean; /* without close_notify a fragment is a fragment, and a whole frame whole */
    struct mllp_link *link = data;
    end_reader(link);
    stop_reading(link);
}

static void closed(void *data, enum connection_end end, struct slice words)
{
    struct mllp_link *link = data;
    struct mllp_server *server = link->server;
    end_reader(link);
    link->reading_over = true;
    unlink_from_server(link);
    server->handlers.closed(server->data, link, end, words);
    net_loop_flush_never(server->loop, &link->flush);
    link->connection = NULL;
    free_when_over(link);
    stopped_when_empty(server);
}

static const struct connection_handlers link_handlers = {
    .opened = opened, .received = received, .ended = ended, .closed = closed};

static void accepted(void *data, struct connection *connection)
{
    struct mllp_server *server = data;
    if (server->connection_count >= server->settings.max_connections) {
        connection_abort(connection);
        return;
    }
    struct mllp_link *link = net_allocate(sizeof(*link));
    link->server = server;
    link->connection = connection;
    link->flush.flush = settle;
    mllp_reader_init(&link->reader, &server->settings.limits);
    buffer_init(&link->held, 0);
    link->next = server->links;
    if (link->next)
        link->next->previous = link;
    server->links = link;
    server->connection_count++;
    connection_handle(connection, &link_handlers, link);
}

/* --- the server
 * ---------------------------------------------------------------------------------------- */

static void set_defaults(struct mllp_server_settings *settings)
{
    if (settings->frame_timeout == 0)
        settings->frame_timeout = DEFAULT_FRAME_TIMEOUT;
    if (settings->idle_timeout == 0)
        settings->idle_timeout = DEFAULT_IDLE_TIMEOUT;
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
    server->loop = loop;
    server->settings = *settings;
    set_defaults(&server->settings);
    server->handlers = *handlers;
    server->data = data;
    server->flush.flush = server_stopped;
    if (connection_listener_new(loop, descriptor, tls, &server->settings.connection, accepted,
                                server, &server->listener, issues) != 0) {
        free(server);
        return -1;
    }
    *ret_server = server;
    return 0;
}

void mllp_server_stop(struct mllp_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    connection_listener_free(server->listener);
    server->listener = NULL;
    for (struct mllp_link *link = server->links; link; link = link->next) {
        if (link->opened)
            stop_reading(link);
        if (!link->opened)
            connection_abort(link->connection);
    }
    stopped_when_empty(server);
}

void mllp_server_free(struct mllp_server *server)
{
    if (!server)
        return;
    net_loop_flush_never(server->loop, &server->flush);
    free(server);
}

struct mllp_counters mllp_server_counters(const struct mllp_server *server)
{
    struct mllp_counters sum = server->closed_counters;
    for (const struct mllp_link *link = server->links; link; link = link->next)
        add_counters(&sum, &link->reader.counters);
    return sum;
}

unsigned mllp_server_connections(const struct mllp_server *server)
{
    return server->connection_count;
}

/* --- links
 * ---------------------------------------------------------------------------------------------- */

static void send_answered(struct mllp_link *link)
{
    while (ring_used(link) > 0 && ring_at(link, link->first_ticket)->answered) {
        if (link->connection)
            connection_write(link->connection,
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
    if (link->connection)
        net_loop_flush_later(link->server->loop, &link->flush);
    free_when_over(link);
}

void mllp_link_send(struct mllp_link *link, struct slice content)
{
    struct buffer block;
    buffer_init(&block, content.len + 3);
    mllp_frame_append(&block, content);
    connection_write(link->connection, buffer_slice(&block));
    buffer_release(&block);
}

void mllp_link_pause(struct mllp_link *link)
{
    link->paused = true;
    net_loop_flush_later(link->server->loop, &link->flush);
}

void mllp_link_resume(struct mllp_link *link)
{
    link->paused = false;
    net_loop_flush_later(link->server->loop, &link->flush);
}

void mllp_link_abort(struct mllp_link *link)
{
    connection_abort(link->connection);
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
    return link->connection;
}
