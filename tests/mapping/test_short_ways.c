/* The interpreter has short ways for what is plain, and for what is like something before, in the
 * message or in messages before it (see mapping/run_shape.h), and long ones for the rest; who asks
 * to see each look or each step gets the long ones only. All have to write the same. Each message
 * is taken as it stands, with odd bytes strewn into its fields, and with other values in them. The
 * messages are those of tests/mappings/golden and, where they are there, the shared ones. */
#include "hl7v2/batch.h"
#include "mapping/harness.h"
#include "mapping/shapes.h"
#include "mapping/texts.h"

#define FILE_LIMIT (64u << 20)
#define ODD_VERSIONS 2
#define OTHER_VALUES 1
/* Then what was learnt is forgotten: a full memory learns nothing more. */
#define MESSAGES_OF_MEMORY 24

struct comparison {
    const struct mapping_program *program;
    struct arena *memory;          /* of the messages before, */
    struct mapping_shapes *shapes; /* and what was learnt of them */
    struct slice name;             /* of the file at hand */
    bool is_untraced;              /* what comes of it has to say it all */
    size_t messages;
    size_t written; /* of them, those that the rules took */
};

/* What nobody read, and which rule wrote which element. */
static void print_unread_and_marks(const struct mapping_result *result, struct arena *arena,
                                   struct buffer *text)
{
    struct mapping_unread *unread;
    const size_t count = mapping_unread_list(result, arena, &unread);
    for (size_t i = 0; i < count; i++)
        buffer_append(text,
                      arena_format(arena, "unread %u+%u\n", unread[i].start, unread[i].length));
    for (size_t i = 0; i < result->resource_count; i++) {
        const struct mapping_resource *resource = &result->resources[i];
        for (size_t k = 0; k < resource->mark_count; k++) {
            const struct mapping_mark *mark = &resource->marks[k];
            buffer_append(text, arena_format(arena, "\n%zu.%.*s %u ", i, SLICE_ARG(mark->element),
                                             mark->rule));
            json_print(mark->entry, text);
        }
    }
}

/* What came of a message, as text: the resources, the record of why, acts, waits and issues, and
 * what nobody read. */
static struct slice outcome_of(const struct comparison *comparison, struct slice frame,
                               const struct mapping_context *context, struct arena *arena)
{
    struct hl7v2_message message;
    struct hl7v2_header header;
    struct mapping_result result;
    struct hl7v2_message_options options = {.accept_lf = true, .accept_text_controls = true};
    struct issue_list issues;
    struct buffer text;
    issue_list_init(&issues, arena);
    if (hl7v2_message_parse(frame, &options, arena, &message, &issues) != 0)
        return (struct slice){NULL, 0};
    hl7v2_header_read(&message, &header);
    buffer_init(&text, 0);
    if (mapping_to_fhir(comparison->program, &message, header.structure, context, arena, &result,
                        &issues) == 0) {
        json_print_indented(mapping_bundle(&result, arena), &text);
        json_print_indented(mapping_trace_json(&result, arena), &text);
        json_print_indented(mapping_acts_json(&result, arena), &text);
        print_unread_and_marks(&result, arena, &text);
        buffer_append(&text, arena_format(arena, "\nwaits for %zu\n", result.hold_count));
    }
    mapping_issue_print_list(&issues, &text);
    struct slice outcome = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return outcome;
}

static void insist_same(const struct comparison *comparison, struct slice frame, const char *way,
                        struct slice one, struct slice other)
{
    size_t at = 0;
    while (at < one.len && at < other.len && one.ptr[at] == other.ptr[at])
        at++;
    size_t begin = at > 60 ? at - 60 : 0;
    ck_assert_msg(slice_equal(one, other),
                  "%.*s, message %zu: the ways part at '%.120s' (short) and '%.120s' (%s) of\n%.*s",
                  SLICE_ARG(comparison->name), comparison->messages + 1, one.ptr + begin,
                  other.ptr + begin, way, SLICE_ARG(frame));
}

static void forget(struct comparison *comparison)
{
    arena_reset(comparison->memory);
    comparison->shapes = mapping_shapes_make(comparison->program, comparison->memory);
}

/* `times` with what was learnt of the messages before, and of itself: first its shapes are seen,
 * then watched, then used. */
static void compare(struct comparison *comparison, struct slice frame, unsigned times)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct mapping_context context = {
        .received = 20000 * TIME_DAY, .site = SLICE("local"), .trace = !comparison->is_untraced};
    struct slice plain = outcome_of(comparison, frame, &context, arena);
    context.looks = true;
    insist_same(comparison, frame, "with looks", plain,
                outcome_of(comparison, frame, &context, arena));
    context.steps = true;
    insist_same(comparison, frame, "with steps", plain,
                outcome_of(comparison, frame, &context, arena));
    context.looks = context.steps = false;
    if (comparison->messages % MESSAGES_OF_MEMORY == 0)
        forget(comparison);
    context.shapes = comparison->shapes;
    for (unsigned i = 0; i < times; i++)
        insist_same(comparison, frame, "as learnt", plain,
                    outcome_of(comparison, frame, &context, arena));
    comparison->messages++;
    comparison->written += slice_find(plain, SLICE("\"resourceType\"")) < plain.len;
    arena_free(arena);
}

/* The message with odd bytes before one field in eight, the same ones each time. With the last two
 * of them no value of the message is plain any more; `is_plain` leaves these out. */
static struct slice strewn(struct slice frame, uint32_t seed, bool is_plain, struct arena *arena)
{
    static const char *const ODD[] = {" ",  "\"\"",     "^",     "~X",    "^X",  "^^X",
                                      "X~", "20261399", "-1",    "^^^^^", "  X", "X  ",
                                      "x",  "1E9999",   "\\F\\", "&"};
    struct buffer text;
    buffer_init(&text, 0);
    size_t header = slice_find_byte(frame, '\r');
    for (size_t i = 0; i < frame.len; i++) {
        bool is_end = i > header && (frame.ptr[i] == '|' || frame.ptr[i] == '\r');
        seed = seed * 1664525 + 1013904223;
        size_t count = sizeof(ODD) / sizeof(ODD[0]);
        /* & makes the whole message one with subcomponents: one message in four may have it */
        size_t odd = (seed >> 8) % (is_plain ? count - 2 : count - (seed >> 30 != 0));
        bool is_name = i >= 4 && (frame.ptr[i - 3] == '\r' || frame.ptr[i - 4] == '\r');
        if (is_end && !is_name && seed >> 29 == 0)
            buffer_append(&text, slice_of(ODD[odd]));
        buffer_append_byte(&text, frame.ptr[i]);
    }
    struct slice result = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return result;
}

/* The message with other values behind its header: in one field of four a letter or digit is
 * another, so that what is filled stays filled, and codes, numbers and dates become others, or
 * none. */
static struct slice changed(struct slice frame, uint32_t seed, struct arena *arena)
{
    static const char DIGITS[] = "0123456789";
    char *text = arena_string(arena, frame);
    for (size_t i = slice_find_byte(frame, '\r'); i + 1 < frame.len; i++) {
        bool is_value = text[i + 1] >= '0' && text[i + 1] <= '9';
        seed = seed * 1664525 + 1013904223;
        if (text[i] == '\r')
            i += 3; /* the name of the segment */
        else if (seed >> 30 == 0 && is_value && (text[i] == '|' || text[i] == '^'))
            text[i + 1] = DIGITS[(seed >> 8) % 10];
        else if (seed >> 28 == 0 && text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)('A' + (seed >> 8) % 26);
    }
    return (struct slice){text, frame.len};
}

static void take_folder(struct comparison *comparison, const char *folder)
{
    struct arena *arena = arena_new((size_t)1 << 30);
    struct issue_list issues;
    struct slice *names, *messages, text;
    size_t count;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_list(folder, ".hl7", arena, &names, &count, &issues), 0);
    for (size_t i = 0; i < count; i++) {
        comparison->name = names[i];
        ck_assert_int_eq(
            file_read(file_join(arena, folder, names[i]), FILE_LIMIT, arena, &text, &issues), 0);
        size_t message_count = hl7v2_batch_split(text, arena, &messages);
        for (size_t k = 0; k < message_count; k++) {
            compare(comparison, messages[k], 3);
            for (uint32_t seed = 0; seed < OTHER_VALUES; seed++)
                compare(comparison, changed(messages[k], seed + 1, arena), 1);
            for (uint32_t seed = 0; seed < ODD_VERSIONS; seed++)
                compare(comparison, strewn(messages[k], seed + 1, false, arena), 1);
        }
    }
    arena_free(arena);
}

static void take_program(struct comparison *comparison, const struct mapping_texts *site,
                         struct arena *arena)
{
    struct issue_list issues;
    issue_list_init(&issues, arena);
    const struct mapping_rules *rules =
        harness_rules(PAINBRIDGE_SOURCE_DIR "/mappings", arena, &issues);
    if (!rules || mapping_program_make(rules, site, arena, &comparison->program, &issues) != 0)
        harness_print(&issues);
    ck_assert_ptr_nonnull(comparison->program);
}

static struct comparison comparison_begin(struct arena *arena)
{
    struct comparison comparison = {.memory = arena_new(0)};
    take_program(&comparison, NULL, arena);
    return comparison;
}

START_TEST(golden_messages_become_the_same_by_the_short_ways_and_the_long)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = comparison_begin(arena);
    take_folder(&comparison, PAINBRIDGE_SOURCE_DIR "/tests/mappings/golden");
    ck_assert_uint_ge(comparison.written, 15);
    arena_free(comparison.memory);
    arena_free(arena);
}
END_TEST

START_TEST(shared_messages_become_the_same_by_the_short_ways_and_the_long)
{
    char *folder = suite_need_shared("samples/v2/messages");
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = comparison_begin(arena);
    take_folder(&comparison, folder);
    ck_assert_uint_ge(comparison.written, 700);
    arena_free(comparison.memory);
    arena_free(arena);
    free(folder);
}
END_TEST

/* Twelve of one segment, of few kinds, as results and lists of problems come; # is the number. */
static void write_alike(struct buffer *out, const char *head, const char *const *kinds,
                        unsigned kind_count)
{
    buffer_append(out, slice_of(head));
    for (unsigned i = 0; i < 12; i++) {
        struct slice rest = slice_of(kinds[i % kind_count]), part;
        while (slice_split(&rest, '#', &part)) {
            buffer_append(out, part);
            if (rest.len)
                buffer_append_format(out, "%u", i + 1);
        }
    }
}

#define HEAD_OF_RESULTS                                                                            \
    "MSH|^~\\&|LAB|MISSION|PB|HUB|20260310093000-0800||ORU^R01^ORU_R01|1|P|2.5.1\r"                \
    "PID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r"                                        \
    "OBR|1|P1^APP|F1^LAB|24323-8^Panel^LN|||20260310092000-0800||||||||||||||||||F\r"
#define HEAD_OF_PROBLEMS                                                                           \
    "MSH|^~\\&|EHR|MISSION|PB|HUB|20260310093000-0800||ADT^A01^ADT_A01|1|P|2.5.1\r"                \
    "EVN|A01|20260310093000\rPID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r"                \
    "PV1|1|I|W^1^2\r"

static const struct {
    const char *head;
    const char *kinds[3];
    unsigned kind_count;
} ALIKE[] = {
    {HEAD_OF_RESULTS, {"OBX|#|NM|234#-1^Analyte^LN||4.#|mmol/L|3.5-5.1|N|||F|||20260310\r"}, 1},
    {HEAD_OF_RESULTS,
     {"OBX|#|NM|234#-1^Analyte^LN^77^Own^L||4.#|mmol/L^^UCUM|3.5-5.1|H|||F\r",
      "OBX|#|NM|234#-1^Analyte^L||7#|%|<7|||||P|||202603100800\r"},
     2},
    {HEAD_OF_RESULTS,
     {"OBX|#|CWE|718-#^Kind^LN||1#^Seen^SCT|||A|||F|||20260310\r",
      "OBX|#|SN|718-#^Kind^LN||>^1#|mg|||||C\r", "OBX|#|DT|718-#^Kind^LN||200001#\r"},
     3},
    {HEAD_OF_PROBLEMS, {"DG1|#|I10|M54.#^Low back^I10||2026030#|A\r"}, 1},
    {HEAD_OF_PROBLEMS,
     {"AL1|#|DA|7#^Penicillin^L|SV|Rash #|20200101\r", "AL1|#|FA|#^Nut #^L\r"},
     2},
    {HEAD_OF_PROBLEMS, {"NK1|#|DOE^N#|SPO|# ELM ST^^OAKLAND|(415)555-0101||N\r"}, 1},
};

START_TEST(segments_like_one_before_become_the_same_by_the_short_ways_and_the_long)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = comparison_begin(arena);
    struct buffer text;
    comparison.name = SLICE("segments alike");
    buffer_init(&text, 0);
    for (size_t i = 0; i < sizeof(ALIKE) / sizeof(ALIKE[0]); i++) {
        write_alike(&text, ALIKE[i].head, ALIKE[i].kinds, ALIKE[i].kind_count);
        compare(&comparison, buffer_slice(&text), 3);
        for (uint32_t seed = 0; seed < 20; seed++)
            compare(&comparison, changed(buffer_slice(&text), seed + 1, arena), 1);
        for (uint32_t seed = 0; seed < 40; seed++)
            compare(&comparison, strewn(buffer_slice(&text), seed + 1, true, arena), 1);
        buffer_reset(&text);
    }
    ck_assert_uint_ge(comparison.written, 240);
    buffer_release(&text);
    arena_free(comparison.memory);
    arena_free(arena);
}
END_TEST

/* A message whose shapes are learnt, and one that is like it but for one thing: # in both, `then`
 * and `now` in its place. */
static const struct {
    const char *what, *text, *then, *now;
} LIKE_BEFORE[] = {
    {"an order's number stands in OBR and ORC, then two numbers",
     "ORC|RE|P1^APP|F1^LAB\rOBR|1|#^APP|F1^LAB|1^Panel^L\r", "P1", "P2"},
    {"no second number, then one", "ORC|RE|P1^APP|F1^LAB\rOBR|1|P1^APP|#|1^Panel^L\r", "F1^LAB",
     "F2^LAB"},
    {"a number of another segment is said once, then twice",
     "ORC|RE|#|F1^LAB\rOBR|1|P1^APP|F1^LAB|1^Panel^L\r", "P1^APP", "P1^APP~P2^APP"},
    {"a number of another segment without its assigner",
     "ORC|RE|P1#|F1^LAB\rOBR|1|P1^APP|F1^LAB|1^Panel^L\r", "^APP", ""},
    {"an assigner of another segment, then with subcomponents",
     "ORC|RE|P1^#|F1^LAB\rOBR|1||F1^LAB|1^Panel^L\r", "APP", "APP&1.2.3&ISO"},
    {"an assigner of another segment, then with an escape",
     "ORC|RE|P1^#|F1^LAB\rOBR|1||F1^LAB|1^Panel^L\r", "APP", "A\\T\\P"},
    {"a value, then with an escape", "OBR|1|P1|F1|1^#^L\r", "Panel", "Pa\\F\\nel"},
    {"a value, then with characters beyond ASCII", "OBR|1|P1|F1|1^#^L\r", "Panel", "P\303\244nel"},
    {"a value, then with a subcomponent", "OBR|1|P1|F1|1^#^L\r", "Panel", "Pa&nel"},
    {"a patient of one number, then of two, and a result as before",
     "PV1|1|O|W~#\rOBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F\r", "", "X"},
    {"the first repetition of a place in another segment is empty",
     "ORC|RE|P1^APP|F1^LAB|||||#\rOBR|1|P1^APP|F1^LAB|1^Panel^L\r", "~P3&APP^F3&LAB", "~P4^F4"},
    {"a value that does not fit, and behind it a map that is not used",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|TX|1^Note^L|#|120||||||F\r", "2^CE", "3^CF"},
    {"another field of another segment is filled", "ORC|RE|P1|F1^LAB#\rOBR|1|P1|F1^LAB|1^Panel^L\r",
     "||||||", "|||||20260101|"},
    {"a text is joined of one line, then of two",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|TX|1^Note^L||one#||||||F\r", "", "\rOBX|2|TX|1^Note^L||two"},
    {"a code of a table, then one that it does not know",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1|||#|||F\r", "N", "QQ"},
    {"a code of a table in one component, then in two",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1|||#|||F\r", "N", "N^Normal"},
    {"a date, then what is none", "OBR|1|P1|F1|1^Panel^L|||#||||||||||||||||||F\r", "20260101",
     "20261399"},
    {"an hour, which has no form, after minutes", "OBR|1|P1|F1|1^Panel^L|||#\r", "202601010830",
     "2026010108"},
    {"a value, then a deletion", "OBR|1|P1|F1|1^Panel^L|||#\r", "20260101", "\"\""},
    {"a value, then blanks", "OBR|1|P1|F1|#^Panel^L\r", "1", "  "},
    {"a person, then the same in a second place",
     "OBR|1|P1|F1|1^Panel^L||||||||||||7^HOUSE^GREG\rOBX|1|NM|1^Note^L||1||||||F|||||#\r",
     "8^CHASE^ROBERT", "7^HOUSE^GREG"},
    {"a number of a text's template is another",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|VR|1^Note^L||#||||||F\r", "1^5", "2^7"},
    {"a number of a text's template is gone",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|VR|1^Note^L||#||||||F\r", "1^5", "2"},
    {"a type and the use that it implies, then another use",
     "PV1|1|I|W^1||||||||||||||||V1^^^H^#\rOBR|1|P1|F1|1^Panel^L\r", "VN", "AN"},
    {"many components", "OBR|1|P1|F1|1^Panel^L^#\r", "4^5", "4^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^5"},
};

#define HEAD_OF_LIKE                                                                               \
    "MSH|^~\\&|LAB|MISSION|PB|HUB|20260310093000-0800||ORU^R01^ORU_R01|1|P|2.5.1\r"                \
    "PID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r"

/* The text behind the head, with the value at #. */
static struct slice filled(const char *head, const char *text, const char *value,
                           struct arena *arena)
{
    struct slice rest = slice_of(text), before;
    (void)slice_split(&rest, '#', &before);
    return arena_format(arena, "%s%.*s%s%.*s", head, SLICE_ARG(before), value, SLICE_ARG(rest));
}

static struct slice like(const char *head, size_t i, bool is_now, struct arena *arena)
{
    return filled(head, LIKE_BEFORE[i].text, is_now ? LIKE_BEFORE[i].now : LIKE_BEFORE[i].then,
                  arena);
}

START_TEST(messages_like_one_before_become_the_same_by_the_short_ways_and_the_long)
{
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = comparison_begin(arena);
    for (size_t i = 0; i < sizeof(LIKE_BEFORE) / sizeof(LIKE_BEFORE[0]); i++) {
        comparison.name = slice_of(LIKE_BEFORE[i].what);
        forget(&comparison);
        comparison.messages = 1; /* not forgotten in between */
        compare(&comparison, like(HEAD_OF_LIKE, i, false, arena), 3);
        ck_assert_uint_gt(mapping_shapes_used(comparison.shapes), 0);
        compare(&comparison, like(HEAD_OF_LIKE, i, true, arena), 3);
        compare(&comparison, like(HEAD_OF_LIKE, i, false, arena), 1);
    }
    arena_free(comparison.memory);
    arena_free(arena);
}
END_TEST

/* What a site adds to the map of an OBX or changes there, and a message as in LIKE_BEFORE. */
static const struct {
    const char *what, *rules, *text, *then, *now;
} RULES_OF_SITES[] = {
    {"a rule that runs anew wrote nothing, then what the next one would write",
     "<add map='OBX-Observation'><set id='s.a' from='PATIENT.PID-15.1' to='language'/>"
     "<set id='s.b' from='OBX-13' to='language' keep='first'/></add>",
     "PID|1||M1||DOE||||||||||#\rOBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F||de\r", "",
     "en"},
    {"a rule that runs anew wrote what the next one would write, then nothing",
     "<add map='OBX-Observation'><set id='s.a' from='PATIENT.PID-15.1' to='language'/>"
     "<set id='s.b' from='OBX-13' to='language' keep='first'/></add>",
     "PID|1||M1||DOE||||||||||#\rOBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F||de\r", "en",
     ""},
    {"a rule that runs anew wrote the same as the next one, then another",
     "<add map='OBX-Observation'><set id='s.a' from='PATIENT.PID-15.1' to='language'/>"
     "<set id='s.b' from='OBX-13' to='language'/></add>",
     "PID|1||M1||DOE||||||||||#\rOBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F||de\r", "de",
     "en"},
    {"a rule that runs anew makes no entry, then the one that the next one writes into",
     "<add map='OBX-Observation'><set id='s.a' from='PATIENT.PID-15.1' "
     "to='interpretation[x].text'/>"
     "<set id='s.b' from='OBX-13' to='interpretation[x].id'/></add>",
     "PID|1||M1||DOE||||||||||#\rOBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F||de\r", "",
     "en"},
    {"a rule that runs anew makes an entry into which the next one writes, then none",
     "<add map='OBX-Observation'><set id='s.a' from='PATIENT.PID-15.1' "
     "to='interpretation[x].text'/>"
     "<set id='s.b' from='OBX-13' to='interpretation[x].id'/></add>",
     "PID|1||M1||DOE||||||||||#\rOBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F||de\r", "en",
     ""},
    {"a rule that runs anew wrote no type of a choice, then one",
     "<add map='OBX-Observation'><set id='s.a' from='PATIENT.PID-15.1' to='valueString'/>"
     "<set id='s.b' from='OBX-13' to='valueBoolean'/></add>",
     "PID|1||M1||DOE||||||||||#\rOBR|1|P1|F1|1^Panel^L\rOBX|1||1^Note^L||||||||F||true\r", "",
     "en"},
    {"two rules say the same of one element, then not",
     "<add map='OBX-Observation'><set id='s.a' from='OBX-13' to='language'/>"
     "<set id='s.b' from='OBX-15.1' to='language'/></add>",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||F||de||#\r", "de", "en"},
    {"a second code is waited for that is not known, then the first",
     "<change id='obx.status' unmapped='hold'/>",
     "OBR|1|P1|F1|1^Panel^L\rOBX|1|NM|1^Note^L||1||||||QQ\rOBX|2|NM|1^Note^L||1||||||QQ\r#", "",
     "OBX|3|NM|1^Note^L||1||||||QQ\r"},
    {"a field that a condition asks for is empty, then blank",
     "<add map='OBX-Observation'><set id='s.b' value='x' to='language' when='OBR-13 "
     "valued'/></add>",
     "OBR|1|P1|F1|1^Panel^L|||||||||#\rOBX|1|NM|1^Note^L||1||||||F\r", "", " "},
    {"a place that is compared with nothing is not read, then with something",
     "<add map='OBX-Observation'>"
     "<set id='s.b' value='x' to='language' when='OBR-48 = OBR-49'/></add>",
     "OBR|1|P1|F1|1^Panel^L||||||||||||||||||||||||||||||||||||||||||||X|#\r"
     "OBX|1|NM|1^Note^L||1||||||F\r",
     "", "Y"},
    {"a place that is compared with something is read, then with nothing",
     "<add map='OBX-Observation'>"
     "<set id='s.b' value='x' to='language' when='OBR-48 = OBR-49'/></add>",
     "OBR|1|P1|F1|1^Panel^L||||||||||||||||||||||||||||||||||||||||||||X|#\r"
     "OBX|1|NM|1^Note^L||1||||||F\r",
     "Y", ""},
};

static void take_site(struct comparison *comparison, const char *rules, struct arena *arena)
{
    struct mapping_text file = {SLICE("s.xml"),
                                arena_format(arena,
                                             "<site id='s' version='2.5.1' organization='Clinic'>"
                                             "%s</site>",
                                             rules)};
    struct mapping_texts texts = {"sites/s", ARENA_NEW(arena, struct mapping_text), 1};
    texts.items[0] = file;
    take_program(comparison, &texts, arena);
}

/* With the record of why and without it: it must not be what tells them apart. */
START_TEST(rules_of_a_site_become_the_same_by_the_short_ways_and_the_long)
{
    static const char *const HEAD_OF_RESULT =
        "MSH|^~\\&|LAB|MISSION|PB|HUB|20260310093000-0800||ORU^R01^ORU_R01|1|P|2.5.1\r";
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = {.name = slice_of(RULES_OF_SITES[_i / 2].what),
                                    .memory = arena_new(0),
                                    .is_untraced = _i % 2};
    const char *text = RULES_OF_SITES[_i / 2].text;
    take_site(&comparison, RULES_OF_SITES[_i / 2].rules, arena);
    forget(&comparison);
    comparison.messages = 1;
    compare(&comparison, filled(HEAD_OF_RESULT, text, RULES_OF_SITES[_i / 2].then, arena), 3);
    compare(&comparison, filled(HEAD_OF_RESULT, text, RULES_OF_SITES[_i / 2].now, arena), 3);
    ck_assert_uint_eq(comparison.written, 2);
    arena_free(comparison.memory);
    arena_free(arena);
}
END_TEST

/* The header, the clock and who asks belong to what a value becomes. */
START_TEST(what_was_learnt_of_another_header_is_not_used)
{
    static const char *const HEADS[] = {
        HEAD_OF_LIKE,
        "MSH|^~\\&|LAB|MISSION|PB|HUB|20260310093000+0100||ORU^R01^ORU_R01|1|P|2.5.1\r"
        "PID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r",
        "MSH|^~\\&|LAB|MISSION|PB|HUB|20260310093000||ORU^R01^ORU_R01|1|P|2.5.1\r"
        "PID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r",
        "MSH|@~\\&|LAB|MISSION|PB|HUB|20260310093000||ORU@R01@ORU_R01|1|P|2.5.1\r"
        "PID|1||M1^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F\r",
        "MSH|^~\\&|LAB|OTHER|PB|HUB|20260310093000||ORU^R01^ORU_R01|2|P|2.3\r"
        "PID|1||M2^^^MISSION^MR||TESTCASE||19710405|F\r"};
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = comparison_begin(arena);
    for (size_t i = 0; i < sizeof(LIKE_BEFORE) / sizeof(LIKE_BEFORE[0]); i++) {
        comparison.name = slice_of(LIKE_BEFORE[i].what);
        forget(&comparison);
        comparison.messages = 1;
        for (size_t k = 0; k < sizeof(HEADS) / sizeof(HEADS[0]); k++)
            compare(&comparison, like(HEADS[k], i, false, arena), 3);
        for (size_t k = 0; k < sizeof(HEADS) / sizeof(HEADS[0]); k++)
            compare(&comparison, like(HEADS[k], i, true, arena), 1);
    }
    arena_free(comparison.memory);
    arena_free(arena);
}
END_TEST

/* A range of two long numbers is a text that is put together of them (obx.value-range). */
START_TEST(a_long_value_is_not_kept)
{
    enum { LENGTH = 300000 };
    struct arena *arena = arena_new((size_t)1 << 28);
    struct comparison comparison = comparison_begin(arena);
    struct buffer text;
    char *digits = arena_alloc(arena, LENGTH);
    memset(digits, '7', LENGTH);
    buffer_init(&text, 0);
    buffer_append(&text, SLICE(HEAD_OF_LIKE "OBR|1|P1|F1|1^Panel^L\rOBX|1|VR|1^Note^L||"));
    buffer_append(&text, (struct slice){digits, LENGTH});
    buffer_append(&text, SLICE("^"));
    buffer_append(&text, (struct slice){digits, LENGTH});
    buffer_append(&text, SLICE("||||||F\r"));
    forget(&comparison);
    comparison.messages = 1;
    compare(&comparison, buffer_slice(&text), 4);
    ck_assert_uint_eq(comparison.written, 1);
    ck_assert_uint_lt(mapping_shapes_used(comparison.shapes), 64 * 1024);
    buffer_release(&text);
    arena_free(comparison.memory);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *ways = tcase_create("short-ways");
    tcase_set_timeout(ways, 480);
    tcase_add_test(ways, golden_messages_become_the_same_by_the_short_ways_and_the_long);
    tcase_add_test(ways, shared_messages_become_the_same_by_the_short_ways_and_the_long);
    tcase_add_test(ways, segments_like_one_before_become_the_same_by_the_short_ways_and_the_long);
    suite_add_tcase(suite, ways);
    TCase *shapes = tcase_create("shapes");
    tcase_set_timeout(shapes, 120);
    tcase_add_test(shapes, messages_like_one_before_become_the_same_by_the_short_ways_and_the_long);
    tcase_add_loop_test(shapes, rules_of_a_site_become_the_same_by_the_short_ways_and_the_long, 0,
                        2 * (int)(sizeof(RULES_OF_SITES) / sizeof(RULES_OF_SITES[0])));
    tcase_add_test(shapes, what_was_learnt_of_another_header_is_not_used);
    tcase_add_test(shapes, a_long_value_is_not_kept);
    suite_add_tcase(suite, shapes);
}

int main(void)
{
    return suite_main("short_ways", add);
}
