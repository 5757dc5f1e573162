/* send: a sender of HL7 v2 over MLLP and TLS, as a clinic's system is one: each message waits for
 * the answers that it asks for (HL7 v2.5.1 2.9.2, 2.9.3), then the next one goes. */
#include "cli/commands.h"
#include "cli/input.h"
#include "hl7v2/ack.h"
#include "hl7v2/batch.h"
#include "net/mllp_client.h"

#include <stdio.h>

#define SEND_FILE_LIMIT ((size_t)1 << 30)
#define SEND_CEILING ((size_t)4 << 30)
#define SEND_LONGEST_WAIT 3600
#define SEND_USUAL_WAIT 30

/* One frame to send, and what may come for it. */
struct outgoing {
    struct slice bytes;
    struct slice control_id; /* MSH-10, or empty */
    unsigned answers_due;    /* when all is well */
};

struct sender {
    struct command_call *call;
    struct arena *arena;
    struct net_loop *loop;
    struct outgoing *messages;
    size_t count, capacity, next;
    unsigned answers_left; /* of the message under way */
    struct json *answers;  /* of the message under way */
    instant patience;
    bool found;  /* an answer said error or reject */
    bool failed; /* the connection did not last */
};

/* --- what is sent ----------------------------------------------------------------------------- */

/* HL7 v2.5.1 2.5: the segment terminator is always CR; files of people have LF or CR LF. */
static struct slice with_carriage_returns(struct slice text, struct arena *arena)
{
    struct buffer bytes;
    buffer_init(&bytes, SEND_FILE_LIMIT);
    for (size_t i = 0; i < text.len; i++) {
        bool pair = text.ptr[i] == '\n' && i > 0 && text.ptr[i - 1] == '\r';
        if (!pair) {
            buffer_append_byte(&bytes, text.ptr[i] == '\n' ? '\r' : text.ptr[i]);
        }
    }
    if (bytes.len > 0 && bytes.data[bytes.len - 1] != '\r') {
        buffer_append_byte(&bytes, '\r');
    }
    struct slice copy = arena_copy(arena, buffer_slice(&bytes));
    buffer_release(&bytes);
    return copy;
}

static void add_message(struct sender *sender, struct slice bytes)
{
    if (sender->count == sender->capacity) {
        size_t grown = sender->capacity == 0 ? 64 : 2 * sender->capacity;
        sender->messages =
            arena_grow(sender->arena, sender->messages, sender->capacity * sizeof(struct outgoing),
                       grown * sizeof(struct outgoing));
        sender->capacity = grown;
    }
    struct outgoing *outgoing = &sender->messages[sender->count++];
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct issue_list ignored;
    issue_list_init(&ignored, sender->arena);
    outgoing->bytes = bytes;
    outgoing->answers_due = 1;
    if (hl7v2_message_parse(bytes, NULL, sender->arena, &message, &ignored) != 0) {
        return;
    }
    hl7v2_header_read(&message, &header);
    struct hl7v2_ack_plan plan = hl7v2_ack_plan(&header, HL7V2_ACK_MODE_AUTO, /* error= */ NULL,
                                                HL7V2_ACK_STAGE_APPLICATION);
    outgoing->control_id = header.control_id;
    outgoing->answers_due =
        (plan.accept != HL7V2_ACK_NONE ? 1U : 0U) + (plan.application != HL7V2_ACK_NONE ? 1U : 0U);
}

static enum command_exit read_messages(struct sender *sender)
{
    struct command_call *call = sender->call;
    bool as_is = option_given(&call->options, "as-is");
    for (size_t i = 0; i < call->operand_count; i++) {
        struct slice text;
        enum command_exit exit_code =
            input_read(call, call->operands[i], SEND_FILE_LIMIT, sender->arena, &text);
        if (exit_code != COMMAND_DONE) {
            return exit_code;
        }
        if (as_is) {
            add_message(sender, text);
            continue;
        }
        struct slice *messages = NULL;
        size_t count = hl7v2_batch_split(text, sender->arena, &messages);
        if (count == 0) {
            return command_wrong(call, "there is nothing to be sent in '%s'", call->operands[i]);
        }
        for (size_t m = 0; m < count; m++) {
            add_message(sender, with_carriage_returns(messages[m], sender->arena));
        }
    }
    return COMMAND_DONE;
}

/* --- what comes back -------------------------------------------------------------------------- */

static struct json *ack_json(const struct hl7v2_ack *ack, struct arena *arena)
{
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("code"), hl7v2_ack_code_name(ack->code), arena);
    json_add_string(answer, SLICE("control_id"), command_shown(ack->control_id, arena), arena);
    json_add_string(answer, SLICE("text"), command_shown(ack->text, arena), arena);
    struct json *errors = json_add(answer, SLICE("errors"), json_array(arena));
    for (size_t i = 0; i < ack->error_count; i++) {
        const struct hl7v2_ack_error *error = &ack->errors[i];
        struct json *entry = json_append(errors, json_object(arena));
        json_add_string(entry, SLICE("place"), issue_place_text(&error->place, arena), arena);
        json_add(entry, SLICE("code"), json_integer(arena, error->code));
        json_add_string(entry, SLICE("severity"),
                        command_shown((struct slice){&error->severity, 1}, arena), arena);
        json_add_string(entry, SLICE("message"), command_shown(error->message, arena), arena);
    }
    return answer;
}

static void print_answers(const struct sender *sender, const struct outgoing *outgoing)
{
    if (sender->call->json) {
        struct json *line = json_object(sender->arena);
        json_add_string(line, SLICE("control_id"),
                        command_shown(outgoing->control_id, sender->arena), sender->arena);
        json_add(line, SLICE("answers"), sender->answers);
        command_print(line);
        return;
    }
    for (struct json *answer = json_first(sender->answers); answer; answer = json_next(answer)) {
        struct slice code = json_get_text(answer, SLICE("code"));
        struct slice text = json_get_text(answer, SLICE("text"));
        printf("%.*s %.*s%s%.*s\n", SLICE_ARG(command_shown(outgoing->control_id, sender->arena)),
               SLICE_ARG(code), text.len > 0 ? " " : "", SLICE_ARG(text));
        struct json *error = json_first(json_get(answer, SLICE("errors")));
        for (; error != NULL; error = json_next(error)) {
            struct slice place = json_get_text(error, SLICE("place"));
            struct slice words = json_get_text(error, SLICE("message"));
            printf("  %.*s %.*s%s%.*s\n", SLICE_ARG(json_get_text(error, SLICE("severity"))),
                   SLICE_ARG(place), place.len > 0 ? ": " : "", SLICE_ARG(words));
        }
    }
}

/* --- the conversation ------------------------------------------------------------------------- */

/* Sends the next message, and those behind it as long as they ask for no answer. */
static void send_next(struct sender *sender, struct mllp_client *client)
{
    while (sender->next < sender->count) {
        struct outgoing *outgoing = &sender->messages[sender->next];
        mllp_client_send(client, outgoing->bytes);
        mllp_client_set_deadline(client, sender->patience);
        sender->answers = json_array(sender->arena);
        sender->answers_left = outgoing->answers_due;
        if (sender->answers_left > 0) {
            return;
        }
        print_answers(sender, outgoing);
        sender->next++;
    }
    mllp_client_finish(client);
}

static void opened(void *data, struct mllp_client *client)
{
    send_next(data, client);
}

/* An answer; one that cannot be read counts as a fault of the other side. */
static void answered(void *data, struct mllp_client *client, const struct mllp_frame *frame)
{
    struct sender *sender = data;
    struct hl7v2_message message;
    struct hl7v2_ack ack;
    if (sender->answers_left == 0) {
        return;
    }
    struct slice bytes = arena_copy(sender->arena, frame->content);
    if (hl7v2_message_parse(bytes, NULL, sender->arena, &message, &sender->call->issues) != 0 ||
        hl7v2_ack_parse(&message, sender->arena, &ack, &sender->call->issues) != 0) {
        mllp_client_abort(client);
        return;
    }
    bool good = ack.code == HL7V2_ACK_AA || ack.code == HL7V2_ACK_CA;
    json_append(sender->answers, ack_json(&ack, sender->arena));
    sender->found = sender->found || !good;
    sender->answers_left = good ? sender->answers_left - 1 : 0;
    if (sender->answers_left > 0) {
        return;
    }
    print_answers(sender, &sender->messages[sender->next++]);
    send_next(sender, client);
}

static void closed(void *data, enum connection_end end, struct slice words)
{
    struct sender *sender = data;
    if (sender->next < sender->count) {
        sender->failed = true;
        issue_report(&sender->call->issues,
                     end == CONNECTION_END_TIMEOUT ? ISSUE_TIMEOUT : ISSUE_APPLICATION, ISSUE_FATAL,
                     ISSUE_NOWHERE,
                     "%zu of %zu messages were not answered: the connection ended%s%.*s",
                     sender->count - sender->next, sender->count, words.len > 0 ? ": " : "",
                     SLICE_ARG(words));
    }
    net_loop_stop(sender->loop);
}

static void converse(struct sender *sender, const struct instance *instance,
                     const struct tls_context *tls)
{
    static const struct mllp_client_handlers handlers = {
        .opened = opened, .frame = answered, .closed = closed};
    const struct instance_settings *settings = &instance->settings;
    const char *given = option_value(&sender->call->options, "host");
    const char *host = given != NULL ? given : "localhost";
    sender->loop = net_loop_new();
    mllp_client_open(sender->loop, host, (unsigned)settings->mllp_port, tls, /* limits= */ NULL,
                     &handlers, sender);
    net_loop_run(sender->loop);
    net_loop_free(sender->loop);
}

/* --- the command ------------------------------------------------------------------------------ */

static int open_tls(struct command_call *call, const struct instance *instance,
                    const struct instance_feed *feed, struct tls_context **ret_tls)
{
    struct slice key = arena_format(call->arena, "tls/%.*s.key", SLICE_ARG(feed->name));
    struct tls_settings settings = {
        .role = TLS_CLIENT,
        .certificate_path = instance_path(instance, feed->certificate, call->arena),
        .key_path = instance_path(instance, key, call->arena),
        .authority_path = instance_path(instance, SLICE("tls/ca.pem"), call->arena)};
    return tls_context_new(&settings, ret_tls, &call->issues);
}

static int read_patience(struct command_call *call, struct sender *sender)
{
    uint64_t seconds = SEND_USUAL_WAIT;
    const char *text = option_value(&call->options, "timeout");
    if (text != NULL && !slice_to_uint64(slice_of(text), SEND_LONGEST_WAIT, &seconds)) {
        command_wrong(call, "'--timeout' must be a number of seconds up to %d", SEND_LONGEST_WAIT);
        return -1;
    }
    sender->patience = (instant)seconds * TIME_SECOND;
    return 0;
}

static enum command_exit send_all(struct sender *sender)
{
    struct command_call *call = sender->call;
    const char *name = option_value(&call->options, "feed");
    struct instance instance;
    struct tls_context *tls = NULL;
    enum command_exit exit_code = command_open(call, &instance);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    const struct instance_feed *feed = instance_feed(&instance, slice_of(name));
    if (feed == NULL) {
        return command_wrong(call, "there is no feed '%s'", name);
    }
    exit_code = read_messages(sender);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (open_tls(call, &instance, feed, &tls) != 0) {
        return command_failed(call);
    }
    converse(sender, &instance, tls);
    tls_context_free(tls);
    if (sender->failed) {
        return COMMAND_UNREACHABLE;
    }
    return sender->found ? COMMAND_FOUND : COMMAND_DONE;
}

enum command_exit command_send(struct command_call *call)
{
    struct sender sender = {.call = call, .arena = call->arena};
    if (!option_given(&call->options, "feed")) {
        return command_wrong(call, "say as which feed to send: --feed NAME");
    }
    if (read_patience(call, &sender) != 0) {
        return COMMAND_USAGE;
    }
    sender.arena = arena_new(SEND_CEILING);
    enum command_exit exit_code = send_all(&sender);
    arena_free(sender.arena);
    return exit_code;
}
