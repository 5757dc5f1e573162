/* held_report: see the header. */
#include "cli/held_report.h"

#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>

static void add_text(struct json *object, const char *name, struct slice text, struct arena *arena)
{
    if (text.len > 0) {
        json_add_string(object, slice_of(name), command_shown(text, arena), arena);
    }
}

struct json *held_cause_json(const struct pipeline_held_cause *cause, struct arena *arena)
{
    struct json *line = json_object(arena);
    json_add_string(line, SLICE("cause"), cause->cause, arena);
    json_add_string(line, SLICE("kind"), cause->kind, arena);
    add_text(line, "site", cause->site, arena);
    add_text(line, "rule", cause->rule, arena);
    add_text(line, "place", cause->place, arena);
    add_text(line, "table", cause->table, arena);
    add_text(line, "code", cause->code, arena);
    add_text(line, "system", cause->system, arena);
    return line;
}

struct slice held_cause_words(const struct pipeline_held_cause *cause, struct arena *arena)
{
    if (cause->table.len > 0) {
        struct slice system = command_shown(cause->system, arena);
        return arena_format(arena, "table %.*s has no '%.*s'%s%.*s: rule %.*s, %.*s",
                            SLICE_ARG(cause->table), SLICE_ARG(command_shown(cause->code, arena)),
                            system.len > 0 ? " of " : "", SLICE_ARG(system), SLICE_ARG(cause->rule),
                            SLICE_ARG(cause->place));
    }
    if (slice_equal(cause->kind, SLICE("behind"))) {
        return SLICE("nothing but an earlier message about the same patient");
    }
    const char *what = slice_equal(cause->kind, SLICE("invalid"))    ? "a value does not fit"
                       : slice_equal(cause->kind, SLICE("required")) ? "a value is missing"
                                                                     : "two have the same key";
    return arena_format(arena, "%s: rule %.*s%s%.*s", what, SLICE_ARG(cause->rule),
                        cause->place.len > 0 ? ", " : "", SLICE_ARG(cause->place));
}

static struct json *fault_json(const struct release_fault *fault, struct arena *arena)
{
    struct json *line = json_object(arena);
    json_add_string(line, SLICE("message"), arena_format(arena, "%" PRId64, fault->key), arena);
    add_text(line, "feed", fault->feed, arena);
    add_text(line, "place", issue_place_text(&fault->issue.place, arena), arena);
    add_text(line, "rule", fault->issue.rule, arena);
    add_text(line, "words", fault->issue.words, arena);
    return line;
}

struct json *held_tally_json(const struct release_tally *tally, struct arena *arena)
{
    struct json *answer = json_object(arena);
    if (tally->dropped > 0) {
        json_add(answer, SLICE("dropped"), json_integer(arena, tally->dropped));
    }
    json_add(answer, SLICE("released"), json_integer(arena, tally->released));
    json_add(answer, SLICE("waiting"), json_integer(arena, tally->waiting));
    json_add(answer, SLICE("failed"), json_integer(arena, tally->failed));
    struct json *faults = json_add(answer, SLICE("faults"), json_array(arena));
    for (size_t i = 0; i < tally->fault_count; i++) {
        json_append(faults, fault_json(&tally->faults[i], arena));
    }
    return answer;
}

void held_tally_print(const struct release_tally *tally, struct arena *arena)
{
    if (tally->dropped > 0) {
        printf("%" PRId64 " gone for good; ", tally->dropped);
    }
    printf("%" PRId64 " went on, %" PRId64 " wait on\n", tally->released,
           tally->waiting + tally->failed);
    for (size_t i = 0; i < tally->fault_count; i++) {
        const struct release_fault *fault = &tally->faults[i];
        struct slice place = issue_place_text(&fault->issue.place, arena);
        printf("  message %" PRId64 " cannot take effect: %.*s%s%.*s\n", fault->key,
               SLICE_ARG(place), place.len > 0 ? ": " : "", SLICE_ARG(fault->issue.words));
    }
    if (tally->failed > 0) {
        printf("  mend the rules and release again; 'held drop' lets one go for good\n");
    }
}
