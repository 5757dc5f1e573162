/* contribution: see contribution.h. */
#include "pipeline/contribution.h"

#include "base/map.h"

#include <inttypes.h>
#include <string.h>

static const struct slice unmarked = SLICE_INIT("-");

static bool is_head(struct slice name)
{
    return slice_equal(name, SLICE("resourceType")) || slice_equal(name, SLICE("id")) ||
           slice_equal(name, SLICE("meta"));
}

static struct slice group_of(const struct fhir_element *root, struct slice name)
{
    const struct fhir_property *property = root ? fhir_definition_child(root, name) : NULL;
    return property && property->element->is_choice ? property->element->name : name;
}

/* Makes room for so many parts more. */
static void reserve_parts(struct pipeline_contribution *contribution, size_t count)
{
    size_t needed = contribution->part_count + count;
    size_t capacity = contribution->part_capacity ? contribution->part_capacity : 16;
    while (capacity < needed)
        capacity *= 2;
    if (capacity == contribution->part_capacity)
        return;
    contribution->parts = arena_grow(contribution->arena, contribution->parts,
                                     contribution->part_capacity * sizeof(*contribution->parts),
                                     capacity * sizeof(*contribution->parts));
    contribution->part_capacity = capacity;
}

static void add_part(struct pipeline_contribution *contribution, struct pipeline_part part)
{
    reserve_parts(contribution, 1);
    contribution->parts[contribution->part_count++] = part;
}

static void add_tombstone(struct pipeline_contribution *contribution,
                          struct pipeline_tombstone tombstone)
{
    if (contribution->tombstone_count == contribution->tombstone_capacity) {
        size_t capacity =
            contribution->tombstone_capacity ? contribution->tombstone_capacity * 2 : 4;
        contribution->tombstones = arena_grow(contribution->arena, contribution->tombstones,
                                              contribution->tombstone_capacity * sizeof(tombstone),
                                              capacity * sizeof(tombstone));
        contribution->tombstone_capacity = capacity;
    }
    contribution->tombstones[contribution->tombstone_count++] = tombstone;
}

/* The member "_name" beside "name", or NULL. */
static const struct json *companion_of(const struct json *body, const struct json *after,
                                       struct slice name)
{
    /* it mostly stands right behind its element; only then is looking cheap */
    const struct json *next = after ? json_next(after) : NULL;
    if (next && json_name(next).len == name.len + 1 && json_name(next).ptr[0] == '_' &&
        slice_equal(slice_after(json_name(next), 1), name))
        return next;
    for (const struct json *each = json_first(body); each; each = json_next(each)) {
        struct slice other = json_name(each);
        if (other.len == name.len + 1 && other.ptr[0] == '_' &&
            slice_equal(slice_after(other, 1), name))
            return each;
    }
    return NULL;
}

static bool has_companions(const struct json *body)
{
    for (const struct json *each = json_first(body); each; each = json_next(each)) {
        if (json_name(each).len > 1 && json_name(each).ptr[0] == '_')
            return true;
    }
    return false;
}

/* All parts of a body, in its order, without rules. */
static void split(const struct json *body, instant when, struct pipeline_contribution *contribution)
{
    if (json_kind(body) != JSON_OBJECT)
        return;
    bool companions = has_companions(body);
    for (const struct json *member = json_first(body); member; member = json_next(member)) {
        struct slice name = json_name(member);
        if (is_head(name))
            continue;
        struct pipeline_part part = {.name = name, .value = member, .rule = unmarked, .when = when};
        if (name.len > 1 && name.ptr[0] == '_') {
            part.name = slice_after(name, 1);
            if (json_get(body, part.name))
                continue; /* travels with its element */
            part.value = NULL;
            part.companion = member;
        }
        part.group = group_of(contribution->root, part.name);
        if (part.value && companions && name.len > 0)
            part.companion = companion_of(body, member, name);
        if (part.companion || json_kind(member) != JSON_ARRAY) {
            add_part(contribution, part);
            continue;
        }
        part.is_entry = true;
        for (const struct json *entry = json_first(member); entry; entry = json_next(entry)) {
            part.value = entry;
            add_part(contribution, part);
        }
    }
}

static void begin(struct pipeline_contribution *contribution, const struct fhir_element *root,
                  struct arena *arena)
{
    *contribution = (struct pipeline_contribution){.arena = arena, .root = root};
}

/* --- marks that came with a body -------------------------------------------------------------- */

#define MARK_PROBES 64 /* looked at one by one before the index is asked */

/* Marks in the order in which they were set, which mostly is that of the body: the next one is
 * looked for where the last one was found. Where that fails in a long list there is an index. */
struct mark_list {
    const struct pipeline_mark *marks;
    size_t count, next;
    bool is_indexed;
    struct map entries;  /* of a list's item, by its address */
    struct map elements; /* of a whole element, by its name */
};

static void index_marks(struct mark_list *list, struct arena *arena)
{
    map_init(&list->entries, arena);
    map_init(&list->elements, arena);
    list->is_indexed = true;
    for (size_t i = list->count; i-- > 0;) { /* the first of several stays */
        struct pipeline_mark *mark = ARENA_NEW(arena, struct pipeline_mark);
        *mark = list->marks[i];
        if (mark->entry)
            map_put(&list->entries, (struct slice){(const char *)&mark->entry, sizeof(mark->entry)},
                    mark);
        else
            map_put(&list->elements, mark->element, mark);
    }
}

static bool is_mark_of(const struct pipeline_mark *mark, const struct pipeline_part *part)
{
    if (mark->entry && part->is_entry && mark->entry != part->value)
        return false;
    return slice_equal(mark->element, part->name);
}

static const struct pipeline_mark *find_mark(struct mark_list *list,
                                             const struct pipeline_part *part, struct arena *arena)
{
    for (size_t tried = 0; tried < list->count && tried < MARK_PROBES; tried++) {
        size_t at = (list->next + tried) % list->count;
        if (!is_mark_of(&list->marks[at], part))
            continue;
        list->next = (at + 1) % list->count;
        return &list->marks[at];
    }
    if (list->count <= MARK_PROBES)
        return NULL;
    if (!list->is_indexed)
        index_marks(list, arena);
    const struct pipeline_mark *mark =
        map_get(&list->entries, (struct slice){(const char *)&part->value, sizeof(part->value)});
    return mark ? mark : map_get(&list->elements, part->name);
}

void pipeline_contribution_of(const struct json *body, const struct pipeline_mark *marks,
                              size_t mark_count, instant when, const struct fhir_element *root,
                              struct arena *arena, struct pipeline_contribution *ret_contribution)
{
    begin(ret_contribution, root, arena);
    split(body, when, ret_contribution);
    struct mark_list list = {.marks = marks, .count = mark_count};
    for (size_t i = 0; i < ret_contribution->part_count; i++) {
        struct pipeline_part *part = &ret_contribution->parts[i];
        const struct pipeline_mark *mark = find_mark(&list, part, arena);
        if (mark && mark->rule.len > 0)
            part->rule = mark->rule;
    }
}

/* --- marks as text ---------------------------------------------------------------------------- */

static bool read_time(struct slice text, instant *ret_when)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t number = 0;
    if (!slice_to_uint64(slice_after(text, negative ? 1 : 0), INT64_MAX, &number))
        return false;
    *ret_when = negative ? -(instant)number : (instant)number;
    return true;
}

/* Reads the lines behind the first into the parts. False when they do not fit. */
static bool read_lines(struct slice rest, instant base, struct pipeline_contribution *contribution)
{
    size_t part = 0;
    for (struct slice line; slice_split(&rest, '\n', &line);) {
        if (line.len == 0)
            continue;
        bool tombstone = line.ptr[0] == '!';
        struct slice words = slice_after(line, tombstone ? 1 : 0);
        struct slice rule, element = {0}, time = {0};
        slice_split(&words, ' ', &rule);
        if (tombstone && !slice_split(&words, ' ', &element))
            return false;
        instant when = base;
        if (slice_split(&words, ' ', &time) && !read_time(time, &when))
            return false;
        if (tombstone) {
            add_tombstone(contribution, (struct pipeline_tombstone){element, rule, when});
            continue;
        }
        if (part == contribution->part_count)
            return false;
        contribution->parts[part].rule = rule;
        contribution->parts[part++].when = when;
    }
    return part == contribution->part_count;
}

void pipeline_contribution_read(const struct json *body, struct slice marks, instant when,
                                const struct fhir_element *root, struct arena *arena,
                                struct pipeline_contribution *ret_contribution)
{
    begin(ret_contribution, root, arena);
    split(body, when, ret_contribution);
    struct slice rest = marks, line;
    instant base = 0;
    if (slice_split(&rest, '\n', &line) && read_time(line, &base) &&
        read_lines(rest, base, ret_contribution))
        return;
    begin(ret_contribution, root, arena);
    split(body, when, ret_contribution);
}

static void print_time(struct buffer *text, instant when, instant base)
{
    if (when != base)
        buffer_append_format(text, " %" PRId64, when);
    buffer_append_byte(text, '\n');
}

struct slice pipeline_contribution_marks(const struct pipeline_contribution *contribution,
                                         struct arena *arena)
{
    instant base = contribution->part_count > 0 ? contribution->parts[0].when : 0;
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append_format(&text, "%" PRId64 "\n", base);
    for (size_t i = 0; i < contribution->part_count; i++) {
        buffer_append(&text, contribution->parts[i].rule);
        print_time(&text, contribution->parts[i].when, base);
    }
    for (size_t i = 0; i < contribution->tombstone_count; i++) {
        const struct pipeline_tombstone *tombstone = &contribution->tombstones[i];
        buffer_append_byte(&text, '!');
        buffer_append(&text, tombstone->rule);
        buffer_append_byte(&text, ' ');
        buffer_append(&text, tombstone->element);
        print_time(&text, tombstone->when, base);
    }
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return copy;
}

/* --- overlay ---------------------------------------------------------------------------------- */

/* A message may hold tens of thousands of entries of one list, so each element is gone through once
 * for what there is and once for what becomes of it. What counts of the parts of one rule is kept
 * beside them; rules are few, they come from the mapping and not from the sender. */

#define NEVER INT64_MIN /* an instant before all others */

/* What there is of the element at hand by one rule. */
struct rule_state {
    struct slice rule;
    instant newest;  /* of its entries */
    instant cleared; /* of its tombstone */
    bool is_given;   /* a new entry of it is taken */
};

#define FIRST_RULES 4 /* more than most elements have */

struct element_state {
    struct arena *arena;
    struct rule_state first[FIRST_RULES];
    struct rule_state *rules; /* `first` as long as they are enough */
    size_t count, capacity, last;
    instant newest;        /* of all parts */
    instant newest_single; /* of those that are no entry */
    instant cleared;       /* of all tombstones */
    bool is_given;         /* something new is taken, */
    bool is_single_given;  /* and it is no entry */
};

static instant later(instant a, instant b)
{
    return a > b ? a : b;
}

static struct rule_state *state_of(struct element_state *state, struct slice rule)
{
    if (state->last < state->count && slice_equal(state->rules[state->last].rule, rule))
        return &state->rules[state->last];
    for (state->last = 0; state->last < state->count; state->last++) {
        if (slice_equal(state->rules[state->last].rule, rule))
            return &state->rules[state->last];
    }
    if (state->count == state->capacity) {
        struct rule_state *rules =
            arena_alloc(state->arena, 2 * state->capacity * sizeof(*state->rules));
        memcpy(rules, state->rules, state->count * sizeof(*rules));
        state->rules = rules;
        state->capacity *= 2;
    }
    state->rules[state->count] = (struct rule_state){rule, NEVER, NEVER, false};
    return &state->rules[state->count++];
}

static void look_at_element(const struct pipeline_contribution *base, struct slice group,
                            struct element_state *ret_state)
{
    ret_state->arena = base->arena;
    ret_state->rules = ret_state->first;
    ret_state->count = ret_state->last = 0;
    ret_state->capacity = FIRST_RULES;
    ret_state->newest = ret_state->newest_single = ret_state->cleared = NEVER;
    ret_state->is_given = ret_state->is_single_given = false;
    for (size_t i = 0; i < base->part_count; i++) {
        const struct pipeline_part *part = &base->parts[i];
        if (!slice_equal(part->group, group))
            continue;
        ret_state->newest = later(ret_state->newest, part->when);
        instant *of_kind =
            part->is_entry ? &state_of(ret_state, part->rule)->newest : &ret_state->newest_single;
        *of_kind = later(*of_kind, part->when);
    }
    for (size_t i = 0; i < base->tombstone_count; i++) {
        const struct pipeline_tombstone *tombstone = &base->tombstones[i];
        if (!slice_equal(group_of(base->root, tombstone->element), group))
            continue;
        struct rule_state *rule = state_of(ret_state, tombstone->rule);
        ret_state->cleared = later(ret_state->cleared, tombstone->when);
        rule->cleared = later(rule->cleared, tombstone->when);
    }
}

/* Takes the new part unless something newer is said, or cleared, where it would go. A single
 * element has one writer at a time; the entries of a list have one each. */
static bool accept(struct element_state *state, const struct pipeline_part *part)
{
    if (!part->is_entry) {
        if (later(state->newest, state->cleared) > part->when)
            return false;
        state->is_single_given = true;
    } else {
        struct rule_state *rule = state_of(state, part->rule);
        if (later(state->newest_single, later(rule->newest, rule->cleared)) > part->when)
            return false;
        rule->is_given = true;
    }
    state->is_given = true;
    return true;
}

/* True when one of the parts that were taken speaks of what this one holds. */
static bool is_replaced(struct element_state *state, const struct pipeline_part *old)
{
    if (state->is_single_given || !old->is_entry)
        return state->is_given;
    return state_of(state, old->rule)->is_given;
}

static void drop_tombstones(struct pipeline_contribution *base, struct slice group,
                            struct element_state *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < base->tombstone_count; i++) {
        const struct pipeline_tombstone *tombstone = &base->tombstones[i];
        if (!slice_equal(group_of(base->root, tombstone->element), group) ||
            !(state->is_single_given || state_of(state, tombstone->rule)->is_given))
            base->tombstones[kept++] = *tombstone;
    }
    base->tombstone_count = kept;
}

/* Takes away what the rule wrote of the element, and keeps in mind that it is gone. */
static void apply_clear(struct pipeline_contribution *base, const struct pipeline_clear *clear,
                        instant when)
{
    struct slice group = group_of(base->root, clear->element);
    for (size_t i = 0; i < base->part_count; i++) {
        const struct pipeline_part *part = &base->parts[i];
        if (slice_equal(part->group, group) && slice_equal(part->rule, clear->rule) &&
            part->when > when)
            return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < base->part_count; i++) {
        const struct pipeline_part *part = &base->parts[i];
        if (!slice_equal(part->group, group) || !slice_equal(part->rule, clear->rule))
            base->parts[kept++] = *part;
    }
    base->part_count = kept;
    for (size_t i = 0; i < base->tombstone_count; i++) {
        struct pipeline_tombstone *tombstone = &base->tombstones[i];
        if (!slice_equal(tombstone->rule, clear->rule) ||
            !slice_equal(group_of(base->root, tombstone->element), group))
            continue;
        if (tombstone->when < when)
            tombstone->when = when;
        return;
    }
    add_tombstone(base, (struct pipeline_tombstone){clear->element, clear->rule, when});
}

/* Each of them once, however often the message says it. */
static void apply_clears(struct pipeline_contribution *base, const struct pipeline_clear *clears,
                         size_t count, instant when)
{
    struct map applied;
    if (count == 1)
        apply_clear(base, clears, when);
    if (count < 2)
        return;
    map_init(&applied, base->arena);
    for (size_t i = 0; i < count; i++) {
        struct slice name = arena_format(base->arena, "%.*s %.*s", SLICE_ARG(clears[i].element),
                                         SLICE_ARG(clears[i].rule));
        if (!map_put(&applied, name, base))
            apply_clear(base, &clears[i], when);
    }
}

/* The accepted parts that are left, behind `at`. */
static void insert_parts(struct pipeline_contribution *base, size_t at,
                         const struct pipeline_part *parts, size_t count)
{
    if (count == 0)
        return;
    reserve_parts(base, count);
    memmove(&base->parts[at + count], &base->parts[at],
            (base->part_count - at) * sizeof(*base->parts));
    memcpy(&base->parts[at], parts, count * sizeof(*base->parts));
    base->part_count += count;
}

static void put_part(struct pipeline_contribution *base, size_t at,
                     const struct pipeline_part *part)
{
    if (part != &base->parts[at])
        base->parts[at] = *part;
}

/* The parts that were taken, in the places of those they replace; the rest behind. */
static void place_parts(struct pipeline_contribution *base, struct slice group,
                        struct element_state *state, const struct pipeline_part *taken,
                        size_t count)
{
    size_t used = 0, kept = 0;
    size_t at = SIZE_MAX;  /* behind the last place that was filled, */
    size_t end = SIZE_MAX; /* else behind other entries of the element, else at the end */
    for (size_t old = 0; old < base->part_count; old++) {
        bool is_here = slice_equal(base->parts[old].group, group);
        if (!is_here || !is_replaced(state, &base->parts[old])) {
            put_part(base, kept++, &base->parts[old]);
            end = is_here ? kept : end;
            continue;
        }
        if (used == count)
            continue;
        put_part(base, kept++, &taken[used++]);
        at = kept;
    }
    base->part_count = kept;
    if (at == SIZE_MAX)
        at = end == SIZE_MAX ? kept : end;
    insert_parts(base, at, &taken[used], count - used);
}

/* All new parts of one element: each takes the place of an old one it replaces, in order; what is
 * left over goes behind the last, or is taken away. So a message that says the same again leaves
 * the list as it is, even where entries of several rules stand between each other. */
static void overlay_element(struct pipeline_contribution *base, const struct pipeline_part *parts,
                            size_t count)
{
    struct slice group = parts[0].group;
    struct element_state state;
    look_at_element(base, group, &state);
    size_t taken_count = 0;
    while (taken_count < count && accept(&state, &parts[taken_count]))
        taken_count++;
    const struct pipeline_part *taken = parts;
    if (taken_count < count) { /* some are outdated: the others come together */
        struct pipeline_part *some = ARENA_ARRAY(base->arena, count, struct pipeline_part);
        memcpy(some, parts, taken_count * sizeof(*some));
        for (size_t i = taken_count + 1; i < count; i++) {
            if (accept(&state, &parts[i]))
                some[taken_count++] = parts[i];
        }
        taken = some;
    }
    if (taken_count == 0)
        return;
    place_parts(base, group, &state, taken, taken_count);
    if (base->tombstone_count > 0)
        drop_tombstones(base, group, &state);
}

void pipeline_contribution_overlay(struct pipeline_contribution *base,
                                   const struct pipeline_contribution *said,
                                   const struct pipeline_clear *clears, size_t clear_count,
                                   instant when)
{
    apply_clears(base, clears, clear_count, when);
    for (size_t i = 0, next; i < said->part_count; i = next) {
        next = i + 1;
        while (next < said->part_count &&
               slice_equal(said->parts[next].group, said->parts[i].group))
            next++;
        overlay_element(base, &said->parts[i], next - i);
    }
}

/* --- survivorship ----------------------------------------------------------------------------- */

/* Entries of one list that have the same hash. */
struct same_hash {
    uint64_t hash; /* the key of the map points here */
    const struct json *value;
    struct same_hash *next;
};

/* What survives of one element: one part, or entries of a list. */
struct joined {
    struct pipeline_contribution parts;
    struct map entries; /* by the hash of their content */
};

static struct slice hash_key(const uint64_t *hash)
{
    return (struct slice){(const char *)hash, sizeof(*hash)};
}

/* True where an entry with this content is there. */
static bool is_there(const struct joined *joined, const struct json *value)
{
    uint64_t hash = json_hash(value);
    const struct same_hash *one = map_get(&joined->entries, hash_key(&hash));
    while (one && !json_equal(one->value, value))
        one = one->next;
    return one != NULL;
}

static void keep_in_mind(struct joined *joined, const struct json *value)
{
    struct same_hash *own = ARENA_NEW(joined->entries.arena, struct same_hash);
    own->hash = json_hash(value);
    own->value = value;
    own->next = map_get(&joined->entries, hash_key(&own->hash));
    map_put(&joined->entries, hash_key(&own->hash), own);
}

static void join(struct joined *joined, const struct pipeline_part *part)
{
    struct pipeline_contribution *parts = &joined->parts;
    if (parts->part_count > 0) {
        const struct pipeline_part *last = &parts->parts[parts->part_count - 1];
        if (part->is_entry && last->is_entry) {
            if (is_there(joined, part->value))
                return;
            keep_in_mind(joined, part->value);
            add_part(parts, *part);
            return;
        }
        if (part->when <= last->when)
            return;
        parts->part_count = 0;
        map_init(&joined->entries, parts->arena);
    }
    if (part->is_entry)
        keep_in_mind(joined, part->value);
    add_part(parts, *part);
}

static struct joined *joined_of(struct map *elements, struct slice group)
{
    struct joined *joined = map_get(elements, group);
    if (joined)
        return joined;
    joined = ARENA_NEW(elements->arena, struct joined);
    begin(&joined->parts, NULL, elements->arena);
    map_init(&joined->entries, elements->arena);
    map_put(elements, group, joined);
    return joined;
}

void pipeline_contribution_survive(const struct pipeline_contribution *const *sources, size_t count,
                                   struct arena *arena,
                                   struct pipeline_contribution *ret_contribution)
{
    begin(ret_contribution, count > 0 ? sources[0]->root : NULL, arena);
    struct map elements; /* in the order in which they are first spoken of */
    map_init(&elements, arena);
    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < sources[i]->part_count; number++) {
            const struct pipeline_part *part = &sources[i]->parts[number];
            join(joined_of(&elements, part->group), part);
        }
    }
    for (size_t i = 0; i < elements.count; i++) {
        const struct joined *joined = elements.entries[i].value;
        insert_parts(ret_contribution, ret_contribution->part_count, joined->parts.parts,
                     joined->parts.part_count);
    }
}

bool pipeline_contribution_holds(const struct pipeline_contribution *all,
                                 const struct pipeline_contribution *said)
{
    struct map elements;
    map_init(&elements, all->arena);
    for (size_t i = 0; i < all->part_count; i++)
        keep_in_mind(joined_of(&elements, all->parts[i].group), all->parts[i].value);
    for (size_t i = 0; i < said->part_count; i++) {
        const struct joined *joined = map_get(&elements, said->parts[i].group);
        if (!joined || !is_there(joined, said->parts[i].value))
            return false;
    }
    return true;
}

/* --- body ------------------------------------------------------------------------------------- */

struct json *pipeline_contribution_body(const struct pipeline_contribution *contribution,
                                        const struct json *head, struct arena *arena)
{
    struct json *body = json_object(arena);
    for (const struct json *member = json_first(head); member; member = json_next(member)) {
        if (is_head(json_name(member)))
            json_add(body, json_name(member), json_copy(member, arena));
    }
    struct json *list = NULL;
    for (size_t i = 0; i < contribution->part_count; i++) {
        const struct pipeline_part *part = &contribution->parts[i];
        if (part->is_entry) {
            bool goes_on = list && slice_equal(json_name(list), part->name);
            if (!goes_on)
                list = json_add(body, part->name, json_array(arena));
            json_append(list, json_copy(part->value, arena));
            continue;
        }
        list = NULL;
        if (part->value)
            json_add(body, part->name, json_copy(part->value, arena));
        if (part->companion)
            json_add(body, arena_format(arena, "_%.*s", SLICE_ARG(part->name)),
                     json_copy(part->companion, arena));
    }
    return body;
}
