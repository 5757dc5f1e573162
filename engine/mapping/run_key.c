/* run_key: keys of resources from the message, and who is called what.
 *
 * A part follows the data type of its place: CX and EI give the number and its assigner, CE, CWE
 * and CNE the code and its system, all else the whole text. A number without an assigner belongs to
 * the sender's site. */
#include <string.h>

#include "mapping/run.h"

struct parts {
    struct slice items[32];
    size_t count;
    bool valued;
    bool lacks; /* a number, or a resource made before, is not there */
};

static void push(struct parts *parts, struct slice text, bool counts)
{
    if (parts->count < sizeof(parts->items) / sizeof(parts->items[0]))
        parts->items[parts->count++] = text;
    parts->valued |= counts && text.len > 0;
}

static struct slice part_for(struct run *run, const struct found *found, unsigned number,
                             unsigned sub, enum mapping_look_kind kind)
{
    return slice_trim(run_part_for(run, found, number, sub, kind));
}

static struct slice component(struct run *run, const struct found *found, unsigned number,
                              unsigned sub)
{
    return part_for(run, found, number, sub, MAPPING_LOOK_KEY);
}

/* To choose by, not to be part of a key. */
static struct slice asked(struct run *run, const struct found *found, unsigned number, unsigned sub)
{
    return part_for(run, found, number, sub, MAPPING_LOOK_CONDITION);
}

/* "site:mission" or "site:mission:LAB", without printf: each number of a message needs one. */
static struct slice site_assigner(struct run *run, struct slice name_space)
{
    static const char PREFIX[] = "site:";
    struct slice site = run->facts[FACT_SITE];
    size_t prefix = sizeof(PREFIX) - 1, len = prefix + site.len;
    char *text = arena_alloc(run->arena, len + 1 + name_space.len);
    memcpy(text, PREFIX, prefix);
    if (site.len)
        memcpy(text + prefix, site.ptr, site.len);
    if (name_space.len == 0)
        return (struct slice){text, len};
    text[len] = ':';
    memcpy(text + len + 1, name_space.ptr, name_space.len);
    return (struct slice){text, len + 1 + name_space.len};
}

/* A universal id is an assigner anywhere; a namespace is one only within its site. */
static struct slice assigner(struct run *run, struct slice name_space, struct slice universal)
{
    return universal.len ? universal : site_assigner(run, name_space);
}

/* HL7 table 0203: numbers that say who pays or who a citizen is, not who the record is about. */
static bool is_no_record_number(struct slice type)
{
    static const struct slice TYPES[] = {SLICE_INIT("SS"), SLICE_INIT("SB"), SLICE_INIT("AN"),
                                         SLICE_INIT("VN"), SLICE_INIT("PNT")};
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (slice_equal(type, TYPES[i]))
            return true;
    return false;
}

/* Better is higher: a medical record number, one with an assigner, any other. */
static int rank_of_identifier(struct run *run, const struct found *found)
{
    struct slice type = asked(run, found, 5, 0);
    if (found->state != FOUND_VALUE || is_no_record_number(type) ||
        asked(run, found, 1, 0).len == 0)
        return 0;
    if (slice_equal(type, SLICE("MR")))
        return 3;
    return asked(run, found, 4, 0).len || asked(run, found, 4, 2).len ? 2 : 1;
}

static void push_cx(struct run *run, struct found found, struct parts *parts)
{
    struct found best = {.state = FOUND_NOTHING};
    int rank = 0;
    unsigned number = 1;
    bool more = found.state != FOUND_NOTHING || found.whole.len;
    while (more) {
        int own = rank_of_identifier(run, &found);
        if (own > rank) {
            rank = own;
            best = found;
        }
        more = run_next_repetition(run, &found, &number);
    }
    if (rank == 0) {
        parts->lacks = true;
        return;
    }
    push(parts, component(run, &best, 1, 0), true);
    push(parts,
         assigner(run, component(run, &best, 4, 1),
                  best.depth == 1 ? component(run, &best, 4, 2) : (struct slice){NULL, 0}),
         false);
}

static void take_first(struct run *run, uint32_t resource, void *data)
{
    (void)run;
    *(uint32_t *)data = resource;
}

static void push_name(struct run *run, const struct frame *frame, uint32_t name,
                      struct parts *parts)
{
    uint32_t resource = MAPPING_NO_RESOURCE;
    run_named_each(run, frame->scope, name, true, take_first, &resource);
    if (resource == MAPPING_NO_RESOURCE) {
        parts->lacks = true;
        return;
    }
    push(parts, run->resources[resource].out.id, true);
}

/* A number that an owner of its own counts is that owner's where nobody else is said to give it. */
static void push_ei(struct run *run, const struct frame *frame, const struct found *found,
                    const struct key_part *part, struct parts *parts)
{
    struct slice number = component(run, found, 1, 0);
    if (number.len == 0) {
        parts->lacks = true;
        return;
    }
    push(parts, number, true);
    struct slice name_space = component(run, found, 2, 0), universal = component(run, found, 3, 0);
    if (part->has_owner && name_space.len + universal.len == 0)
        push_name(run, frame, part->name, parts);
    else
        push(parts, assigner(run, name_space, universal), false);
}

static void push_code(struct run *run, const struct found *found, struct parts *parts)
{
    struct slice system, code = run_code_for(run, found, &system, MAPPING_LOOK_KEY);
    if (code.len == 0)
        code = component(run, found, 2, 0);
    push(parts, code, true);
    push(parts, slice_trim(system), false);
}

static void push_part(struct run *run, const struct frame *frame, const struct key_part *part,
                      struct parts *parts)
{
    if (part->kind == PART_NAME) {
        push_name(run, frame, part->name, parts);
        return;
    }
    struct found found = run_find_first(run, &frame->cursor, &part->places);
    if (part->kind == PART_CX)
        push_cx(run, found, parts);
    else if (part->kind == PART_EI)
        push_ei(run, frame, &found, part, parts);
    else if (part->kind == PART_CWE)
        push_code(run, &found, parts);
    else
        push(parts, slice_trim(run_text_for(run, &found, true, MAPPING_LOOK_KEY)),
             !found.is_fact && !part->is_assigner);
}

void run_derive(struct run *run, struct slice type, struct mapping_key *key)
{
    fhir_id_derive_with(run->id_key, type, key->name, key->parts, key->part_count, run->arena,
                        &key->id);
}

/* What hangs on a number or on a resource that is not there is not known by the rest: "no placer
 * number, glucose" is the order of everybody who has no placer number. */
bool run_key(struct run *run, const struct frame *frame, const struct key_rule *rule,
             struct slice type, struct mapping_key *ret_key)
{
    if (run->record)
        run_record_odd(run->record);
    struct parts parts; /* its items stay as they are: a key has three of 32 */
    parts.count = 0;
    parts.valued = parts.lacks = false;
    for (size_t i = 0; i < rule->part_count && !parts.lacks; i++)
        push_part(run, frame, &rule->parts[i], &parts);
    if (!parts.valued || parts.lacks)
        return false;
    struct mapping_key key = {.name = rule->name, .part_count = parts.count};
    key.parts = ARENA_ARRAY(run->arena, parts.count, struct slice);
    memcpy(key.parts, parts.items, parts.count * sizeof(struct slice));
    run_derive(run, type, &key);
    *ret_key = key;
    return true;
}

/* --- names -------------------------------------------------------------------------------------*/

/* Whether the name is given somewhere inside what this scope runs. */
static bool declares(const struct run_scope *scope, uint32_t name)
{
    const struct body *body = scope->body;
    size_t low = 0, high = body->home_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct name_home *home = &body->homes[middle];
        if (home->name < name || (home->name == name && home->operation < scope->operation))
            low = middle + 1;
        else
            high = middle;
    }
    return low < body->home_count && body->homes[low].name == name &&
           body->homes[low].operation < body->operations[scope->operation].end;
}

/* Index into named->items of the first instance that is not before `first`. */
static size_t lower_bound(const struct run_named *named, uint32_t first)
{
    size_t low = 0, high = named->size.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (named->items[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t run_named_each(struct run *run, const struct run_scope *scope, uint32_t name, bool single,
                      run_visit *visit, void *data)
{
    while (scope && !declares(scope, name))
        scope = scope->parent;
    if (!scope)
        return 0;
    const struct run_named *named = &run->named[name];
    size_t count = 0;
    for (size_t i = lower_bound(named, scope->first);
         i < named->size.count && named->items[i] < scope->end && !(single && count); i++) {
        visit(run, run->instances[named->items[i]].resource, data);
        count++;
    }
    return count;
}

void run_name_instance(struct run *run, uint32_t name, uint32_t resource)
{
    if (name == NAME_THIS)
        return;
    struct run_named *named = &run->named[name];
    run->instances =
        run_grow(run->arena, run->instances, sizeof(*run->instances), &run->instance_size, 32);
    named->items = run_grow(run->arena, named->items, sizeof(*named->items), &named->size, 4);
    named->items[named->size.count++] = (uint32_t)run->instance_size.count;
    run->instances[run->instance_size.count++] = (struct run_instance){name, resource};
}
