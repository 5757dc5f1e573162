/* contribution: see contribution.h. */
#include "pipeline/contribution.h"

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

static void add_part(struct pipeline_contribution *contribution, struct pipeline_part part)
{
    if (contribution->part_count == contribution->part_capacity) {
        size_t capacity = contribution->part_capacity ? contribution->part_capacity * 2 : 16;
        contribution->parts =
            arena_grow(contribution->arena, contribution->parts,
                       contribution->part_capacity * sizeof(part), capacity * sizeof(part));
        contribution->part_capacity = capacity;
    }
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

void pipeline_contribution_of(const struct json *body, const struct pipeline_mark *marks,
                              size_t mark_count, instant when, const struct fhir_element *root,
                              struct arena *arena, struct pipeline_contribution *ret_contribution)
{
    begin(ret_contribution, root, arena);
    split(body, when, ret_contribution);
    /* marks mostly come in the order of the body: go on where the last one was found */
    size_t next = 0;
    for (size_t i = 0; i < ret_contribution->part_count; i++) {
        struct pipeline_part *part = &ret_contribution->parts[i];
        for (size_t tried = 0; tried < mark_count; tried++) {
            const struct pipeline_mark *mark = &marks[(next + tried) % mark_count];
            if (mark->entry && part->is_entry && mark->entry != part->value)
                continue;
            if (!slice_equal(mark->element, part->name))
                continue;
            if (mark->rule.len > 0)
                part->rule = mark->rule;
            next = (next + tried + 1) % mark_count;
            break;
        }
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

static void remove_part(struct pipeline_contribution *base, size_t index)
{
    memmove(&base->parts[index], &base->parts[index + 1],
            (base->part_count - index - 1) * sizeof(*base->parts));
    base->part_count--;
}

static void insert_part(struct pipeline_contribution *base, size_t index, struct pipeline_part part)
{
    add_part(base, part);
    memmove(&base->parts[index + 1], &base->parts[index],
            (base->part_count - 1 - index) * sizeof(*base->parts));
    base->parts[index] = part;
}

static bool tombstone_covers(const struct pipeline_tombstone *tombstone,
                             const struct pipeline_contribution *base,
                             const struct pipeline_part *part)
{
    /* a single element has one writer at a time; the entries of a list have one each */
    if (part->is_entry && !slice_equal(tombstone->rule, part->rule))
        return false;
    return slice_equal(group_of(base->root, tombstone->element), part->group);
}

/* Does the new part speak of what the old one holds? */
static bool part_replaces(const struct pipeline_part *part, const struct pipeline_part *old)
{
    if (!slice_equal(part->group, old->group))
        return false;
    return !part->is_entry || !old->is_entry || slice_equal(part->rule, old->rule);
}

/* True when something newer than the part is said, or cleared, where it would go. */
static bool is_outdated(const struct pipeline_contribution *base, const struct pipeline_part *part)
{
    for (size_t i = 0; i < base->part_count; i++) {
        if (part_replaces(part, &base->parts[i]) && base->parts[i].when > part->when)
            return true;
    }
    for (size_t i = 0; i < base->tombstone_count; i++) {
        if (tombstone_covers(&base->tombstones[i], base, part) &&
            base->tombstones[i].when > part->when)
            return true;
    }
    return false;
}

static void drop_tombstones(struct pipeline_contribution *base, const struct pipeline_part *part)
{
    size_t kept = 0;
    for (size_t i = 0; i < base->tombstone_count; i++) {
        if (!tombstone_covers(&base->tombstones[i], base, part))
            base->tombstones[kept++] = base->tombstones[i];
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
    for (size_t i = base->part_count; i-- > 0;) {
        if (slice_equal(base->parts[i].group, group) &&
            slice_equal(base->parts[i].rule, clear->rule))
            remove_part(base, i);
    }
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

/* All new parts of one element: each takes the place of an old one it replaces, in order; what is
 * left over goes behind the last, or is taken away. So a message that says the same again leaves
 * the list as it is, even where entries of several rules stand between each other. */
static void overlay_element(struct pipeline_contribution *base, const struct pipeline_part *parts,
                            size_t count)
{
    size_t at = SIZE_MAX; /* behind the last place that was filled */
    size_t used = 0, given = 0;
    bool *accepted = ARENA_ARRAY(base->arena, count, bool);
    for (size_t i = 0; i < count; i++) {
        accepted[i] = !is_outdated(base, &parts[i]);
        given += accepted[i];
    }
    if (given == 0)
        return;
    for (size_t old = 0; old < base->part_count;) {
        bool replaced = false;
        for (size_t i = 0; i < count && !replaced; i++)
            replaced = accepted[i] && part_replaces(&parts[i], &base->parts[old]);
        if (!replaced) {
            old++;
            continue;
        }
        while (used < count && !accepted[used])
            used++;
        if (used == count) {
            remove_part(base, old);
            continue;
        }
        base->parts[old++] = parts[used++];
        at = old;
    }
    if (at == SIZE_MAX) { /* behind other entries of the element, else at the end */
        at = base->part_count;
        for (size_t old = 0; old < base->part_count; old++) {
            if (slice_equal(base->parts[old].group, parts[0].group))
                at = old + 1;
        }
    }
    for (; used < count; used++) {
        if (accepted[used])
            insert_part(base, at++, parts[used]);
    }
    for (size_t i = 0; i < count; i++) {
        if (accepted[i])
            drop_tombstones(base, &parts[i]);
    }
}

void pipeline_contribution_overlay(struct pipeline_contribution *base,
                                   const struct pipeline_contribution *said,
                                   const struct pipeline_clear *clears, size_t clear_count,
                                   instant when)
{
    for (size_t i = 0; i < clear_count; i++)
        apply_clear(base, &clears[i], when);
    for (size_t i = 0, next; i < said->part_count; i = next) {
        next = i + 1;
        while (next < said->part_count &&
               slice_equal(said->parts[next].group, said->parts[i].group))
            next++;
        overlay_element(base, &said->parts[i], next - i);
    }
}

/* --- survivorship ----------------------------------------------------------------------------- */

static bool is_there(const struct pipeline_contribution *result, const struct pipeline_part *part)
{
    for (size_t i = 0; i < result->part_count; i++) {
        if (slice_equal(result->parts[i].group, part->group) &&
            json_equal(result->parts[i].value, part->value))
            return true;
    }
    return false;
}

/* Where the part's element ends in the result; SIZE_MAX where it is not there yet. */
static size_t end_of_element(const struct pipeline_contribution *result,
                             const struct pipeline_part *part)
{
    size_t end = SIZE_MAX;
    for (size_t i = 0; i < result->part_count; i++) {
        if (slice_equal(result->parts[i].group, part->group))
            end = i + 1;
    }
    return end;
}

static void join(struct pipeline_contribution *result, const struct pipeline_part *part)
{
    size_t end = end_of_element(result, part);
    if (end == SIZE_MAX) {
        add_part(result, *part);
        return;
    }
    struct pipeline_part *last = &result->parts[end - 1];
    if (part->is_entry && last->is_entry) {
        if (!is_there(result, part))
            insert_part(result, end, *part);
        return;
    }
    if (part->when <= last->when)
        return;
    while (end > 1 && slice_equal(result->parts[end - 2].group, part->group))
        remove_part(result, --end);
    result->parts[end - 1] = *part;
}

void pipeline_contribution_survive(const struct pipeline_contribution *const *sources, size_t count,
                                   struct arena *arena,
                                   struct pipeline_contribution *ret_contribution)
{
    begin(ret_contribution, count > 0 ? sources[0]->root : NULL, arena);
    for (size_t i = 0; i < count; i++) {
        for (size_t part = 0; part < sources[i]->part_count; part++)
            join(ret_contribution, &sources[i]->parts[part]);
    }
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
