/* run_period: periods that end before they start.
 *
 * FHIR R4 per-1 forbids them, and a message may be refused for nothing else than a year mistyped in
 * the end of an old address. The start stands, the end is kept as it was sent. */
#include "fhir/datetime.h"
#include "mapping/run.h"

void run_note_period(struct run *run, const struct operation *operation, struct json *period,
                     uint32_t resource)
{
    run->periods = run_grow(run->arena, run->periods, sizeof(*run->periods), &run->period_size, 16);
    run->periods[run->period_size.count++] = (struct run_period){operation, period, resource};
}

/* What the trace says of the element holds for its text. */
static void move_trace(struct run *run, const struct json *from, const struct json *to)
{
    for (size_t i = 0; i < run->trace_size.count; i++)
        if (run->trace[i].node == from)
            run->trace[i].node = to;
}

static void keep_end_as_text(struct run *run, const struct run_period *at)
{
    struct json *end = json_remove(at->period, SLICE("end"));
    struct json *companion = json_get_or_add(at->period, SLICE("_end"), JSON_OBJECT, run->arena);
    struct json *list = json_get_or_add(companion, SLICE("extension"), JSON_ARRAY, run->arena);
    struct json *entry = json_append(list, json_object(run->arena));
    json_add_string(entry, SLICE("url"), SLICE(RUN_ORIGINAL_TEXT), run->arena);
    move_trace(run, end, json_add_string(entry, SLICE("valueString"), json_text(end), run->arena));
    run_report(run, at->operation, NULL, ISSUE_MAPPING, ISSUE_WARNING,
               "a period ends before it starts; its end is kept as text");
}

void run_finish_periods(struct run *run)
{
    for (size_t i = 0; i < run->period_size.count; i++) {
        const struct run_period *at = &run->periods[i];
        if (!fhir_datetime_in_order(json_get_text(at->period, SLICE("start")),
                                    json_get_text(at->period, SLICE("end"))))
            keep_end_as_text(run, at);
    }
}
