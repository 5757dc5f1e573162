/* translate: see the header. */
#include "pipeline/translate.h"

#include "base/encode.h"
#include "fhir/search_index.h"
#include "hl7v2/message.h"

#define NO_WRITE SIZE_MAX

static void copy_keys(const struct mapping_resource *resource, struct pipeline_write *write,
                      struct arena *arena)
{
    write->digests = ARENA_ARRAY(arena, resource->key_count + 1, const unsigned char *);
    write->digest_count = resource->key_count;
    for (size_t i = 0; i < resource->key_count; i++)
        write->digests[i] = resource->keys[i].id.digest;
}

static void copy_marks(const struct mapping_resource *resource,
                       const struct mapping_program *program, struct pipeline_write *write,
                       struct arena *arena)
{
    write->marks = ARENA_ARRAY(arena, resource->mark_count + 1, struct pipeline_mark);
    write->mark_count = resource->mark_count;
    for (size_t i = 0; i < resource->mark_count; i++) {
        const struct mapping_mark *mark = &resource->marks[i];
        write->marks[i] = (struct pipeline_mark){mark->element, mark->entry,
                                                 mapping_program_rule(program, mark->rule).id};
    }
    write->clears = ARENA_ARRAY(arena, resource->clear_count + 1, struct pipeline_clear);
    write->clear_count = resource->clear_count;
    for (size_t i = 0; i < resource->clear_count; i++) {
        const struct mapping_clear *clear = &resource->clears[i];
        write->clears[i] =
            (struct pipeline_clear){clear->element, mapping_program_rule(program, clear->rule).id};
    }
}

static void copy_references(const struct mapping_resource *resource, struct pipeline_write *write,
                            struct arena *arena)
{
    write->references =
        ARENA_ARRAY(arena, resource->reference_count + 1, struct pipeline_reference);
    write->reference_count = resource->reference_count;
    for (size_t i = 0; i < resource->reference_count; i++) {
        const struct mapping_reference *reference = &resource->references[i];
        bool inside = reference->target != MAPPING_NO_RESOURCE;
        write->references[i] = (struct pipeline_reference){
            .node = reference->node,
            .write = inside ? reference->target : NO_WRITE,
            .type = reference->find_type,
            .digest = inside || !reference->key ? NULL : reference->key->id.digest,
        };
    }
}

/* --- whose record it is ----------------------------------------------------------------------- */

static bool is_patient(const struct mapping_result *result, size_t index)
{
    return slice_equal(result->resources[index].type, SLICE("Patient"));
}

/* The Patient that a resource of the result refers to itself, or NO_WRITE. */
static size_t direct_patient(const struct mapping_result *result, size_t index)
{
    const struct mapping_resource *resource = &result->resources[index];
    for (size_t i = 0; i < resource->reference_count; i++) {
        uint32_t target = resource->references[i].target;
        if (target != MAPPING_NO_RESOURCE && is_patient(result, target))
            return target;
    }
    return NO_WRITE;
}

/* The same, or that of the first of its targets that has one (a Provenance of an Observation). */
static size_t patient_of(const struct mapping_result *result, size_t index)
{
    size_t patient = direct_patient(result, index);
    const struct mapping_resource *resource = &result->resources[index];
    for (size_t i = 0; i < resource->reference_count && patient == NO_WRITE; i++) {
        uint32_t target = resource->references[i].target;
        if (target != MAPPING_NO_RESOURCE)
            patient = direct_patient(result, target);
    }
    return patient;
}

static size_t first_patient(const struct mapping_result *result)
{
    for (size_t i = 0; i < result->resource_count; i++)
        if (is_patient(result, i))
            return i;
    return NO_WRITE;
}

static struct pipeline_subject subject_of(const struct mapping_result *result,
                                          const struct fhir_search_table *search, size_t index,
                                          size_t fallback)
{
    const struct pipeline_subject none = {.kind = PIPELINE_SUBJECT_NONE, .write = NO_WRITE};
    if (is_patient(result, index))
        return (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = index};
    if (!fhir_search_is_personal(search, result->resources[index].type))
        return none;
    size_t patient = patient_of(result, index);
    if (patient == NO_WRITE)
        patient = fallback;
    if (patient == NO_WRITE)
        return none;
    return (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = patient};
}

/* --- source records --------------------------------------------------------------------------- */

/* HL7 table 0203: numbers that do not name a person for others. A social security number is never a
 * key (design: Identity); an account or visit number names a stay. */
static const struct slice NOT_A_LINK[] = {SLICE_INIT("SS"), SLICE_INIT("AN"), SLICE_INIT("VN")};

static struct slice identifier_type(const struct json *identifier)
{
    struct json *coding = json_get(json_get(identifier, SLICE("type")), SLICE("coding"));
    return json_get_text(json_at(coding, 0), SLICE("code"));
}

static bool is_link(const struct json *identifier)
{
    struct slice type = identifier_type(identifier);
    for (size_t i = 0; i < sizeof NOT_A_LINK / sizeof NOT_A_LINK[0]; i++)
        if (slice_equal(type, NOT_A_LINK[i]))
            return false;
    return json_get_text(identifier, SLICE("system")).len > 0 &&
           json_get_text(identifier, SLICE("value")).len > 0;
}

static const unsigned char *link_digest(const struct json *identifier, struct slice id_key,
                                        struct arena *arena)
{
    struct slice parts[2] = {json_get_text(identifier, SLICE("system")),
                             json_get_text(identifier, SLICE("value"))};
    struct fhir_id *id = ARENA_NEW(arena, struct fhir_id);
    fhir_id_derive(id_key, SLICE("Patient"), SLICE("link"), parts, 2, arena, id);
    return id->digest;
}

/* Which record of a person this Patient is: the site, and the number by which the site knows it
 * (the first of type MR, else the first that can link, else the key itself). */
static void add_person(const struct mapping_resource *resource, size_t write, struct slice id_key,
                       struct pipeline_item *item)
{
    const struct json *identifiers = json_get(resource->body, SLICE("identifier"));
    struct pipeline_person *person = &item->persons[item->person_count++];
    *person = (struct pipeline_person){.write = write, .site = item->site, .value = resource->id};
    person->links = ARENA_ARRAY(item->arena, json_count(identifiers) + 1, const unsigned char *);
    bool named = false;
    for (const struct json *each = json_first(identifiers); each; each = json_next(each)) {
        if (!is_link(each))
            continue;
        person->links[person->link_count++] = link_digest(each, id_key, item->arena);
        bool is_record_number = slice_equal(identifier_type(each), SLICE("MR"));
        if (named || (!is_record_number && person->link_count > 1))
            continue;
        named = is_record_number;
        person->system = json_get_text(each, SLICE("system"));
        person->value = json_get_text(each, SLICE("value"));
    }
}

/* --- what it waits for ------------------------------------------------------------------------ */

#define CAUSE_BYTES 5

/* A code that a site's table does not know is one cause, whichever rule meets it: one row of the
 * table mends them all. Everything else is a matter of its rule. "unmapped-1f0c39a2b4" is short
 * enough to be typed, and one of another site is another. */
static struct slice cause_of(const struct pipeline_hold *hold, struct slice site,
                             struct arena *arena)
{
    bool is_code = hold->table.len > 0;
    const struct slice parts[] = {site, is_code ? hold->table : hold->rule, hold->code,
                                  hold->system};
    unsigned char sum[DIGEST_SHA256_SIZE];
    struct digest *digest = digest_new();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        digest_add(digest, arena_format(arena, "%zu ", parts[i].len));
        digest_add(digest, parts[i]);
    }
    digest_finish(digest, sum);
    struct slice hex = encode_hex((struct slice){(const char *)sum, CAUSE_BYTES}, arena);
    return arena_format(arena, "%.*s-%.*s", SLICE_ARG(hold->kind), SLICE_ARG(hex));
}

static void copy_holds(const struct mapping_result *result, struct pipeline_item *item)
{
    static const struct slice KINDS[] = {
        [MAPPING_HOLD_UNMAPPED] = SLICE_INIT("unmapped"),
        [MAPPING_HOLD_INVALID] = SLICE_INIT("invalid"),
        [MAPPING_HOLD_REQUIRED] = SLICE_INIT("required"),
        [MAPPING_HOLD_CLASH] = SLICE_INIT("clash"),
    };
    struct pipeline_hold *holds =
        ARENA_ARRAY(item->arena, result->hold_count + 1, struct pipeline_hold);
    for (size_t i = 0; i < result->hold_count; i++) {
        const struct mapping_hold *from = &result->holds[i];
        holds[i] = (struct pipeline_hold){
            .kind = KINDS[from->kind],
            .rule = mapping_program_rule(result->program, from->rule).id,
            .place = issue_place_text(&from->place, item->arena),
            .table = from->table,
            .code = from->code,
            .system = from->system,
        };
        holds[i].cause = cause_of(&holds[i], item->site, item->arena);
    }
    item->holds = holds;
    item->hold_count = result->hold_count;
}

/* --- what is to become of records ------------------------------------------------------------- */

/* The key of a Patient names the site that sends, so no site can name another one's record. */
static struct pipeline_party party_of(const struct mapping_key *key,
                                      const struct pipeline_item *item)
{
    return (struct pipeline_party){
        .site = item->site, .patient = fhir_id_slice(&key->id), .digest = key->id.digest};
}

bool pipeline_translate_takes(const struct mapping_act *act)
{
    return act->kind != MAPPING_ACT_SNAPSHOT && slice_equal(act->type, SLICE("Patient"));
}

static void copy_acts(const struct mapping_result *result, struct pipeline_item *item)
{
    static const enum pipeline_act_kind KINDS[] = {
        [MAPPING_ACT_MERGE] = PIPELINE_ACT_MERGE,
        [MAPPING_ACT_LINK] = PIPELINE_ACT_LINK,
        [MAPPING_ACT_UNLINK] = PIPELINE_ACT_UNLINK,
        [MAPPING_ACT_MOVE] = PIPELINE_ACT_MOVE,
    };
    item->acts = ARENA_ARRAY(item->arena, result->act_count + 1, struct pipeline_act);
    item->act_count = 0;
    for (size_t i = 0; i < result->act_count; i++) {
        const struct mapping_act *act = &result->acts[i];
        if (!pipeline_translate_takes(act))
            continue;
        item->acts[item->act_count++] = (struct pipeline_act){
            .kind = KINDS[act->kind],
            .from = party_of(&act->from, item),
            .into = party_of(&act->into, item),
            .remembers = true,
            .why = item->message_type,
        };
    }
}

/* ---------------------------------------------------------------------------------------------- */

void pipeline_translate(const struct mapping_result *result, const struct fhir_search_table *search,
                        struct slice id_key, struct pipeline_item *item)
{
    struct arena *arena = item->arena;
    size_t fallback = first_patient(result);
    copy_holds(result, item);
    copy_acts(result, item);
    item->writes = ARENA_ARRAY(arena, result->resource_count + 1, struct pipeline_write);
    item->persons = ARENA_ARRAY(arena, result->resource_count + 1, struct pipeline_person);
    item->write_count = result->resource_count;
    item->person_count = 0;
    for (size_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *resource = &result->resources[i];
        struct pipeline_write *write = &item->writes[i];
        *write = (struct pipeline_write){
            .type = resource->type,
            .id = resource->id,
            .body = resource->body,
            .effect = resource->action == MAPPING_UNCHANGED ? PIPELINE_TOUCH : PIPELINE_OVERLAY,
            .subject = subject_of(result, search, i, fallback),
        };
        copy_keys(resource, write, arena);
        copy_marks(resource, result->program, write, arena);
        copy_references(resource, write, arena);
        if (is_patient(result, i))
            add_person(resource, i, id_key, item);
    }
}

/* --- places ----------------------------------------------------------------------------------- */

static bool is_in_frame(const struct hl7v2_message *message, struct slice part)
{
    const char *begin = message->frame.ptr, *end = begin + message->frame.len;
    return part.len > 0 && part.ptr >= begin && part.ptr < end;
}

struct issue_place pipeline_translate_place(const struct mapping_result *result, size_t write)
{
    const struct hl7v2_message *message = result->message;
    const struct mapping_resource *resource = &result->resources[write];
    for (size_t key = 0; key < resource->key_count; key++) {
        for (size_t i = 0; i < resource->keys[key].part_count; i++) {
            struct slice part = resource->keys[key].parts[i];
            if (is_in_frame(message, part))
                return hl7v2_message_place_at(message, (size_t)(part.ptr - message->frame.ptr));
        }
    }
    return issue_place_v2(SLICE("PID"), 1, 3, 0, 0, 0);
}
