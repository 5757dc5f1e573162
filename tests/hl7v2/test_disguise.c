/* disguise: nothing of a person is left, what a test needs is. */
#include "base/file.h"
#include "hl7v2/datetime.h"
#include "hl7v2/disguise.h"
#include "hl7v2/support.h"

#include <stdlib.h>

static struct hl7v2_disguise disguise;

static void start(const char *key)
{
    const struct hl7v2_dictionary *dictionary = NULL;
    ck_assert_int_eq(hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", test_arena,
                                           &dictionary, &test_issues),
                     0);
    hl7v2_disguise_init(&disguise, slice_of(key), dictionary);
}

static struct slice disguised_message(const struct hl7v2_message *message)
{
    struct buffer out;
    buffer_init(&out, 0);
    hl7v2_disguise_message(&disguise, message, test_arena, &out);
    struct slice made = arena_copy(test_arena, buffer_slice(&out));
    buffer_release(&out);
    return made;
}

static struct slice disguised(const char *text)
{
    struct hl7v2_message message = parsed(text);
    return disguised_message(&message);
}

/* "PID-5.1" of a message. */
static struct slice value(struct slice text, const char *segment, unsigned field,
                          unsigned component)
{
    struct hl7v2_message message = parsed(arena_string(test_arena, text));
    size_t at = hl7v2_message_find(&message, HL7V2_ID(segment), 1);
    return hl7v2_message_value(&message, at, field, 1, component, 0);
}

#define HEAD "MSH|^~\\&|LAB|MISSION|PB|HUB|20261121140211-0800||ORU^R01^ORU_R01|MSG1|P|2.5.1\r"
#define PATIENT                                                                                    \
    "PID|1||A1234^^^MISSION^MR||Doe^Jane^Q^JR||19800229|F||2106-3^White^HL70005|12 Oak "           \
    "St^^Springfield^IL^62701^USA^H^^17167||(555)123-4567^PRN^PH^jane@doe.org|||M|||123-45-"       \
    "6789\r"

START_TEST(codes_numbers_and_the_header_stay)
{
    start("k");
    struct slice made = disguised(
        HEAD PATIENT "OBX|1|NM|718-7^Hemoglobin^LN|1|7.20|g/dL^^UCUM|7.0-12.0|N|||F\r"
                     "OBX|2|ST|X^Rapid test^L||positive||||||F\rOBX|3|SN|Y^y^L||>^100||||||F\r");
    ck_assert(slice_starts_with(made, SLICE("MSH|^~\\&|LAB|MISSION|PB|HUB|")));
    ck_assert(slice_find(made, SLICE("|ORU^R01^ORU_R01|")) < made.len);
    ck_assert(slice_find(made, SLICE("|P|2.5.1\r")) < made.len);
    ck_assert(slice_find(made, SLICE("|F||2106-3^White^HL70005|")) < made.len);
    ck_assert(slice_find(made, SLICE("OBX|1|NM|718-7^Hemoglobin^LN|1|7.20|g/dL^^UCUM|7.0-12.0|N|||"
                                     "F\rOBX|2|ST|X^Rapid test^L||positive||||||F\rOBX|3|SN|Y^y^L||"
                                     ">^100||||||F\r")) < made.len);
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(what_says_who_somebody_is_keeps_its_shape_only)
{
    static const char *const TOLD[] = {"A1234", "Doe",         "Jane",  "Oak",  "Springfield",
                                       "62701", "555",         "4567",  "jane", "doe",
                                       "6789",  "123-45-6789", "17167", "MSG1"};
    start("k");
    struct slice made = disguised(HEAD PATIENT);
    for (size_t i = 0; i < sizeof(TOLD) / sizeof(TOLD[0]); i++)
        ck_assert_msg(slice_find(made, slice_of(TOLD[i])) == made.len, "%s is in %.*s", TOLD[i],
                      SLICE_ARG(made));
    struct slice number = value(made, "PID", 19, 1), phone = value(made, "PID", 13, 1);
    ck_assert_uint_eq(number.len, 11);
    ck_assert_int_eq(number.ptr[3], '-');
    ck_assert_int_eq(phone.ptr[0], '(');
    ck_assert_uint_eq(phone.len, 13);
    struct slice family = value(made, "PID", 5, 1);
    ck_assert(family.len == 3 && family.ptr[0] >= 'A' && family.ptr[0] <= 'Z');
    ck_assert(family.ptr[1] >= 'a' && family.ptr[1] <= 'z');
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(number_of_a_person_is_replaced_where_it_stands_as_a_result_too)
{
    static const char *const TOLD[] = {"7654321", "123-45-6789", "19800229", "62701"};
    start("k");
    struct slice made = disguised(
        HEAD "PID|1||7654321^^^MISSION^MR||Doe^Jane||19800229|F|||12 Oak St^^Springfield^IL^62701"
             "||||||||123-45-6789\r"
             "OBX|1|ST|N^n^L||7654321||||||F\rOBX|2|ST|N^n^L||123-45-6789||||||F\r"
             "OBX|3|NM|N^n^L||7654321||||||F\rOBX|4|NM|N^n^L||19800229||||||F\r"
             "OBX|5|SN|N^n^L||>^62701||||||F\rOBX|6|NM|N^n^L||1980||||||F\r");
    for (size_t i = 0; i < sizeof(TOLD) / sizeof(TOLD[0]); i++)
        ck_assert_msg(slice_find(made, slice_of(TOLD[i])) == made.len, "%s is in %.*s", TOLD[i],
                      SLICE_ARG(made));
    ck_assert(slice_find(made, SLICE("OBX|6|NM|N^n^L||1980|")) < made.len);
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(same_word_becomes_the_same_word_in_every_message)
{
    start("k");
    struct slice one = disguised(HEAD PATIENT "NK1|1|DOE^JOHN\r");
    struct slice two = disguised(HEAD "PID|1||A1234^^^MISSION^MR||DOE^JANE\r");
    ck_assert(slice_equal(value(one, "PID", 3, 1), value(two, "PID", 3, 1)));
    ck_assert(slice_equal_ignoring_case(value(one, "PID", 5, 1), value(two, "PID", 5, 1)));
    ck_assert(slice_equal(value(one, "NK1", 2, 1), value(two, "PID", 5, 1)));
    hl7v2_disguise_release(&disguise);
    start("another key");
    struct slice three = disguised(HEAD "PID|1||A1234^^^MISSION^MR||DOE^JANE\r");
    ck_assert(!slice_equal(three, two));
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(dates_move_by_the_same_days_and_keep_time_and_precision)
{
    start("k");
    struct slice made =
        disguised(HEAD "PID|1||A1||||19800229\rPV1|1|O||||||||||||||||||||||||||||||||||||||||||"
                       "20260101083000.25-0600|2026\r");
    struct slice birth = value(made, "PID", 7, 1), admitted = value(made, "PV1", 44, 1);
    struct hl7v2_datetime date;
    ck_assert_uint_eq(birth.len, 8);
    ck_assert(hl7v2_datetime_parse(birth, &date));
    int64_t days = time_days_from_civil(date.civil.year, date.civil.month, date.civil.day) -
                   time_days_from_civil(1980, 2, 29);
    ck_assert_int_ne(days, 0);
    ck_assert_int_eq(days % 7, 0);
    ck_assert(slice_ends_with(admitted, SLICE("083000.25-0600")));
    ck_assert(hl7v2_datetime_parse(admitted, &date));
    ck_assert_int_eq(time_days_from_civil(date.civil.year, date.civil.month, date.civil.day) -
                         time_days_from_civil(2026, 1, 1),
                     days);
    ck_assert_uint_eq(value(made, "PV1", 45, 1).len, 4);
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(free_text_is_gone_and_so_is_what_only_looks_like_a_code)
{
    start("k");
    struct slice made =
        disguised(HEAD PATIENT
                  "OBX|1|TX|A^a^L||Jane felt dizzy||||||F\rOBX|2|ST|B^b^L||see Dr Miller||||||F\r"
                  "OBX|3|CWE|C^c^L||^her son called||||||F\rOBX|4|NM|D^d^L||7 said Jane||||||F\r"
                  "OBX|5|CE|she told us all^^L||x^y^L||||||F\rNTE|1||call Jane at home\r"
                  "ZZZ|1|Jane Doe^x|2024\r");
    static const char *const TOLD[] = {"dizzy", "Miller", "son", "said", "told", "home", "Jane"};
    for (size_t i = 0; i < sizeof(TOLD) / sizeof(TOLD[0]); i++)
        ck_assert_msg(slice_find(made, slice_of(TOLD[i])) == made.len, "%s is in %.*s", TOLD[i],
                      SLICE_ARG(made));
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(number_of_somebody_is_no_result_and_no_code)
{
    /* of a person, of the days before and of a phone, wherever senders put them */
    static const struct {
        const char *type, *value, *told;
    } ROWS[] = {
        {"ST", "987-65-4321", "987-65-4321"},
        {"ST", "02/15/1930", "02/15/1930"},
        {"ST", "2/5/30", "2/5/30"},
        {"ST", "19300215", "19300215"},
        {"ST", "217-555-0199", "217-555"},
        {"ST", "555-0199", "555-0199"},
        {"NM", "987654321", "987654321"},
        {"NM", "A1234", "A1234"},
        {"SN", "=^987654321", "987654321"},
        {"ST", "A1234", "A1234"},
        {"ID", "217-555-0199", "217-555"},
        {"IS", "Pedro Roe lives with her", "Roe"},
        {"CWE", "987-65-4321^x^L", "987-65"},
        {"CWE", "X^neighbour (217) 555-0199^L", "neighbour (217)"},
        {"CWE", "X^neighbour 217-555-0199^L", "217-555-0199"},
    };
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        start("k");
        struct slice text = arena_format(test_arena, HEAD PATIENT "OBX|1|%s|Q^q^L||%s||||||F\r",
                                         ROWS[i].type, ROWS[i].value);
        struct slice made = disguised(arena_string(test_arena, text));
        ck_assert_msg(slice_find(made, slice_of(ROWS[i].told)) == made.len, "%s is in %.*s",
                      ROWS[i].told, SLICE_ARG(made));
        hl7v2_disguise_release(&disguise);
    }
}
END_TEST

START_TEST(results_and_codes_with_digits_stay)
{
    static const char *const ROWS[] = {
        "ST||120/80",       "ST||1:160",
        "ST||<0.5",         "ST||10-20",
        "ST||250000",       "NM||-7.25",
        "SN||>^100^-^2000", "CE||38341003^Hypertension 2019-2020^SCT",
        "IS||A01",          "CWE||0591-0405-01^Lisinopril 10 MG^NDC"};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        start("k");
        struct slice type =
            slice_part(slice_of(ROWS[i]), 0, slice_find_byte(slice_of(ROWS[i]), '|'));
        struct slice line = arena_format(test_arena, "OBX|1|%.*s|Q^q^L|%s||||||F\r",
                                         SLICE_ARG(type), ROWS[i] + type.len + 1);
        struct slice made = disguised(arena_string(
            test_arena, arena_format(test_arena, HEAD PATIENT "%.*s", SLICE_ARG(line))));
        ck_assert_msg(slice_find(made, line) < made.len, "%.*s is not in %.*s", SLICE_ARG(line),
                      SLICE_ARG(made));
        hl7v2_disguise_release(&disguise);
    }
}
END_TEST

START_TEST(name_of_the_patient_is_replaced_in_what_stays_too)
{
    start("k");
    struct slice made = disguised(HEAD PATIENT "OBX|1|NM|X^Glucose of jane^L||5|||||F\r");
    struct slice display = value(made, "OBX", 3, 2);
    ck_assert(slice_starts_with(display, SLICE("Glucose of ")));
    ck_assert(!slice_ends_with(display, SLICE("jane")));
    ck_assert(slice_equal_ignoring_case(slice_after(display, 11), value(made, "PID", 5, 2)));
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(delimiters_deletes_and_escapes_are_handled)
{
    start("k");
    struct slice made =
        disguised("MSH$*%!?$LAB$M$PB$HUB$20261121140211$$ADT*A01$1$P$2.5.1\r"
                  "PID$1$$A1234*\"\"$$M!T!ller*!X4A616E65!Ann%Roe*X$$\"\"\rgarbage Jane\r");
    ck_assert(slice_starts_with(made, SLICE("MSH$*%!?$LAB$")));
    ck_assert(slice_find(made, SLICE("!T!")) < made.len);
    ck_assert(slice_find(made, SLICE("!X")) == made.len);
    ck_assert(slice_find(made, SLICE("$$\"\"\r")) < made.len);
    ck_assert(slice_find(made, SLICE("garbage")) == made.len);
    hl7v2_disguise_release(&disguise);
}
END_TEST

/* A whole message in which each place that could says who somebody is, many of them where they do
 * not belong. Every value of them is looked for in what is made of it. */
static const char FULL[] =
    "MSH|^~\\&|LAB|MISSION|PB|HUB|20261121140211-0800|token9981|ORU^R01^ORU_R01|KIM19800229|P|2.5."
    "1\r"
    "SFT|Vendor|1.0|Product|bin1|installed for Mrs Quux|20200101\r"
    "PID|1|OLD77123|MRN4455667^^^MISSION^MR~987-65-4321^^^SSA^SS~G22334455^^^ILDMV^DL|ALT99887|"
    "Quackenbush^Zelda^Philomena~MÜLLER^JOSÉ|Strangelove|19530417|F|Zelly|2106-3^White^HL70005|"
    "1742 Evergreen Terrace Apt "
    "9^^Peculiar^MO^64078^USA^H|Cass|(816)555-0142^PRN^PH^zelda.q@mailhub."
    "example~^NET^Internet^zquack@aol.example|(816)555-0199|es|M|BAP|ACCT778899|987-65-4321|"
    "QDL12345^MO|MOTHER3344^^^MISSION|H|Peculiar Memorial Hospital\r"
    "NTE|1|P|Zelda lives with her son Oswaldo at 1742 Evergreen\r"
    "NK1|1|Quackenbush^Oswaldo|SON|1742 Evergreen Terrace|8165550143|8165550144\r"
    "PV1|1|I|WARD3^ROOM12^BED4^MISSION||||9988776^Hyde^Edward||||||||||||VISIT665544^^^MISSION|"
    "9988776\r"
    "GT1|1|GUAR8877|Quackenbush^Barnaby||99 Elm^^Lee^MO^64086|8165550155||19501231|M||SPO|"
    "123-45-6780||||Globex Corp\r"
    "AL1|1|DA|70618^Penicillin given by Oswaldo^RXNORM|MO|Zelda swells up badly\r"
    "DG1|1||M54.5^Low back pain of Zelda Müller^I10|told by Oswaldo|20260301|W\r"
    "ORC|RE|MRN4455667^LAB|4455667^LAB||CM||||||5551^Ratched|9988776^Hyde^Edward\r"
    "OBR|1|MRN4455667^LAB|987-65-4321^LAB|24323-8^Panel of Jose^LN|||202603100800||||||nervous, "
    "816-555-0142|||||PF1 Zelda|PF2|FF1 4/17/1953\r"
    "OBX|1|ST|4455667^MRN 4455667^L|1953-04-17|positive||see 816-555-0142|HH|||F\r"
    "OBX|2|CE|X^day 4/17/1953 or 17.04.1953^L|445-5667|987654321^of MRN4455667^L||||||F\r"
    "OBX|3|ED|X^x^L||LAB^TEXT^PLAIN^A^Dictated: Zelda Quackenbush||||||F\r"
    "OBX|4|ED|X^x^L||LAB^Application^PDF^Base64^WmVsZGEgUXVhY2tlbmJ1c2g=||||||F\r"
    "OBX|5|RP|X^x^L||http://pacs.example/MRN4455667/Quackenbush.jpg^PACS^IMAGE^JPEG||||||F\r"
    "OBX|6|TX|X^x^L||born 4/17/1953, call 816.555.0142||||||F\r"
    "OBX|7|ST|X^x^L||04171953||||||F\rOBX|8|NM|X^x^L||8165550142||||||F\r"
    "OBX|9|IS|X^x^L||987654321||||||F\rOBX|10|ID|X^x^L||VISIT665544||||||F\r"
    "OBX|11|CWE|X^x^L||17041953^x^L||||||F\rOBX|12|CE|X^x^L||9988776^x^L||||||F\r"
    "OBX|13|ZZ|X^x^L||of a type nobody knows||||||F\r"
    "SPM|1|MRN4455667&LAB^SPEC5566&LAB||BLD^Blood of ZELDA^HL70487\r"
    "ZPI|Zelda|1742 Evergreen|987654321|19530417|F^Female\r";

START_TEST(nothing_is_left_of_a_message_full_of_persons)
{
    static const char *const TOLD[] = {
        "token9981",  "KIM1980",    "Quux",       "OLD77123",    "4455667",      "987-65-4321",
        "987654321",  "22334455",   "ALT99887",   "Quackenbush", "Zelda",        "Philomena",
        "JOSÉ",       "Jose",       "Müller",     "MÜLLER",      "Strangelove",  "19530417",
        "Zelly",      "1742 E",     "Evergreen",  "Peculiar",    "64078",        "Cass",
        "555-0142",   "5550142",    "zelda.q",    "mailhub",     "zquack",       "555-0199",
        "ACCT778899", "QDL12345",   "MOTHER",     "Oswaldo",     "8165550143",   "8165550144",
        "9988776",    "Hyde",       "Edward",     "VISIT665544", "GUAR8877",     "Barnaby",
        "Elm",        "64086",      "8165550155", "19501231",    "123-45-6780",  "Globex",
        "swells",     "told",       "5551",       "Ratched",     "nervous",      "1953-04-17",
        "4/17/1953",  "17.04.1953", "445-5667",   "Dictated",    "WmVs",         "pacs",
        "born",       "816.555",    "04171953",   "17041953",    "nobody knows", "SPEC5566",
        "lives"};
    start("k");
    struct slice made = disguised(FULL);
    for (size_t i = 0; i < sizeof(TOLD) / sizeof(TOLD[0]); i++) {
        ck_assert_msg(slice_find(slice_of(FULL), slice_of(TOLD[i])) < sizeof(FULL) - 1,
                      "%s is not in the message", TOLD[i]);
        ck_assert_msg(slice_find(made, slice_of(TOLD[i])) == made.len, "%s is in %.*s", TOLD[i],
                      SLICE_ARG(made));
    }
    hl7v2_disguise_release(&disguise);
}
END_TEST

/* With the names of a big family nearly every third word of their shape is one of them. */
START_TEST(no_replacement_is_another_word_that_had_to_go)
{
    start("k");
    struct buffer text;
    buffer_init(&text, 0);
    buffer_append(&text, SLICE(HEAD "PID|1||A1234^^^MISSION^MR||"));
    for (const char *first = "bdfgklmnprst"; *first; first++)
        for (const char *vowel = "aeiou"; *vowel; vowel++)
            for (const char *last = "mnrst"; *last; last++)
                buffer_append_format(&text, "%c%c%c~", *first, *vowel, *last);
    buffer_append(&text, SLICE("Last|\r"));
    struct slice given = arena_copy(test_arena, buffer_slice(&text));
    struct slice made = disguised(arena_string(test_arena, given));
    struct hl7v2_message message = parsed(arena_string(test_arena, made));
    size_t at = hl7v2_message_find(&message, HL7V2_ID("PID"), 1);
    for (unsigned i = 1; i <= 300; i++) {
        struct slice word = hl7v2_message_value(&message, at, 5, i, 1, 0);
        struct slice between = arena_format(test_arena, "~%.*s~", SLICE_ARG(word));
        ck_assert_uint_eq(word.len, 3);
        ck_assert_msg(slice_find(given, between) == given.len, "%.*s", SLICE_ARG(word));
    }
    buffer_release(&text);
    hl7v2_disguise_release(&disguise);
}
END_TEST

START_TEST(codes_that_look_like_numbers_of_persons_stay)
{
    static const char *const ROWS[] = {"CE||271649006^Systolic blood pressure^SCT",
                                       "CE||50-78-2^Aspirin^CAS",
                                       "CE||0591-0405-01^Lisinopril 20/12.5 MG^NDC",
                                       "CWE||X^Amlodipine 10/160/25 mg^L",
                                       "CWE||X^Influenza 2019-2020^L",
                                       "EI||A^LAB^2.16.840.1.113883.3.17.4.1953^ISO"};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        start("k");
        struct slice value =
            slice_after(slice_of(ROWS[i]), slice_find(slice_of(ROWS[i]), SLICE("||")) + 2);
        struct slice kept = slice_after(value, slice_starts_with(value, SLICE("A^")) ? 2 : 0);
        struct slice text =
            arena_format(test_arena, HEAD PATIENT "OBX|1|%.*s|Q^q^L||%.*s||||||F\r",
                         (int)slice_find_byte(slice_of(ROWS[i]), '|'), ROWS[i], SLICE_ARG(value));
        struct slice made = disguised(arena_string(test_arena, text));
        ck_assert_msg(slice_find(made, kept) < made.len, "%.*s is not in %.*s", SLICE_ARG(kept),
                      SLICE_ARG(made));
        hl7v2_disguise_release(&disguise);
    }
}
END_TEST

/* --- of all public messages --------------------------------------------------------------------*/

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The words of a part that are long enough not to come back by chance: four letters, or eight signs
 * with digits. */
static void check_words(struct slice part, struct slice made, const char *file)
{
    for (size_t at = 0; at < part.len;) {
        size_t end = at, letters = 0;
        while (end < part.len &&
               (is_letter(part.ptr[end]) || (part.ptr[end] >= '0' && part.ptr[end] <= '9')))
            letters += is_letter(part.ptr[end++]);
        struct slice word = slice_part(part, at, end - at);
        at = end + 1;
        if (word.len < 4 || (letters < word.len && word.len < 8))
            continue;
        for (size_t found = 0; found < made.len;) {
            found += slice_find(slice_after(made, found), word);
            size_t behind = found + word.len;
            bool is_whole = found < made.len && !is_letter(made.ptr[found - 1]) &&
                            (behind >= made.len || !is_letter(made.ptr[behind]));
            ck_assert_msg(!is_whole, "%s: a word of %zu signs came through at byte %zu", file,
                          word.len, found);
            found += word.len;
        }
    }
}

/* HL7 v2.5.1 3.4.2, 3.4.5: fields that say who somebody is, whatever their version. */
static const struct {
    const char *segment;
    unsigned field;
} TELLING[] = {{"PID", 2},  {"PID", 4},  {"PID", 5},  {"PID", 6}, {"PID", 9},
               {"PID", 13}, {"PID", 14}, {"PID", 19}, {"NK1", 2}, {"NK1", 5}};

static void check_message(const struct hl7v2_message *message, struct slice made, const char *file)
{
    for (size_t i = 0; i < sizeof(TELLING) / sizeof(TELLING[0]); i++) {
        size_t segment = hl7v2_message_find(message, HL7V2_ID(TELLING[i].segment), 1);
        if (segment == HL7V2_NO_SEGMENT)
            continue;
        /* the first component: what follows may be codes, types and assigners */
        check_words(hl7v2_message_value(message, segment, TELLING[i].field, 1, 1, 0), made, file);
    }
}

START_TEST(no_word_of_a_person_is_left_of_any_public_message)
{
    char *folder = suite_need_shared("samples/v2/messages");
    struct slice *names = NULL;
    size_t count = 0, checked = 0;
    struct hl7v2_message_options options = {.accept_lf = true};
    struct arena *mine = arena_new((size_t)1 << 28), *dictionary_arena = test_arena;
    start("k");
    ck_assert_int_eq(file_list(folder, ".hl7", mine, &names, &count, &test_issues), 0);
    for (size_t i = 0; i < count; i++) {
        struct hl7v2_message message;
        struct slice bytes;
        test_arena = arena_new((size_t)1 << 28);
        char *path = file_join(test_arena, folder, names[i]);
        if (file_read(path, (size_t)1 << 24, test_arena, &bytes, NULL) == 0 &&
            hl7v2_message_parse(bytes, &options, test_arena, &message, NULL) == 0) {
            check_message(&message, disguised_message(&message), path);
            checked++;
        }
        arena_free(test_arena);
    }
    test_arena = dictionary_arena;
    ck_assert_uint_gt(checked, 500);
    arena_free(mine);
    free(folder);
    hl7v2_disguise_release(&disguise);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = test_case(suite, "disguise");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, codes_numbers_and_the_header_stay);
    tcase_add_test(tests, what_says_who_somebody_is_keeps_its_shape_only);
    tcase_add_test(tests, number_of_a_person_is_replaced_where_it_stands_as_a_result_too);
    tcase_add_test(tests, same_word_becomes_the_same_word_in_every_message);
    tcase_add_test(tests, dates_move_by_the_same_days_and_keep_time_and_precision);
    tcase_add_test(tests, free_text_is_gone_and_so_is_what_only_looks_like_a_code);
    tcase_add_test(tests, number_of_somebody_is_no_result_and_no_code);
    tcase_add_test(tests, results_and_codes_with_digits_stay);
    tcase_add_test(tests, name_of_the_patient_is_replaced_in_what_stays_too);
    tcase_add_test(tests, delimiters_deletes_and_escapes_are_handled);
    tcase_add_test(tests, nothing_is_left_of_a_message_full_of_persons);
    tcase_add_test(tests, no_replacement_is_another_word_that_had_to_go);
    tcase_add_test(tests, codes_that_look_like_numbers_of_persons_stay);
    tcase_add_test(tests, no_word_of_a_person_is_left_of_any_public_message);
}

int main(void)
{
    return suite_main("disguise", add);
}
