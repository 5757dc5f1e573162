/* listener: see the header.
 *
 * A generation is one set of feeds; it lives while it is the newest or a frame under way began with
 * it. A caller is one connection, and holds no pointer into a generation: only its fingerprint. */
#include "feed/listener.h"

#include "pipeline/audit_limit.h"
#include "pipeline/query.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PAUSE_DEPTH 4096
/* What a frame under way holds: its bytes as fields, resources, index rows and what is sent to the
 * store. Measured: 3 times its bytes where they are one long note, 43 times where they are
 * thousands of short observations. And its arenas. */
#define FRAME_WEIGHT 40
#define SMALLEST_WEIGHT ((size_t)32 << 10)
#define LABEL_SIZE 64
/* Fragments kept: at most so many a minute in this process, so that a line that flaps, or somebody
 * who means it, fills no disk. */
#define FRAGMENT_LIMIT 10

struct generation {
    struct feed_set set;
    const struct feed_roster *roster;
    size_t frames; /* under way */
    bool newest;
};

struct caller {
    struct feed_listener *listener;
    struct mllp_link *link;
    struct caller *next, **previous; /* in listener->callers */
    bool crowded;                    /* too many frames are under way in this process */
    bool paused;                     /* what its link was told */
    bool ended;                      /* no more frames are taken from it */
    char fingerprint[FEED_FINGERPRINT_SIZE];
    char label[LABEL_SIZE]; /* the names of its feeds, for the log */
    size_t label_len;
};

/* A frame under way. */
struct ticket {
    struct feed_listener *listener;
    struct generation *generation;
    struct mllp_link *link; /* NULL for a fragment, which nobody answers */
    uint64_t number;
    struct budget_charge charge;
};

struct feed_listener {
    struct feed_listener_options options;
    struct mllp_server *server;
    struct generation *generation;
    struct caller *callers;
    size_t frames;
    struct arena *pause_arena; /* of the names below */
    struct slice *pauses;      /* names of the paused feeds */
    size_t pause_count;
    bool pauses_known;                 /* feed_listener_pause was called */
    instant fragment_minute;           /* when the minute at hand began, monotonic */
    unsigned fragments;                /* kept in it */
    struct pipeline_audit_limit limit; /* of refusals in the audit */
    struct budget_watch watch;
    struct mllp_counters reported; /* what the metrics have been told */
};

/* --- generations ------------------------------------------------------------------------------ */

static struct generation *generation_new(const struct feed_set *set)
{
    struct generation *generation = ARENA_NEW(set->arena, struct generation);
    generation->set = *set;
    generation->newest = true;
    generation->roster = feed_roster_new(set);
    return generation;
}

/* The generation stands in its own set's arena. */
static void generation_release_unused(struct generation *generation)
{
    if (!generation->newest && generation->frames == 0)
        arena_free(generation->set.arena);
}

/* NULL where the newest generation does not know its certificate. */
static const struct feed_candidate *caller_feeds(const struct caller *caller)
{
    struct slice fingerprint = {caller->fingerprint, FEED_FINGERPRINT_SIZE};
    return feed_roster_find(caller->listener->generation->roster, fingerprint);
}

/* --- metrics ---------------------------------------------------------------------------------- */

static void report_counters(struct feed_listener *listener)
{
    const struct slice none = {NULL, 0};
    struct pipeline_metrics *metrics = listener->options.metrics;
    struct mllp_counters now = mllp_server_counters(listener->server);
    pipeline_metrics_add(metrics, PIPELINE_METRIC_MLLP_GARBAGE, none, none,
                         (int64_t)(now.garbage_bytes - listener->reported.garbage_bytes));
    pipeline_metrics_add(metrics, PIPELINE_METRIC_MLLP_TRUNCATED, none, none,
                         (int64_t)(now.truncated_frames - listener->reported.truncated_frames));
    listener->reported = now;
}

static void count_connection(struct feed_listener *listener, int64_t change)
{
    /* a gauge that several processes move: added to, not set */
    pipeline_metrics_add(listener->options.metrics, PIPELINE_METRIC_CONNECTIONS, SLICE("mllp"),
                         (struct slice){NULL, 0}, change);
}

/* --- callers ---------------------------------------------------------------------------------- */

/* The names of its feeds; empty for NULL, a connection that never became a caller. */
static struct slice caller_label(const struct caller *caller)
{
    if (!caller)
        return (struct slice){NULL, 0};
    return (struct slice){caller->label, caller->label_len};
}

static void add_label(struct caller *caller, struct slice text)
{
    text = slice_part(text, 0, LABEL_SIZE - caller->label_len);
    memcpy(caller->label + caller->label_len, text.ptr, text.len);
    caller->label_len += text.len;
}

static bool holds_entry(const struct feed_candidate *feeds, const struct feed_entry *entry)
{
    while (feeds && feeds->entry != entry)
        feeds = feeds->next;
    return feeds != NULL;
}

static size_t connections_of(const struct feed_listener *listener, const struct feed_entry *entry)
{
    size_t count = 0;
    for (const struct caller *each = listener->callers; each; each = each->next)
        count += holds_entry(caller_feeds(each), entry);
    return count;
}

/* A connection of a certificate is one of each of its feeds: the narrowest limit holds. */
static bool has_room(const struct feed_listener *listener, const struct feed_candidate *feeds)
{
    for (const struct feed_candidate *each = feeds; each; each = each->next)
        if (each->entry->max_connections > 0 &&
            connections_of(listener, each->entry) >= each->entry->max_connections)
            return false;
    return true;
}

static void caller_remove(struct caller *caller)
{
    *caller->previous = caller->next;
    if (caller->next)
        caller->next->previous = caller->previous;
    free(caller);
}

/* At most so many as pipeline/audit_limit.h says. */
static void note_refusal(struct feed_listener *listener, const struct mllp_link *link,
                         const char *reason, struct slice feed)
{
    struct slice address = connection_peer_address(mllp_link_connection(link));
    size_t passed_over = 0;
    if (!listener->options.notes ||
        !pipeline_audit_limit_take(&listener->limit, address, time_monotonic(), &passed_over))
        return;
    struct arena *arena = arena_new(0);
    struct pipeline_audit_row row = {.kind = SLICE("refuse"),
                                     .role = feed.len > 0 ? SLICE(PIPELINE_AUDIT_FEED)
                                                          : SLICE(PIPELINE_AUDIT_STRANGER),
                                     .actor = feed,
                                     .outcome = SLICE("connection"),
                                     .address = address,
                                     .detail = slice_of(reason)};
    if (passed_over > 0)
        row.detail = arena_format(arena, "%s, after %zu that were not noted", reason, passed_over);
    pipeline_query_note(listener->options.notes, &row);
    arena_free(arena);
}

static void refuse_caller(struct feed_listener *listener, struct mllp_link *link,
                          const char *reason, struct slice feed)
{
    LOG_EVENT(listener->options.log, LOG_WARNING, "feed-refused",
              LOG_TEXT("reason", slice_of(reason)), LOG_TEXT("feed", feed),
              LOG_TEXT("peer", connection_peer_address(mllp_link_connection(link))));
    note_refusal(listener, link, reason, feed);
    mllp_link_abort(link);
}

static struct caller *caller_new(struct feed_listener *listener, struct mllp_link *link,
                                 const struct feed_candidate *feeds, struct slice fingerprint)
{
    struct caller *caller = calloc(1, sizeof *caller);
    if (!caller)
        abort();
    caller->listener = listener;
    caller->link = link;
    memcpy(caller->fingerprint, fingerprint.ptr, FEED_FINGERPRINT_SIZE);
    for (const struct feed_candidate *each = feeds; each; each = each->next) {
        add_label(caller, each->entry->feed.name);
        add_label(caller, each->next ? SLICE(" ") : SLICE(""));
    }
    caller->next = listener->callers;
    caller->previous = &listener->callers;
    if (caller->next)
        caller->next->previous = &caller->next;
    listener->callers = caller;
    return caller;
}

static bool holds_name(const struct slice *names, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(names[i], name))
            return true;
    return false;
}

/* What a connection of several feeds brings next is known only when it was read: one paused feed
 * pauses it. */
static bool is_paused(const struct caller *caller)
{
    const struct feed_listener *listener = caller->listener;
    if (!listener->pauses_known)
        return true;
    for (const struct feed_candidate *each = caller_feeds(caller); each; each = each->next)
        if (holds_name(listener->pauses, listener->pause_count, each->entry->feed.name))
            return true;
    return false;
}

/* NULL without a budget. */
static struct budget_share *share_of(const struct feed_listener *listener,
                                     const struct feed_entry *entry)
{
    struct budget *budget = listener->options.budget;
    return budget ? budget_share(budget, BUDGET_FEED, entry->feed.name) : NULL;
}

static bool is_spent(const struct caller *caller)
{
    const struct feed_listener *listener = caller->listener;
    if (!listener->options.budget)
        return false;
    for (const struct feed_candidate *each = caller_feeds(caller); each; each = each->next)
        if (!budget_share_has_room(share_of(listener, each->entry)))
            return true;
    return false;
}

/* Tells the link whether it may be read from, where that is something new. */
static void settle_caller(struct caller *caller)
{
    bool pause = caller->crowded || is_paused(caller) || is_spent(caller);
    if (pause == caller->paused)
        return;
    caller->paused = pause;
    (pause ? mllp_link_pause : mllp_link_resume)(caller->link);
}

static void limit_caller(const struct caller *caller, const struct feed_candidate *feeds)
{
    struct mllp_link_limits limits = feed_candidate_limits(feeds);
    mllp_link_set_limits(caller->link, &limits);
}

static void welcome(struct feed_listener *listener, struct mllp_link *link,
                    const struct feed_candidate *feeds, struct slice fingerprint)
{
    struct caller *caller = caller_new(listener, link, feeds, fingerprint);
    mllp_link_set_data(link, caller);
    limit_caller(caller, feeds);
    caller->crowded = listener->frames >= listener->options.pause_depth;
    settle_caller(caller);
    count_connection(listener, 1);
    LOG_EVENT(listener->options.log, LOG_INFO, "feed-connected",
              LOG_TEXT("feed", caller_label(caller)),
              LOG_TEXT("peer", connection_peer_address(mllp_link_connection(link))));
}

/* mllp_server_handlers.opened: the handshake is done; whose certificate is it? */
static void link_opened(void *data, struct mllp_link *link)
{
    struct feed_listener *listener = data;
    struct arena *arena = arena_new(0);
    struct certificate certificate;
    const struct feed_candidate *feeds = NULL;
    if (connection_peer_certificate(mllp_link_connection(link), arena, &certificate) == 0 &&
        certificate.fingerprint.len == FEED_FINGERPRINT_SIZE)
        feeds = feed_roster_find(listener->generation->roster, certificate.fingerprint);
    if (!feeds)
        refuse_caller(listener, link, "certificate of no feed", caller_label(NULL));
    else if (connection_peer_is_revoked(mllp_link_connection(link), listener->options.tls))
        /* the lists came while the handshake was under way */
        refuse_caller(listener, link, "certificate revoked", feeds->entry->feed.name);
    else if (!has_room(listener, feeds))
        refuse_caller(listener, link, "too many connections", feeds->entry->feed.name);
    else
        welcome(listener, link, feeds, certificate.fingerprint);
    arena_free(arena);
}

static const char *end_name(enum connection_end end)
{
    static const char *const NAMES[] = {
        [CONNECTION_END_FINISHED] = "finished", [CONNECTION_END_PEER] = "peer",
        [CONNECTION_END_TIMEOUT] = "timeout",   [CONNECTION_END_TLS] = "tls",
        [CONNECTION_END_ABORTED] = "aborted",   [CONNECTION_END_OVERFLOW] = "overflow",
        [CONNECTION_END_NETWORK] = "network",
    };
    return NAMES[end];
}

/* mllp_server_handlers.closed */
static void link_closed(void *data, struct mllp_link *link, enum connection_end end,
                        struct slice words)
{
    struct feed_listener *listener = data;
    struct caller *caller = mllp_link_data(link);
    report_counters(listener);
    LOG_EVENT(listener->options.log, end == CONNECTION_END_TLS ? LOG_WARNING : LOG_INFO,
              "feed-disconnected", LOG_TEXT("feed", caller_label(caller)),
              LOG_TEXT("end", slice_of(end_name(end))), LOG_TEXT("reason", words));
    if (!caller)
        return;
    count_connection(listener, -1);
    caller_remove(caller);
}

/* --- back-pressure ---------------------------------------------------------------------------- */

static void pause_or_resume(struct feed_listener *listener)
{
    bool pause = listener->frames >= listener->options.pause_depth;
    bool resume = listener->frames <= listener->options.pause_depth / 2;
    for (struct caller *each = listener->callers; each && (pause || resume); each = each->next) {
        each->crowded = pause;
        settle_caller(each);
    }
}

/* budget_watch.changed */
static void budget_changed(void *data)
{
    const struct feed_listener *listener = data;
    for (struct caller *each = listener->callers; each; each = each->next)
        settle_caller(each);
}

/* --- frames ----------------------------------------------------------------------------------- */

/* The caller of a link that still is one: its connection may have closed since. */
static struct caller *find_caller(const struct feed_listener *listener,
                                  const struct mllp_link *link)
{
    struct caller *each = listener->callers;
    while (each && each->link != link)
        each = each->next;
    return each;
}

/* pipeline_answered: after the commit. */
static void frame_answered(void *data, const struct slice *answers, size_t count, bool close)
{
    struct ticket *ticket = data;
    struct feed_listener *listener = ticket->listener;
    struct caller *caller = close ? find_caller(listener, ticket->link) : NULL;
    if (caller) {
        caller->ended = true;
        (count == 0 ? mllp_link_abort : mllp_link_finish)(ticket->link);
    }
    if (ticket->link)
        mllp_link_answer(ticket->link, ticket->number, answers, count);
    ticket->generation->frames--;
    generation_release_unused(ticket->generation);
    bool was_full = listener->frames == listener->options.pause_depth / 2 + 1;
    listener->frames--;
    budget_charge_release(&ticket->charge);
    free(ticket);
    if (was_full)
        pause_or_resume(listener);
}

/* Answers a frame with nothing, for a connection that is being closed. */
static void drop_frame(struct mllp_link *link, uint64_t number)
{
    mllp_link_answer(link, number, NULL, 0);
}

static void note_message(struct feed_listener *listener, struct slice feed, instant real)
{
    pipeline_metrics_set(listener->options.metrics, PIPELINE_METRIC_FEED_LAST_MESSAGE, feed,
                         (struct slice){NULL, 0}, real / TIME_SECOND);
}

/* Of several feeds on one connection the link has the widest limit, and a frame that was being read
 * when the limits changed the earlier one: so the feed's own is judged here. */
static enum pipeline_frame_fault fault_of(const struct feed_entry *entry,
                                          const struct mllp_frame *frame)
{
    size_t limit = entry->limits.max_message_bytes;
    if (frame->kind == MLLP_FRAME_OVERSIZED || (limit > 0 && frame->content.len > limit))
        return PIPELINE_FRAME_OVERSIZED;
    return frame->kind == MLLP_FRAME_MALFORMED ? PIPELINE_FRAME_MALFORMED : PIPELINE_FRAME_WHOLE;
}

static void submit_frame(struct feed_listener *listener, const struct feed_entry *entry,
                         const struct ticket *of, struct slice content,
                         enum pipeline_frame_fault fault, instant received)
{
    struct ticket *ticket = calloc(1, sizeof *ticket);
    if (!ticket)
        abort();
    *ticket = *of;
    struct budget_share *share = share_of(listener, entry);
    if (share)
        budget_charge_set(&ticket->charge, share, SMALLEST_WEIGHT + FRAME_WEIGHT * content.len);
    listener->generation->frames++;
    listener->frames++;
    bool full = listener->frames == listener->options.pause_depth;
    pipeline_inbound_submit(listener->options.inbound, &entry->feed, content, fault, received,
                            frame_answered, ticket);
    if (full)
        pause_or_resume(listener);
}

/* mllp_server_handlers.frame */
static void link_frame(void *data, struct mllp_link *link, uint64_t number,
                       const struct mllp_frame *frame)
{
    struct feed_listener *listener = data;
    struct caller *caller = mllp_link_data(link);
    const struct feed_candidate *feeds = caller && !caller->ended ? caller_feeds(caller) : NULL;
    if (!feeds) {
        if (caller && !caller->ended) { /* the feed was taken away by a reload */
            caller->ended = true;
            refuse_caller(listener, link, "no longer a feed", caller_label(caller));
        }
        drop_frame(link, number);
        return;
    }
    const struct feed_entry *entry = feed_candidate_choose(feeds, frame->content);
    enum pipeline_frame_fault fault = fault_of(entry, frame);
    struct ticket ticket = {
        .listener = listener, .generation = listener->generation, .link = link, .number = number};
    instant received = pipeline_clock_now(listener->options.clock);
    note_message(listener, entry->feed.name, time_now());
    if (fault == PIPELINE_FRAME_OVERSIZED) { /* rule 1.9: answered, and nothing after it */
        caller->ended = true;
        mllp_link_finish(link);
    }
    submit_frame(listener, entry, &ticket, frame->content, fault, received);
}

/* --- fragments -------------------------------------------------------------------------------- */

static bool may_keep_fragment(struct feed_listener *listener)
{
    instant now = time_monotonic();
    if (listener->fragment_minute == 0 || now - listener->fragment_minute >= TIME_MINUTE) {
        listener->fragment_minute = now;
        listener->fragments = 0;
    }
    return listener->fragments++ < FRAGMENT_LIMIT;
}

/* mllp_server_handlers.truncated: never processed, never answered (rules 1.7, 1.8). */
static void link_truncated(void *data, struct mllp_link *link, struct slice fragment)
{
    struct feed_listener *listener = data;
    const struct caller *caller = mllp_link_data(link);
    const struct feed_candidate *feeds = caller ? caller_feeds(caller) : NULL;
    LOG_EVENT(listener->options.log, LOG_WARNING, "frame-truncated",
              LOG_TEXT("feed", caller_label(caller)), LOG_NUMBER("bytes", fragment.len));
    const struct feed_entry *entry = feeds ? feed_candidate_find(feeds, fragment) : NULL;
    /* of several feeds' one it is not known whose: no site may see it among its own */
    if (!entry || !may_keep_fragment(listener))
        return;
    struct ticket ticket = {.listener = listener, .generation = listener->generation};
    submit_frame(listener, entry, &ticket, fragment, PIPELINE_FRAME_TRUNCATED,
                 pipeline_clock_now(listener->options.clock));
}

static void server_stopped(void *data)
{
    struct feed_listener *listener = data;
    listener->options.stopped(listener->options.data);
}

/* --- life ------------------------------------------------------------------------------------- */

/* Closed at once, and not with its next frame: who holds a key that was taken back is not to keep a
 * connection open either. `closed` comes in a later turn. */
static void end_revoked(struct caller *caller)
{
    struct feed_listener *listener = caller->listener;
    const struct connection *connection = mllp_link_connection(caller->link);
    if (caller->ended || !connection ||
        !connection_peer_is_revoked(connection, listener->options.tls))
        return;
    caller->ended = true;
    refuse_caller(listener, caller->link, "certificate revoked", caller_label(caller));
}

int feed_listener_new(const struct feed_listener_options *options, const struct feed_set *set,
                      struct feed_listener **ret_listener, struct issue_list *issues)
{
    static const struct mllp_server_handlers HANDLERS = {
        .opened = link_opened,
        .frame = link_frame,
        .truncated = link_truncated,
        .closed = link_closed,
        .stopped = server_stopped,
    };
    struct feed_listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        abort();
    listener->options = *options;
    if (listener->options.pause_depth == 0)
        listener->options.pause_depth = DEFAULT_PAUSE_DEPTH;
    listener->options.server.max_connections = set->max_connections;
    if (mllp_server_new(options->loop, options->descriptor, options->tls, &listener->options.server,
                        &HANDLERS, listener, &listener->server, issues) != 0) {
        free(listener);
        return -1;
    }
    listener->generation = generation_new(set);
    listener->pause_arena = arena_new(0);
    listener->watch = (struct budget_watch){.changed = budget_changed, .data = listener};
    if (options->budget)
        budget_watch(options->budget, &listener->watch);
    *ret_listener = listener;
    return 0;
}

void feed_listener_replace(struct feed_listener *listener, const struct feed_set *set)
{
    struct generation *old = listener->generation;
    listener->generation = generation_new(set);
    old->newest = false;
    generation_release_unused(old);
    mllp_server_limit(listener->server, set->max_connections);
    for (struct caller *each = listener->callers; each; each = each->next) {
        const struct feed_candidate *feeds = caller_feeds(each);
        if (feeds)
            limit_caller(each, feeds);
        settle_caller(each);
        end_revoked(each);
    }
}

static void log_changes(const struct feed_listener *listener, const char *event,
                        const struct slice *now, size_t now_count, const struct slice *before,
                        size_t before_count)
{
    for (size_t i = 0; i < now_count; i++)
        if (!holds_name(before, before_count, now[i]))
            LOG_EVENT(listener->options.log, LOG_INFO, event, LOG_TEXT("feed", now[i]));
}

void feed_listener_pause(struct feed_listener *listener, const struct slice *names, size_t count)
{
    log_changes(listener, "feed-paused", names, count, listener->pauses, listener->pause_count);
    log_changes(listener, "feed-resumed", listener->pauses, listener->pause_count, names, count);
    arena_reset(listener->pause_arena);
    listener->pauses = ARENA_ARRAY(listener->pause_arena, count, struct slice);
    listener->pause_count = count;
    listener->pauses_known = true;
    for (size_t i = 0; i < count; i++)
        listener->pauses[i] = arena_copy(listener->pause_arena, names[i]);
    for (struct caller *each = listener->callers; each; each = each->next)
        settle_caller(each);
}

void feed_listener_stop(struct feed_listener *listener)
{
    mllp_server_stop(listener->server);
}

void feed_listener_free(struct feed_listener *listener)
{
    if (!listener)
        return;
    if (listener->options.budget)
        budget_unwatch(listener->options.budget, &listener->watch);
    mllp_server_free(listener->server);
    listener->generation->newest = false;
    generation_release_unused(listener->generation);
    arena_free(listener->pause_arena);
    free(listener);
}

unsigned feed_listener_connections(const struct feed_listener *listener)
{
    return mllp_server_connections(listener->server);
}
