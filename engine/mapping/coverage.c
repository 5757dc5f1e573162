/* coverage: see the header. */
#include "mapping/coverage.h"

#include <stdlib.h>
#include <string.h>

/* What makes a row: its bytes are the key, so nothing may be left unset between its members. */
struct row_key {
    char segment[4];
    uint32_t field, component, subcomponent;
};

void mapping_coverage_init(struct mapping_coverage *coverage, struct arena *arena)
{
    *coverage = (struct mapping_coverage){.arena = arena};
    map_init(&coverage->by_place, arena);
    map_init(&coverage->refusals, arena);
}

static bool is_lost(enum mapping_leaf_state state)
{
    return state == MAPPING_LEAF_NOT_WRITTEN || state == MAPPING_LEAF_NEVER_READ;
}

static bool is_arrival(enum mapping_leaf_state state)
{
    return state == MAPPING_LEAF_MAPPED || state == MAPPING_LEAF_KEY ||
           state == MAPPING_LEAF_CONDITION;
}

static struct mapping_coverage_row *row_of(struct mapping_coverage *coverage,
                                           const struct mapping_leaf *leaf)
{
    struct row_key key = {
        .field = leaf->field, .component = leaf->component, .subcomponent = leaf->subcomponent};
    memcpy(key.segment, leaf->segment.ptr, leaf->segment.len < 4 ? leaf->segment.len : 4);
    struct slice bytes = {(const char *)&key, sizeof(key)};
    struct mapping_coverage_row *row = map_get(&coverage->by_place, bytes);
    if (row)
        return row;
    row = ARENA_NEW(coverage->arena, struct mapping_coverage_row);
    *row = (struct mapping_coverage_row){.place = mapping_leaf_place(leaf, coverage->arena),
                                         .segment = arena_copy(coverage->arena, leaf->segment),
                                         .field = leaf->field,
                                         .component = leaf->component,
                                         .subcomponent = leaf->subcomponent};
    map_put(&coverage->by_place, arena_copy(coverage->arena, bytes), row);
    return row;
}

static void count_leaf(struct mapping_coverage_counts *counts, enum mapping_leaf_state state)
{
    counts->seen++;
    counts->states[state]++;
}

void mapping_coverage_add(struct mapping_coverage *coverage, struct slice subject,
                          const struct mapping_leaf *leaves, size_t count)
{
    coverage->messages++;
    for (size_t i = 0; i < count; i++) {
        const struct mapping_leaf *leaf = &leaves[i];
        struct mapping_coverage_row *row = row_of(coverage, leaf);
        count_leaf(&row->counts, leaf->state);
        count_leaf(&coverage->all, leaf->state);
        if (row->example.len || !is_lost(leaf->state))
            continue;
        struct issue_place place =
            issue_place_v2(leaf->segment, leaf->sequence, leaf->field, leaf->repetition,
                           leaf->component, leaf->subcomponent);
        row->example = arena_format(coverage->arena, "%.*s, %.*s", SLICE_ARG(subject),
                                    SLICE_ARG(issue_place_text(&place, coverage->arena)));
    }
}

/* What is wrong, and in which field: without the numbers of segment and repetition, so that equal
 * causes are one. */
static struct slice cause_of(const struct issue_list *issues, struct arena *arena)
{
    const struct issue *issue = issue_list_first_error(issues);
    if (!issue)
        return SLICE("not told");
    const char *words = issue_kind(issue->code)->words;
    const struct issue_place *place = &issue->place;
    if (place->kind != ISSUE_PLACE_V2 || place->field == 0)
        return arena_copy(arena, slice_of(words));
    return arena_format(arena, "%s, %.*s-%u", words, SLICE_ARG(place->name), place->field);
}

void mapping_coverage_add_refused(struct mapping_coverage *coverage, struct slice subject,
                                  const struct issue_list *issues,
                                  const struct mapping_leaf *leaves, size_t count)
{
    struct slice cause = cause_of(issues, coverage->arena);
    struct mapping_coverage_refusal *refusal = map_get(&coverage->refusals, cause);
    if (!refusal) {
        refusal = ARENA_NEW(coverage->arena, struct mapping_coverage_refusal);
        refusal->cause = cause;
        refusal->example = arena_copy(coverage->arena, subject);
        map_put(&coverage->refusals, cause, refusal);
    }
    refusal->messages++;
    coverage->refused++;
    mapping_coverage_add(coverage, subject, leaves, count);
}

static int compare_places(const void *a, const void *b)
{
    const struct mapping_coverage_row *const *left = a, *const *right = b;
    const struct mapping_coverage_row *x = *left, *y = *right;
    int order = slice_compare(x->segment, y->segment);
    if (order)
        return order;
    if (x->field != y->field)
        return x->field < y->field ? -1 : 1;
    if (x->component != y->component)
        return x->component < y->component ? -1 : 1;
    return x->subcomponent < y->subcomponent ? -1 : x->subcomponent > y->subcomponent;
}

static int compare_losses(const void *a, const void *b)
{
    const struct mapping_coverage_row *const *left = a, *const *right = b;
    size_t x = mapping_coverage_lost(&(*left)->counts),
           y = mapping_coverage_lost(&(*right)->counts);
    return x == y ? compare_places(a, b) : x < y ? 1 : -1;
}

size_t mapping_coverage_rows(const struct mapping_coverage *coverage,
                             const struct mapping_coverage_row ***ret_rows)
{
    size_t count = coverage->by_place.count;
    const struct mapping_coverage_row **rows =
        ARENA_ARRAY(coverage->arena, count + 1, const struct mapping_coverage_row *);
    for (size_t i = 0; i < count; i++)
        rows[i] = coverage->by_place.entries[i].value;
    qsort(rows, count, sizeof(*rows), compare_places);
    *ret_rows = rows;
    return count;
}

size_t mapping_coverage_lost_rows(const struct mapping_coverage *coverage,
                                  const struct mapping_coverage_row ***ret_rows)
{
    size_t count = mapping_coverage_rows(coverage, ret_rows);
    qsort(*ret_rows, count, sizeof(**ret_rows), compare_losses);
    while (count > 0 && mapping_coverage_lost(&(*ret_rows)[count - 1]->counts) == 0)
        count--;
    return count;
}

static int compare_refusals(const void *a, const void *b)
{
    const struct mapping_coverage_refusal *const *left = a, *const *right = b;
    size_t x = (*left)->messages, y = (*right)->messages;
    return x == y ? slice_compare((*left)->cause, (*right)->cause) : x < y ? 1 : -1;
}

size_t mapping_coverage_refusals(const struct mapping_coverage *coverage,
                                 const struct mapping_coverage_refusal ***ret_refusals)
{
    size_t count = coverage->refusals.count;
    const struct mapping_coverage_refusal **refusals =
        ARENA_ARRAY(coverage->arena, count + 1, const struct mapping_coverage_refusal *);
    for (size_t i = 0; i < count; i++)
        refusals[i] = coverage->refusals.entries[i].value;
    qsort(refusals, count, sizeof(*refusals), compare_refusals);
    *ret_refusals = refusals;
    return count;
}

static size_t sum(const struct mapping_coverage_counts *counts,
                  bool (*counts_as)(enum mapping_leaf_state state))
{
    size_t total = 0;
    for (size_t i = 0; i < MAPPING_LEAF_STATE_COUNT; i++)
        total += counts_as((enum mapping_leaf_state)i) ? counts->states[i] : 0;
    return total;
}

size_t mapping_coverage_arrived(const struct mapping_coverage_counts *counts)
{
    return sum(counts, is_arrival);
}

size_t mapping_coverage_lost(const struct mapping_coverage_counts *counts)
{
    return sum(counts, is_lost);
}

double mapping_coverage_share(const struct mapping_coverage_counts *counts)
{
    size_t arrived = mapping_coverage_arrived(counts), lost = mapping_coverage_lost(counts);
    return arrived + lost ? (double)arrived / (double)(arrived + lost) : 1;
}
