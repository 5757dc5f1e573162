/* run_hold: what a message has to wait for. */
#include "mapping/run.h"

static const char *const WORDS[] = {
    [MAPPING_HOLD_UNMAPPED] = "a code is not in the code table; the message waits for it",
    [MAPPING_HOLD_INVALID] = "a value does not fit its element; the message waits",
    [MAPPING_HOLD_REQUIRED] = "a value that the rule requires is missing; the message waits",
    [MAPPING_HOLD_CLASH] = "two resources of one message have the same key; the message waits",
};

/* A code is waited for once, whichever rules read it; all else once for each rule. */
static bool is_same(const struct mapping_hold *a, const struct mapping_hold *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind != MAPPING_HOLD_UNMAPPED)
        return a->rule == b->rule;
    return slice_equal(a->table, b->table) && slice_equal(a->code, b->code) &&
           slice_equal(a->system, b->system);
}

static bool is_known(const struct run *run, const struct mapping_hold *hold)
{
    for (size_t i = 0; i < run->hold_size.count; i++)
        if (is_same(&run->holds[i], hold))
            return true;
    return false;
}

bool run_hold(struct run *run, const struct operation *operation, const struct found *found,
              enum mapping_hold_kind kind)
{
    if (run->context->as_text && (kind == MAPPING_HOLD_UNMAPPED || kind == MAPPING_HOLD_INVALID))
        return false;
    if (run->record) /* the second of a kind leaves no trace in this message */
        run_record_odd(run->record);
    struct mapping_hold hold = {.kind = kind, .rule = operation->rule};
    if (kind == MAPPING_HOLD_UNMAPPED) {
        hold.table = operation->table->name;
        hold.code = run_code(run, found, &hold.system);
    }
    if (run->hold_size.count >= MAPPING_HOLD_LIMIT || is_known(run, &hold))
        return true;
    run_report(run, operation, found, ISSUE_HELD, ISSUE_WARNING, WORDS[kind]);
    hold.place = run_place(run, found);
    run->holds = run_grow(run->arena, run->holds, sizeof(hold), &run->hold_size, 4);
    run->holds[run->hold_size.count++] = hold;
    return true;
}
