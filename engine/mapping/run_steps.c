/* run_steps: the rules as they come to their turn, for who asks which ran and which did not.
 *
 * Slower than run_list and apart from it: a feed never asks. */
#include "mapping/run.h"

/* Why a rule did nothing: what it reads is not there, else its condition did not hold. */
static enum mapping_step_outcome reason_of(struct run *run, const struct frame *frame,
                                           const struct operation *operation)
{
    bool is_there = true;
    if (operation->kind == OPERATION_MAKE || operation->kind == OPERATION_ALSO)
        is_there = run_finds_segment(run, frame, operation);
    else if (operation->source.kind == SOURCE_PLACES)
        is_there =
            run_find_first(run, &frame->cursor, &operation->source.places).state != FOUND_NOTHING;
    return operation->when && is_there ? MAPPING_STEP_FALSE : MAPPING_STEP_NOTHING;
}

/* make, also and each hold always; that something ran in them is what counts. */
static bool did_something(const struct run *run, const struct operation *operation, bool held,
                          size_t steps, size_t resources)
{
    bool is_loop = operation->kind == OPERATION_MAKE || operation->kind == OPERATION_ALSO ||
                   operation->kind == OPERATION_EACH;
    return is_loop ? run->step_size.count > steps || run->resource_size.count > resources : held;
}

static struct mapping_step step_of(const struct run *run, const struct frame *frame,
                                   const struct operation *operation)
{
    const struct hl7v2_group *group = &run->grouping.groups[frame->cursor.group];
    struct mapping_step step = {
        .rule = operation->rule, .depth = run->step_depth, .resource = MAPPING_NO_RESOURCE};
    if (frame->cursor.group != 0) {
        step.group = run->grouping.structure->nodes[group->node].name;
        step.group_number = group->number;
    }
    if (frame->cursor.segment != HL7V2_NO_SEGMENT) {
        step.segment = hl7v2_message_segment_id(run->message, frame->cursor.segment);
        step.sequence = run->message->segments[frame->cursor.segment].sequence;
    }
    if (frame->target)
        step.resource = frame->target->resource;
    return step;
}

static bool run_step(struct run *run, const struct frame *frame, uint32_t index)
{
    const struct operation *operation = &run->body->operations[index];
    size_t number = run->step_size.count, resources = run->resource_size.count;
    run->steps = run_grow(run->arena, run->steps, sizeof(*run->steps), &run->step_size, 256);
    run->steps[run->step_size.count++] = step_of(run, frame, operation);
    bool held = false;
    if (!run_is_guarded(&run->body->guards[index], &frame->cursor)) {
        run->step_depth++;
        held = operation->word(run, frame, operation);
        run->step_depth--;
    }
    if (!did_something(run, operation, held, number + 1, resources))
        run->steps[number].outcome = reason_of(run, frame, operation);
    return held;
}

void run_list_in_steps(struct run *run, const struct frame *frame, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i = run->body->guards[i].end)
        run_step(run, frame, i);
}

bool run_first_in_steps(struct run *run, const struct frame *frame, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i = run->body->guards[i].end)
        if (run_step(run, frame, i))
            return true;
    return false;
}
