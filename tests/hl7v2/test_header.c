#include "hl7v2/event.h"
#include "hl7v2/hash.h"
#include "hl7v2/header.h"
#include "hl7v2/support.h"

START_TEST(header_says_what_msh_says)
{
    struct hl7v2_message message = parsed(
        "MSH|^~\\&|EHR^1.2^ISO|CLINIC|HUB|PB|20260310093000-0600||ADT^A08|7741|P^T|2.5.1^USA|"
        "12||AL|NE||8859/1\r");
    struct hl7v2_header header;
    hl7v2_header_read(&message, &header);
    CK_SAME(header.sending_application, "EHR^1.2^ISO");
    CK_SAME(header.receiving_facility, "PB");
    CK_SAME(header.type, "ADT");
    CK_SAME(header.event, "A08");
    CK_SAME(header.structure, "ADT_A01");
    CK_SAME(header.control_id, "7741");
    CK_SAME(header.processing_id, "P");
    CK_SAME(header.sequence_number, "12");
    ck_assert_int_eq(header.version, HL7V2_VERSION_2_5_1);
    ck_assert_int_eq(header.accept, HL7V2_CONDITION_ALWAYS);
    ck_assert_int_eq(header.application, HL7V2_CONDITION_NEVER);
    ck_assert_int_eq(message.charset, HL7V2_CHARSET_8859_1);
    ck_assert(header.has_offset);
    ck_assert_int_eq(header.offset_minutes, -360);
    ck_assert(!header.is_acknowledgement);
}
END_TEST

/* HL7 table 0354. */
START_TEST(structure_follows_from_type_and_event)
{
    static const struct {
        const char *type, *event, *structure;
    } rows[] = {
        {"ADT", "A01", "ADT_A01"}, {"ADT", "A04", "ADT_A01"}, {"ADT", "A08", "ADT_A01"},
        {"ADT", "A13", "ADT_A01"}, {"ADT", "A03", "ADT_A03"}, {"ADT", "A31", "ADT_A05"},
        {"ADT", "A11", "ADT_A09"}, {"ADT", "A40", "ADT_A39"}, {"ORU", "R01", "ORU_R01"},
        {"MDM", "T02", "MDM_T02"}, {"MDM", "T08", "MDM_T02"}, {"REF", "I14", "REF_I12"},
        {"SIU", "S26", "SIU_S12"}, {"RDE", "O01", "RDE_O11"}, {"PPP", "PCB", "PPP_PCB"},
        {"PPP", "PCC", "PPP_PCB"}, {"PPP", "PCD", "PPP_PCB"}, {"PPG", "PCC", "PPG_PCG"},
        {"ACK", "", "ACK"},        {"ACK", "A04", "ACK"},     {"ADT", "A99", ""},
        {"ADT", "", ""},           {"XYZ", "A01", ""},        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CK_SAME(hl7v2_header_default_structure(slice_of(rows[i].type), slice_of(rows[i].event)),
                rows[i].structure);
}
END_TEST

START_TEST(a_structure_that_does_not_exist_gives_way_to_that_of_the_event)
{
    static const struct {
        const char *type, *structure;
    } rows[] = {
        {"ADT^A08^ADT_A08", "ADT_A01"}, {"ADT^A08^ADT_A01", "ADT_A01"}, {"ADT^A08", "ADT_A01"},
        {"ADT^A28^ADT_A01", "ADT_A01"}, {"ZRD^Z01^ZRD_Z01", "ZRD_Z01"}, {"ADT^A99", ""},
        {"ADT^A99^ADT_A99", "ADT_A99"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = arena_format(test_arena, "MSH|^~\\&|||||||%s|1\r", rows[i].type);
        struct hl7v2_message message = parsed(arena_string(test_arena, text));
        struct hl7v2_header header;
        hl7v2_header_read(&message, &header);
        CK_SAME(header.structure, rows[i].structure);
    }
}
END_TEST

START_TEST(rule_2_acknowledgements_are_known)
{
    static const struct {
        const char *text;
        bool acknowledgement;
    } rows[] = {
        {"MSH|^~\\&|||||||ACK^A04|1\rMSA|AA|7\r", true},
        {"MSH|^~\\&|||||||ACK|1\r", true},
        {"MSH|^~\\&|||||||RRI^I12|1\rMSA|AA|7\r", true},
        {"MSH|^~\\&|||||||ORR^O02|1\rMSA|AA|7\r", true},
        {"MSH|^~\\&|||||||RRI^I12|1\r", false},
        {"MSH|^~\\&|||||||ADT^A04|1\rMSA|AA|7\r", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hl7v2_message message = parsed(rows[i].text);
        struct hl7v2_header header;
        hl7v2_header_read(&message, &header);
        ck_assert_msg(header.is_acknowledgement == rows[i].acknowledgement, "row %zu", i);
    }
}
END_TEST

/* Section 3, rows 1 to 8, and the last row of section 2: the first hit decides. The template's
 * fields 3 to 18 are given; the place is what ERR-2 names. */
static const struct {
    const char *fields;
    const char *place; /* NULL: taken */
    enum issue_code code;
} CHECK_ROWS[] = {
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.5.1", NULL, ISSUE_NONE},
    {"EHR|B|HUB|PB|2026||ADT^A08|7|P|2.5.1", "MSH[1]-3", ISSUE_NOT_OURS},
    {"LAB|anything|HUB|PB|2026||ORU^R01|7|T|2.3", NULL, ISSUE_NONE},
    {"EHR|A|HUB|XX|2026||ADT^A08|7|P|2.5.1", "MSH[1]-5", ISSUE_NOT_OURS},
    {"EHR|A|HUB|PB|2026||ADT^A08||P|2.5.1", "MSH[1]-10", ISSUE_REQUIRED_HEADER},
    {"EHR|A|HUB|PB|2026||ADT^A08|\"\"|P|2.5.1", "MSH[1]-10", ISSUE_REQUIRED_HEADER},
    {"EHR|A|HUB|PB|2026||ADT^A08||P|1.0", "MSH[1]-10", ISSUE_REQUIRED_HEADER},
    {"EHR|A|H\x01|PB|2026||ADT^A08|7|P|1.0", "MSH[1]-5[1].1.1", ISSUE_DATA_TYPE},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|1.0||||||8859/2", "MSH[1]-18", ISSUE_TABLE_VALUE},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.5.1||||||ASCII~8859/1", "MSH[1]-18", ISSUE_TABLE_VALUE},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|X|", "MSH[1]-12", ISSUE_REQUIRED_HEADER},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|X|1.0", "MSH[1]-12", ISSUE_VERSION_ID},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.2", "MSH[1]-12", ISSUE_VERSION_ID},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.9", "MSH[1]-12", ISSUE_VERSION_ID},
    {"EHR|A|HUB|PB|2026||ADT^A99|7||2.5.1", "MSH[1]-11", ISSUE_REQUIRED_HEADER},
    {"EHR|A|HUB|PB|2026||ADT^A99|7|D|2.5.1", "MSH[1]-11", ISSUE_PROCESSING_ID},
    {"EHR|A|HUB|PB|2026||ADT^A99|7|P|2.5.1", "MSH[1]-9[1].2", ISSUE_EVENT_CODE},
    {"EHR|A|HUB|PB|2026||ADT|7|P|2.5.1", "MSH[1]-9[1].2", ISSUE_EVENT_CODE},
    {"EHR|A|HUB|PB|2026||XYZ^A01|7|P|2.5.1", "MSH[1]-9[1].1", ISSUE_MESSAGE_TYPE},
    {"EHR|A|HUB|PB|2026|||7|P|2.5.1", "MSH[1]-9[1].1", ISSUE_MESSAGE_TYPE},
    {"EHR|A|HUB|PB|2026||ZRD^Z01|7|P|2.5.1", NULL, ISSUE_NONE},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.5.1|||XX|NE", "MSH[1]-15", ISSUE_TABLE_VALUE_HEADER},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.5.1|||NE|al", "MSH[1]-16", ISSUE_TABLE_VALUE_HEADER},
    {"EHR|A|HUB|PB|2026||ADT^A08|7|P|2.5.1|||\"\"|\"\"", NULL, ISSUE_NONE},
};

START_TEST(rows_1_to_8_in_their_order)
{
    const struct hl7v2_party senders[] = {{SLICE_INIT("EHR"), SLICE_INIT("A")},
                                          {SLICE_INIT("LAB"), SLICE_INIT("")}};
    const struct slice types[] = {SLICE_INIT("ZRD^Z01")};
    const struct hl7v2_header_rules rules = {
        .lowest = HL7V2_VERSION_2_3,
        .highest = HL7V2_VERSION_2_8_2,
        .processing_ids = SLICE("PT"),
        .more_types = types,
        .more_type_count = 1,
        .allowed_senders = senders,
        .allowed_sender_count = 2,
        .receiving = {SLICE_INIT("HUB"), SLICE_INIT("PB")},
    };
    for (size_t i = 0; i < sizeof CHECK_ROWS / sizeof CHECK_ROWS[0]; i++) {
        struct slice text = arena_format(test_arena, "MSH|^~\\&|%s\r", CHECK_ROWS[i].fields);
        struct hl7v2_message message = parsed(arena_string(test_arena, text));
        struct hl7v2_header header;
        struct issue_list issues;
        issue_list_init(&issues, test_arena);
        hl7v2_header_read(&message, &header);
        int result = hl7v2_header_check(&message, &header, &rules, &issues);
        ck_assert_msg(result == (CHECK_ROWS[i].place == NULL ? 0 : -1), "row %zu", i);
        if (result == 0)
            continue;
        ck_assert_uint_eq(issues.count, 1);
        ck_assert_msg(issues.items[0].code == CHECK_ROWS[i].code, "row %zu", i);
        CK_PLACE(issues.items[0].place, CHECK_ROWS[i].place);
    }
}
END_TEST

START_TEST(rule_5_event_time_is_the_first_valued_of_its_fields)
{
    static const struct {
        const char *segments, *time, *place;
    } rows[] = {
        {"EVN|A08|2026031009|||x|2025\rOBR|1\r", "2026031009", "EVN[1]-2"},
        {"EVN|A08||||x|2025^D\r", "2025", "EVN[1]-6"},
        {"OBR|||||||||||||||||||||| 1\r", " 1", "OBR[1]-22"},
        {"TXA|1|x|y|20260101\r", "20260101", "TXA[1]-4"},
        {"EVN|A08|\"\"\r", "2024", "MSH[1]-7"},
        {"PID|1\r", "2024", "MSH[1]-7"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = arena_format(test_arena, "MSH|^~\\&|||||2024\r%s", rows[i].segments);
        struct hl7v2_message message = parsed(arena_string(test_arena, text));
        struct issue_place place;
        CK_SAME(hl7v2_header_event_time(&message, &place), rows[i].time);
        CK_PLACE(place, rows[i].place);
    }
}
END_TEST

/* --- content hash ------------------------------------------------------------------------------
 */

static bool same_hash(const char *a, const char *b)
{
    unsigned char first[DIGEST_SHA256_SIZE], second[DIGEST_SHA256_SIZE];
    struct hl7v2_message message = parsed(a);
    hl7v2_content_hash(&message, first);
    message = parsed(b);
    hl7v2_content_hash(&message, second);
    return digest_equal(first, second, sizeof first);
}

START_TEST(rule_5_hash_ignores_msh_7_msh_8_and_trailing_empty_fields)
{
    const char *base = "MSH|^~\\&|A|B|C|D|2026|s|ADT^A08|7|P\rPID|1||77\r";
    ck_assert(same_hash(base, "MSH|^~\\&|A|B|C|D|2027||ADT^A08|7|P\rPID|1||77\r"));
    ck_assert(same_hash(base, "MSH|^~\\&|A|B|C|D|||ADT^A08|7|P|||\rPID|1||77|||\r\r\r"));
    ck_assert(same_hash(base, "MSH|^~\\&|A|B|C|D|2026|s|ADT^A08|7|P\rPID|1||77"));
    ck_assert(!same_hash(base, "MSH|^~\\&|A|B|C|D|2026|s|ADT^A08|8|P\rPID|1||77\r"));
    ck_assert(!same_hash(base, "MSH|^~\\&|A|B|C|D|2026|s|ADT^A08|7|P\rPID|1||78\r"));
    ck_assert(!same_hash(base, "MSH|^~\\&|A|B|C|D|2026|s|ADT^A08|7|P\rPID|1||77\rPV1|1\r"));
    ck_assert(same_hash("MSH|^~\\&|A|||| |x\r", "MSH|^~\\&|A\r"));
}
END_TEST

START_TEST(rule_5_hash_is_sha_256_of_the_blanked_text)
{
    unsigned char hash[DIGEST_SHA256_SIZE], want[DIGEST_SHA256_SIZE];
    struct hl7v2_message message = parsed("MSH|^~\\&|A||||2026|s|ADT^A08|7||\rPID|1||77||\r");
    hl7v2_content_hash(&message, hash);
    digest_sha256(SLICE("MSH|^~\\&|A||||||ADT^A08|7\rPID|1||77\r"), want);
    ck_assert(digest_equal(hash, want, sizeof hash));
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "header");
    tcase_add_test(cases, header_says_what_msh_says);
    tcase_add_test(cases, structure_follows_from_type_and_event);
    tcase_add_test(cases, a_structure_that_does_not_exist_gives_way_to_that_of_the_event);
    tcase_add_test(cases, rule_2_acknowledgements_are_known);
    tcase_add_test(cases, rows_1_to_8_in_their_order);
    tcase_add_test(cases, rule_5_event_time_is_the_first_valued_of_its_fields);
    tcase_add_test(cases, rule_5_hash_ignores_msh_7_msh_8_and_trailing_empty_fields);
    tcase_add_test(cases, rule_5_hash_is_sha_256_of_the_blanked_text);
}

int main(void)
{
    return suite_main("header", add);
}
