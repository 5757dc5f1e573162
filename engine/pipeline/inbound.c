/* inbound: see the header.
 *
 * A frame_turn is one frame and its arena; it holds a message_turn for each message in it (one, but
 * for batches), and each message_turn is the item that commit works on. The frame is answered when
 * its last message is. */
#include "pipeline/inbound.h"

#include "base/encode.h"
#include "fhir/validate.h"
#include "hl7v2/batch.h"
#include "hl7v2/hash.h"
#include "pipeline/translate.h"

#include <stdlib.h>
#include <string.h>

/* HL7 v2.5.1 2.15.9.10 and older: MSH-10 holds at most 20 characters. */
#define CONTROL_ID_LIMIT 20
/* Section 10: an event further in the future than this says nothing about order. */
#define FUTURE_LIMIT TIME_DAY

struct pipeline_inbound {
    struct pipeline_inbound_options options;
    size_t depth;
};

struct frame_turn;

struct message_turn {
    struct pipeline_item item;
    struct frame_turn *frame;
    struct slice bytes;
    bool indexed; /* message and header are there */
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct mapping_result mapped; /* where the item has writes */
    enum hl7v2_ack_stage stage;
    struct issue_list issues;
    bool recorded_as_refused; /* it was tried, failed, and is being kept as refused */
    bool warned_of_order;
    struct slice answer; /* to be sent, may be empty */
};

struct frame_turn {
    struct pipeline_inbound *inbound;
    const struct pipeline_feed *feed;
    struct arena *arena;
    struct hl7v2_batch batch;
    struct message_turn *messages;
    size_t message_count;
    size_t pending;
    bool close;       /* the connection, after the answer */
    bool unavailable; /* the store could not be reached for one of its messages */
    bool unknown;     /* nobody knows whether one of its messages is stored */
    instant received;
    instant began; /* monotonic */
    pipeline_answered *answered;
    void *data;
    struct pipeline_release *release; /* of a stored message, which nobody waits to be answered */
};

struct pipeline_inbound *pipeline_inbound_new(const struct pipeline_inbound_options *options)
{
    struct pipeline_inbound *inbound = calloc(1, sizeof *inbound);
    if (!inbound)
        abort();
    inbound->options = *options;
    return inbound;
}

void pipeline_inbound_free(struct pipeline_inbound *inbound)
{
    free(inbound);
}

size_t pipeline_inbound_depth(const struct pipeline_inbound *inbound)
{
    return inbound->depth;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* A control id for an answer that no commit numbers: our name and ten random characters. */
static struct slice random_control_id(const struct frame_turn *frame)
{
    unsigned char random[8];
    digest_random(random, sizeof random);
    struct slice text =
        encode_base32((struct slice){(const char *)random, sizeof random}, frame->arena);
    struct slice name = slice_part(frame->inbound->options.application, 0, 8);
    return arena_format(frame->arena, "%.*s-x%.*s", SLICE_ARG(name), 10, text.ptr);
}

static struct hl7v2_ack_options answer_options(const struct frame_turn *frame,
                                               struct slice control_id)
{
    const struct pipeline_inbound_options *options = &frame->inbound->options;
    return (struct hl7v2_ack_options){
        .application = options->application,
        .facility = options->facility,
        .control_id = slice_part(control_id, 0, CONTROL_ID_LIMIT),
        .now = frame->received,
        .offset_minutes = options->zone ? zone_offset_at(options->zone, frame->received) : 0,
        .typed_response = frame->feed->typed_response,
    };
}

static void write_one_answer(const struct message_turn *turn, enum hl7v2_ack_code code,
                             struct slice control_id, struct buffer *out)
{
    struct hl7v2_ack_options options = answer_options(turn->frame, control_id);
    const struct hl7v2_message *message = turn->indexed ? &turn->message : NULL;
    const struct hl7v2_header *header = turn->indexed ? &turn->header : NULL;
    /* the only failure is the buffer's ceiling, which out remembers */
    (void)!hl7v2_ack_write(message, header, code, &options, &turn->issues, turn->frame->arena, out);
}

/* Both answers of enhanced mode are one text; the second has a control id of its own. */
static void write_answers(const struct message_turn *turn, struct slice control_id,
                          struct buffer *out)
{
    const struct issue *error = issue_list_first_error(&turn->issues);
    struct hl7v2_ack_plan plan = {HL7V2_ACK_NONE, HL7V2_ACK_AR};
    if (turn->indexed)
        plan = hl7v2_ack_plan(&turn->header, turn->frame->feed->ack_mode, error, turn->stage);
    if (plan.accept != HL7V2_ACK_NONE) {
        write_one_answer(turn, plan.accept, control_id, out);
        control_id = arena_format(turn->frame->arena, "%.*sa", SLICE_ARG(control_id));
    }
    if (plan.application != HL7V2_ACK_NONE)
        write_one_answer(turn, plan.application, control_id, out);
}

/* Section 5: an event that is older than what is stored does not overwrite newer values; the sender
 * is told so. Said once, also when the batch is run again. */
static void warn_of_order(struct message_turn *turn)
{
    bool outdated = false;
    for (size_t i = 0; i < turn->item.write_count; i++)
        outdated |= turn->item.writes[i].outdated;
    if (!outdated || turn->warned_of_order)
        return;
    turn->warned_of_order = true;
    struct issue_place place = ISSUE_NOWHERE;
    hl7v2_header_event_time(&turn->message, &place);
    issue_report(&turn->issues, ISSUE_BUSINESS_RULE, ISSUE_WARNING, place,
                 "the event is older than what is stored, newer values were kept");
    /* first of all: before 2.5 an answer has room for one */
    struct issue first = turn->issues.items[0];
    turn->issues.items[0] = turn->issues.items[turn->issues.count - 1];
    turn->issues.items[turn->issues.count - 1] = first;
}

/* The warnings of what the message waits for come first: before 2.5 an answer has room for one. Of
 * a message that waits for nothing itself, that it stands behind another. */
static void put_holds_first(struct message_turn *turn)
{
    struct issue_list sorted;
    issue_list_init(&sorted, turn->frame->arena);
    if (turn->item.hold_count == 0)
        issue_report(&sorted, ISSUE_HELD, ISSUE_WARNING,
                     issue_place_v2(SLICE("PID"), 1, 3, 0, 0, 0),
                     "an earlier message about this patient waits, and this one behind it");
    for (size_t i = 0; i < turn->issues.count; i++)
        if (turn->issues.items[i].code == ISSUE_HELD)
            issue_add(&sorted, turn->issues.items[i]);
    for (size_t i = 0; i < turn->issues.count; i++)
        if (turn->issues.items[i].code != ISSUE_HELD)
            issue_add(&sorted, turn->issues.items[i]);
    turn->issues = sorted;
}

/* pipeline_item.answer: commit knows the control id and asks for the text it stores. */
static void answer_item(struct pipeline_item *item, enum pipeline_outcome outcome,
                        struct slice control_id, struct buffer *out)
{
    struct message_turn *turn = item->owner;
    struct issue_list before = turn->issues;
    if (outcome == PIPELINE_COMMITTED)
        warn_of_order(turn);
    if (outcome == PIPELINE_HELD)
        put_holds_first(turn);
    if (outcome == PIPELINE_KEY_CLASH) {
        /* section 3, row 10: the same id with another content */
        issue_report(&turn->issues, ISSUE_DUPLICATE_KEY, ISSUE_ERROR,
                     issue_place_v2(SLICE("MSH"), 1, 10, 0, 0, 0),
                     "this control id was used for a message with another content");
        turn->stage = HL7V2_ACK_STAGE_ACCEPT;
    }
    write_answers(turn, control_id, out);
    if (outcome == PIPELINE_HELD) /* the batch may be run again, with nobody before it any more */
        turn->issues = before;
}

static struct slice answer_locally(struct message_turn *turn)
{
    struct buffer out;
    buffer_init(&out, 0);
    write_answers(turn, random_control_id(turn->frame), &out);
    struct slice text = arena_copy(turn->frame->arena, buffer_slice(&out));
    buffer_release(&out);
    return text;
}

/* MSA-1 of an answer of ours. */
static struct slice answer_code(struct slice answer)
{
    size_t at = slice_find(answer, SLICE("\rMSA"));
    return slice_part(answer, at + 5, 2);
}

static void count_answers(const struct frame_turn *frame, const struct slice *answers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pipeline_metrics_add(frame->inbound->options.metrics, PIPELINE_METRIC_ACKS,
                             frame->feed->name, answer_code(answers[i]), 1);
}

/* --- the end of a frame ----------------------------------------------------------------------- */

static bool answer_is_kept(const struct frame_turn *frame, struct slice answer)
{
    struct slice code = answer_code(answer);
    return !frame->feed->batch_errors_only || code.len < 2 || code.ptr[1] != 'A';
}

/* One batch answer for the answers of all messages (section 7). */
static struct slice batch_answer(struct frame_turn *frame)
{
    struct slice *answers = ARENA_ARRAY(frame->arena, frame->message_count + 1, struct slice);
    size_t count = 0;
    for (size_t i = 0; i < frame->message_count; i++) {
        struct slice answer = frame->messages[i].answer;
        count_answers(frame, &answer, answer.len > 0);
        if (answer.len > 0 && answer_is_kept(frame, answer))
            answers[count++] = answer;
    }
    struct hl7v2_ack_options options = answer_options(frame, random_control_id(frame));
    struct buffer out;
    buffer_init(&out, 0);
    (void)!hl7v2_batch_write(&frame->batch, answers, count, &options, frame->arena, &out);
    struct slice text = arena_copy(frame->arena, buffer_slice(&out));
    buffer_release(&out);
    return text;
}

static void frame_finish(struct frame_turn *frame)
{
    struct pipeline_inbound *inbound = frame->inbound;
    struct slice *answers = NULL;
    size_t count = 0;
    if (frame->unknown || (frame->unavailable && !frame->feed->reject_when_unavailable)) {
        count = 0; /* no answer at all: the sender will come again */
    } else if (frame->batch.enveloped) {
        answers = ARENA_NEW(frame->arena, struct slice);
        answers[0] = batch_answer(frame);
        count = 1;
    } else if (frame->message_count == 1 && frame->messages[0].answer.len > 0) {
        count = hl7v2_batch_split(frame->messages[0].answer, frame->arena, &answers);
        count_answers(frame, answers, count);
    }
    pipeline_metrics_observe(inbound->options.metrics, PIPELINE_METRIC_MESSAGE_SECONDS,
                             SLICE("mllp"), time_monotonic() - frame->began);
    inbound->depth--;
    frame->answered(frame->data, answers, count, frame->close);
    arena_free(frame->arena);
}

static void message_finish(struct message_turn *turn, struct slice answer)
{
    turn->answer = answer;
    struct frame_turn *frame = turn->frame;
    if (--frame->pending == 0)
        frame_finish(frame);
}

/* --- the store's end of a message ------------------------------------------------------------- */

/* The database took the message for what it asks and refused it: keep it as refused, so that it can
 * be looked at; when even that fails there is only the answer. */
static void message_failed(struct message_turn *turn)
{
    struct pipeline_item *item = &turn->item;
    for (size_t i = 0; i < item->issues.count; i++) {
        struct issue issue = item->issues.items[i];
        if (item->refused_write < item->write_count)
            issue.place = pipeline_translate_place(&turn->mapped, item->refused_write);
        issue_add(&turn->issues, issue);
    }
    if (!issue_list_failed(&turn->issues))
        issue_report(&turn->issues, ISSUE_APPLICATION, ISSUE_FATAL, ISSUE_NOWHERE,
                     "the message could not be stored");
    if (turn->recorded_as_refused) { /* it is stored nowhere, so CA must not be said */
        turn->stage = HL7V2_ACK_STAGE_ACCEPT;
        message_finish(turn, answer_locally(turn));
        return;
    }
    turn->stage = HL7V2_ACK_STAGE_APPLICATION;
    turn->recorded_as_refused = true;
    item->refused = true;
    item->write_count = 0;
    item->person_count = 0;
    issue_list_init(&item->issues, turn->frame->arena);
    pipeline_commit_submit(turn->frame->inbound->options.commit, item);
}

static void message_unavailable(struct message_turn *turn)
{
    turn->frame->close |= !turn->frame->feed->reject_when_unavailable;
    turn->frame->unavailable = true;
    issue_report(&turn->issues, ISSUE_STORE_DOWN, ISSUE_FATAL, ISSUE_NOWHERE,
                 "the store cannot be reached");
    turn->stage = HL7V2_ACK_STAGE_ACCEPT;
    message_finish(turn, answer_locally(turn));
}

/* It may be stored and may not: AA would be a lie in the one case, AR in the other. A sender that
 * gets no answer sends again, and the dedupe key tells then. */
static void message_unknown(struct message_turn *turn)
{
    turn->frame->close = true;
    turn->frame->unknown = true;
    message_finish(turn, (struct slice){NULL, 0});
}

/* pipeline_item.done */
static void item_done(struct pipeline_item *item)
{
    struct message_turn *turn = item->owner;
    const struct frame_turn *frame = turn->frame;
    switch (item->outcome) {
    case PIPELINE_FAILED:
        message_failed(turn);
        return;
    case PIPELINE_UNAVAILABLE:
        message_unavailable(turn);
        return;
    case PIPELINE_UNKNOWN:
        message_unknown(turn);
        return;
    case PIPELINE_DUPLICATE:
        pipeline_metrics_add(frame->inbound->options.metrics, PIPELINE_METRIC_DUPLICATES,
                             frame->feed->name, (struct slice){NULL, 0}, 1);
        break;
    case PIPELINE_COMMITTED:
    case PIPELINE_HELD:
    case PIPELINE_KEY_CLASH:
        break;
    }
    message_finish(turn, item->answer_text);
}

/* --- the pure part ---------------------------------------------------------------------------- */

static struct slice percent_encoded(struct slice text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_';
        if (plain) {
            out[len++] = (char)byte;
            continue;
        }
        out[len++] = '%';
        out[len++] = "0123456789ABCDEF"[byte >> 4];
        out[len++] = "0123456789ABCDEF"[byte & 15];
    }
    return (struct slice){out, len};
}

struct slice pipeline_inbound_source(struct slice feed, struct slice control_id,
                                     struct arena *arena)
{
    return arena_format(arena, "urn:painbridge:feed:%.*s#%.*s", SLICE_ARG(feed),
                        SLICE_ARG(percent_encoded(control_id, arena)));
}

/* How long the time that is meant may last: "20260310" is any moment of that day. */
static instant span_of(enum hl7v2_precision precision)
{
    static const instant SPANS[] = {
        [HL7V2_PRECISION_YEAR] = 366 * TIME_DAY, [HL7V2_PRECISION_MONTH] = 31 * TIME_DAY,
        [HL7V2_PRECISION_DAY] = TIME_DAY,        [HL7V2_PRECISION_HOUR] = TIME_HOUR,
        [HL7V2_PRECISION_MINUTE] = TIME_MINUTE,  [HL7V2_PRECISION_SECOND] = 0,
        [HL7V2_PRECISION_FRACTION] = 0,
    };
    return SPANS[precision];
}

/* An event of a day, sent on that day, happened by the time it was sent: MSH-7 says more of the
 * order than midnight does. */
static instant refine(const struct message_turn *turn, instant event, instant span,
                      const struct hl7v2_datetime_defaults *defaults)
{
    struct hl7v2_datetime when;
    if (span == 0 || !hl7v2_datetime_parse(turn->header.time, &when))
        return event;
    instant sent = hl7v2_datetime_instant(&when, defaults, ISSUE_NOWHERE, NULL);
    return sent > event && sent < event + span ? sent : event;
}

/* Section 5: when it happened, by the sender. An event time that is no date is an error (row 13);
 * one far in the future is a clock that is wrong, and says nothing about order. */
static instant event_time(struct message_turn *turn)
{
    const struct frame_turn *frame = turn->frame;
    struct issue_place place = ISSUE_NOWHERE;
    struct slice raw = hl7v2_header_event_time(&turn->message, &place);
    if (raw.len == 0)
        return 0;
    struct hl7v2_datetime when;
    if (!hl7v2_datetime_parse(raw, &when)) {
        issue_report(&turn->issues, ISSUE_DATA_TYPE, ISSUE_ERROR, place, "not a valid date");
        return 0;
    }
    struct hl7v2_datetime_defaults defaults = {turn->header.has_offset, turn->header.offset_minutes,
                                               frame->feed->zone};
    instant event = hl7v2_datetime_instant(&when, &defaults, place, &turn->issues);
    event = refine(turn, event, span_of(when.precision), &defaults);
    if (event <= frame->received + FUTURE_LIMIT)
        return event;
    issue_report(&turn->issues, ISSUE_DATA_TYPE, ISSUE_WARNING, place,
                 "more than a day in the future, not used for the order of events");
    return 0;
}

static void validate_writes(struct message_turn *turn)
{
    const struct pipeline_item *item = &turn->item;
    for (size_t i = 0; i < item->write_count && !issue_list_failed(&turn->issues); i++)
        (void)!fhir_validate(turn->frame->inbound->options.definitions, item->writes[i].body,
                             &turn->issues);
}

/* Nothing is lost by it: the message is kept, and its records are as they were. */
static void tell_acts(struct message_turn *turn)
{
    for (size_t i = 0; i < turn->mapped.act_count; i++) {
        const struct mapping_act *act = &turn->mapped.acts[i];
        if (pipeline_translate_takes(act))
            continue;
        struct slice name = mapping_act_name(act->kind);
        issue_report(&turn->issues, ISSUE_NOT_SUPPORTED, ISSUE_WARNING, ISSUE_NOWHERE,
                     "the message asks to %.*s records (%.*s); this is kept and not carried out",
                     SLICE_ARG(name), SLICE_ARG(act->type));
    }
}

static void map_message(struct message_turn *turn)
{
    struct frame_turn *frame = turn->frame;
    const struct pipeline_inbound_options *options = &frame->inbound->options;
    struct slice source =
        pipeline_inbound_source(frame->feed->name, turn->header.control_id, frame->arena);
    struct mapping_context context = {
        .received = frame->received,
        .zone = frame->feed->zone,
        .default_charset = frame->feed->default_charset,
        .site = frame->feed->site,
        .mrn_system = frame->feed->mrn_system,
        .source = source,
        .message = source,
        .revision = frame->feed->revision,
        .id_key = options->id_key,
        .as_text = frame->release && frame->release->as_text,
        .shapes = frame->feed->shapes,
    };
    if (mapping_to_fhir(frame->feed->program, &turn->message, turn->header.structure, &context,
                        frame->arena, &turn->mapped, &turn->issues) != 0)
        return;
    tell_acts(turn);
    pipeline_translate(&turn->mapped, options->search, options->id_key, &turn->item);
    if (turn->item.hold_count == 0)
        validate_writes(turn);
}

/* Rows 12, 13, 15 and 16, as strictly as the feed says. */
static void judge_content(struct message_turn *turn)
{
    const struct frame_turn *frame = turn->frame;
    enum hl7v2_strictness strictness = frame->feed->content;
    const struct hl7v2_dictionary *dictionary = frame->inbound->options.dictionary;
    if (strictness == HL7V2_PASS || !dictionary)
        return;
    const struct hl7v2_content_rules rules = {.version = turn->header.version,
                                              .data_types = strictness,
                                              .required = strictness,
                                              .lengths = strictness,
                                              .repetitions = strictness};
    /* what is refused is among the issues */
    (void)!hl7v2_content_check(&turn->message, dictionary, &rules, frame->arena, &turn->issues);
}

/* Rows 1 to 8, 11: what has to hold before the content is looked at. True when it does. */
static bool check_message(struct message_turn *turn)
{
    const struct pipeline_feed *feed = turn->frame->feed;
    if (!turn->indexed)
        return false;
    if (hl7v2_header_check(&turn->message, &turn->header, &feed->rules, &turn->issues) != 0)
        return false;
    turn->item.unkeyed = false;
    return !issue_list_failed(&turn->issues);
}

#define MESSAGE_TYPE_LIMIT 40

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

/* "ADT^A01" for the inbox and the metrics; empty where MSH-9 is no such words, as in a message that
 * is refused for them. */
static struct slice message_type(const struct message_turn *turn)
{
    if (!turn->indexed || !is_printable(turn->header.type) || !is_printable(turn->header.event) ||
        turn->header.type.len + turn->header.event.len > MESSAGE_TYPE_LIMIT)
        return (struct slice){NULL, 0};
    return arena_format(turn->frame->arena, "%.*s^%.*s", SLICE_ARG(turn->header.type),
                        SLICE_ARG(turn->header.event));
}

static void index_message(struct message_turn *turn)
{
    struct hl7v2_message_options options = turn->frame->feed->message;
    options.default_charset = hl7v2_charset_of_setting(turn->frame->feed->default_charset);
    if (hl7v2_message_parse(turn->bytes, &options, turn->frame->arena, &turn->message,
                            &turn->issues) != 0)
        return;
    turn->indexed = true;
    hl7v2_header_read(&turn->message, &turn->header);
    hl7v2_content_hash(&turn->message, turn->item.content_hash);
    turn->item.sending_application = turn->header.sending_application;
    turn->item.sending_facility = turn->header.sending_facility;
    turn->item.control_id = turn->header.control_id;
}

static void item_begin(struct message_turn *turn)
{
    const struct frame_turn *frame = turn->frame;
    turn->item = (struct pipeline_item){
        .arena = frame->arena,
        .owner = turn,
        .source = frame->feed->name,
        .site = frame->feed->site,
        .labels = frame->feed->labels,
        .received = frame->received,
        .revision = frame->feed->revision,
        .raw = turn->bytes,
        .window_days = frame->feed->window_days,
        .grace_milliseconds = frame->feed->grace_milliseconds,
        .unkeyed = true, /* until the header is found well */
        .answer = answer_item,
        .done = item_done,
    };
    issue_list_init(&turn->item.issues, frame->arena);
    digest_sha256(turn->bytes, turn->item.content_hash);
}

/* Rule 2: an acknowledgement is matched to a message of ours or logged, and never answered. */
static void note_acknowledgement(const struct message_turn *turn)
{
    const struct frame_turn *frame = turn->frame;
    const struct pipeline_inbound_options *options = &frame->inbound->options;
    struct issue_list passed_over;
    struct hl7v2_ack ack;
    struct slice code = SLICE("none");
    issue_list_init(&passed_over, frame->arena);
    if (hl7v2_ack_parse(&turn->message, frame->arena, &ack, &passed_over) == 0)
        code = hl7v2_ack_code_name(ack.code);
    pipeline_metrics_add(options->metrics, PIPELINE_METRIC_ACKS_RECEIVED, frame->feed->name, code,
                         1);
    LOG_EVENT(options->log, LOG_WARNING, "ack-unexpected", LOG_TEXT("feed", frame->feed->name),
              LOG_TEXT("code", code),
              LOG_TEXT("issue", slice_of(issue_kind(ISSUE_UNKNOWN_KEY)->name)),
              LOG_TEXT("place", SLICE("MSA-2")));
}

/* Everything up to the commit. */
static void message_start(struct message_turn *turn)
{
    struct frame_turn *frame = turn->frame;
    issue_list_init(&turn->issues, frame->arena);
    turn->stage = HL7V2_ACK_STAGE_ACCEPT;
    item_begin(turn);
    index_message(turn);
    turn->item.message_type = message_type(turn);
    if (turn->indexed && turn->header.is_acknowledgement) {
        note_acknowledgement(turn);
        message_finish(turn, (struct slice){NULL, 0}); /* rule 2: never answered */
        return;
    }
    bool known = check_message(turn);
    pipeline_metrics_add(frame->inbound->options.metrics, PIPELINE_METRIC_MESSAGES_RECEIVED,
                         frame->feed->name, known ? turn->item.message_type : SLICE("other"), 1);
    if (known)
        turn->item.source_time = event_time(turn);
    if (known && !issue_list_failed(&turn->issues))
        judge_content(turn);
    if (known && !issue_list_failed(&turn->issues))
        map_message(turn);
    if (issue_list_failed(&turn->issues)) {
        turn->item.refused = true;
        turn->item.write_count = 0;
        turn->item.person_count = 0;
    }
    pipeline_commit_submit(frame->inbound->options.commit, &turn->item);
}

/* --- frames ----------------------------------------------------------------------------------- */

/* The only turn of a frame that is looked at as a whole. */
static struct message_turn *begin_single(struct frame_turn *frame, struct slice bytes)
{
    frame->batch = (struct hl7v2_batch){.enveloped = false};
    frame->messages = ARENA_NEW(frame->arena, struct message_turn);
    frame->message_count = 1;
    frame->pending = 1;
    struct message_turn *turn = frame->messages;
    turn->frame = frame;
    turn->bytes = bytes;
    issue_list_init(&turn->issues, frame->arena);
    turn->stage = HL7V2_ACK_STAGE_ACCEPT;
    item_begin(turn);
    return turn;
}

/* A frame that is no message as a whole: one refused piece with this issue. */
static void refuse_frame(struct frame_turn *frame, struct slice bytes, const struct issue_list *why)
{
    struct message_turn *turn = begin_single(frame, bytes);
    if (slice_starts_with(bytes, SLICE("MSH")))
        index_message(turn);
    for (size_t i = 0; i < why->count; i++)
        issue_add(&turn->issues, why->items[i]);
    turn->item.refused = true;
    pipeline_commit_submit(frame->inbound->options.commit, &turn->item);
}

/* Rule 1.9: longer than the feed may send. Its beginning is enough to address the answer; the bytes
 * are not kept. */
static void refuse_oversized(struct frame_turn *frame, struct slice bytes)
{
    struct message_turn *turn =
        begin_single(frame, slice_part(bytes, 0, slice_find_byte(bytes, '\r')));
    frame->close = true;
    index_message(turn);
    issue_report(&turn->issues, ISSUE_TOO_LARGE_MESSAGE, ISSUE_ERROR, ISSUE_NOWHERE,
                 "longer than this feed may send");
    message_finish(turn, turn->indexed ? answer_locally(turn) : (struct slice){NULL, 0});
}

/* pipeline_item.done: the store may be away, or refuse it; there is nobody to tell. */
static void fragment_done(struct pipeline_item *item)
{
    message_finish(item->owner, (struct slice){NULL, 0});
}

/* Rule 1.7: what was cut off is kept for people to look at. It is no message: it claims no key and
 * has no answer. */
static void keep_fragment(struct frame_turn *frame, struct slice bytes)
{
    struct message_turn *turn = begin_single(frame, bytes);
    size_t header_end = slice_find_byte(bytes, '\r');
    if (header_end < bytes.len && slice_starts_with(bytes, SLICE("MSH"))) {
        turn->bytes = slice_part(bytes, 0, header_end);
        index_message(turn);
    }
    turn->item.message_type = SLICE("fragment");
    turn->item.raw = bytes;
    turn->item.answer = NULL;
    turn->item.done = fragment_done;
    turn->item.refused = true;
    digest_sha256(turn->item.raw, turn->item.content_hash);
    pipeline_commit_submit(frame->inbound->options.commit, &turn->item);
}

static void frame_start(struct frame_turn *frame, struct slice bytes)
{
    struct issue_list why;
    issue_list_init(&why, frame->arena);
    if (hl7v2_batch_parse(bytes, &frame->feed->message, frame->arena, &frame->batch, &why) != 0) {
        refuse_frame(frame, bytes, &why);
        return;
    }
    frame->message_count = frame->batch.message_count;
    frame->messages = ARENA_ARRAY(frame->arena, frame->message_count + 1, struct message_turn);
    if (frame->message_count == 0) { /* an empty batch: nothing to send, all well */
        frame_finish(frame);
        return;
    }
    /* the count is complete before the first message may end, and with it the frame */
    frame->pending = frame->message_count;
    for (size_t i = 0, count = frame->message_count; i < count; i++) {
        frame->messages[i].frame = frame;
        frame->messages[i].bytes = frame->batch.messages[i];
    }
    for (size_t i = 0, count = frame->message_count; i < count; i++)
        message_start(&frame->messages[i]);
}

/* --- stored messages -------------------------------------------------------------------------- */

static void release_finish(struct message_turn *turn)
{
    struct frame_turn *frame = turn->frame;
    struct pipeline_release *release = frame->release;
    release->outcome = turn->item.outcome;
    issue_list_take(&release->issues, &turn->issues);
    issue_list_take(&release->issues, &turn->item.issues);
    frame->inbound->depth--;
    release->done(release);
    arena_free(frame->arena);
}

/* pipeline_item.done */
static void release_done(struct pipeline_item *item)
{
    release_finish(item->owner);
}

void pipeline_inbound_release(struct pipeline_inbound *inbound, const struct pipeline_feed *feed,
                              struct pipeline_release *release)
{
    struct arena *arena = arena_new(PIPELINE_MESSAGE_CEILING);
    struct frame_turn *frame = ARENA_NEW(arena, struct frame_turn);
    *frame = (struct frame_turn){.inbound = inbound,
                                 .feed = feed,
                                 .arena = arena,
                                 .received = release->received,
                                 .release = release};
    inbound->depth++;
    struct message_turn *turn = begin_single(frame, release->raw);
    turn->item.waiting_key = release->message_key;
    turn->item.actor = release->actor;
    turn->item.as_text = release->as_text;
    turn->item.answer = NULL;
    turn->item.done = release_done;
    turn->item.outcome = PIPELINE_FAILED;
    index_message(turn);
    if (check_message(turn))
        turn->item.source_time = event_time(turn);
    if (!issue_list_failed(&turn->issues))
        map_message(turn);
    if (issue_list_failed(&turn->issues))
        release_finish(turn);
    else
        pipeline_commit_submit(inbound->options.commit, &turn->item);
}

/* ---------------------------------------------------------------------------------------------- */

void pipeline_inbound_submit(struct pipeline_inbound *inbound, const struct pipeline_feed *feed,
                             struct slice bytes, enum pipeline_frame_fault fault, instant received,
                             pipeline_answered *answered, void *data)
{
    struct arena *arena = arena_new(PIPELINE_MESSAGE_CEILING);
    struct frame_turn *frame = ARENA_NEW(arena, struct frame_turn);
    *frame = (struct frame_turn){
        .inbound = inbound,
        .feed = feed,
        .arena = arena,
        .received = received,
        .began = time_monotonic(),
        .answered = answered,
        .data = data,
    };
    inbound->depth++;
    if (fault == PIPELINE_FRAME_TRUNCATED)
        bytes = slice_part(bytes, 0, PIPELINE_FRAGMENT_LIMIT);
    struct slice copy = arena_copy(arena, bytes);
    if (fault == PIPELINE_FRAME_OVERSIZED)
        refuse_oversized(frame, copy);
    else if (fault == PIPELINE_FRAME_TRUNCATED)
        keep_fragment(frame, copy);
    else
        frame_start(frame, copy);
}
