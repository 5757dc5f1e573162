/* sending: see sending.h. */
#include "cli/sending.h"

#include "base/file.h"
#include "cli/commands.h"
#include "cli/guess.h"
#include "cli/report.h"

#include <stdio.h>
#include <unistd.h>

#define SENDING_FILE_LIMIT ((size_t)1 << 30)
#define SENDING_CEILING ((size_t)512 << 20)

/* One file's way through, and what is done with its messages. */
struct turn {
    struct sending *sending;
    sending_visit *visit;
    void *data;
};

static void say_issues(const struct sending *sending, const struct issue_list *issues)
{
    struct buffer out;
    struct slice subject =
        arena_format(issues->arena, "%s: resource %zu", sending->file, sending->number);
    buffer_init(&out, 0);
    for (size_t i = 0; i < issues->count; i++) {
        report_issue(&issues->items[i], subject.ptr, report_colour(STDERR_FILENO), &out);
    }
    fprintf(stderr, "%.*s", SLICE_ARG(buffer_slice(&out)));
    buffer_release(&out);
}

/* False where a message could not be made, or none was called for. */
static bool send_pool(const struct turn *turn, const struct mapping_pool *pool, struct arena *arena,
                      struct issue_list *issues)
{
    const struct sending *sending = turn->sending;
    struct mapping_call *calls = NULL;
    size_t count = mapping_calls(sending->sends, pool, &sending->context, sending->structures,
                                 sending->structure_count, arena, &calls);
    bool well = count > 0;
    if (count == 0) {
        issue_report(issues, ISSUE_MAPPING, ISSUE_ERROR, ISSUE_NOWHERE,
                     sending->structures != NULL ? "no resource here can be sent as this message"
                                                 : "no resource here calls for a message; "
                                                   "'--as' names one");
    }
    for (size_t i = 0; i < count; i++) {
        struct mapping_sent sent;
        struct issue_list own;
        issue_list_init(&own, arena);
        if (mapping_to_v2(sending->sends, pool, &calls[i], &sending->context, arena, &sent, &own) ==
            0) {
            turn->visit(sending, &sent, arena, turn->data);
        } else {
            well = false;
        }
        for (size_t k = 0; k < own.count; k++) {
            issue_add(issues, own.items[k]);
        }
    }
    return well;
}

static bool send_text(const struct turn *turn, struct slice text, struct arena *arena)
{
    struct issue_list issues;
    struct json *resource = NULL;
    issue_list_init(&issues, arena);
    bool well = json_parse(text, arena, &resource, &issues) == 0;
    if (well) {
        struct mapping_pool *pool = mapping_pool_new(arena);
        mapping_pool_add(pool, resource);
        well = send_pool(turn, pool, arena, &issues);
    } else {
        guess_add(&issues, guess_no_resource(text));
    }
    fflush(stdout);
    say_issues(turn->sending, &issues);
    return well;
}

/* One JSON text, or one a line: where the first line is one by itself. */
static bool is_lines(struct slice text, struct arena *arena)
{
    struct issue_list unused;
    struct json *first = NULL;
    issue_list_init(&unused, arena);
    struct slice line = slice_part(text, 0, slice_find_byte(text, '\n'));
    return line.len < text.len && json_parse(line, arena, &first, &unused) == 0;
}

static bool send_texts(const struct turn *turn, struct slice text)
{
    struct sending *sending = turn->sending;
    struct arena *arena = arena_new(SENDING_CEILING);
    bool well = true;
    sending->number = 1;
    if (!is_lines(text, arena)) {
        arena_reset(arena);
        well = send_text(turn, text, arena);
        text = (struct slice){0};
    }
    for (struct slice line; slice_split(&text, '\n', &line); sending->number++) {
        arena_reset(arena);
        if (slice_trim(line).len > 0 && !send_text(turn, line, arena)) {
            well = false;
        }
    }
    arena_free(arena);
    return well;
}

enum command_exit sending_file(struct command_call *call, struct sending *sending,
                               sending_visit *visit, void *data)
{
    struct turn turn = {sending, visit, data};
    struct arena *arena = arena_new(SENDING_FILE_LIMIT);
    struct slice text;
    enum command_exit exit_code = input_read(call, sending->file, SENDING_FILE_LIMIT, arena, &text);
    if (exit_code == COMMAND_DONE && !send_texts(&turn, slice_trim(text))) {
        exit_code = COMMAND_FOUND;
    }
    arena_free(arena);
    return exit_code;
}

/* The names of --as: given several times, or with commas. False where no rules send one. */
static bool read_structures(struct command_call *call, struct sending *sending)
{
    for (size_t use = 0; option_value_at(&call->options, "as", use) != NULL; use++) {
        struct slice rest = slice_of(option_value_at(&call->options, "as", use));
        for (struct slice name; slice_split(&rest, ',', &name);) {
            size_t at = 0, count = mapping_sends_count(sending->sends);
            while (at < count &&
                   !slice_equal(mapping_sends_at(sending->sends, at).structure, name) &&
                   !slice_equal(mapping_sends_at(sending->sends, at).id, name)) {
                at++;
            }
            if (at == count) {
                command_wrong(call, "no rules send a '%.*s'", SLICE_ARG(name));
                return false;
            }
            sending->structures = arena_grow(call->arena, sending->structures,
                                             sending->structure_count * sizeof(struct slice),
                                             (sending->structure_count + 1) * sizeof(struct slice));
            sending->structures[sending->structure_count++] = name;
        }
    }
    return true;
}

enum command_exit sending_init(struct sending *sending, struct command_call *call)
{
    *sending = (struct sending){.number = 0};
    struct translation *translation = &sending->translation;
    enum command_exit exit_code = translation_init(translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (mapping_sends_make(translation->rules, translation->site_texts, call->arena,
                           &sending->sends, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (!read_structures(call, sending)) {
        return COMMAND_USAGE;
    }
    sending->context =
        (struct mapping_send_context){.now = translation->received, .zone = translation->zone};
    if (translation->site_texts == NULL) {
        /* as the other way: without --site the receiver is a site of this name */
        sending->context.mrn_system = SLICE("urn:painbridge:site:local:mrn");
    }
    return COMMAND_DONE;
}

bool sending_is_json(struct slice text)
{
    return slice_starts_with(slice_trim(text), SLICE("{"));
}
