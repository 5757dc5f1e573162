/* v2 to FHIR to v2 by the shipped rules: every part of a field that became an element of FHIR comes
 * back at its place, or stands in tests/mapping/round-trip.csv with the reason why not.
 *
 * The messages are those of tests/mappings/golden and, where they are there, the shared ones. */
#include "base/csv.h"
#include "hl7v2/batch.h"
#include "hl7v2/datetime.h"
#include "hl7v2/text.h"
#include "mapping/sending.h"

#define SHIPPED PAINBRIDGE_SOURCE_DIR "/mappings"
#define FILE_LIMIT ((size_t)1 << 26)

struct trip {
    struct arena *base;  /* of rules and exceptions */
    struct arena *arena; /* of one message */
    struct issue_list issues;
    const struct mapping_program *program;
    const struct mapping_sends *sends;
    struct csv_table exceptions;
    bool *used; /* rows of the exceptions */
    size_t messages, refused, leaves, kept, excepted, lost;
    struct slice structure; /* of the message at hand */
    struct hl7v2_datetime_defaults defaults;
    struct slice name;
};

static struct trip trip_begin(void)
{
    struct trip trip = {.base = arena_new((size_t)1 << 30), .arena = arena_new((size_t)1 << 29)};
    struct issue_list issues;
    struct slice text;
    issue_list_init(&issues, trip.base);
    const struct mapping_rules *rules = harness_rules(SHIPPED, trip.base, &issues);
    ck_assert_ptr_nonnull(rules);
    ck_assert_int_eq(mapping_program_load(rules, NULL, trip.base, &trip.program, &issues), 0);
    ck_assert_int_eq(mapping_sends_load(rules, NULL, trip.base, &trip.sends, &issues), 0);
    ck_assert_int_eq(
        file_read(HARNESS_FOLDER "round-trip.csv", FILE_LIMIT, trip.base, &text, &issues), 0);
    ck_assert_int_eq(
        csv_parse(SLICE("round-trip.csv"), text, CSV_COMMA, trip.base, &trip.exceptions, &issues),
        0);
    trip.used = ARENA_ARRAY(trip.base, trip.exceptions.row_count, bool);
    return trip;
}

static void trip_end(struct trip *trip)
{
    printf("%zu messages, %zu refused; %zu parts: %zu came back, %zu are exceptions, %zu lost\n",
           trip->messages, trip->refused, trip->leaves, trip->kept, trip->excepted, trip->lost);
    ck_assert_uint_eq(trip->lost, 0);
}

/* --- leaves ------------------------------------------------------------------------------------*/

struct leaf {
    struct slice segment;
    unsigned sequence, field, repetition, component, subcomponent;
    struct slice raw;
};

static struct slice leaf_place(const struct leaf *leaf, struct arena *arena)
{
    return arena_format(arena, "%.*s-%u.%u.%u", SLICE_ARG(leaf->segment), leaf->field,
                        leaf->component, leaf->subcomponent);
}

/* "PID", "PID-5", "PID-5.1" of "PID-5.1.2". */
static bool is_below(struct slice place, struct slice whole)
{
    return slice_starts_with(place, whole) &&
           (place.len == whole.len || place.ptr[whole.len] == '-' || place.ptr[whole.len] == '.');
}

static bool is_excepted(struct trip *trip, const struct leaf *leaf)
{
    struct slice place = leaf_place(leaf, trip->arena);
    const struct csv_table *rows = &trip->exceptions;
    for (size_t i = 0; i < rows->row_count; i++) {
        struct slice structure = csv_cell(rows, i, csv_column(rows, "structure"));
        if (!slice_equal(structure, SLICE("any")) && !slice_equal(structure, trip->structure))
            continue;
        if (!is_below(place, csv_cell(rows, i, csv_column(rows, "place"))))
            continue;
        trip->used[i] = true;
        return true;
    }
    return false;
}

static struct slice text_of(struct trip *trip, const struct hl7v2_message *message,
                            struct slice raw)
{
    struct slice text = raw;
    struct issue_list unused;
    issue_list_init(&unused, trip->arena);
    (void)!hl7v2_text_decode(message, raw, trip->arena, &text, &unused);
    return slice_trim(text);
}

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

static void compare_leaf(struct trip *trip, const struct hl7v2_message *from,
                         const struct hl7v2_message *to, const struct leaf *leaf)
{
    size_t segment = hl7v2_message_find(to, HL7V2_ID(leaf->segment.ptr), leaf->sequence);
    struct slice value = {NULL, 0};
    if (segment != HL7V2_NO_SEGMENT)
        value = hl7v2_message_value(to, segment, leaf->field, leaf->repetition, leaf->component,
                                    leaf->subcomponent);
    trip->leaves++;
    if (same_value(trip, text_of(trip, from, leaf->raw), text_of(trip, to, value))) {
        trip->kept++;
        return;
    }
    if (is_excepted(trip, leaf)) {
        trip->excepted++;
        return;
    }
    trip->lost++;
    fprintf(stderr, "%.*s: %.*s %.*s[%u]-%u[%u].%u.%u: '%.*s' became '%.*s'\n",
            SLICE_ARG(trip->name), SLICE_ARG(trip->structure), SLICE_ARG(leaf->segment),
            leaf->sequence, leaf->field, leaf->repetition, leaf->component, leaf->subcomponent,
            SLICE_ARG(leaf->raw), SLICE_ARG(value));
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

static void compare_field(struct trip *trip, const struct hl7v2_message *from,
                          const struct hl7v2_message *to, size_t segment, struct leaf leaf,
                          const bool *read)
{
    unsigned repetitions =
        hl7v2_message_repetition_count(from, hl7v2_message_field(from, segment, leaf.field));
    for (leaf.repetition = 1; leaf.repetition <= repetitions; leaf.repetition++)
        for (leaf.component = 1; leaf.component <= 30; leaf.component++)
            for (leaf.subcomponent = 1; leaf.subcomponent <= 10; leaf.subcomponent++) {
                leaf.raw = hl7v2_message_value(from, segment, leaf.field, leaf.repetition,
                                               leaf.component, leaf.subcomponent);
                bool is_there = leaf.raw.len && !hl7v2_is_delete(leaf.raw);
                if (is_there && read[leaf.raw.ptr - from->frame.ptr])
                    compare_leaf(trip, from, to, &leaf);
            }
}

static void compare(struct trip *trip, const struct mapping_result *result,
                    const struct hl7v2_message *to)
{
    const struct hl7v2_message *from = result->message;
    const bool *read = bytes_read(result, trip->arena);
    for (size_t i = 0; i < from->segment_count; i++) {
        struct leaf leaf = {.segment = hl7v2_message_segment_id(from, i),
                            .sequence = from->segments[i].sequence};
        if (from->segments[i].id == HL7V2_ID("MSH"))
            continue;
        for (leaf.field = 1; leaf.field <= from->segments[i].field_count; leaf.field++)
            compare_field(trip, from, to, i, leaf, read);
    }
}

/* --- one message -------------------------------------------------------------------------------*/

static bool is_sent(const struct trip *trip, struct slice structure)
{
    for (size_t i = 0; i < mapping_sends_count(trip->sends); i++)
        if (slice_equal(mapping_sends_at(trip->sends, i).structure, structure))
            return true;
    return false;
}

static bool send_back(struct trip *trip, const struct mapping_result *result,
                      struct hl7v2_message *ret_message)
{
    struct mapping_pool *pool = mapping_pool_new(trip->arena);
    struct mapping_send_context context = {.now = 20000 * TIME_DAY,
                                           .mrn_system = SLICE("urn:painbridge:site:local:mrn")};
    struct mapping_call *calls;
    struct mapping_sent sent;
    mapping_pool_add(pool, mapping_bundle(result, trip->arena));
    size_t count =
        mapping_calls(trip->sends, pool, &context, &trip->structure, 1, trip->arena, &calls);
    if (count == 0 || mapping_to_v2(trip->sends, pool, &calls[0], &context, trip->arena, &sent,
                                    &trip->issues) != 0)
        return false;
    /* several results or orders are several messages: one after the other, as one */
    struct slice all = sent.text;
    for (size_t i = 1; i < count; i++) {
        if (mapping_to_v2(trip->sends, pool, &calls[i], &context, trip->arena, &sent,
                          &trip->issues) != 0)
            return false;
        struct slice own = sent.text;
        static const char *const ONCE[] = {"MSH", "EVN", "PID", "PD1", "NK1", "PV1"};
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
    trip->defaults =
        (struct hl7v2_datetime_defaults){header.has_offset, header.offset_minutes, NULL};
    if (!is_sent(trip, header.structure) ||
        mapping_to_fhir(trip->program, &from, header.structure, &context, trip->arena, &result,
                        &trip->issues) != 0)
        return;
    trip->messages++;
    if (!send_back(trip, &result, &to)) {
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
    trip_end(&trip);
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
    trip_end(&trip);
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
    suite_add_tcase(suite, trips);
}

int main(void)
{
    return suite_main("round-trip", add);
}
