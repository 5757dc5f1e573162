/* commit: the queue, the connection and the states; see commit.h for the picture and
 * commit_internal.h for the steps of a batch.
 *
 *   state       while                              goes on to
 *   IDLE        nothing is under way               RESERVING or CLAIMING when something waits and
 *                                                  the store is ready
 *   RESERVING   numbers are fetched, months made   CLAIMING
 *   CLAIMING    round trip 1                       WRITING; an error: ROLLING_BACK
 *   WRITING     round trip 2                       IDLE; an error: ROLLING_BACK
 *   ROLLING_BACK  the link is made clean           IDLE, smaller batches
 *   PROBING     something else is tried out        ROLLING_BACK; went it well, the item is refused
 *   ASKING      the end of a COMMIT is looked up   IDLE; asked again where it has not ended
 *
 * A lost link leads to IDLE from everywhere (the items wait again), but from WRITING to ASKING when
 * the COMMIT was on its way. */
#include "pipeline/commit_internal.h"
#include "pipeline/link.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_LIMIT 5 /* races one item may lose before it is given up */
/* Each pause is twice the one before, until something goes well. */
#define PAUSE_TO_STORE (200 * INT64_C(1000)) /* a server that cannot store is tried again then, */
#define PAUSE_TO_ASK (20 * INT64_C(1000))    /* or asked again for the end of a COMMIT */
#define PAUSE_LIMIT TIME_SECOND
#define STRIKE_LIMIT 3 /* failures of one item alone before it is believed that it is its fault */
#define STRIKE_DOUBLINGS 5
#define WHOLE_RETRY_LIMIT 2 /* races a batch may lose before it is run item by item */
/* How long a batch waits for those who were just answered: this part of the time the last one took,
 * and never longer than that. */
#define PATIENCE_PART 4
#define PATIENCE_LIMIT (10 * INT64_C(1000))

enum commit_state {
    COMMIT_IDLE,
    COMMIT_RESERVING,
    COMMIT_CLAIMING,
    COMMIT_WRITING,
    COMMIT_ROLLING_BACK,
    COMMIT_PROBING,
    COMMIT_ASKING
};

struct item_queue {
    struct pipeline_item *first, *last;
    size_t count;
};

struct pipeline_commit {
    struct pipeline_commit_options options;
    struct pipeline_link link;
    enum commit_state state;
    struct item_queue waiting;
    struct commit_numbers numbers;
    struct pipeline_audit_chain audit; /* as far as it is known to be stored */
    struct arena *name_arena;          /* of audit_name */
    struct slice audit_name;           /* of the chain */
    instant audit_opened;
    instant months_made;              /* when the coming months were last seen to: once a day */
    unsigned clock_asked, clock_seen; /* and whenever the clock was set */
    struct arena *arena;
    struct commit_batch batch;
    struct commit_entry entries[BATCH_ITEM_LIMIT];
    instant began;             /* the batch at hand: time_monotonic */
    size_t crowd;              /* items that were under way or waited when the last batch ended, */
    instant patient_until;     /* and until when the next one waits for as many */
    size_t alone;              /* items at the head of the queue that run one by one */
    unsigned retries;          /* of the batch at hand */
    unsigned strikes;          /* of the item at the head of the queue, alone: see STORE_SUSPECT */
    unsigned refused_in_a_row; /* for strikes, with nothing stored in between */
    const struct store_request *charge; /* while PROBING: how the item failed */
    bool lock_by_key; /* of the batch at hand: it must be run again with more locks */
    bool uncertain;   /* the end of the batch at hand is not known */
    bool in_trouble;  /* the server is there and cannot store: disk full and the like */
    instant pause;    /* the last one */
    instant paused_until;
    instant away_since;   /* time_monotonic; 0 while the store is there */
    uint64_t told_reason; /* hash of what the log was told last of why it is away */
    bool in_progress;     /* progress is on the stack */
};

static void drive(struct pipeline_commit *commit);

/* --- the queue -------------------------------------------------------------------------------- */

static void queue_append(struct item_queue *queue, struct pipeline_item *item)
{
    item->next = NULL;
    if (queue->last)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
    queue->count++;
}

static void queue_prepend(struct item_queue *queue, struct pipeline_item *item)
{
    item->next = queue->first;
    queue->first = item;
    if (!queue->last)
        queue->last = item;
    queue->count++;
}

static struct pipeline_item *queue_take(struct item_queue *queue)
{
    struct pipeline_item *item = queue->first;
    queue->first = item->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    item->next = NULL;
    return item;
}

static void finish_item(struct pipeline_item *item, enum pipeline_outcome outcome)
{
    item->outcome = outcome;
    item->done(item);
}

/* --- gathering -------------------------------------------------------------------------------- */

static bool same_key(const struct pipeline_item *a, const struct pipeline_item *b)
{
    return commit_item_is_keyed(a) && commit_item_is_keyed(b) &&
           slice_equal(a->control_id, b->control_id) && slice_equal(a->source, b->source) &&
           slice_equal(a->sending_application, b->sending_application) &&
           slice_equal(a->sending_facility, b->sending_facility);
}

static size_t weight_of(const struct pipeline_item *item)
{
    return item->raw.len > 0 ? item->raw.len : item->write_count * 1024;
}

/* The same key twice in one batch would claim one row twice: the second waits for the next. An item
 * with an act has a batch of its own. */
static bool fits(const struct pipeline_commit *commit, const struct pipeline_item *item,
                 size_t weight)
{
    const struct commit_batch *batch = &commit->batch;
    bool is_alone =
        commit->alone > 0 || item->act_count > 0 || batch->entries[0].item->act_count > 0;
    size_t limit = is_alone ? 1 : BATCH_ITEM_LIMIT;
    if (batch->count >= limit || weight + weight_of(item) > BATCH_BYTE_LIMIT ||
        commit_batch_need(batch) + commit_item_need(item) > NUMBER_BLOCK_SIZE)
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        if (same_key(batch->entries[i].item, item))
            return false;
    }
    return true;
}

static void gather(struct pipeline_commit *commit)
{
    struct commit_batch *batch = &commit->batch;
    arena_reset(commit->arena);
    *batch = (struct commit_batch){.arena = commit->arena,
                                   .options = &commit->options,
                                   .numbers = &commit->numbers,
                                   .entries = commit->entries,
                                   .audit = commit->audit,
                                   .lock_by_key = commit->lock_by_key};
    size_t weight = 0;
    while (commit->waiting.first &&
           (batch->count == 0 || fits(commit, commit->waiting.first, weight))) {
        struct pipeline_item *item = queue_take(&commit->waiting);
        weight += weight_of(item);
        batch->entries[batch->count++] = (struct commit_entry){.item = item};
    }
}

/* All items of the batch wait again, in their order, at the head of the queue. */
static void put_back(struct pipeline_commit *commit)
{
    for (size_t i = commit->batch.count; i-- > 0;)
        queue_prepend(&commit->waiting, commit->batch.entries[i].item);
    commit->batch.count = 0;
}

/* --- ends of a batch -------------------------------------------------------------------------- */

/* A message without effect touches so little that it proves nothing. */
static bool has_stored(const struct pipeline_commit *commit)
{
    for (size_t i = 0; i < commit->batch.count; i++) {
        const struct commit_entry *entry = &commit->entries[i];
        if (entry->outcome == PIPELINE_COMMITTED && entry->item->write_count > 0)
            return true;
    }
    return false;
}

/* Who sends in lock-step sends again when answered. Were the next batch to begin at once with what
 * waits, the senders would part into groups that take turns, each with a commit of its own; so it
 * waits a little for as many as there were. One sender alone, or the first after a pause, waits for
 * nobody. */
static void note_crowd(struct pipeline_commit *commit)
{
    instant now = time_monotonic();
    instant patience = (now - commit->began) / PATIENCE_PART;
    commit->patient_until = now + (patience < PATIENCE_LIMIT ? patience : PATIENCE_LIMIT);
    commit->crowd = commit->batch.count + commit->waiting.count;
    if (commit->crowd > BATCH_ITEM_LIMIT)
        commit->crowd = BATCH_ITEM_LIMIT;
}

static bool is_patient(const struct pipeline_commit *commit, instant now)
{
    return commit->alone == 0 && commit->waiting.count < commit->crowd &&
           now < commit->patient_until;
}

static void finish_batch(struct pipeline_commit *commit)
{
    note_crowd(commit);
    size_t count = commit->batch.count;
    commit->audit = commit->batch.audit;
    if (has_stored(commit))
        commit->refused_in_a_row = 0;
    commit->state = COMMIT_IDLE;
    commit->retries = 0;
    commit->strikes = 0;
    commit->lock_by_key = false;
    commit->uncertain = false;
    commit->in_trouble = false;
    commit->pause = 0;
    if (commit->alone > 0)
        commit->alone -= count;
    commit->batch.count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct commit_entry *entry = &commit->entries[i];
        if (entry->outcome == PIPELINE_DUPLICATE)
            entry->item->message_key = entry->first_key;
        finish_item(entry->item, entry->outcome);
    }
}

static void log_failure(const struct pipeline_commit *commit, const struct store_request *request)
{
    const char *culprit = store_request_culprit(request);
    const char *word = store_failure_name(store_request_failure(request));
    LOG_EVENT(commit->options.log, LOG_WARNING, "commit-failed", LOG_TEXT("why", slice_of(word)),
              LOG_TEXT("sqlstate", store_request_sqlstate(request)),
              LOG_TEXT("statement", slice_of(culprit)), LOG_NUMBER("items", commit->batch.count));
}

static void take_pause(struct pipeline_commit *commit, instant first)
{
    instant pause = commit->pause < first ? first : commit->pause * 2;
    commit->pause = pause < PAUSE_LIMIT ? pause : PAUSE_LIMIT;
    commit->paused_until = time_monotonic() + commit->pause;
}

static void submit(struct pipeline_commit *commit, enum commit_state state,
                   struct store_request *request, void (*done)(void *data))
{
    commit->batch.request = request;
    commit->state = state;
    if (store_connection_submit(commit->link.connection, request, done, commit))
        return;
    put_back(commit);
    commit->state = COMMIT_IDLE;
}

static void rolled_back(void *data)
{
    struct pipeline_commit *commit = data;
    commit->state = COMMIT_IDLE;
}

static void roll_back(struct pipeline_commit *commit)
{
    struct store_request *request = store_request_new(commit->arena);
    store_request_add(request, STORE_SQL_ROLLBACK, NULL, 0);
    submit(commit, COMMIT_ROLLING_BACK, request, rolled_back);
}

static void try_again(struct pipeline_commit *commit)
{
    put_back(commit);
    roll_back(commit);
}

/* It is the server that cannot store, and it may be able to in a while. */
static void wait_for_server(struct pipeline_commit *commit)
{
    commit->in_trouble = true;
    take_pause(commit, PAUSE_TO_STORE);
    try_again(commit);
}

/* The only item of the batch fails with what the request says; where that went well, what it read
 * was of persons who had moved in between. */
static void refuse_item(struct pipeline_commit *commit, const struct store_request *request)
{
    struct pipeline_item *item = commit->entries[0].item;
    if (store_request_failure(request) != STORE_DONE)
        store_request_report(request, &item->issues);
    else
        issue_report(&item->issues, ISSUE_RECORD_LOCKED, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not lock the record: it was changed again and again");
    commit->alone -= commit->alone > 0 ? 1 : 0;
    commit->strikes = 0;
    commit->batch.count = 0;
    roll_back(commit);
    finish_item(item, PIPELINE_FAILED);
}

static void probed(void *data)
{
    struct pipeline_commit *commit = data;
    commit->strikes = 0;
    if (store_request_failure(commit->batch.request) != STORE_DONE) {
        log_failure(commit, commit->batch.request);
        wait_for_server(commit);
        return;
    }
    commit->refused_in_a_row++;
    commit->in_trouble = false;
    commit->pause = 0;
    refuse_item(commit, commit->charge);
}

/* An item fails alone in a way that may be its own or the server's. It is refused when it has
 * failed so for a while and something else can be stored. Where one after the other is refused and
 * nothing is stored in between it looks more and more like the server, and what is refused is not
 * sent again: so each takes twice the tries of the one before, until the grace ends the waiting
 * first. */
static void weigh_item(struct pipeline_commit *commit)
{
    unsigned doublings = commit->refused_in_a_row;
    if (doublings > STRIKE_DOUBLINGS)
        doublings = STRIKE_DOUBLINGS;
    if (++commit->strikes < (unsigned)STRIKE_LIMIT << doublings) {
        commit->alone += commit->alone == 0;
        commit->in_trouble = commit->in_trouble || doublings > 0;
        take_pause(commit, PAUSE_TO_STORE);
        try_again(commit);
        return;
    }
    commit->charge = commit->batch.request;
    commit_batch_probe(&commit->batch);
    submit(commit, COMMIT_PROBING, commit->batch.request, probed);
}

/* A transaction failed and is known to have had no effect. */
static void handle_failure(struct pipeline_commit *commit)
{
    const struct store_request *request = commit->batch.request;
    enum store_failure failure = store_request_failure(request);
    size_t count = commit->batch.count;
    log_failure(commit, request);
    if (failure == STORE_DOWN) {
        wait_for_server(commit);
        return;
    }
    bool race = failure == STORE_RETRY || failure == STORE_DONE;
    unsigned limit = count > 1 ? WHOLE_RETRY_LIMIT : RETRY_LIMIT;
    if (race && ++commit->retries <= limit) {
        try_again(commit);
        return;
    }
    commit->retries = 0;
    if (count > 1) {
        commit->alone = count;
        try_again(commit);
        return;
    }
    if (failure == STORE_SUSPECT)
        weigh_item(commit);
    else
        refuse_item(commit, request);
}

/* --- the round trips -------------------------------------------------------------------------- */

static void written(void *data)
{
    struct pipeline_commit *commit = data;
    enum store_failure failure = store_request_failure(commit->batch.request);
    if (failure == STORE_DONE) {
        finish_batch(commit);
        return;
    }
    if (failure != STORE_UNCERTAIN) {
        handle_failure(commit);
        return;
    }
    log_failure(commit, commit->batch.request);
    commit->state = COMMIT_IDLE;
    commit->uncertain = true;
}

static void write_batch(struct pipeline_commit *commit)
{
    commit_batch_apply(&commit->batch);
    commit_batch_store(&commit->batch);
    submit(commit, COMMIT_WRITING, commit->batch.request, written);
}

static void claimed(void *data)
{
    struct pipeline_commit *commit = data;
    bool done = store_request_failure(commit->batch.request) == STORE_DONE;
    if (done && commit_batch_read(&commit->batch)) {
        write_batch(commit);
        return;
    }
    if (!done || commit->lock_by_key) {
        handle_failure(commit);
        return;
    }
    commit->lock_by_key = true;
    put_back(commit);
    roll_back(commit);
}

static void claim(struct pipeline_commit *commit)
{
    commit_batch_ask(&commit->batch);
    submit(commit, COMMIT_CLAIMING, commit->batch.request, claimed);
}

/* What was asked for; the chain only where there is none. */
enum reserved_statement {
    RESERVED_MONTHS,
    RESERVED_NUMBERS,
    RESERVED_MONTHS_OF_RECORD,
    RESERVED_CHAIN
};

static void reserved(void *data)
{
    struct pipeline_commit *commit = data;
    const struct store_request *request = commit->batch.request;
    if (store_request_failure(request) != STORE_DONE) { /* of no item: they had no part in it */
        log_failure(commit, request);
        wait_for_server(commit);
        return;
    }
    size_t rows = store_request_rows(request, RESERVED_NUMBERS);
    /* what was left of the old ones is dropped: there are enough */
    commit->numbers = (struct commit_numbers){.block_count = rows};
    for (size_t i = 0; i < rows; i++)
        commit->numbers.blocks[i] = store_request_int8(request, RESERVED_NUMBERS, i, 0);
    commit->months_made = time_now();
    commit->clock_seen = commit->clock_asked;
    if (commit->audit.number == 0)
        audit_chain_read(request, RESERVED_CHAIN, commit->audit_name, commit->audit_opened,
                         &commit->audit);
    commit->batch.audit = commit->audit;
    claim(commit);
}

static void reserve(struct pipeline_commit *commit)
{
    int64_t count = commit_batch_need(&commit->batch) / NUMBER_BLOCK_SIZE + 1;
    if (count > NUMBER_BLOCK_LIMIT)
        count = NUMBER_BLOCK_LIMIT;
    struct store_value blocks = store_value_int4((int32_t)count, commit->arena);
    /* the inbox is partitioned by the time of the record, the audit by the real one */
    instant real = time_now(), record = pipeline_clock_now(commit->options.clock);
    struct store_value now = store_value_instant(real, commit->arena);
    struct store_value then = store_value_instant(record, commit->arena);
    struct store_request *request = store_request_new(commit->arena);
    store_request_add(request, STORE_SQL_ENSURE_PARTITIONS, &now, 1);
    store_request_add(request, STORE_SQL_RESERVE_NUMBERS, &blocks, 1);
    store_request_add(request, STORE_SQL_ENSURE_PARTITIONS, &then, 1);
    commit->audit_opened = real;
    if (commit->audit.number == 0)
        audit_chain_ask(request, commit->audit_name, real, commit->arena);
    commit->clock_asked = pipeline_clock_changes(commit->options.clock);
    submit(commit, COMMIT_RESERVING, request, reserved);
}

static bool has_ended(const struct store_request *request)
{
    return store_request_failure(request) == STORE_DONE &&
           !slice_equal(store_request_bytes(request, COMMIT_ASKED_TRANSACTION, 0, 0),
                        SLICE("in progress"));
}

static void asked(void *data)
{
    struct pipeline_commit *commit = data;
    const struct store_request *request = commit->batch.request;
    commit->state = COMMIT_IDLE;
    if (!has_ended(request)) {
        if (store_request_failure(request) != STORE_DONE)
            log_failure(commit, request);
        take_pause(commit, PAUSE_TO_ASK);
        return;
    }
    commit->uncertain = false;
    if (store_request_rows(request, COMMIT_ASKED_AUDIT) == commit->batch.count)
        finish_batch(commit);
    else
        put_back(commit);
}

/* The audit rows of a batch are there if, and only if, it was committed. */
static void ask(struct pipeline_commit *commit)
{
    submit(commit, COMMIT_ASKING, commit_audit_ask(&commit->batch), asked);
}

/* --- what is next ----------------------------------------------------------------------------- */

static void start_batch(struct pipeline_commit *commit)
{
    commit->began = time_monotonic();
    gather(commit);
    const struct commit_numbers *numbers = &commit->numbers;
    int64_t left = numbers->end - numbers->next + (int64_t)numbers->block_count * NUMBER_BLOCK_SIZE;
    bool months_due = time_now() - commit->months_made >= TIME_DAY ||
                      commit->clock_seen != pipeline_clock_changes(commit->options.clock);
    if (months_due || commit->audit.number == 0 || commit_batch_need(&commit->batch) > left)
        reserve(commit);
    else
        claim(commit);
}

/* Begins what can begin: at most one batch is under way. */
static void begin_next(struct pipeline_commit *commit)
{
    instant now = time_monotonic();
    if (commit->state != COMMIT_IDLE ||
        store_connection_state(commit->link.connection) != STORE_READY ||
        now < commit->paused_until)
        return;
    if (commit->uncertain)
        ask(commit);
    else if (commit->waiting.first && !is_patient(commit, now))
        start_batch(commit);
}

static instant grace_of(const struct pipeline_commit *commit, const struct pipeline_item *item)
{
    int64_t milliseconds = item->grace_milliseconds;
    return (milliseconds > 0 ? milliseconds : commit->options.grace_milliseconds) * 1000;
}

/* The longest grace of the batch at hand: while its end is not known all of it waits. */
static instant batch_grace(const struct pipeline_commit *commit)
{
    instant longest = 0;
    for (size_t i = 0; i < commit->batch.count; i++) {
        instant grace = grace_of(commit, commit->entries[i].item);
        longest = grace > longest ? grace : longest;
    }
    return longest;
}

/* The shortest grace of anything that waits; INT64_MAX when nothing does. */
static instant next_grace(const struct pipeline_commit *commit)
{
    instant shortest = commit->uncertain ? batch_grace(commit) : INT64_MAX;
    for (const struct pipeline_item *item = commit->waiting.first; item; item = item->next) {
        instant grace = grace_of(commit, item);
        shortest = grace < shortest ? grace : shortest;
    }
    return shortest;
}

/* Gives back what has a grace of at most `away`, the time that the store has been away. What was in
 * a COMMIT is not known to be stored, and not known not to be. */
static void give_up(struct pipeline_commit *commit, instant away)
{
    if (commit->state != COMMIT_IDLE || next_grace(commit) > away)
        return;
    size_t unknown = 0;
    if (commit->uncertain && batch_grace(commit) <= away) {
        unknown = commit->batch.count;
        LOG_EVENT(commit->options.log, LOG_ERROR, "commit-unknown", LOG_NUMBER("items", unknown));
        put_back(commit);
        commit->uncertain = false;
        commit->audit.number = 0; /* whether its rows are there is not known either */
    }
    struct item_queue left = commit->waiting;
    commit->waiting = (struct item_queue){0};
    commit->alone = 0;
    commit->retries = 0;
    commit->strikes = 0;
    for (; left.first; unknown -= unknown > 0) {
        struct pipeline_item *item = queue_take(&left);
        if (grace_of(commit, item) <= away)
            finish_item(item, unknown > 0 ? PIPELINE_UNKNOWN : PIPELINE_UNAVAILABLE);
        else
            queue_append(&commit->waiting, item);
    }
}

/* --- the host --------------------------------------------------------------------------------- */

static void on_event(void *data)
{
    drive(data);
}

/* When something is to be done though nothing has come. */
static instant next_wake(const struct pipeline_commit *commit, instant now)
{
    instant wake = INT64_MAX;
    /* what is under way ends by itself, and is looked at then */
    bool idle = commit->state == COMMIT_IDLE;
    instant grace = idle && commit->away_since != 0 ? next_grace(commit) : INT64_MAX;
    if (grace < wake - commit->away_since)
        wake = commit->away_since + grace;
    bool waits = idle && (commit->waiting.first || commit->uncertain);
    if (waits && commit->paused_until > now && commit->paused_until < wake)
        wake = commit->paused_until;
    if (waits && is_patient(commit, now) && commit->patient_until < wake)
        wake = commit->patient_until;
    return wake;
}

/* The link stands, the last try to store was not in vain, and its end is known. */
static bool is_there(const struct pipeline_commit *commit)
{
    return store_connection_state(commit->link.connection) == STORE_READY && !commit->in_trouble &&
           !commit->uncertain;
}

/* Why not, for whoever asks. */
static struct slice words_of(const struct pipeline_commit *commit)
{
    struct slice words = store_connection_state_words(commit->link.connection);
    if (words.len > 0)
        return words;
    return commit->uncertain ? SLICE("store-busy: the database has not ended a commit yet")
                             : SLICE("store-full: the database cannot store anything");
}

static void note_presence(struct pipeline_commit *commit, instant now)
{
    bool there = is_there(commit);
    if (there && commit->away_since != 0)
        LOG_EVENT(commit->options.log, LOG_INFO, "store-ready",
                  LOG_NUMBER("items", commit->waiting.count));
    struct slice why = store_connection_reason(commit->link.connection);
    if (why.len == 0)
        why = words_of(commit);
    uint64_t reason = slice_hash(why);
    if (!there && (commit->away_since == 0 || reason != commit->told_reason))
        LOG_EVENT(commit->options.log, LOG_WARNING, "store-away", LOG_TEXT("why", why));
    commit->told_reason = reason;
    if (there)
        commit->away_since = 0;
    else if (commit->away_since == 0)
        commit->away_since = now;
}

static void drive(struct pipeline_commit *commit)
{
    if (commit->in_progress)
        return;
    commit->in_progress = true;
    instant now = time_monotonic();
    store_connection_progress(commit->link.connection, now);
    note_presence(commit, now);
    if (commit->away_since != 0)
        give_up(commit, now - commit->away_since);
    begin_next(commit);
    commit->in_progress = false;
    pipeline_link_settle(&commit->link, next_wake(commit, now));
}

/* --- from outside ----------------------------------------------------------------------------- */

struct pipeline_commit *pipeline_commit_new(const struct pipeline_commit_options *options)
{
    struct pipeline_commit *commit = calloc(1, sizeof(*commit));
    if (!commit)
        abort();
    commit->options = *options;
    pipeline_link_init(&commit->link, options->store, STORE_USE_WRITE, options->host, on_event,
                       commit);
    commit->arena = arena_new(0);
    commit->name_arena = arena_new(0);
    commit->audit_name =
        arena_format(commit->name_arena, "%.*s/commit", SLICE_ARG(options->store->application));
    commit->away_since = time_monotonic();
    commit->told_reason = slice_hash(store_connection_reason(commit->link.connection));
    drive(commit);
    return commit;
}

void pipeline_commit_free(struct pipeline_commit *commit)
{
    if (!commit)
        return;
    commit->in_progress = true; /* nothing begins any more */
    pipeline_link_release(&commit->link);
    commit->state = COMMIT_IDLE;
    if (!commit->uncertain)
        put_back(commit);
    give_up(commit, INT64_MAX - 1);
    arena_free(commit->arena);
    arena_free(commit->name_arena);
    free(commit);
}

void pipeline_commit_submit(struct pipeline_commit *commit, struct pipeline_item *item)
{
    item->outcome = PIPELINE_UNAVAILABLE;
    item->answer_text = (struct slice){0};
    item->message_key = 0;
    queue_append(&commit->waiting, item);
    if (commit->in_progress)
        return; /* drive() looks again before it ends */
    begin_next(commit);
    pipeline_link_settle(&commit->link, next_wake(commit, time_monotonic()));
}

size_t pipeline_commit_depth(const struct pipeline_commit *commit)
{
    return commit->waiting.count + commit->batch.count;
}

bool pipeline_commit_ready(const struct pipeline_commit *commit, struct slice *ret_reason)
{
    if (is_there(commit))
        return true;
    *ret_reason = words_of(commit);
    return false;
}
