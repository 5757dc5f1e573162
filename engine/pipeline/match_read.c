/* match_read: see match.h, pipeline_demographics_of. */
#include "pipeline/match_internal.h"

struct reader {
    const struct match_table *table;
    struct pipeline_demographics *record;
    struct arena *arena;
};

/* The texts of a list with blanks between. */
static struct slice join(const struct json *list, struct arena *arena)
{
    struct slice joined = {NULL, 0};
    for (const struct json *each = json_first(list); each; each = json_next(each)) {
        struct slice text = json_text(each);
        joined = joined.len > 0
                     ? arena_format(arena, "%.*s %.*s", SLICE_ARG(joined), SLICE_ARG(text))
                     : text;
    }
    return joined;
}

/* --- names ------------------------------------------------------------------------------------ */

/* A name that is written as one text: "García López, José" or "José García". */
static void split_text(struct slice text, struct slice *family, struct slice *given)
{
    size_t comma = slice_find_byte(text, ',');
    *family = slice_trim(slice_part(text, 0, comma));
    *given = slice_trim(slice_after(text, comma + 1));
    if (comma < text.len)
        return;
    size_t at = family->len;
    while (at > 0 && family->ptr[at - 1] != ' ')
        at--;
    *given = slice_trim(slice_part(*family, 0, at));
    *family = slice_after(*family, at);
}

/* What another name of the same person leaves out is as in the first one: a maiden name comes
 * without given names, a nickname without surname. */
static void complete(struct match_name *name, const struct match_name *first)
{
    if (name->family.count == 0)
        name->family = first->family;
    if (name->given.count == 0)
        name->given = first->given;
    if (name->suffix.len == 0)
        name->suffix = first->suffix;
}

static void read_name(struct reader *reader, const struct json *json)
{
    struct pipeline_demographics *record = reader->record;
    struct slice family = json_get_text(json, SLICE("family"));
    struct slice given = join(json_get(json, SLICE("given")), reader->arena);
    struct slice suffix = join(json_get(json, SLICE("suffix")), reader->arena);
    struct match_name name;
    if (family.len == 0 && given.len == 0)
        split_text(slice_trim(json_get_text(json, SLICE("text"))), &family, &given);
    if (!match_name_read(reader->table, family, given, suffix, reader->arena, &name))
        return;
    if (record->name_count > 0)
        complete(&name, &record->names[0]);
    record->names[record->name_count++] = name;
    if (record->name_count < MATCH_NAME_LIMIT &&
        match_name_shift(&name, reader->arena, &record->names[record->name_count]))
        record->name_count++;
}

/* --- the rest --------------------------------------------------------------------------------- */

static void read_address(struct reader *reader, const struct json *json)
{
    struct pipeline_demographics *record = reader->record;
    struct slice lines = join(json_get(json, SLICE("line")), reader->arena);
    if (match_address_read(reader->table, lines, json_get_text(json, SLICE("postalCode")),
                           reader->arena, &record->addresses[record->address_count]))
        record->address_count++;
}

static void read_telecom(struct reader *reader, const struct json *json)
{
    struct pipeline_demographics *record = reader->record;
    struct slice system = json_get_text(json, SLICE("system"));
    if (!slice_equal(system, SLICE("phone")) && !slice_equal(system, SLICE("sms")))
        return;
    if (match_phone_read(reader->table, json_get_text(json, SLICE("value")), reader->arena,
                         &record->phones[record->phone_count]))
        record->phone_count++;
}

static const struct slice SSN_SYSTEM = SLICE_INIT("http://hl7.org/fhir/sid/us-ssn");

static enum match_counts counts_of(const struct match_table *table, struct slice type,
                                   struct slice system)
{
    if (slice_equal(system, SSN_SYSTEM))
        return MATCH_COUNTS_SSN;
    const enum match_counts *counts = map_get(&table->identifiers, type);
    return counts ? *counts : table->other_identifiers;
}

static void read_identifier(struct reader *reader, const struct json *json)
{
    struct pipeline_demographics *record = reader->record;
    struct json *coding = json_at(json_get(json_get(json, SLICE("type")), SLICE("coding")), 0);
    struct match_number number = {json_get_text(json, SLICE("system")),
                                  json_get_text(coding, SLICE("code")),
                                  json_get_text(json, SLICE("value"))};
    struct match_ssn ssn;
    enum match_counts counts = counts_of(reader->table, number.type, number.system);
    if (counts == MATCH_COUNTS_SSN && record->ssn.whole.len == 0 &&
        match_ssn_read(reader->table, number.value, reader->arena, &ssn))
        record->ssn = ssn;
    if (counts != MATCH_COUNTS_PROOF || number.system.len == 0 ||
        !match_number_read(reader->table, number.value, reader->arena, &number.value))
        return;
    record->numbers[record->number_count++] = number;
}

static void read_list(struct reader *reader, const struct json *list, const size_t *count,
                      size_t limit, void (*read)(struct reader *reader, const struct json *json))
{
    for (const struct json *each = json_first(list); each && *count < limit; each = json_next(each))
        read(reader, each);
}

const struct pipeline_demographics *pipeline_demographics_of(const struct match_table *table,
                                                             const struct json *patient,
                                                             struct arena *arena)
{
    struct pipeline_demographics *record = ARENA_NEW(arena, struct pipeline_demographics);
    struct reader reader = {table, record, arena};
    struct slice gender = json_get_text(patient, SLICE("gender"));
    bool is_said = slice_equal(gender, SLICE("male")) || slice_equal(gender, SLICE("female"));
    record->sex = is_said ? gender.ptr[0] : 0;
    if (!match_date_read(table, json_get_text(patient, SLICE("birthDate")), &record->birth))
        record->birth = (struct match_date){0};
    read_list(&reader, json_get(patient, SLICE("name")), &record->name_count, MATCH_NAME_LIMIT,
              read_name);
    read_list(&reader, json_get(patient, SLICE("address")), &record->address_count,
              MATCH_ADDRESS_LIMIT, read_address);
    read_list(&reader, json_get(patient, SLICE("telecom")), &record->phone_count, MATCH_PHONE_LIMIT,
              read_telecom);
    read_list(&reader, json_get(patient, SLICE("identifier")), &record->number_count,
              MATCH_NUMBER_LIMIT, read_identifier);
    return record;
}
