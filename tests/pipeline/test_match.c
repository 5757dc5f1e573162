/* Who is the same person: pairs of records and what has to become of them. The verdicts are what
 * the issue asks for and what a registrar would say, not what the program said. */
#include "pipeline/match_records.h"

#include "support/same.h"

struct pair {
    const char *a, *b;
    enum pipeline_verdict verdict;
    const char *says; /* a part of the words; NULL: none is asked for */
};

static void expect_pair(const struct pair *pair)
{
    const struct pipeline_demographics *a = record_of(pair->a), *b = record_of(pair->b);
    struct pipeline_match match = pipeline_match_compare(table, a, b);
    struct pipeline_match back = pipeline_match_compare(table, b, a);
    struct slice words = pipeline_match_words(&match, arena);
    ck_assert_msg(match.verdict == pair->verdict, "%s\n%s\nis '%.*s', not %s", pair->a, pair->b,
                  SLICE_ARG(words), pipeline_verdict_name(pair->verdict));
    ck_assert_msg(!pair->says || slice_find(words, slice_of(pair->says)) < words.len,
                  "%s\n%s\nis '%.*s' without %s", pair->a, pair->b, SLICE_ARG(words), pair->says);
    ck_assert_msg(slice_equal(pipeline_match_words(&back, arena), words), "the order matters: %s",
                  pair->a);
}

#define EXPECT_PAIRS(...)                                                                          \
    do {                                                                                           \
        const struct pair pairs[] = {__VA_ARGS__};                                                 \
        for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)                              \
            expect_pair(&pairs[i]);                                                                \
    } while (0)

#define SAME PIPELINE_SAME
#define REVIEW PIPELINE_REVIEW
#define DIFFERENT PIPELINE_DIFFERENT

/* A household's address and phone. */
#define HOME "|12 Calle Mayor Apt 3|97301|503-555-0142"

START_TEST(a_name_is_the_same_however_it_is_written)
{
    EXPECT_PAIRS(
        {"García López|José Luis||1970-04-12|M" HOME, "GARCIA LOPEZ|JOSE LUIS||1970-04-12|M" HOME,
         SAME, "family=full given=full"},
        {"O'Brien|Mary Ann||1970-04-12|F" HOME, "OBRIEN|Maryann||1970-04-12|F" HOME, SAME,
         "given=equal"},
        {"Smith-Jones|Ann||1970-04-12|F" HOME, "Smith Jones|Ann||1970-04-12|F" HOME, SAME,
         "family=full"},
        {"de la Cruz|Ana||1970-04-12|F" HOME, "CRUZ|Ana||1970-04-12|F" HOME, SAME, "family=common"},
        {"Nguyễn|Hương||1970-04-12|F" HOME, "NGUYEN|HUONG||1970-04-12|F" HOME, SAME,
         "family=common"},
        {"L?pez|Jos?||1970-04-12|M" HOME, "López|José||1970-04-12|M" HOME, SAME, NULL});
}
END_TEST

START_TEST(one_of_two_surnames_is_enough_and_another_second_one_is_another_family)
{
    EXPECT_PAIRS({"García Zepeda|José||1970-04-12|M" HOME, "Zepeda|José||1970-04-12|M" HOME, SAME,
                  "family=part"},
                 {"García Zepeda|José||1970-04-12|M" HOME, "García|José||1970-04-12|M" HOME, SAME,
                  "family=frequent"},
                 {"Zepeda García|José||1970-04-12|M" HOME, "García Zepeda|José||1970-04-12|M" HOME,
                  SAME, "family=full"},
                 {"García Zepeda|José||1970-04-12|M|||503-555-0142",
                  "García Orozco|José||1982-09-30|M|||971-555-0177", DIFFERENT, "family=crossed"},
                 {"Zepeda|José Orozco||1970-04-12|M" HOME, "Orozco Zepeda|José||1970-04-12|M" HOME,
                  SAME, "family=full"});
}
END_TEST

START_TEST(nicknames_slips_initials_and_swapped_names_are_seen)
{
    EXPECT_PAIRS(
        {"Zepeda|Pepe||1970-04-12|M" HOME, "Zepeda|José||1970-04-12|M" HOME, SAME,
         "given=nickname"},
        {"Nordlund|Bob||1970-04-12|M" HOME, "Nordlund|Robert||1970-04-12|M" HOME, SAME,
         "given=nickname"},
        {"Nordlund|Bob||1970-04-12|M" HOME, "Nordlund|Rob||1970-04-12|M" HOME, SAME,
         "given=nickname"},
        {"Nordlund|Robret||1970-04-12|M" HOME, "Nordlund|Robert||1970-04-12|M" HOME, SAME,
         "given=typo"},
        {"Nordulnd|Robert||1970-04-12|M" HOME, "Nordlund|Robert||1970-04-12|M" HOME, SAME,
         "family=typo"},
        {"Nordlund|R||1970-04-12|M" HOME, "Nordlund|Robert||1970-04-12|M" HOME, SAME,
         "given=initial"},
        {"Xiong|Mai||1970-04-12|F" HOME, "Mai|Xiong||1970-04-12|F" HOME, SAME,
         "family=swapped given=swapped"},
        {"Vang|Mai||1970-04-12|F" HOME, "Vaj|Mai||1970-04-12|F" HOME, SAME, "family=nickname"},
        {"Zepeda|Ma. Elena||1970-04-12|F" HOME, "Zepeda|María Elena||1970-04-12|F" HOME, SAME,
         "given=full"},
        {"Zepeda|Elena María||1970-04-12|F" HOME, "Zepeda|María Elena||1970-04-12|F" HOME, SAME,
         "given=order"});
}
END_TEST

START_TEST(dates_are_compared_as_they_are_mistaken)
{
    EXPECT_PAIRS(
        {"Nordlund|Ann||1970-04-12|F" HOME, "Nordlund|Ann||1970-12-04|F" HOME, SAME,
         "birth=swapped"},
        {"Nordlund|Ann||1970-04-12|F" HOME, "Nordlund|Ann||1970-04-21|F" HOME, SAME, "birth=typo"},
        {"Nordlund|Ann||1970-04-12|F" HOME, "Nordlund|Ann||1980-04-12|F" HOME, SAME, "birth=typo"},
        {"Nordlund|Ann||1999-04-12|F" HOME, "Nordlund|Ann||2000-04-12|F" HOME, SAME, "birth=near"},
        {"Nordlund|Ann||1970-01-01|F" HOME, "Nordlund|Ann||1970-04-12|F" HOME, SAME, NULL},
        {"Nordlund|Ann||1971-01-01|F" HOME, "Nordlund|Ann||1971-04-12|F" HOME, SAME, "birth=year"},
        {"Nordlund|Ann||1971-01-01|F", "Nordlund|Ann||1971-01-01|F", REVIEW, "birth=common"},
        {"Nordlund|Ann||1970-04-12|F" HOME, "Nordlund|Ann||1973-09-25|F" HOME, REVIEW,
         "birth=different"});
}
END_TEST

START_TEST(twins_are_never_linked)
{
    EXPECT_PAIRS(
        {"Zepeda|Juan||2010-04-12|M" HOME, "Zepeda|Pedro||2010-04-12|M" HOME, REVIEW, "rule=twins"},
        {"Zepeda|María Elena||2010-04-12|F" HOME, "Zepeda|María Luisa||2010-04-12|F" HOME, REVIEW,
         "rule=twins"},
        {"Zepeda|Mario||2010-04-12|M" HOME, "Zepeda|María||2010-04-12|F" HOME, REVIEW,
         "rule=twins"},
        {"Nordlund|Ann||2010-04-12|F" HOME, "Nordlund|Anders||2010-04-12|M" HOME, REVIEW,
         "rule=twins"});
}
END_TEST

START_TEST(father_and_son_are_two)
{
    EXPECT_PAIRS(
        {"Nordlund|Robert|Sr|1950-04-12|M" HOME, "Nordlund|Robert|Jr|1978-09-30|M" HOME, DIFFERENT,
         "rule=junior-senior"},
        {"Nordlund Jr|Robert||1978-09-30|M" HOME, "Nordlund|Robert|Sr|1950-04-12|M" HOME, DIFFERENT,
         "suffix=different"},
        {"Nordlund|Robert||1950-04-12|M" HOME, "Nordlund|Robert||1978-09-30|M" HOME, DIFFERENT,
         "rule=generation"},
        {"Nordlund|Robert|Jr|1978-09-30|M" HOME, "Nordlund|Robert||1978-09-30|M" HOME, SAME, NULL});
}
END_TEST

START_TEST(brothers_sisters_and_couples_are_not_linked)
{
    EXPECT_PAIRS(
        {"Zepeda|Juan||2010-04-12|M" HOME, "Zepeda|Pedro||2012-09-30|M" HOME, DIFFERENT, NULL},
        {"Nordlund|Ann||1970-04-12|F" HOME, "Nordlund|Robert||1968-09-30|M" HOME, DIFFERENT, NULL},
        {"Zepeda|Ana||2010-04-12|F" HOME, "Zepeda|Ana||1985-09-30|F" HOME, DIFFERENT,
         "rule=generation"});
}
END_TEST

START_TEST(placeholders_never_match)
{
    EXPECT_PAIRS(
        {"TEST|TEST||1990-01-01|F", "TEST|TEST||1990-01-01|F", DIFFERENT, "rule=no-name"},
        {"Unknown|Unknown||1900-01-01|M||| 555-555-5555|999-99-9999",
         "UNKNOWN|UNKNOWN||1900-01-01|M||| 555-555-5555|999-99-9999", DIFFERENT, "rule=no-name"},
        {"Zepeda|BABY BOY||2010-04-12|M" HOME, "Zepeda|Baby Boy A||2010-04-12|M" HOME, REVIEW,
         "rule=no-name"},
        {"Doe|John||1980-05-05|M" HOME, "Doe|John||1980-05-05|M" HOME, REVIEW, "rule=no-name"},
        {"Zepeda|Ana||1970-04-12|F|homeless|97301|000-000-0000|000-00-0000",
         "Orozco|Eva||1982-09-30|F|homeless|97301|000-000-0000|000-00-0000", DIFFERENT, NULL},
        {"Zepeda|Ana||1900-01-01|F", "Zepeda|Ana||1900-01-01|F", REVIEW, NULL},
        {"Zepeda|Ana||1970-04-12|F|||(503) 555-5555|123-45-6789|bay 0000000",
         "Orozco|Eva||1982-09-30|F|||555-555-5555|123-45-6789|bay 0000000", DIFFERENT, NULL});
}
END_TEST

START_TEST(a_number_of_one_assigner_is_proof_unless_it_is_contradicted)
{
    EXPECT_PAIRS({"Zepeda|Ana||1970-04-12|F|||||bay B1", "Zepeda|Ana||1970-04-12|F|||||bay B1",
                  SAME, "rule=same-number"},
                 {"Zepeda|Ana||1970-04-12|F|||||bay B1", "Orozco|Ana||1970-04-12|F|||||bay b-1",
                  SAME, "rule=same-number"},
                 {"Zepeda|Ana||1970-04-12|F|||||bay B1", "Nordlund|Robert||1982-09-30|M|||||bay B1",
                  REVIEW, "rule=number-used-again"},
                 {"Zepeda|Juan||2010-04-12|M|||||bay B1", "Zepeda|Pedro||2010-04-12|M|||||bay B1",
                  REVIEW, "rule=number-of-a-twin"},
                 {"Zepeda|Ana||1970-04-12|F|||||bay B1",
                  "Nordlund|Robert||1982-09-30|M|||||harbor B1", DIFFERENT, NULL});
}
END_TEST

START_TEST(a_social_security_number_is_evidence_and_no_proof)
{
    EXPECT_PAIRS({"Zepeda|Ana||1970-04-12|F||||900-12-3456",
                  "Orozco|Ana||1970-04-12|F||||900123456", SAME, "ssn=equal"},
                 {"Zepeda|Ana||1970-04-12|F||||900-12-3456", "Zepeda|Ana||1970-04-12|F||||3456",
                  SAME, "ssn=last"},
                 {"Zepeda|Ana||1970-04-12|F||||900-12-3456",
                  "Zepeda|Ana||1970-04-12|F||||900-12-3465", SAME, "ssn=typo"},
                 {"Zepeda|Ana||1970-04-12|F||||900-12-3456",
                  "Nordlund|Robert||1982-09-30|M||||900-12-3456", DIFFERENT, "ssn=equal"});
}
END_TEST

START_TEST(a_person_who_moved_and_changed_the_phone_is_looked_at)
{
    EXPECT_PAIRS({"Zepeda|Ana||1970-04-12|F|12 Calle Mayor|97301|503-555-0142",
                  "Zepeda|Ana||1970-04-12|F|9 Lake Street|55104|651-555-0177", REVIEW,
                  "rule=name-and-date-only"},
                 {"Zepeda|Ana||1970-04-12|F|12 Calle Mayor|97301|503-555-0142",
                  "Zepeda|Ana||1970-04-12|F|9 Lake Street|55104|503-555-0142", SAME, NULL},
                 {"García|Ana||1970-04-12|F||| ", "García|Ana||1970-04-12|F|||", REVIEW, NULL});
}
END_TEST

/* Of a rare name and a birth date few people in a state have both; of a frequent name many. */
START_TEST(a_rare_name_needs_less_beside_it_than_a_frequent_one)
{
    EXPECT_PAIRS({"Zepeda|Ana||1970-04-12|F", "Zepeda|Ana||1970-04-12|F", SAME, NULL},
                 {"García|Ana||1970-04-12|F", "García|Ana||1970-04-12|F", REVIEW,
                  "rule=name-and-date-no-phone"},
                 {"García|Ana Luisa||1970-04-12|F", "García|Ana Luisa||1970-04-12|F", SAME, NULL},
                 {"García|Ana||1970-04-12|F|||503-555-0142",
                  "García|Ana||1970-04-12|F|12 Calle Mayor|97301|503-555-0177", SAME, "phone=area"},
                 {"García|Ana||1970-04-12|F|||651-555-0177",
                  "García|Ana||1970-04-12|F|12 Calle Mayor|97301|503-555-0142", REVIEW,
                  "rule=name-and-date-no-address"},
                 {"Zepeda|Ana||1970-04-12|F|12 Calle Mayor|97301|503-555-0142",
                  "Zepeda|Ana||1970-04-12|F|9 Lake Street|97305|651-555-0177", REVIEW,
                  "rule=name-and-date-moved"},
                 {"Zepeda|Ana||1971-01-01|F|||503-555-0142",
                  "Zepeda|Ana||1971-01-01|F|12 Calle Mayor|97301|503-555-0177", REVIEW,
                  "rule=name-and-day-unknown"});
}
END_TEST

START_TEST(father_and_son_of_one_name_are_two_where_a_birth_date_is_missing)
{
    EXPECT_PAIRS(
        {"Zepeda|Ana|||F" HOME, "Zepeda|Ana||1970-04-12|F" HOME, SAME, "rule=household-birth"},
        {"Zepeda|Juan|||M" HOME "||valley V1046", "Zepeda|Juan||1970-04-12|M" HOME "||valley V2318",
         REVIEW, "rule=no-birth-second"},
        {"García|Juan|||M" HOME, "García López|Juan Carlos||1970-04-12|M" HOME, REVIEW,
         "rule=household-birth-frequent"});
}
END_TEST

START_TEST(addresses_and_phones_are_made_alike)
{
    EXPECT_PAIRS({"Zepeda|Ana||1970-04-12|F|1200 North Main Street Apt 3|97301-1234|(503) 555-0142",
                  "Zepeda|Ana||1970-04-12|F|1200 N. Main St|97301|+1 503 5550142", SAME,
                  "address=equal phone=equal"},
                 {"Zepeda|Ana||1970-04-12|F|1200 Main St|97301|503-555-0142",
                  "Zepeda|Ana||1970-04-12|F|1020 Main St|97301|555-0142", SAME,
                  "address=typo phone=last"},
                 {"Zepeda|Ana||1970-04-12|F|1200 Main St|97301|503-555-0142",
                  "Zepeda|Ana||1970-04-12|F|77 Oak Ave|97305|503-555-0177", SAME,
                  "address=region phone=area"});
}
END_TEST

START_TEST(words_hold_fields_and_levels_and_no_value)
{
    struct pipeline_match match =
        pipeline_match_compare(table,
                               record_of("Zepeda|Ana||1970-04-12|F|12 Oak St|97301|5035550142"
                                         "|900-12-3456|bay B1"),
                               record_of("Zepeda|Ana||1970-04-12|F|12 Oak St|97301|5035550142"
                                         "|900-12-3456|bay B1"));
    struct slice words = pipeline_match_words(&match, arena);
    static const char *const VALUES[] = {"epeda", "Ana", "1970", "Oak",
                                         "97301", "503", "900",  "B1"};
    for (size_t i = 0; i < sizeof(VALUES) / sizeof(VALUES[0]); i++)
        ck_assert(slice_find(words, slice_of(VALUES[i])) == words.len);
}
END_TEST

/* --- blocks ----------------------------------------------------------------------------------- */

static size_t shared_blocks(const char *a, const char *b)
{
    int64_t one[PIPELINE_BLOCK_LIMIT], two[PIPELINE_BLOCK_LIMIT];
    size_t count = pipeline_match_blocks(record_of(a), one), shared = 0;
    size_t others = pipeline_match_blocks(record_of(b), two);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < others; j++)
            shared += one[i] == two[j];
    return shared;
}

START_TEST(two_records_of_one_person_share_a_block)
{
    static const char *const PAIRS[][2] = {
        {"García López|José||1970-04-12|M", "Lopez|Pepe||1970-04-12|M"},
        {"García|José||1970-04-12|M", "García|José||1970-12-04|M"},
        {"García|José||1970-04-12|M", "Garcia|Jose||1971-04-12|M"},
        {"Xiong|Mai||1970-04-12|F", "Mai|Xiong||1970-12-04|F"},
        {"Zepeda|Ana||1970-04-12|F|||503-555-0142", "Orozco|Eva||1980-09-30|F|||(503)5550142"},
        {"Zepeda|Ana||1970-04-12|F||||900-12-3456", "Orozco|Eva||1970-09-30|F||||3456"},
        {"Zepeda|Ana||1970-04-12|F|12 Oak St|97301", "Orozco|Anita||1980-09-30|F|12 Oak Street|"},
        {"Zepeda|Ana||1970-04-12|F|||||bay B1", "Orozco|Eva||1980-09-30|F|||||bay B1"},
    };
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++)
        ck_assert_msg(shared_blocks(PAIRS[i][0], PAIRS[i][1]) > 0, "%s", PAIRS[i][0]);
}
END_TEST

START_TEST(placeholders_and_strangers_share_no_block)
{
    static const char *const PAIRS[][2] = {
        {"TEST|TEST||1900-01-01|F|homeless||000-000-0000|999-99-9999|bay 000",
         "TEST|TEST||1900-01-01|F|homeless||000-000-0000|999-99-9999|bay 000"},
        {"Zepeda|Ana||1970-04-12|F|12 Oak St|97301|503-555-0142|900-12-3456|bay B1",
         "Nordlund|Robert||1982-09-30|M|7 Elm St|97301|503-555-0177|900-12-4567|harbor B1"},
    };
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(PAIRS[0]); i++)
        ck_assert_uint_eq(shared_blocks(PAIRS[i][0], PAIRS[i][1]), 0);
}
END_TEST

START_TEST(a_block_is_the_same_number_for_ever)
{
    /* FNV-1a of the kind (3, eight bytes), the ten digits and their number (eight bytes), stirred
     * as MurmurHash3 ends: computed by another program */
    int64_t blocks[PIPELINE_BLOCK_LIMIT];
    ck_assert_uint_eq(pipeline_match_blocks(record_of("||||||| 503-555-0142"), blocks), 1);
    ck_assert_int_eq(blocks[0], INT64_C(-5105283811407172697));
}
END_TEST

/* --- persons ---------------------------------------------------------------------------------- */

static size_t match_persons(const char *record, const char *const *lines, const int64_t *persons,
                            size_t count, struct pipeline_match_person **ret_persons)
{
    struct pipeline_candidate candidates[8];
    for (size_t i = 0; i < count; i++)
        candidates[i] =
            (struct pipeline_candidate){persons[i], 100 + (int64_t)i, record_of(lines[i])};
    return pipeline_match_persons(table, record_of(record), candidates, count, arena, ret_persons);
}

START_TEST(the_person_that_fits_best_comes_first_and_others_are_left_out)
{
    static const char *const LINES[] = {"Nordlund|Robert||1950-04-12|M" HOME,
                                        "Zepeda|Ana||1970-04-12|F" HOME,
                                        "Zepeda|Ana||1970-04-12|F|9 Lake St|55104|651-555-0177"};
    struct pipeline_match_person *persons = NULL;
    size_t count = match_persons("Zepeda|Ana||1970-04-12|F" HOME, LINES, (const int64_t[]){1, 2, 3},
                                 3, &persons);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(persons[0].person_key, 2);
    ck_assert_int_eq(persons[0].source_key, 101);
    ck_assert_int_eq(persons[0].match.verdict, SAME);
    ck_assert_int_eq(persons[1].match.verdict, REVIEW);
}
END_TEST

START_TEST(a_record_is_not_linked_to_a_person_that_has_its_twin)
{
    /* the first record says too little to tell the twins apart */
    static const char *const LINES[] = {"Zepeda|J||2010-04-12|M" HOME,
                                        "Zepeda|Juan||2010-04-12|M" HOME};
    struct pipeline_match_person *persons = NULL;
    size_t count = match_persons("Zepeda|Jaime||2010-04-12|M" HOME, LINES, (const int64_t[]){1, 1},
                                 2, &persons);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(persons[0].match.verdict, REVIEW);
    ck_assert(persons[0].match.apart);
}
END_TEST

START_TEST(a_record_does_not_bring_two_together_who_stand_apart)
{
    static const char *const LINES[] = {"Zepeda|Juan||2010-04-12|M" HOME,
                                        "Zepeda|Jaime||2010-04-12|M" HOME};
    struct pipeline_match_person *persons = NULL;
    size_t count =
        match_persons("Zepeda|J||2010-04-12|M" HOME, LINES, (const int64_t[]){1, 2}, 2, &persons);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(persons[0].match.verdict, SAME);
    ck_assert_int_eq(persons[1].match.verdict, REVIEW);
}
END_TEST

START_TEST(a_person_whom_the_clinic_has_numbered_otherwise_needs_more)
{
    /* the clinic's other record says a birth date that is nowhere near, and the harbor's fits but
     * for the house and the phone */
    static const char *const LINES[] = {
        "Zepeda|Ana||1970-04-12|F|9 Lake St|97301|503-555-0177||harbor H1",
        "Zepeda|Ana||1982-09-30|F|9 Lake St|97301|503-555-0177||valley V1046"};
    static const char *const MOVED = "Zepeda|Ana||1970-04-12|F|12 Oak St|97305|503-555-0142||";
    static const char *const SAME_HOUSE = "Zepeda|Ana||1970-04-12|F|9 Lake St|97301|||";
    static const struct {
        const char *record, *number;
        size_t count;
        enum pipeline_verdict verdict;
    } ROWS[] = {{MOVED, "valley V2318", 1, SAME},
                {MOVED, "valley V2318", 2, REVIEW},
                {MOVED, "mesa M1", 2, SAME},
                {SAME_HOUSE, "valley V2318", 2, SAME},
                {MOVED, "valley V2318~harbor H1", 2, SAME}};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct pipeline_match_person *persons = NULL;
        struct slice line = arena_format(arena, "%s%s", ROWS[i].record, ROWS[i].number);
        ck_assert_uint_eq(
            match_persons(line.ptr, LINES, (const int64_t[]){1, 1}, ROWS[i].count, &persons), 1);
        ck_assert_msg(persons[0].match.verdict == ROWS[i].verdict, "row %zu: %.*s", i,
                      SLICE_ARG(pipeline_match_words(&persons[0].match, arena)));
    }
}
END_TEST

START_TEST(a_record_brings_two_together_who_are_one)
{
    static const char *const LINES[] = {"Zepeda|Ana||1970-04-12|F|12 Oak St|97301|",
                                        "Zepeda|Ana||1970-04-12|F|||651-555-0177"};
    struct pipeline_match_person *persons = NULL;
    size_t count = match_persons("Zepeda|Ana||1970-04-12|F|12 Oak St|97301|651-555-0177", LINES,
                                 (const int64_t[]){1, 2}, 2, &persons);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(persons[0].match.verdict, SAME);
    ck_assert_int_eq(persons[1].match.verdict, SAME);
}
END_TEST

/* --- what a Patient may look like ------------------------------------------------------------- */

static size_t count_blocks(const char *text)
{
    struct json *patient = NULL;
    int64_t blocks[PIPELINE_BLOCK_LIMIT];
    ck_assert_int_eq(json_parse(slice_of(text), arena, &patient, NULL), 0);
    return pipeline_match_blocks(pipeline_demographics_of(table, patient, arena), blocks);
}

START_TEST(what_cannot_be_read_is_not_said)
{
    ck_assert_uint_eq(count_blocks("{}"), 0);
    ck_assert_uint_eq(count_blocks("[]"), 0);
    ck_assert_uint_eq(count_blocks("{\"name\":{},\"birthDate\":1970,\"gender\":[],\"address\":[1],"
                                   "\"telecom\":[[]],\"identifier\":[{\"value\":\"1\"}]}"),
                      0);
    ck_assert_uint_eq(count_blocks("{\"birthDate\":\"1970-13-40\",\"name\":[{\"family\":\"X\"}]}"),
                      0);
}
END_TEST

START_TEST(a_maiden_name_and_a_name_in_one_text_count_too)
{
    struct json *patient = patient_of("Zepeda|Ana||1970-04-12|F" HOME);
    add_name(patient, SLICE("Nordlund"), (struct slice){NULL, 0}, (struct slice){NULL, 0});
    struct pipeline_match match =
        pipeline_match_compare(table, pipeline_demographics_of(table, patient, arena),
                               record_of("Nordlund|Ana||1970-04-12|F" HOME));
    ck_assert_int_eq(match.levels[MATCH_FAMILY], MATCH_LEVEL_EQUAL);
    struct json *one = NULL;
    ck_assert_int_eq(json_parse(SLICE("{\"birthDate\":\"1970-04-12\",\"name\":[{\"text\":"
                                      "\"Zepeda, Ana\"}]}"),
                                arena, &one, NULL),
                     0);
    match = pipeline_match_compare(table, pipeline_demographics_of(table, one, arena),
                                   record_of("Zepeda|Ana||1970-04-12|F" HOME));
    ck_assert_int_eq(match.levels[MATCH_FAMILY], MATCH_LEVEL_EQUAL);
    ck_assert_int_eq(match.levels[MATCH_GIVEN], MATCH_LEVEL_COMMON);
}
END_TEST

static void add(Suite *suite)
{
    TCase *match = tcase_create("match");
    tcase_add_checked_fixture(match, set_up, tear_down);
    tcase_add_test(match, a_name_is_the_same_however_it_is_written);
    tcase_add_test(match, one_of_two_surnames_is_enough_and_another_second_one_is_another_family);
    tcase_add_test(match, nicknames_slips_initials_and_swapped_names_are_seen);
    tcase_add_test(match, dates_are_compared_as_they_are_mistaken);
    tcase_add_test(match, twins_are_never_linked);
    tcase_add_test(match, father_and_son_are_two);
    tcase_add_test(match, brothers_sisters_and_couples_are_not_linked);
    tcase_add_test(match, placeholders_never_match);
    tcase_add_test(match, a_number_of_one_assigner_is_proof_unless_it_is_contradicted);
    tcase_add_test(match, a_social_security_number_is_evidence_and_no_proof);
    tcase_add_test(match, a_person_who_moved_and_changed_the_phone_is_looked_at);
    tcase_add_test(match, a_rare_name_needs_less_beside_it_than_a_frequent_one);
    tcase_add_test(match, father_and_son_of_one_name_are_two_where_a_birth_date_is_missing);
    tcase_add_test(match, addresses_and_phones_are_made_alike);
    tcase_add_test(match, words_hold_fields_and_levels_and_no_value);
    tcase_add_test(match, two_records_of_one_person_share_a_block);
    tcase_add_test(match, placeholders_and_strangers_share_no_block);
    tcase_add_test(match, a_block_is_the_same_number_for_ever);
    tcase_add_test(match, the_person_that_fits_best_comes_first_and_others_are_left_out);
    tcase_add_test(match, a_record_is_not_linked_to_a_person_that_has_its_twin);
    tcase_add_test(match, a_record_does_not_bring_two_together_who_stand_apart);
    tcase_add_test(match, a_person_whom_the_clinic_has_numbered_otherwise_needs_more);
    tcase_add_test(match, a_record_brings_two_together_who_are_one);
    tcase_add_test(match, what_cannot_be_read_is_not_said);
    tcase_add_test(match, a_maiden_name_and_a_name_in_one_text_count_too);
    suite_add_tcase(suite, match);
}

int main(void)
{
    return suite_main("match", add);
}
