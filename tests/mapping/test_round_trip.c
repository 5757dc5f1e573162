/* v2 to FHIR to v2 by the shipped rules: every part of a field that became an element of FHIR comes
 * back at its place, or stands in tests/mapping/round-trip.csv with the reason why not.
 *
 * The messages are those of tests/mappings/golden and, where they are there, the shared ones. Each
 * is sent to a site of its own version; a field that its version does not have is none that both
 * sides can hold. Segments are compared with those that say most of the same: orders, results and
 * entries of lists may come back in another order. */
#include "base/csv.h"
#include "hl7v2/batch.h"
#include "hl7v2/datetime.h"
#include "hl7v2/text.h"
#include "mapping/library.h"
#include "mapping/sending.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define FILE_LIMIT ((size_t)1 << 26)

struct trip {
    struct arena *base;  /* of rules and exceptions */
    struct arena *arena; /* of one message */
    struct issue_list issues;
    const struct mapping_program *program;
    const struct mapping_rules *rules;
    const struct mapping_sends *sends[HL7V2_VERSION_COUNT]; /* of a receiver of that version */
    struct csv_table exceptions;
    bool *used; /* rows of the exceptions */
    size_t messages, refused, leaves, kept, excepted, lost;
    struct slice structure; /* of the message at hand */
    enum hl7v2_version version;
    struct hl7v2_datetime_defaults defaults;
    struct slice name;
};

static struct trip trip_begin(void)
{
    struct trip trip = {.base = arena_new((size_t)1 << 30), .arena = arena_new((size_t)1 << 29)};
    struct issue_list issues;
    struct slice text;
    issue_list_init(&issues, trip.base);
    trip.rules = harness_rules(SHIPPED, trip.base, &issues);
    ck_assert_ptr_nonnull(trip.rules);
    ck_assert_int_eq(mapping_program_load(trip.rules, NULL, trip.base, &trip.program, &issues), 0);
    ck_assert_int_eq(
        file_read(HARNESS_FOLDER "round-trip.csv", FILE_LIMIT, trip.base, &text, &issues), 0);
    ck_assert_int_eq(
        csv_parse(SLICE("round-trip.csv"), text, CSV_COMMA, trip.base, &trip.exceptions, &issues),
        0);
    trip.used = ARENA_ARRAY(trip.base, trip.exceptions.row_count, bool);
    return trip;
}

/* What is sent to a site of the version of the message at hand. */
static const struct mapping_sends *sends_of(struct trip *trip)
{
    const struct mapping_sends **sends = &trip->sends[trip->version];
    struct issue_list issues;
    issue_list_init(&issues, trip->base);
    struct mapping_text text = {SLICE("local.xml"),
                                arena_format(trip->base, "<site id=\"local\" version=\"%.*s\"/>",
                                             SLICE_ARG(hl7v2_version_name(trip->version)))};
    struct mapping_texts texts = {"local", &text, 1};
    if (!*sends)
        ck_assert_int_eq(mapping_sends_make(trip->rules, &texts, trip->base, sends, &issues), 0);
    return *sends;
}

/* At most one part of `one_of` may be lost (0: none): what rules that came since then made an
 * element, which is named. */
static void trip_end(struct trip *trip, size_t one_of)
{
    printf("%zu messages, %zu refused; %zu parts: %zu came back, %zu are exceptions, %zu lost\n",
           trip->messages, trip->refused, trip->leaves, trip->kept, trip->excepted, trip->lost);
    fflush(stdout);
    ck_assert_uint_le(trip->lost, one_of ? trip->leaves / one_of : 0);
}

/* --- leaves ------------------------------------------------------------------------------------*/

/* A value without parts, decoded. */
struct leaf {
    unsigned field, repetition, component, subcomponent;
    struct slice text;
    bool is_element; /* it became something in FHIR */
};

struct segment {
    struct slice name;
    unsigned sequence;
    struct leaf *leaves;
    size_t count;
    bool is_taken; /* of what comes back: it is the partner of one */
};

struct segments {
    struct segment *items;
    size_t count;
};

static struct slice text_of(struct trip *trip, const struct hl7v2_message *message,
                            struct slice raw)
{
    struct slice text = raw;
    struct issue_list unused;
    issue_list_init(&unused, trip->arena);
    (void)!hl7v2_text_decode(message, raw, trip->arena, &text, &unused);
    return slice_trim(text);
}

static void add_leaf(struct trip *trip, struct segment *segment, const struct leaf *leaf)
{
    if ((segment->count & (segment->count - 1)) == 0) /* full at each power of two */
        segment->leaves = arena_grow(trip->arena, segment->leaves, segment->count * sizeof(*leaf),
                                     (segment->count ? 2 * segment->count : 1) * sizeof(*leaf));
    segment->leaves[segment->count++] = *leaf;
}

static void add_repetition(struct trip *trip, const struct hl7v2_message *message, size_t number,
                           const bool *read, struct leaf leaf, struct segment *segment)
{
    for (leaf.component = 1; leaf.component <= 30; leaf.component++)
        for (leaf.subcomponent = 1; leaf.subcomponent <= 10; leaf.subcomponent++) {
            struct slice raw = hl7v2_message_value(message, number, leaf.field, leaf.repetition,
                                                   leaf.component, leaf.subcomponent);
            if (raw.len == 0 || hl7v2_is_delete(raw))
                continue;
            leaf.text = text_of(trip, message, raw);
            leaf.is_element = !read || read[raw.ptr - message->frame.ptr];
            if (leaf.text.len)
                add_leaf(trip, segment, &leaf);
        }
}

/* The segments of a message but MSH; `read` says which bytes became something, NULL: all. */
static struct segments segments_of(struct trip *trip, const struct hl7v2_message *message,
                                   const bool *read)
{
    struct segments segments = {
        .items = ARENA_ARRAY(trip->arena, message->segment_count + 1, struct segment)};
    for (size_t i = 0; i < message->segment_count; i++) {
        struct segment *segment = &segments.items[segments.count];
        if (message->segments[i].id == HL7V2_ID("MSH"))
            continue;
        segments.count++;
        segment->name = hl7v2_message_segment_id(message, i);
        segment->sequence = message->segments[i].sequence;
        for (unsigned field = 1; field <= message->segments[i].field_count; field++) {
            struct slice whole = hl7v2_message_field(message, i, field);
            unsigned count = hl7v2_message_repetition_count(message, whole);
            for (unsigned k = 1; k <= count; k++)
                add_repetition(trip, message, i, read, (struct leaf){field, k, 1, 1, {NULL, 0}, 0},
                               segment);
        }
    }
    return segments;
}

/* Bytes of the frame that became something in FHIR. */
static bool *bytes_read(const struct mapping_result *result, struct arena *arena)
{
    bool *read = ARENA_ARRAY(arena, result->message->frame.len + 1, bool);
    for (size_t i = 0; i < result->trace_count; i++)
        for (uint32_t k = 0;
             result->trace[i].kind == MAPPING_TRACE_FIELD && k < result->trace[i].length; k++)
            read[result->trace[i].start + k] = true;
    return read;
}

/* --- comparing ---------------------------------------------------------------------------------*/

/* Two writings of one moment are the same value. */
static bool same_value(const struct trip *trip, struct slice a, struct slice b)
{
    static const struct hl7v2_datetime_defaults UTC = {false, 0, NULL};
    struct hl7v2_datetime left, right;
    if (slice_equal(a, b))
        return true;
    return hl7v2_datetime_parse(a, &left) && hl7v2_datetime_parse(b, &right) && a.len >= 8 &&
           hl7v2_datetime_instant(&left, &trip->defaults, ISSUE_NOWHERE, NULL) ==
               hl7v2_datetime_instant(&right, &UTC, ISSUE_NOWHERE, NULL);
}

/* A leaf of the same part of the field, in any of its repetitions: FHIR does not count them. */
static bool comes_back(const struct trip *trip, const struct leaf *leaf,
                       const struct segment *segment)
{
    for (size_t i = 0; segment && i < segment->count; i++) {
        const struct leaf *other = &segment->leaves[i];
        if (other->field == leaf->field && other->component == leaf->component &&
            other->subcomponent == leaf->subcomponent && same_value(trip, leaf->text, other->text))
            return true;
    }
    return false;
}

static size_t likeness(const struct trip *trip, const struct segment *a, const struct segment *b)
{
    size_t same = 0;
    for (size_t i = 0; i < a->count; i++)
        same += a->leaves[i].is_element && comes_back(trip, &a->leaves[i], b);
    return same;
}

/* The segment that says most of the same; orders and results are resources, which may come back in
 * another order. */
static struct segment *partner_of(const struct trip *trip, const struct segment *segment,
                                  struct segments *back)
{
    struct segment *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < back->count; i++) {
        struct segment *other = &back->items[i];
        if (other->is_taken || !slice_equal(other->name, segment->name))
            continue;
        size_t same = likeness(trip, segment, other);
        if (same <= most)
            continue;
        best = other;
        most = same;
    }
    if (best)
        best->is_taken = true;
    return best;
}

static struct slice leaf_place(const struct segment *segment, const struct leaf *leaf,
                               struct arena *arena)
{
    return arena_format(arena, "%.*s-%u.%u.%u", SLICE_ARG(segment->name), leaf->field,
                        leaf->component, leaf->subcomponent);
}

/* "PID", "PID-5", "PID-5.1" of "PID-5.1.2". */
static bool is_below(struct slice place, struct slice whole)
{
    return slice_starts_with(place, whole) &&
           (place.len == whole.len || place.ptr[whole.len] == '-' || place.ptr[whole.len] == '.');
}

/* "XCN.2.1" of a part of a field of that type; of OBX-5 what OBX-2 says: "OBX-5:SN.2.1". */
static struct slice type_place(const struct trip *trip, const struct segment *segment,
                               const struct leaf *leaf)
{
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(trip->rules->dictionary, HL7V2_ID(segment->name.ptr), leaf->field);
    struct slice type = field ? field->type : (struct slice){NULL, 0};
    for (size_t i = 0; slice_equal(type, SLICE("VARIES")) && i < segment->count; i++)
        if (segment->leaves[i].field == 2)
            type = arena_format(trip->arena, "OBX-5:%.*s", SLICE_ARG(segment->leaves[i].text));
    return arena_format(trip->arena, "%.*s.%u.%u", SLICE_ARG(type), leaf->component,
                        leaf->subcomponent);
}

/* Whether the row is about this part. `value`: only where it is this; `to`: only where it stands
 * there instead. */
static bool is_about(const struct trip *trip, size_t row, const struct leaf *leaf,
                     struct slice place, struct slice type, const struct segments *back)
{
    const struct csv_table *rows = &trip->exceptions;
    struct slice structure = csv_cell(rows, row, csv_column(rows, "structure"));
    struct slice whole = csv_cell(rows, row, csv_column(rows, "place"));
    struct slice value = csv_cell(rows, row, csv_column(rows, "value"));
    struct slice to = csv_cell(rows, row, csv_column(rows, "to"));
    bool is_here = is_below(place, whole) || is_below(type, whole);
    if (!slice_equal(structure, SLICE("any")) && !slice_equal(structure, trip->structure))
        return false;
    if (!is_here || (value.len && !slice_equal(value, leaf->text)))
        return false;
    for (size_t i = 0; to.len && i < back->count; i++)
        for (size_t k = 0; k < back->items[i].count; k++) {
            const struct leaf *other = &back->items[i].leaves[k];
            if (is_below(leaf_place(&back->items[i], other, trip->arena), to) &&
                same_value(trip, leaf->text, other->text))
                return true;
        }
    return to.len == 0;
}

static bool is_excepted(struct trip *trip, const struct leaf *leaf, struct slice place,
                        struct slice type, const struct segments *back)
{
    for (size_t i = 0; i < trip->exceptions.row_count; i++)
        if (is_about(trip, i, leaf, place, type, back)) {
            trip->used[i] = true;
            return true;
        }
    return false;
}

static void compare_leaf(struct trip *trip, const struct segment *segment, const struct leaf *leaf,
                         const struct segment *partner, const struct segments *back)
{
    struct slice place = leaf_place(segment, leaf, trip->arena);
    const struct hl7v2_field_definition *field =
        hl7v2_dictionary_field(trip->rules->dictionary, HL7V2_ID(segment->name.ptr), leaf->field);
    if (field && !hl7v2_field_in_version(field, trip->version))
        return;
    trip->leaves++;
    if (comes_back(trip, leaf, partner)) {
        trip->kept++;
        return;
    }
    if (is_excepted(trip, leaf, place, type_place(trip, segment, leaf), back)) {
        trip->excepted++;
        return;
    }
    trip->lost++;
    fprintf(stderr, "%.*s: %.*s %.*s of %.*s[%u] does not come back: '%.*s'%s\n",
            SLICE_ARG(trip->name), SLICE_ARG(trip->structure), SLICE_ARG(place),
            SLICE_ARG(segment->name), segment->sequence, SLICE_ARG(leaf->text),
            partner ? "" : ", nor does the segment");
}

static void compare(struct trip *trip, const struct mapping_result *result,
                    const struct hl7v2_message *to)
{
    struct segments from = segments_of(trip, result->message, bytes_read(result, trip->arena));
    struct segments back = segments_of(trip, to, NULL);
    for (size_t i = 0; i < from.count; i++) {
        const struct segment *segment = &from.items[i];
        const struct segment *partner = partner_of(trip, segment, &back);
        for (size_t k = 0; k < segment->count; k++)
            if (segment->leaves[k].is_element)
                compare_leaf(trip, segment, &segment->leaves[k], partner, &back);
    }
}

/* --- one message -------------------------------------------------------------------------------*/

static bool is_sent(struct trip *trip, struct slice structure)
{
    const struct mapping_sends *sends = sends_of(trip);
    for (size_t i = 0; i < mapping_sends_count(sends); i++)
        if (slice_equal(mapping_sends_at(sends, i).structure, structure))
            return true;
    return false;
}

/* What the resources become in the structure at hand. */
static bool send_back(struct trip *trip, const struct json *bundle,
                      struct hl7v2_message *ret_message)
{
    struct mapping_pool *pool = mapping_pool_new(trip->arena);
    struct mapping_send_context context = {.now = 20000 * TIME_DAY,
                                           .mrn_system = SLICE("urn:painbridge:site:local:mrn")};
    struct mapping_call *calls;
    struct mapping_sent sent;
    mapping_pool_add(pool, bundle);
    size_t count =
        mapping_calls(sends_of(trip), pool, &context, &trip->structure, 1, trip->arena, &calls);
    if (count == 0 || mapping_to_v2(sends_of(trip), pool, &calls[0], &context, trip->arena, &sent,
                                    &trip->issues) != 0)
        return false;
    /* several results or orders are several messages: one after the other, as one */
    struct slice all = sent.text;
    for (size_t i = 1; i < count; i++) {
        if (mapping_to_v2(sends_of(trip), pool, &calls[i], &context, trip->arena, &sent,
                          &trip->issues) != 0)
            return false;
        struct slice own = sent.text;
        static const char *const ONCE[] = {"MSH", "EVN", "PID", "PD1", "NK1", "PV1", "PV2"};
        for (struct slice line; slice_split(&own, '\r', &line);) {
            bool is_once = line.len == 0;
            for (size_t k = 0; k < sizeof(ONCE) / sizeof(ONCE[0]); k++)
                is_once |= slice_starts_with(line, slice_of(ONCE[k]));
            if (!is_once)
                all = arena_format(trip->arena, "%.*s%.*s\r", SLICE_ARG(all), SLICE_ARG(line));
        }
    }
    return hl7v2_message_parse(all, NULL, trip->arena, ret_message, &trip->issues) == 0;
}

static void take_message(struct trip *trip, struct slice frame)
{
    struct hl7v2_message from, to;
    struct hl7v2_header header;
    struct mapping_result result;
    struct hl7v2_message_options options = {.accept_lf = true, .accept_text_controls = true};
    struct mapping_context context = {.received = 20000 * TIME_DAY,
                                      .site = SLICE("local"),
                                      .mrn_system = SLICE("urn:painbridge:site:local:mrn"),
                                      .trace = true};
    arena_reset(trip->arena);
    issue_list_init(&trip->issues, trip->arena);
    if (hl7v2_message_parse(frame, &options, trip->arena, &from, &trip->issues) != 0)
        return;
    hl7v2_header_read(&from, &header);
    trip->structure = header.structure;
    trip->version = header.version == HL7V2_VERSION_UNKNOWN ? HL7V2_VERSION_2_5_1 : header.version;
    trip->defaults =
        (struct hl7v2_datetime_defaults){header.has_offset, header.offset_minutes, NULL};
    if (!is_sent(trip, header.structure) ||
        mapping_to_fhir(trip->program, &from, header.structure, &context, trip->arena, &result,
                        &trip->issues) != 0)
        return;
    trip->messages++;
    if (!send_back(trip, mapping_bundle(&result, trip->arena), &to)) {
        /* what the standard requires and the message did not say: it cannot be sent on */
        trip->refused++;
        if (getenv("PAINBRIDGE_ROUND_TRIP_ALL")) {
            fprintf(stderr, "%.*s refused\n", SLICE_ARG(trip->name));
            harness_print(&trip->issues);
        }
        return;
    }
    compare(trip, &result, &to);
}

static void take_folder(struct trip *trip, const char *folder)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    struct slice *names, *messages, text;
    size_t count;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_list(folder, ".hl7", arena, &names, &count, &issues), 0);
    for (size_t i = 0; i < count; i++) {
        trip->name = names[i];
        ck_assert_int_eq(
            file_read(file_join(arena, folder, names[i]), FILE_LIMIT, arena, &text, &issues), 0);
        size_t message_count = hl7v2_batch_split(text, arena, &messages);
        for (size_t k = 0; k < message_count; k++)
            take_message(trip, messages[k]);
    }
    arena_free(arena);
}

START_TEST(golden_messages_come_back)
{
    struct trip trip = trip_begin();
    take_folder(&trip, PAINBRIDGE_SOURCE_DIR "/tests/mappings/golden");
    trip_end(&trip, 0);
    ck_assert_uint_ge(trip.messages, 15);
    for (size_t i = 0; i < trip.exceptions.row_count; i++)
        ck_assert_msg(csv_cell(&trip.exceptions, i, csv_column(&trip.exceptions, "reason")).len > 0,
                      "row %zu has no reason", i + 1);
    arena_free(trip.arena);
    arena_free(trip.base);
}
END_TEST

START_TEST(shared_messages_come_back)
{
    static const char *const FOLDERS[] = {
        "domain/scenarios/S01", "domain/scenarios/S02", "domain/scenarios/S03",
        "domain/scenarios/S04", "domain/scenarios/S05", "domain/scenarios/S06",
        "domain/scenarios/S07", "domain/scenarios/S08",
    };
    char *first = suite_need_shared(FOLDERS[0]);
    free(first);
    struct trip trip = trip_begin();
    for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(FOLDERS[0]); i++) {
        char *folder = suite_need_shared(FOLDERS[i]);
        take_folder(&trip, folder);
        free(folder);
    }
    trip_end(&trip, 0);
    arena_free(trip.arena);
    arena_free(trip.base);
}
END_TEST

START_TEST(samples_come_back)
{
    char *folder = suite_need_shared("samples/v2/messages");
    struct trip trip = trip_begin();
    take_folder(&trip, folder);
    free(folder);
    trip_end(&trip, 1000);
    ck_assert_uint_ge(trip.messages, 300);
    ck_assert_uint_ge(100 * trip.kept, 92 * trip.leaves);
    arena_free(trip.arena);
    arena_free(trip.base);
}
END_TEST

/* --- Bundles of others -------------------------------------------------------------------------*/

/* What others make of a Bundle beside what we make of it. */
struct shape {
    size_t messages, in_order;
    size_t fields, there; /* fields that they fill; that we fill as well */
    size_t parts, same;   /* parts of those fields; that say the same in both */
};

static bool has_field(const struct segment *segment, unsigned field)
{
    for (size_t i = 0; segment && i < segment->count; i++)
        if (segment->leaves[i].field == field)
            return true;
    return false;
}

/* The segments that both have stand in one order, by where each kind of them comes first; but
 * notes, which follow whatever they are about. */
static bool is_in_order(const struct segments *theirs, const struct segments *ours)
{
    size_t last = 0;
    for (size_t i = 0; i < theirs->count; i++) {
        bool is_first =
            theirs->items[i].sequence == 1 && !slice_equal(theirs->items[i].name, SLICE("NTE"));
        size_t at = 0;
        while (at < ours->count && !slice_equal(ours->items[at].name, theirs->items[i].name))
            at++;
        if (!is_first || at == ours->count)
            continue;
        if (at < last)
            return false;
        last = at;
    }
    return true;
}

static void compare_shape(struct trip *trip, struct segments *theirs, struct segments *ours,
                          struct shape *shape)
{
    for (size_t i = 0; i < theirs->count; i++) {
        const struct segment *segment = &theirs->items[i];
        const struct segment *partner = partner_of(trip, segment, ours);
        unsigned field = 0;
        for (size_t k = 0; k < segment->count; k++) {
            const struct leaf *leaf = &segment->leaves[k];
            bool is_there = has_field(partner, leaf->field);
            shape->fields += leaf->field != field;
            shape->there += leaf->field != field && is_there;
            shape->parts += is_there;
            shape->same += is_there && comes_back(trip, leaf, partner);
            field = leaf->field;
        }
    }
}

static void take_pair(struct trip *trip, const char *folder, struct slice name, struct shape *shape)
{
    struct slice stem = slice_part(name, 0, name.len - 5), json, expected;
    struct slice other = arena_format(trip->arena, "%.*s.expected.hl7", SLICE_ARG(stem));
    struct hl7v2_message_options options = {.accept_lf = true, .accept_text_controls = true};
    struct hl7v2_message theirs, ours;
    struct hl7v2_header header;
    struct json *bundle;
    ck_assert_int_eq(file_read(file_join(trip->arena, folder, name), FILE_LIMIT, trip->arena, &json,
                               &trip->issues),
                     0);
    if (file_read(file_join(trip->arena, folder, other), FILE_LIMIT, trip->arena, &expected,
                  &trip->issues) != 0 ||
        hl7v2_message_parse(expected, &options, trip->arena, &theirs, &trip->issues) != 0 ||
        json_parse(json, trip->arena, &bundle, &trip->issues) != 0)
        return;
    hl7v2_header_read(&theirs, &header);
    trip->structure = header.structure;
    trip->version = HL7V2_VERSION_2_5_1;
    if (!is_sent(trip, header.structure) || !send_back(trip, bundle, &ours))
        return;
    struct segments left = segments_of(trip, &theirs, NULL);
    struct segments right = segments_of(trip, &ours, NULL);
    shape->messages++;
    if (is_in_order(&left, &right))
        shape->in_order++;
    else
        fprintf(stderr, "%.*s: segments in another order\n", SLICE_ARG(name));
    compare_shape(trip, &left, &right, shape);
}

START_TEST(bundles_of_others_go_out_in_the_shape_of_theirs)
{
    char *folder = suite_need_shared("samples/v2/reverse");
    struct trip trip = trip_begin();
    struct shape shape = {0};
    struct slice *names;
    size_t count;
    struct issue_list issues;
    issue_list_init(&issues, trip.base);
    ck_assert_int_eq(file_list(folder, ".json", trip.base, &names, &count, &issues), 0);
    for (size_t i = 0; i < count; i++) {
        arena_reset(trip.arena);
        issue_list_init(&trip.issues, trip.arena);
        take_pair(&trip, folder, names[i], &shape);
    }
    free(folder);
    printf("%zu Bundles of others: %zu messages of a structure that we send, %zu with segments in "
           "their order; of %zu fields we fill %zu, of %zu parts of those %zu are the same\n",
           count, shape.messages, shape.in_order, shape.fields, shape.there, shape.parts,
           shape.same);
    fflush(stdout);
    ck_assert_uint_ge(shape.messages, 30);
    ck_assert_uint_eq(shape.in_order, shape.messages);
    /* the rest is what the receiving states ask for, and extensions of their own */
    ck_assert_uint_ge(100 * shape.there, 75 * shape.fields);
    ck_assert_uint_ge(100 * shape.same, 83 * shape.parts);
    arena_free(trip.arena);
    arena_free(trip.base);
}
END_TEST

static void add(Suite *suite)
{
    TCase *trips = tcase_create("round-trip");
    tcase_set_timeout(trips, 240);
    tcase_add_test(trips, golden_messages_come_back);
    tcase_add_test(trips, shared_messages_come_back);
    tcase_add_test(trips, samples_come_back);
    tcase_add_test(trips, bundles_of_others_go_out_in_the_shape_of_theirs);
    suite_add_tcase(suite, trips);
}

int main(void)
{
    return suite_main("round-trip", add);
}
