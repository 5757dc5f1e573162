/* issue: see issue.h. */
#include "base/issue.h"

#include <stdarg.h>

static const struct issue_kind kinds[ISSUE_CODE_COUNT] = {
#define ISSUE_ROW(code, log, fhir, http, hl7, answer, words)                                       \
    [ISSUE_##code] = {log, fhir, http, hl7, ISSUE_ANSWER_##answer, words},
    ISSUE_TABLE(ISSUE_ROW)
#undef ISSUE_ROW
};

static const struct {
    const char *name;
    char letter;
} severities[] = {
    [ISSUE_INFORMATION] = {"information", 'I'},
    [ISSUE_WARNING] = {"warning", 'W'},
    [ISSUE_ERROR] = {"error", 'E'},
    [ISSUE_FATAL] = {"fatal", 'F'},
};

const struct issue_kind *issue_kind(enum issue_code code)
{
    return &kinds[(unsigned)code < ISSUE_CODE_COUNT ? code : ISSUE_APPLICATION];
}

const char *issue_severity_name(enum issue_severity severity)
{
    return severities[severity].name;
}

char issue_severity_letter(enum issue_severity severity)
{
    return severities[severity].letter;
}

struct slice issue_words(const struct issue *issue)
{
    return issue->words.len ? issue->words : slice_of(issue_kind(issue->code)->words);
}

void issue_list_init(struct issue_list *list, struct arena *arena)
{
    *list = (struct issue_list){.arena = arena, .highest = ISSUE_INFORMATION};
}

void issue_add(struct issue_list *list, struct issue issue)
{
    if (!list)
        return;
    if (issue.severity > list->highest)
        list->highest = issue.severity;
    if (list->count == ISSUE_LIST_LIMIT) {
        list->dropped++;
        return;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 4;
        list->items = arena_grow(list->arena, list->items, list->capacity * sizeof(*list->items),
                                 capacity * sizeof(*list->items));
        list->capacity = capacity;
    }
    list->items[list->count++] = issue;
}

void issue_list_take(struct issue_list *list, const struct issue_list *from)
{
    for (size_t i = 0; list && i < from->count; i++) {
        struct issue issue = from->items[i];
        issue.place.name = arena_copy(list->arena, issue.place.name);
        issue.words = arena_copy(list->arena, issue.words);
        issue.hint = arena_copy(list->arena, issue.hint);
        issue.rule = arena_copy(list->arena, issue.rule);
        issue_add(list, issue);
    }
    if (!list)
        return;
    list->dropped += from->dropped;
    if (from->highest > list->highest)
        list->highest = from->highest;
}

void issue_report(struct issue_list *list, enum issue_code code, enum issue_severity severity,
                  struct issue_place place, const char *format, ...)
{
    if (!list)
        return;
    struct issue issue = {.code = code, .severity = severity, .place = place};
    /* What will only be counted needs no words. */
    if (list->count < ISSUE_LIST_LIMIT) {
        va_list arguments;
        va_start(arguments, format);
        issue.words = arena_format_list(list->arena, format, arguments);
        va_end(arguments);
    }
    issue_add(list, issue);
}

bool issue_list_failed(const struct issue_list *list)
{
    return (list->count || list->dropped) && list->highest >= ISSUE_ERROR;
}

const struct issue *issue_list_first_error(const struct issue_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].severity >= ISSUE_ERROR)
            return &list->items[i];
    return NULL;
}

struct issue_place issue_place_fhir(struct slice expression)
{
    return (struct issue_place){.kind = ISSUE_PLACE_FHIR, .name = expression};
}

struct issue_place issue_place_file(struct slice file, unsigned line, unsigned column)
{
    return (struct issue_place){
        .kind = ISSUE_PLACE_FILE, .name = file, .line = line, .column = column};
}

struct issue_place issue_place_v2(struct slice segment, unsigned sequence, unsigned field,
                                  unsigned repetition, unsigned component, unsigned subcomponent)
{
    return (struct issue_place){.kind = ISSUE_PLACE_V2,
                                .name = segment,
                                .sequence = sequence,
                                .field = field,
                                .repetition = repetition,
                                .component = component,
                                .subcomponent = subcomponent};
}

/* The number between `before` and `after`, or nothing where it is not said. */
static struct slice part_text(struct arena *arena, const char *before, unsigned number,
                              const char *after)
{
    if (number == 0)
        return SLICE("");
    return arena_format(arena, "%s%u%s", before, number, after);
}

static struct slice v2_text(const struct issue_place *place, struct arena *arena)
{
    struct slice sequence = part_text(arena, "[", place->sequence, "]");
    struct slice field = part_text(arena, "-", place->field, "");
    struct slice repetition = part_text(arena, "[", place->repetition, "]");
    struct slice component = part_text(arena, ".", place->component, "");
    struct slice subcomponent = part_text(arena, ".", place->subcomponent, "");
    return arena_format(arena, "%.*s%.*s%.*s%.*s%.*s%.*s", SLICE_ARG(place->name),
                        SLICE_ARG(sequence), SLICE_ARG(field), SLICE_ARG(repetition),
                        SLICE_ARG(component), SLICE_ARG(subcomponent));
}

static struct slice file_text(const struct issue_place *place, struct arena *arena)
{
    struct slice line = part_text(arena, ":", place->line, "");
    struct slice column = part_text(arena, ":", place->column, "");
    return arena_format(arena, "%.*s%.*s%.*s", SLICE_ARG(place->name), SLICE_ARG(line),
                        SLICE_ARG(column));
}

struct slice issue_place_text(const struct issue_place *place, struct arena *arena)
{
    switch (place->kind) {
    case ISSUE_PLACE_V2:
        return v2_text(place, arena);
    case ISSUE_PLACE_FILE:
        return file_text(place, arena);
    case ISSUE_PLACE_FHIR:
        return place->name;
    case ISSUE_PLACE_NONE:
        break;
    }
    return SLICE("");
}
