/* http_server: links and exchanges.
 *
 *              bytes               whole                respond
 *     WAITING -------> READING -------------> SERVING ------------> WAITING
 *      | idle, peer's    | refused, too slow      | not kept alive
 *      v end             v                        v
 *      '-----------> FINISHING <------------------'
 *
 * The phase is what the reader's state and the open exchange say; there is no second copy of it.
 * A request that waits for room stays in READING, its connection paused: in the midst of its body,
 * or behind its head. While an exchange is open the connection is paused too: what the client has
 * pipelined waits in the system's buffers, and what was already decrypted in `held`. */
#include "net/http_server.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "net/server.h"

#define DEFAULT_HEAD_TIMEOUT (10 * TIME_SECOND)
#define DEFAULT_IDLE_TIMEOUT (60 * TIME_SECOND)
#define DEFAULT_ROOM_TIMEOUT (60 * TIME_SECOND)
/* How often it is asked whether who waits for room is still there. */
#define WATCH_INTERVAL TIME_SECOND
#define BODY_GRACE (10 * TIME_SECOND)
#define DEFAULT_BODY_RATE 1000
#define DEFAULT_BODY_SILENCE (30 * TIME_SECOND)
#define DEFAULT_CONNECTIONS 4096
#define DEFAULT_ARENA ((size_t)64 << 20)
#define SPARE_ARENAS 16
/* What every exchange weighs: its arena and what belongs to it. */
#define SMALLEST_WEIGHT ((size_t)32 << 10)
#define DATE_BYTES sizeof("Sun, 06 Nov 1994 08:49:37 GMT")

struct http_exchange {
    struct http_link *link; /* NULL once the client has gone */
    struct http_server *server;
    struct http_request *request;
    struct arena *arena;
    struct budget_charge charge;
    instant begun;
    void *data;
};

struct http_link {
    struct net_link base; /* first */
    struct http_reader *reader;
    struct arena *arena; /* of the request being read; NULL while WAITING */
    struct issue_list issues;
    struct http_exchange *exchange; /* open, or NULL */
    struct buffer held;
    enum http_reader_state timed; /* the state whose deadline runs */
    instant body_due;             /* when more of the body must have come than body_seen */
    size_t body_seen;
    struct budget_charge charge;  /* of the request being read */
    struct budget_charge sending; /* of the responses that wait */
    bool admitted;                /* the request being read was let in, and is charged */
    bool waits;                   /* for room, and nothing more is read */
    instant waits_until;
    bool peer_ended;
    bool finishing;
};

struct http_server {
    struct net_server base; /* first */
    struct http_server_settings settings;
    struct http_server_handlers handlers;
    void *data;
    struct arena *spare[SPARE_ARENAS];
    size_t spare_count;
    struct budget_watch watch;
    int64_t date_second;
    char date[DATE_BYTES];
};

static struct http_server *server_of(const struct http_link *link)
{
    return (struct http_server *)link->base.server;
}

/* --- arenas ------------------------------------------------------------------------------------
 */

static struct arena *take_arena(struct http_server *server)
{
    if (server->spare_count > 0)
        return server->spare[--server->spare_count];
    return arena_new(server->settings.arena_ceiling);
}

static void give_back_arena(struct http_server *server, struct arena *arena)
{
    if (!arena)
        return;
    if (server->spare_count == SPARE_ARENAS) {
        arena_free(arena);
        return;
    }
    arena_reset(arena);
    server->spare[server->spare_count++] = arena;
}

/* --- responses ---------------------------------------------------------------------------------
 */

/* RFC 9110 5.6.7: IMF-fixdate. */
static const char *date_text(struct http_server *server)
{
    static const char days[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    instant now = time_now();
    if (now / TIME_SECOND == server->date_second)
        return server->date;
    server->date_second = now / TIME_SECOND;
    struct civil_time at = time_to_civil(now, 0);
    /* 1970-01-01 was a Thursday. */
    int64_t day = time_days_from_civil(at.year, at.month, at.day) % 7;
    snprintf(server->date, sizeof(server->date), "%s, %02u %s %04u %02u:%02u:%02u GMT", days[day],
             (unsigned)at.day % 100, months[at.month - 1], (unsigned)at.year % 10000,
             (unsigned)at.hour % 100, (unsigned)at.minute % 100, (unsigned)at.second % 100);
    return server->date;
}

static bool is_safe(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t')
            return false;
    return true;
}

static bool headers_are_safe(const struct http_response *response)
{
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        if (!is_safe(header->name) || !is_safe(header->value) || header->name.len == 0)
            return false;
    }
    return true;
}

/* RFC 9110 6.4.1: what never has a body. */
static bool may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void append_head(struct http_server *server, struct buffer *out,
                        const struct http_response *response, unsigned minor, bool keep_alive)
{
    buffer_append_format(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", response->status,
                         http_status_words(response->status), date_text(server));
    for (size_t i = 0; i < response->header_count; i++) {
        buffer_append(out, response->headers[i].name);
        buffer_append(out, SLICE(": "));
        buffer_append(out, response->headers[i].value);
        buffer_append(out, SLICE("\r\n"));
    }
    if (may_have_body(response->status))
        buffer_append_format(out, "Content-Length: %zu\r\n", response->body.len);
    if (!keep_alive)
        buffer_append(out, SLICE("Connection: close\r\n"));
    if (keep_alive && minor == 0)
        buffer_append(out, SLICE("Connection: keep-alive\r\n"));
    buffer_append(out, SLICE("\r\n"));
}

static void send_response(struct http_link *link, const struct http_request *request,
                          const struct http_response *response, bool keep_alive)
{
    static const struct http_response forged = {.status = 500};
    const struct http_response *sent = headers_are_safe(response) ? response : &forged;
    bool head_only = request && request->method == HTTP_METHOD_HEAD;
    struct buffer out;
    buffer_init(&out, 0);
    append_head(server_of(link), &out, sent, request ? request->minor : 1, keep_alive);
    connection_write(link->base.connection, buffer_slice(&out));
    if (!head_only && may_have_body(sent->status))
        connection_write(link->base.connection, sent->body);
    buffer_release(&out);
}

static void tell_served(struct http_server *server, const struct http_request *request, int status,
                        instant taken)
{
    if (server->handlers.served)
        server->handlers.served(server->data, request, status, taken);
}

static void finish(struct http_link *link)
{
    link->finishing = true;
    connection_finish(link->base.connection);
}

/* --- refusing ----------------------------------------------------------------------------------
 */

static void refuse(struct http_link *link)
{
    struct http_server *server = server_of(link);
    struct http_request *request = http_reader_request(link->reader);
    const struct issue *issue = issue_list_first_error(&link->issues);
    struct http_response response = {.status = issue_kind(issue->code)->http_status};
    if (request)
        request->peer = connection_peer_address(link->base.connection);
    if (server->handlers.refused)
        server->handlers.refused(server->data, issue, request, link->arena, &response);
    send_response(link, request, &response, false);
    tell_served(server, request, response.status, 0);
    finish(link);
}

/* --- reading -----------------------------------------------------------------------------------
 */

static bool may_read(const struct http_link *link)
{
    return !link->exchange && !link->finishing && !link->waits;
}

static void charge_read(struct http_link *link)
{
    /* the reader's and the exchange's copy of the body */
    budget_charge_set(&link->charge, link->charge.share,
                      SMALLEST_WEIGHT + 2 * http_reader_body_bytes(link->reader));
}

/* Room for a new request, or for more of a body; a whole one needs no more. What is half there when
 * the room ends waits, but for one. */
static bool has_room(struct http_link *link)
{
    return budget_share_has_room(link->charge.share) ||
           (link->admitted && (http_reader_state(link->reader) == HTTP_READER_DONE ||
                               budget_charge_pass(&link->charge)));
}

/* After the head, and after each part of the body: charges what has come, and lets the request go
 * on or makes it wait. What is only announced weighs nothing: it may never come. */
static void admit(struct http_link *link)
{
    struct http_server *server = server_of(link);
    if (!server->settings.budget || !server->handlers.share)
        return;
    bool waited = link->waits;
    if (!link->admitted && !waited)
        link->charge.share =
            server->handlers.share(server->data, http_reader_request(link->reader));
    if (!link->charge.share) {
        link->admitted = true;
        return;
    }
    if (link->admitted)
        charge_read(link);
    link->waits = !has_room(link);
    if (link->waits && !waited)
        link->waits_until = net_loop_now(link->base.server->loop) + server->settings.room_timeout;
    if (link->waits || link->admitted)
        return;
    link->admitted = true;
    charge_read(link);
}

static void begin_exchange(struct http_link *link)
{
    struct http_server *server = server_of(link);
    struct http_exchange *exchange = net_allocate(sizeof(*exchange));
    *exchange = (struct http_exchange){.link = link,
                                       .server = server,
                                       .request = http_reader_request(link->reader),
                                       .arena = link->arena,
                                       .begun = time_monotonic()};
    /* The reader gives its body up with the request; the exchange may outlive the link. */
    exchange->request->body = arena_copy(link->arena, exchange->request->body);
    exchange->request->peer =
        arena_copy(link->arena, connection_peer_address(link->base.connection));
    exchange->charge = link->charge;
    link->charge = (struct budget_charge){0};
    link->admitted = false;
    link->arena = NULL;
    link->exchange = exchange;
    server->handlers.request(server->data, exchange);
}

/* The minimum rate as one deadline: each byte that comes moves it on by what the byte may take, but
 * never further from now than a body may be silent. */
static instant body_deadline(struct http_link *link, bool entered)
{
    const struct http_server_settings *settings = &server_of(link)->settings;
    instant now = net_loop_now(link->base.server->loop);
    size_t bytes = http_reader_body_bytes(link->reader);
    if (entered) {
        link->body_due = now + BODY_GRACE;
        link->body_seen = 0;
    }
    uint64_t more = bytes - link->body_seen;
    link->body_seen = bytes;
    link->body_due += (instant)(more * (uint64_t)TIME_SECOND / settings->minimum_body_rate);
    if (link->body_due > now + settings->body_silence)
        link->body_due = now + settings->body_silence;
    return link->body_due > now ? link->body_due - now : 1;
}

/* Of who waits for room: when to look after it. */
static instant watch_deadline(const struct http_link *link)
{
    instant left = link->waits_until - net_loop_now(link->base.server->loop);
    if (left > WATCH_INTERVAL)
        return WATCH_INTERVAL;
    return left > 0 ? left : 1;
}

static void set_deadline(struct http_link *link)
{
    const struct http_server_settings *settings = &server_of(link)->settings;
    enum http_reader_state state = http_reader_state(link->reader);
    bool entered = link->timed != state;
    link->timed = state;
    if (link->finishing)
        return;
    if (link->waits) { /* for us: the body's time begins anew when it goes on */
        link->timed = HTTP_READER_HEAD;
        connection_set_deadline(link->base.connection, watch_deadline(link));
        return;
    }
    if (state == HTTP_READER_DONE)
        connection_set_deadline(link->base.connection, 0);
    if (state == HTTP_READER_BETWEEN && entered)
        connection_set_deadline(link->base.connection, settings->idle_timeout);
    if (state == HTTP_READER_HEAD && entered)
        connection_set_deadline(link->base.connection, settings->head_timeout);
    if (state == HTTP_READER_BODY)
        connection_set_deadline(link->base.connection, body_deadline(link, entered));
}

static void say_continue(struct http_link *link)
{
    if (!link->waits && http_reader_take_continue(link->reader))
        connection_write(link->base.connection, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* Goes on with a request that waited, where there is room now. */
static void admit_waiting(struct http_link *link)
{
    if (!link->waits || link->finishing)
        return;
    admit(link);
    if (link->waits)
        return;
    set_deadline(link);
    if (http_reader_state(link->reader) == HTTP_READER_DONE)
        begin_exchange(link);
    else
        say_continue(link);
}

/* Returns what could not be read. */
static struct slice read_requests(struct http_link *link, struct slice bytes)
{
    while (bytes.len > 0 && may_read(link)) {
        if (!link->arena) {
            link->arena = take_arena(server_of(link));
            issue_list_init(&link->issues, link->arena);
        }
        int result = http_reader_feed(link->reader, &bytes, link->arena, &link->issues);
        if (result == 1 || http_reader_state(link->reader) == HTTP_READER_BODY)
            admit(link);
        if (result == 0 && bytes.len == 0)
            say_continue(link);
        set_deadline(link);
        if (result == 1 && !link->waits)
            begin_exchange(link);
        if (result < 0)
            refuse(link);
    }
    return bytes;
}

static void hold_rest(struct http_link *link, struct slice rest)
{
    if (!link->finishing)
        buffer_append(&link->held, rest);
}

/* After the last request that could come, and its response. */
static void finish_when_over(struct http_link *link)
{
    if (link->finishing || link->exchange || link->waits || link->held.len > 0)
        return;
    bool between = http_reader_state(link->reader) == HTTP_READER_BETWEEN;
    if (link->peer_ended || (link->base.server->stopping && between))
        finish(link);
}

/* The end of a turn in which a response was given. */
static void settle(struct net_link *base)
{
    struct http_link *link = (struct http_link *)base;
    admit_waiting(link);
    struct buffer held = link->held;
    buffer_init(&link->held, held.ceiling);
    hold_rest(link, read_requests(link, buffer_slice(&held)));
    buffer_release(&held);
    finish_when_over(link);
    if (may_read(link))
        connection_resume(link->base.connection);
}

/* --- what the connection tells -----------------------------------------------------------------
 */

static void tell_connections(const struct http_server *server, int change)
{
    if (server->handlers.connections)
        server->handlers.connections(server->data, change);
}

static void opened(struct net_link *base)
{
    struct http_link *link = (struct http_link *)base;
    tell_connections(server_of(link), 1);
    connection_set_deadline(link->base.connection, server_of(link)->settings.idle_timeout);
    finish_when_over(link);
}

static void received(struct net_link *base, struct slice bytes)
{
    struct http_link *link = (struct http_link *)base;
    bool in_order = link->held.len == 0;
    hold_rest(link, in_order ? read_requests(link, bytes) : bytes);
    if (!may_read(link))
        connection_pause(link->base.connection);
}

static void ended(struct net_link *base)
{
    struct http_link *link = (struct http_link *)base;
    link->peer_ended = true;
    finish_when_over(link);
}

/* Nothing is read while it waits: so it is asked for, whether anybody waits for the answer. */
static void watch_waiting(struct http_link *link)
{
    if (connection_peer_left(link->base.connection)) {
        connection_give_up(link->base.connection, CONNECTION_END_PEER);
        return;
    }
    if (net_loop_now(link->base.server->loop) < link->waits_until) {
        set_deadline(link);
        return;
    }
    link->waits = false;
    issue_report(&link->issues, ISSUE_OVERLOADED, ISSUE_ERROR, ISSUE_NOWHERE,
                 "too much is under way to take the request");
    refuse(link);
}

static void expired(struct net_link *base)
{
    struct http_link *link = (struct http_link *)base;
    if (link->waits) {
        watch_waiting(link);
        return;
    }
    enum http_reader_state state = http_reader_state(link->reader);
    if (state == HTTP_READER_BETWEEN) {
        finish(link);
        return;
    }
    issue_report(&link->issues, ISSUE_TIMEOUT, ISSUE_ERROR, ISSUE_NOWHERE,
                 "the %s of the request did not come in time",
                 state == HTTP_READER_HEAD ? "head" : "body");
    refuse(link);
}

static void closed(struct net_link *base, enum connection_end end, struct slice words)
{
    (void)end; /* clients come and go; what they asked for was told by `served` */
    (void)words;
    struct http_link *link = (struct http_link *)base;
    struct http_server *server = server_of(link);
    if (base->opened)
        tell_connections(server, -1);
    if (link->exchange)
        link->exchange->link = NULL;
    budget_charge_release(&link->charge);
    budget_charge_release(&link->sending);
    give_back_arena(server, link->arena);
    http_reader_free(link->reader);
    buffer_release(&link->held);
    free(link);
}

static void drained(struct net_link *base)
{
    budget_charge_release(&((struct http_link *)base)->sending);
}

static size_t body_limit(void *data, struct http_request *request)
{
    struct http_link *link = data;
    return server_of(link)->handlers.body_limit(server_of(link)->data, request);
}

static struct net_link *link_new(struct net_server *base)
{
    struct http_server *server = (struct http_server *)base;
    struct http_link *link = net_allocate(sizeof(*link));
    link->reader = http_reader_new(&server->settings.limits, body_limit, link);
    link->timed = HTTP_READER_BETWEEN;
    buffer_init(&link->held, 0);
    return &link->base;
}

static void stop_link(struct net_link *base)
{
    finish_when_over((struct http_link *)base);
}

static void stopped(struct net_server *base)
{
    struct http_server *server = (struct http_server *)base;
    if (server->handlers.stopped)
        server->handlers.stopped(server->data);
}

static const struct net_protocol protocol = {.link_new = link_new,
                                             .opened = opened,
                                             .received = received,
                                             .ended = ended,
                                             .expired = expired,
                                             .drained = drained,
                                             .settle = settle,
                                             .finish = stop_link,
                                             .closed = closed,
                                             .stopped = stopped};

/* --- the server --------------------------------------------------------------------------------
 */

static void set_defaults(struct http_server_settings *settings)
{
    if (settings->head_timeout == 0)
        settings->head_timeout = DEFAULT_HEAD_TIMEOUT;
    if (settings->idle_timeout == 0)
        settings->idle_timeout = DEFAULT_IDLE_TIMEOUT;
    if (settings->room_timeout == 0)
        settings->room_timeout = DEFAULT_ROOM_TIMEOUT;
    if (settings->body_silence == 0)
        settings->body_silence = DEFAULT_BODY_SILENCE;
    if (settings->minimum_body_rate == 0)
        settings->minimum_body_rate = DEFAULT_BODY_RATE;
    if (settings->max_connections == 0)
        settings->max_connections = DEFAULT_CONNECTIONS;
    if (settings->arena_ceiling == 0)
        settings->arena_ceiling = DEFAULT_ARENA;
}

/* There is room again, or none any more: who waits looks for itself. */
static void budget_changed(void *data)
{
    struct http_server *server = data;
    struct net_link *link = server->base.links;
    while (link && link->next)
        link = link->next;
    for (; link; link = link->previous) { /* from the oldest */
        if (((struct http_link *)link)->waits)
            net_link_settle_later(link);
    }
}

int http_server_new(struct net_loop *loop, int descriptor, const struct tls_context *tls,
                    const struct http_server_settings *settings,
                    const struct http_server_handlers *handlers, void *data,
                    struct http_server **ret_server, struct issue_list *issues)
{
    struct http_server *server = net_allocate(sizeof(*server));
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
    server->watch = (struct budget_watch){.changed = budget_changed, .data = server};
    if (server->settings.budget)
        budget_watch(server->settings.budget, &server->watch);
    *ret_server = server;
    return 0;
}

void http_server_stop(struct http_server *server)
{
    net_server_stop(&server->base);
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    if (server->settings.budget)
        budget_unwatch(server->settings.budget, &server->watch);
    net_server_release(&server->base);
    for (size_t i = 0; i < server->spare_count; i++)
        arena_free(server->spare[i]);
    free(server);
}

void http_server_limit(struct http_server *server, unsigned max_connections)
{
    server->base.link_limit = max_connections > 0 ? max_connections : DEFAULT_CONNECTIONS;
}

unsigned http_server_connections(const struct http_server *server)
{
    return server->base.link_count;
}

/* --- exchanges ---------------------------------------------------------------------------------
 */

const struct http_request *http_exchange_request(const struct http_exchange *exchange)
{
    return exchange->request;
}

bool http_exchange_is_alive(const struct http_exchange *exchange)
{
    return exchange->link != NULL;
}

static void end_on_link(struct http_exchange *exchange, const struct http_response *response)
{
    struct http_link *link = exchange->link;
    const struct http_request *request = exchange->request;
    bool keep_alive = request->keep_alive && !exchange->server->base.stopping;
    send_response(link, request, response, keep_alive);
    if (exchange->charge.share)
        budget_charge_set(&link->sending, exchange->charge.share,
                          connection_waiting(link->base.connection));
    link->exchange = NULL;
    http_reader_next(link->reader);
    set_deadline(link);
    if (!keep_alive)
        finish(link);
    net_link_settle_later(&link->base);
}

void http_exchange_respond(struct http_exchange *exchange, const struct http_response *response)
{
    if (exchange->link) {
        end_on_link(exchange, response);
        tell_served(exchange->server, exchange->request, response->status,
                    time_monotonic() - exchange->begun);
    }
    budget_charge_release(&exchange->charge);
    give_back_arena(exchange->server, exchange->arena);
    free(exchange);
}

struct budget_share *http_exchange_share(const struct http_exchange *exchange)
{
    return exchange->charge.share;
}

void http_exchange_weigh(struct http_exchange *exchange, size_t bytes)
{
    if (exchange->charge.share)
        budget_charge_set(&exchange->charge, exchange->charge.share, SMALLEST_WEIGHT + bytes);
}

void http_exchange_set_data(struct http_exchange *exchange, void *data)
{
    exchange->data = data;
}

void *http_exchange_data(const struct http_exchange *exchange)
{
    return exchange->data;
}
