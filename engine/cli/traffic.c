/* traffic: see the header. */
#include "cli/traffic.h"

#include "cli/database.h"
#include "pipeline/inbox.h"

#include <inttypes.h>

#define TRAFFIC_USUAL_LIMIT 10000
#define TRAFFIC_LARGEST_LIMIT 100000000
#define TRAFFIC_PAGE 500
#define TRAFFIC_MESSAGE_CEILING ((size_t)256 << 20)

/* What the visits of one run share. */
struct tour {
    struct traffic *traffic;
    bool (*visit)(const struct traffic_message *message, void *data);
    void *data;
    struct arena *arena; /* of one stored message */
    uint64_t left;
    bool is_done;
    enum command_exit exit_code;
};

/* --- where from ------------------------------------------------------------------------------- */

/* Not every command lets the messages be chosen. */
static bool has_option(const struct command_call *call, const char *name)
{
    const struct command *command = call->command;
    size_t i = 0;
    while (i < command->option_count &&
           !slice_equal(slice_of(command->options[i].name), slice_of(name))) {
        i++;
    }
    return i < command->option_count;
}

static enum command_exit read_options(struct traffic *traffic)
{
    struct command_call *call = traffic->call;
    bool of_many = has_option(call, "since");
    const char *since = of_many ? option_value(&call->options, "since") : NULL;
    const char *limit = of_many ? option_value(&call->options, "limit") : NULL;
    traffic->feed = slice_of(of_many ? option_value(&call->options, "feed") : NULL);
    traffic->limit = TRAFFIC_USUAL_LIMIT;
    if (since != NULL && !time_parse(slice_of(since), 0, &traffic->since)) {
        return command_wrong(call, "'--since' must be a time such as 2027-01-04T09:00:00-06:00");
    }
    if (limit != NULL &&
        !slice_to_uint64(slice_of(limit), TRAFFIC_LARGEST_LIMIT, &traffic->limit)) {
        return command_wrong(call, "'--limit' must be a number up to %d", TRAFFIC_LARGEST_LIMIT);
    }
    if (!traffic->is_stored && (since != NULL || limit != NULL || traffic->feed.len > 0)) {
        return command_wrong(call, "'--since', '--feed' and '--limit' go with '--instance'");
    }
    return COMMAND_DONE;
}

enum command_exit traffic_open(struct traffic *traffic, struct command_call *call)
{
    struct store_settings settings;
    const char *directory = option_value(&call->options, "instance");
    *traffic = (struct traffic){.call = call, .is_stored = directory != NULL};
    enum command_exit exit_code = read_options(traffic);
    if (exit_code != COMMAND_DONE || !traffic->is_stored) {
        return exit_code;
    }
    if (instance_open(directory, &traffic->instance, &call->issues) != 0 ||
        database_settings(&traffic->instance, "door", SLICE("map"), &settings, &call->issues) !=
            0 ||
        pipeline_inbox_open(&settings, &traffic->inbox, &call->issues) != 0) {
        return command_failed(call);
    }
    if (traffic->feed.len > 0 && instance_feed(&traffic->instance, traffic->feed) == NULL) {
        return command_wrong(call, "there is no feed '%.*s'", SLICE_ARG(traffic->feed));
    }
    return COMMAND_DONE;
}

void traffic_close(struct traffic *traffic)
{
    pipeline_inbox_close(traffic->inbox);
    traffic->inbox = NULL;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool visit_input(struct input_message *input, void *data)
{
    struct tour *tour = data;
    struct traffic_message message = {
        .input = input,
        .subject = arena_format(input->arena, "%s: message %zu", input->file, input->number)};
    return tour->visit(&message, tour->data);
}

static enum command_exit visit_files(struct tour *tour, size_t first, enum hl7v2_charset charset)
{
    struct command_call files = *tour->traffic->call;
    files.operands += first;
    files.operand_count -= first;
    enum command_exit exit_code =
        input_each_message(&files, files.operand_count, charset, visit_input, tour);
    tour->traffic->call->issues = files.issues;
    return exit_code;
}

/* --- stored messages -------------------------------------------------------------------------- */

static void visit_stored(struct tour *tour, const struct pipeline_inbox_message *stored,
                         const struct instance_feed *feed)
{
    struct arena *arena = tour->arena;
    struct issue_list issues;
    struct hl7v2_message_options options = {.accept_lf = feed->accept_lf,
                                            .max_bytes = (size_t)feed->max_message_bytes,
                                            .default_charset =
                                                hl7v2_charset_of_setting(feed->charset)};
    issue_list_init(&issues, arena);
    struct input_message input = {.file = "stored message",
                                  .number = 1,
                                  .bytes = stored->raw,
                                  .arena = arena,
                                  .issues = &issues};
    input.parsed = hl7v2_message_parse(stored->raw, &options, arena, &input.message, &issues) == 0;
    if (input.parsed) {
        hl7v2_header_read(&input.message, &input.header);
    }
    struct traffic_message message = {.input = &input,
                                      .subject =
                                          arena_format(arena, "message %" PRId64 ", feed %.*s",
                                                       stored->row.id, SLICE_ARG(stored->row.feed)),
                                      .feed = feed,
                                      .received = stored->row.received,
                                      .key = stored->row.id};
    if (!tour->visit(&message, tour->data)) {
        tour->exit_code = COMMAND_FOUND;
    }
}

/* False where the database failed. */
static bool visit_row(struct tour *tour, const struct pipeline_inbox_row *row)
{
    struct traffic *traffic = tour->traffic;
    struct command_call *call = traffic->call;
    const struct instance_feed *feed = instance_feed(&traffic->instance, row->feed);
    struct pipeline_inbox_message message;
    bool found = false;
    if (slice_equal(row->type, SLICE("fragment"))) {
        return true;
    }
    if (feed == NULL) {
        traffic->passed_over++;
        return true;
    }
    struct slice key = arena_format(tour->arena, "%" PRId64, row->id);
    if (pipeline_inbox_find(traffic->inbox, key, tour->arena, &message, &found, &call->issues) !=
        0) {
        return false;
    }
    if (found) {
        visit_stored(tour, &message, feed);
    }
    return true;
}

/* The next messages below an id, which is then that of the last. */
static bool visit_page(struct tour *tour, int64_t *below)
{
    struct traffic *traffic = tour->traffic;
    struct arena *arena = arena_new(TRAFFIC_MESSAGE_CEILING);
    struct pipeline_inbox_filter filter = {.feed = traffic->feed,
                                           .below = *below,
                                           .limit = tour->left < TRAFFIC_PAGE ? (int32_t)tour->left
                                                                              : TRAFFIC_PAGE};
    struct pipeline_inbox_row *rows = NULL;
    size_t count = 0;
    bool is_well = pipeline_inbox_list(traffic->inbox, &filter, arena, &rows, &count,
                                       &traffic->call->issues) == 0;
    for (size_t i = 0; i < count && is_well && !tour->is_done; i++) {
        tour->is_done = rows[i].received < traffic->since;
        is_well = tour->is_done || visit_row(tour, &rows[i]);
        arena_reset(tour->arena);
        *below = rows[i].id;
        tour->left--;
    }
    tour->is_done |= count < TRAFFIC_PAGE;
    arena_free(arena);
    return is_well;
}

static enum command_exit visit_inbox(struct tour *tour)
{
    struct command_call *call = tour->traffic->call;
    int64_t below = 0;
    tour->arena = arena_new(TRAFFIC_MESSAGE_CEILING);
    while (!tour->is_done && tour->left > 0) {
        if (!visit_page(tour, &below)) {
            tour->exit_code = command_failed(call);
            break;
        }
    }
    arena_free(tour->arena);
    if (tour->traffic->passed_over > 0) {
        issue_report(&call->issues, ISSUE_NOT_FOUND, ISSUE_WARNING, ISSUE_NOWHERE,
                     "messages of feeds that are no more, passed over: %zu",
                     tour->traffic->passed_over);
    }
    return tour->exit_code;
}

enum command_exit traffic_each(struct traffic *traffic, size_t first, enum hl7v2_charset charset,
                               bool (*visit)(const struct traffic_message *message, void *data),
                               void *data)
{
    struct tour tour = {.traffic = traffic, .visit = visit, .data = data, .left = traffic->limit};
    return traffic->is_stored ? visit_inbox(&tour) : visit_files(&tour, first, charset);
}

enum command_exit traffic_one(struct traffic *traffic, struct slice key, bool is_look,
                              bool (*visit)(const struct traffic_message *message, void *data),
                              void *data)
{
    struct command_call *call = traffic->call;
    struct tour tour = {.traffic = traffic, .visit = visit, .data = data, .arena = call->arena};
    struct pipeline_inbox_message message;
    bool found = false;
    if (pipeline_inbox_find(traffic->inbox, key, call->arena, &message, &found, &call->issues) !=
        0) {
        return command_failed(call);
    }
    const struct instance_feed *feed =
        found ? instance_feed(&traffic->instance, message.row.feed) : NULL;
    if (feed == NULL) {
        return COMMAND_DONE;
    }
    if (is_look && pipeline_inbox_note_look(traffic->inbox, command_actor(call->arena),
                                            message.row.id, time_now(), &call->issues) != 0) {
        return command_failed(call);
    }
    visit_stored(&tour, &message, feed);
    return tour.exit_code;
}
