/* audit_seal: see the header.
 *
 *   AWAY ──store ready──▶ RESTING ──due──▶ ASKING ──heads grew──▶ SEALING ──more──▶ ASKING
 *    ▲                      ▲ ▲               │ nothing new          │ all
 *    │                      │ └───────────────┴──────────────────────┘
 *    └────── link lost ─────┘
 *
 * Nothing of what was sealed is believed without the store: each seal stands on the last one that
 * is there. */
#include "pipeline/audit_seal.h"

#include "base/encode.h"
#include "fhir/json.h"
#include "pipeline/commit.h"
#include "pipeline/link.h"

#include <stdlib.h>
#include <string.h>

#define SEAL_PAUSE TIME_MINUTE
#define SEAL_RETRY TIME_SECOND
/* The others that end now write their last rows meanwhile. */
#define FINISH_PAUSE (TIME_SECOND / 4)
#define FINISH_PATIENCE (2 * TIME_SECOND)

/* How far a chain was sealed. */
struct sealed {
    int64_t chain, place;
};

struct pipeline_sealer {
    struct pipeline_sealer_options options;
    struct pipeline_link link;
    struct arena *arena; /* of the step under way */
    struct store_request *request;
    struct pipeline_seal seal;              /* under way */
    unsigned char hash[DIGEST_SHA256_SIZE]; /* of its token */
    bool has_more;
    struct sealed *sealed; /* of this process */
    size_t sealed_count, sealed_capacity;
    bool busy, is_last; /* the round under way began when the end was asked for */
    instant next;       /* time_monotonic */
    void (*done)(void *data);
    void *done_data;
    instant finish_at_last; /* time_monotonic; 0: not finishing */
};

/* --- the payload ------------------------------------------------------------------------------ */

static struct slice hash_slice(const unsigned char *hash)
{
    return (struct slice){(const char *)hash, DIGEST_SHA256_SIZE};
}

struct slice pipeline_seal_print(const struct pipeline_seal *seal, struct arena *arena)
{
    struct json *payload = json_object(arena);
    json_add(payload, SLICE("seal"), json_integer(arena, seal->number));
    json_add_string(payload, SLICE("sealed"), time_format(seal->sealed, 0, arena), arena);
    json_add_string(payload, SLICE("previous"), encode_hex(seal->previous, arena), arena);
    struct json *heads = json_add(payload, SLICE("heads"), json_array(arena));
    for (size_t i = 0; i < seal->head_count; i++) {
        struct json *head = json_append(heads, json_object(arena));
        json_add(head, SLICE("chain"), json_integer(arena, seal->heads[i].chain));
        json_add(head, SLICE("place"), json_integer(arena, seal->heads[i].place));
        json_add_string(head, SLICE("hash"), encode_hex(hash_slice(seal->heads[i].hash), arena),
                        arena);
    }
    struct buffer text;
    buffer_init(&text, 0);
    json_print(payload, &text);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

static bool parse_head(const struct json *json, struct arena *arena,
                       struct pipeline_audit_point *ret_point)
{
    struct slice hash;
    if (!decode_hex(json_get_text(json, SLICE("hash")), arena, &hash) ||
        hash.len != DIGEST_SHA256_SIZE)
        return false;
    memcpy(ret_point->hash, hash.ptr, hash.len);
    return json_to_int64(json_get(json, SLICE("chain")), &ret_point->chain) &&
           json_to_int64(json_get(json, SLICE("place")), &ret_point->place);
}

bool pipeline_seal_parse(struct slice payload, struct arena *arena, struct pipeline_seal *ret_seal)
{
    struct json *json = NULL;
    struct pipeline_seal seal = {0};
    if (json_parse(payload, arena, &json, NULL) != 0 || json_kind(json) != JSON_OBJECT ||
        !json_to_int64(json_get(json, SLICE("seal")), &seal.number) ||
        !time_parse(json_get_text(json, SLICE("sealed")), 0, &seal.sealed) ||
        !decode_hex(json_get_text(json, SLICE("previous")), arena, &seal.previous))
        return false;
    const struct json *heads = json_get(json, SLICE("heads"));
    if (json_kind(heads) != JSON_ARRAY)
        return false;
    seal.heads = ARENA_ARRAY(arena, json_count(heads) + 1, struct pipeline_audit_point);
    for (const struct json *head = json_first(heads); head; head = json_next(head)) {
        if (!parse_head(head, arena, &seal.heads[seal.head_count++]))
            return false;
    }
    *ret_seal = seal;
    return true;
}

/* --- what is to be sealed --------------------------------------------------------------------- */

static struct sealed *find_sealed(struct pipeline_sealer *sealer, int64_t chain)
{
    for (size_t i = 0; i < sealer->sealed_count; i++) {
        if (sealer->sealed[i].chain == chain)
            return &sealer->sealed[i];
    }
    return NULL;
}

static void note_sealed(struct pipeline_sealer *sealer, const struct pipeline_audit_point *head)
{
    struct sealed *known = find_sealed(sealer, head->chain);
    if (!known && sealer->sealed_count == sealer->sealed_capacity) {
        sealer->sealed_capacity = sealer->sealed_capacity * 2 + 16;
        sealer->sealed = realloc(sealer->sealed, sealer->sealed_capacity * sizeof *sealer->sealed);
        if (!sealer->sealed)
            abort();
    }
    if (!known)
        known = &sealer->sealed[sealer->sealed_count++];
    *known = (struct sealed){head->chain, head->place};
}

/* Chains that are no longer among the heads are forgotten: they cannot grow. */
static void keep_live(struct pipeline_sealer *sealer, const struct store_request *request,
                      size_t statement)
{
    size_t kept = 0;
    for (size_t i = 0; i < sealer->sealed_count; i++) {
        bool live = false;
        for (size_t row = 0; row < store_request_rows(request, statement) && !live; row++)
            live = store_request_int8(request, statement, row, 0) == sealer->sealed[i].chain;
        if (live)
            sealer->sealed[kept++] = sealer->sealed[i];
    }
    sealer->sealed_count = kept;
}

enum asked_statement { ASKED_SEAL, ASKED_HEADS };

static void take_heads(struct pipeline_sealer *sealer, const struct store_request *request)
{
    size_t rows = store_request_rows(request, ASKED_HEADS);
    struct pipeline_seal *seal = &sealer->seal;
    *seal = (struct pipeline_seal){
        .heads = ARENA_ARRAY(sealer->arena, PIPELINE_SEAL_HEADS, struct pipeline_audit_point)};
    sealer->has_more = false;
    for (size_t row = 0; row < rows; row++) {
        struct pipeline_audit_point head = {
            .chain = store_request_int8(request, ASKED_HEADS, row, 0),
            .place = store_request_int8(request, ASKED_HEADS, row, 1)};
        struct slice hash = store_request_bytes(request, ASKED_HEADS, row, 2);
        const struct sealed *known = find_sealed(sealer, head.chain);
        if ((known && known->place == head.place) || hash.len != sizeof(head.hash))
            continue;
        sealer->has_more = seal->head_count == PIPELINE_SEAL_HEADS;
        if (sealer->has_more)
            return;
        memcpy(head.hash, hash.ptr, hash.len);
        seal->heads[seal->head_count++] = head;
    }
}

/* --- the steps -------------------------------------------------------------------------------- */

static void drive(void *data);

static void rest(struct pipeline_sealer *sealer, instant pause)
{
    sealer->busy = false;
    sealer->next = time_monotonic() + pause;
}

static void submit(struct pipeline_sealer *sealer, void (*done)(void *data))
{
    sealer->busy = store_connection_submit(sealer->link.connection, sealer->request, done, sealer);
}

static void log_failure(const struct pipeline_sealer *sealer)
{
    LOG_EVENT(sealer->options.log, LOG_WARNING, "audit-seal-failed",
              LOG_TEXT("why", slice_of(store_failure_name(store_request_failure(sealer->request)))),
              LOG_TEXT("sqlstate", store_request_sqlstate(sealer->request)));
}

/* All heads that were asked for are sealed. */
static void end_round(struct pipeline_sealer *sealer)
{
    bool finishing = sealer->finish_at_last != 0;
    rest(sealer, finishing ? 0 : sealer->options.pause);
    if (finishing && sealer->is_last)
        sealer->finish_at_last = sealer->next;
}

static void sealed(void *data)
{
    struct pipeline_sealer *sealer = data;
    struct pipeline_seal *seal = &sealer->seal;
    if (store_request_failure(sealer->request) != STORE_DONE) {
        /* whether it is there shows when the last one is asked for again */
        if (store_request_failure(sealer->request) != STORE_RETRY)
            log_failure(sealer);
        rest(sealer, SEAL_RETRY);
        return;
    }
    for (size_t i = 0; i < seal->head_count; i++)
        note_sealed(sealer, &seal->heads[i]);
    LOG_EVENT(sealer->options.log, LOG_INFO, "audit-sealed",
              LOG_NUMBER("seal", (uint64_t)seal->number), LOG_NUMBER("chains", seal->head_count),
              LOG_TEXT("hash", encode_hex(hash_slice(sealer->hash), sealer->arena)));
    if (sealer->has_more)
        rest(sealer, 0);
    else
        end_round(sealer);
}

static void seal(struct pipeline_sealer *sealer, const struct store_request *asked)
{
    struct arena *arena = sealer->arena;
    struct pipeline_seal *seal = &sealer->seal;
    unsigned char previous[DIGEST_SHA256_SIZE];
    struct slice token;
    if (store_request_rows(asked, ASKED_SEAL) > 0) {
        digest_sha256(store_request_bytes(asked, ASKED_SEAL, 0, 2), previous);
        seal->previous = arena_copy(arena, hash_slice(previous));
    }
    seal->number = store_request_int8(asked, ASKED_SEAL, 0, 0) + 1;
    seal->sealed = time_now();
    if (sealer->options.sign(sealer->options.sign_data, pipeline_seal_print(seal, arena), arena,
                             &token) != 0) {
        LOG_EVENT(sealer->options.log, LOG_ERROR, "audit-seal-failed",
                  LOG_TEXT("why", SLICE("the key does not sign")));
        rest(sealer, sealer->options.pause);
        return;
    }
    digest_sha256(token, sealer->hash);
    const struct store_value values[] = {store_value_int8(seal->number, arena),
                                         store_value_instant(seal->sealed, arena),
                                         store_value_bytes(token)};
    sealer->request = store_request_new(arena);
    store_request_add(sealer->request, STORE_SQL_PUT_SEAL, values, 3);
    submit(sealer, sealed);
}

static void asked(void *data)
{
    struct pipeline_sealer *sealer = data;
    const struct store_request *request = sealer->request;
    if (store_request_failure(request) != STORE_DONE) {
        log_failure(sealer);
        rest(sealer, SEAL_RETRY);
        return;
    }
    keep_live(sealer, request, ASKED_HEADS);
    take_heads(sealer, request);
    if (sealer->seal.head_count > 0)
        seal(sealer, request);
    else
        end_round(sealer);
}

static void ask(struct pipeline_sealer *sealer)
{
    arena_reset(sealer->arena);
    sealer->is_last = sealer->finish_at_last != 0;
    sealer->request = store_request_new(sealer->arena);
    store_request_add(sealer->request, STORE_SQL_LAST_SEAL, NULL, 0);
    store_request_add(sealer->request, STORE_SQL_LIST_HEADS, NULL, 0);
    submit(sealer, asked);
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool is_over(const struct pipeline_sealer *sealer, instant now)
{
    return sealer->finish_at_last != 0 && sealer->finish_at_last <= now;
}

static void drive(void *data)
{
    struct pipeline_sealer *sealer = data;
    struct store_connection *connection = sealer->link.connection;
    instant now = time_monotonic();
    store_connection_progress(connection, now);
    bool ready = store_connection_state(connection) == STORE_READY;
    if (ready && !sealer->busy && sealer->next <= now && !is_over(sealer, now)) {
        ask(sealer);
        store_connection_progress(connection, now);
    }
    if (is_over(sealer, now) && sealer->done) {
        void (*done)(void *data) = sealer->done;
        sealer->done = NULL;
        done(sealer->done_data);
        return;
    }
    instant wake = ready && !sealer->busy ? sealer->next : INT64_MAX;
    if (sealer->done && sealer->finish_at_last < wake)
        wake = sealer->finish_at_last;
    pipeline_link_settle(&sealer->link, wake);
}

struct pipeline_sealer *pipeline_sealer_new(const struct pipeline_sealer_options *options)
{
    struct pipeline_sealer *sealer = calloc(1, sizeof *sealer);
    if (!sealer)
        abort();
    sealer->options = *options;
    if (sealer->options.pause == 0)
        sealer->options.pause = SEAL_PAUSE;
    sealer->arena = arena_new(0);
    pipeline_link_init(&sealer->link, options->store, STORE_USE_READ, options->host, drive, sealer);
    drive(sealer);
    return sealer;
}

void pipeline_sealer_free(struct pipeline_sealer *sealer)
{
    if (!sealer)
        return;
    pipeline_link_release(&sealer->link);
    arena_free(sealer->arena);
    free(sealer->sealed);
    free(sealer);
}

void pipeline_sealer_finish(struct pipeline_sealer *sealer, void (*done)(void *data), void *data)
{
    sealer->done = done;
    sealer->done_data = data;
    sealer->finish_at_last = time_monotonic() + FINISH_PATIENCE;
    sealer->next = time_monotonic() + FINISH_PAUSE;
    pipeline_link_settle(&sealer->link, sealer->busy ? INT64_MAX : sealer->next);
}
