/* test_run_send: tests of what goes out: the messages that resources call for, or one map, made to
 * bytes; and what was expected beside what stands there. */
#include "hl7v2/text.h"
#include "mapping/send_run.h"
#include "mapping/test_internal.h"

/* One message that was made, or not. */
struct made_message {
    struct mapping_sent sent;
    struct hl7v2_message message; /* of its bytes */
};

struct sending {
    struct test_run *run;
    struct mapping_pool *pool;
    const struct json *first; /* of what is given */
    struct made_message *messages;
    size_t count;
    size_t refused;
    struct mapping_send_context context;
    struct issue_list issues;
};

/* --- what is given -----------------------------------------------------------------------------*/

static int take_given(struct sending *sending, const struct rule *given, struct issue_list *issues)
{
    struct test_run *run = sending->run;
    struct slice text = given->element->text;
    struct issue_list mistakes;
    struct json *json;
    issue_list_init(&mistakes, run->arena);
    if (rule_has(given, ATTRIBUTE_FILE) && test_fixture(run, given, &text, issues) != 0)
        return -1;
    if (json_parse(slice_trim(text), run->arena, &json, &mistakes) != 0) {
        rule_value_error(issues, given, ATTRIBUTE_FILE, 0, 0, "no-fixture", (struct slice){NULL, 0},
                         "%.*s", SLICE_ARG(issue_words(&mistakes.items[0])));
        return -1;
    }
    if (!sending->first)
        sending->first = json;
    if (json_get_text(json, SLICE("resourceType")).len)
        mapping_pool_add(sending->pool, json);
    return 0;
}

static int take_all_given(struct sending *sending, struct issue_list *issues)
{
    const struct rule *child = sending->run->test->rule->first_child;
    for (; child; child = child->next)
        if (child->word == WORD_TEST_JSON && take_given(sending, child, issues) != 0)
            return -1;
    return 0;
}

/* --- what is made ------------------------------------------------------------------------------*/

/* MSH, and the segment that the map writes. */
static const struct hl7v2_structure *structure_for(const struct test_send_map *map,
                                                   struct arena *arena)
{
    struct hl7v2_node *nodes = ARENA_ARRAY(arena, 3, struct hl7v2_node);
    struct hl7v2_structure *structure = ARENA_NEW(arena, struct hl7v2_structure);
    uint32_t segment = map->segment ? map->segment : HL7V2_ID(TEST_VALUE_SEGMENT);
    nodes[0] = (struct hl7v2_node){.name = SLICE("ZZT"), .next = 3, .min = 1, .max = 1};
    nodes[1] = (struct hl7v2_node){
        .name = SLICE("MSH"), .segment = HL7V2_ID("MSH"), .next = 2, .min = 1, .max = 1};
    nodes[2] = (struct hl7v2_node){.name = arena_format(arena, "%c%c%c", (char)(segment >> 16),
                                                        (char)(segment >> 8), (char)segment),
                                   .segment = segment,
                                   .next = 3};
    *structure = (struct hl7v2_structure){nodes[0].name, nodes, 3};
    return structure;
}

static void add_message(struct sending *sending, int outcome, const struct mapping_sent *sent)
{
    struct made_message *made = &sending->messages[sending->count];
    struct arena *arena = sending->run->arena;
    made->sent = *sent;
    if (outcome == 0 &&
        hl7v2_message_parse(sent->text, NULL, arena, &made->message, &sending->issues) == 0)
        sending->count++;
    else
        sending->refused++;
}

static void make_map(struct sending *sending)
{
    struct test_run *run = sending->run;
    const struct test_send_map *map = run->test->send_map;
    struct send_alone alone = {.map = map->id,
                               .structure = structure_for(map, run->arena),
                               .field = map->segment ? 0 : TEST_VALUE_FIELD,
                               .value = sending->first};
    struct mapping_sent sent;
    sending->messages = ARENA_ARRAY(run->arena, 1, struct made_message);
    if (map->resource) {
        alone.value = NULL;
        alone.resource = pool_first(sending->pool, map->resource->name);
        if (alone.resource == POOL_NONE) {
            issue_report(&sending->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                         "there is no %.*s in what the test is given",
                         SLICE_ARG(map->resource->name));
            sending->refused = 1;
            return;
        }
    }
    int outcome = send_map_to_v2(run->sends, sending->pool, &alone, &sending->context, run->arena,
                                 &sent, &sending->issues);
    add_message(sending, outcome, &sent);
}

static void make_messages(struct sending *sending)
{
    struct test_run *run = sending->run;
    struct slice id = run->test->send->rule->id;
    struct mapping_call *calls = NULL;
    struct mapping_sent sent;
    size_t count =
        mapping_calls(run->sends, sending->pool, &sending->context, NULL, 0, run->arena, &calls);
    sending->messages = ARENA_ARRAY(run->arena, count + 1, struct made_message);
    for (size_t i = 0; i < count; i++) {
        if (!slice_equal(mapping_sends_at(run->sends, calls[i].send).id, id))
            continue;
        int outcome = mapping_to_v2(run->sends, sending->pool, &calls[i], &sending->context,
                                    run->arena, &sent, &sending->issues);
        add_message(sending, outcome, &sent);
    }
}

/* --- what stands there -------------------------------------------------------------------------*/

struct found {
    struct slice *items;
    size_t count;
};

/* The part as it is sent; one value without its escapes. */
static struct slice text_of(struct sending *sending, const struct hl7v2_message *message,
                            const struct hl7v2_place *place, struct slice raw)
{
    struct slice text = raw;
    struct issue_list unused;
    const struct hl7v2_delimiters *marks = &message->delimiters;
    bool is_whole = place->field == 0 || slice_find_byte(raw, marks->component) < raw.len ||
                    slice_find_byte(raw, marks->subcomponent) < raw.len;
    issue_list_init(&unused, sending->run->arena);
    if (!is_whole)
        (void)!hl7v2_text_decode(message, raw, sending->run->arena, &text, &unused);
    return text;
}

/* What stands at a place in all messages; without a place: the messages. */
static struct found find(struct sending *sending, const struct test_expectation *expectation)
{
    struct found found = {.count = 0};
    struct arena *arena = sending->run->arena;
    for (size_t i = 0; i < sending->count; i++) {
        const struct hl7v2_message *message = &sending->messages[i].message;
        struct slice whole = sending->messages[i].sent.text, *items = &whole;
        size_t count = 1;
        if (expectation->place.segment)
            count = hl7v2_place_resolve(&expectation->place, message, arena, &items);
        found.items = arena_grow(arena, found.items, found.count * sizeof(*items),
                                 (found.count + count) * sizeof(*items));
        for (size_t k = 0; k < count; k++)
            if (items[k].len)
                found.items[found.count++] =
                    text_of(sending, message, &expectation->place, items[k]);
    }
    return found;
}

/* --- where it came from ------------------------------------------------------------------------*/

static bool is_number(uint32_t wanted, unsigned number)
{
    return wanted == 0 || wanted == HL7V2_PLACE_EACH || wanted == number;
}

static bool is_at(const struct hl7v2_place *place, const struct mapping_sent_trace *trace)
{
    return HL7V2_ID(trace->segment.ptr) == place->segment &&
           is_number(place->sequence, trace->sequence) && is_number(place->field, trace->field) &&
           is_number(place->repetition, trace->repetition) &&
           is_number(place->component, trace->component) &&
           is_number(place->subcomponent, trace->subcomponent);
}

static struct slice from_of(const struct mapping_sent_trace *trace, struct arena *arena)
{
    if (!trace->resource)
        return trace->kind == MAPPING_TRACE_FACT    ? SLICE("a fact of the engine")
               : trace->kind == MAPPING_TRACE_FIELD ? trace->path
                                                    : SLICE("a literal");
    return arena_format(
        arena, "%.*s/%.*s %.*s", SLICE_ARG(json_get_text(trace->resource, SLICE("resourceType"))),
        SLICE_ARG(json_get_text(trace->resource, SLICE("id"))), SLICE_ARG(trace->path));
}

static struct mapping_test_source source_of(struct sending *sending,
                                            const struct made_message *made,
                                            const struct mapping_sent_trace *trace)
{
    struct arena *arena = sending->run->arena;
    struct issue_place place =
        issue_place_v2(trace->segment, trace->sequence, trace->field, trace->repetition,
                       trace->component, trace->subcomponent);
    size_t segment =
        hl7v2_message_find(&made->message, HL7V2_ID(trace->segment.ptr), trace->sequence);
    struct hl7v2_place part = {.field = trace->field};
    struct slice raw = {NULL, 0};
    if (segment != HL7V2_NO_SEGMENT)
        raw = hl7v2_message_value(&made->message, segment, trace->field, trace->repetition,
                                  trace->component, trace->subcomponent);
    return (struct mapping_test_source){
        issue_place_text(&place, arena), text_of(sending, &made->message, &part, raw),
        from_of(trace, arena), mapping_sends_rule(sending->run->sends, trace->rule)};
}

static size_t sources_of(struct sending *sending, const struct test_expectation *expectation,
                         struct mapping_test_source **ret_sources)
{
    struct mapping_test_source *sources = NULL;
    size_t count = 0;
    for (size_t i = 0; i < sending->count && expectation->place.segment; i++) {
        const struct made_message *made = &sending->messages[i];
        sources = arena_grow(sending->run->arena, sources, count * sizeof(*sources),
                             (count + made->sent.trace_count) * sizeof(*sources));
        for (size_t k = 0; k < made->sent.trace_count; k++)
            if (is_at(&expectation->place, &made->sent.trace[k]))
                sources[count++] = source_of(sending, made, &made->sent.trace[k]);
    }
    *ret_sources = sources;
    return count;
}

static bool is_by(struct sending *sending, const struct test_expectation *expectation,
                  struct slice by)
{
    struct mapping_test_source *sources;
    size_t count = by.len ? sources_of(sending, expectation, &sources) : 0;
    for (size_t i = 0; i < count; i++)
        if (slice_equal(sources[i].rule.id, by))
            return true;
    return by.len == 0;
}

/* --- verdicts ----------------------------------------------------------------------------------*/

static struct slice shown(struct sending *sending, const struct found *found)
{
    struct slice words = {NULL, 0};
    struct arena *arena = sending->run->arena;
    if (sending->count == 0 && sending->refused == 0)
        return SLICE("no message is called for");
    if (found->count == 0)
        return SLICE("nothing");
    for (size_t i = 0; i < found->count && words.len < TEST_LONGEST_VALUE; i++)
        words = arena_format(arena, "%.*s%s'%.*s'", SLICE_ARG(words), i ? ", " : "",
                             SLICE_ARG(slice_part(found->items[i], 0, TEST_LONGEST_VALUE)));
    return words;
}

static struct slice subject(const struct rule *rule)
{
    return rule_has(rule, ATTRIBUTE_PLACE) ? rule_text(rule, ATTRIBUTE_PLACE) : SLICE("message");
}

static void fail(struct sending *sending, const struct test_expectation *expectation,
                 struct slice expected, struct slice actual)
{
    struct mapping_test_failure *failure =
        test_add_failure(sending->run, expectation->rule, expected, actual);
    failure->trace_count = sources_of(sending, expectation, &failure->trace);
}

static void judge_value(struct sending *sending, const struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    struct slice equals = rule_text(rule, ATTRIBUTE_EQUALS), by = rule_text(rule, ATTRIBUTE_BY);
    struct found found = find(sending, expectation);
    bool is_equal = found.count == 1 && slice_equal(found.items[0], equals);
    if (is_equal && is_by(sending, expectation, by))
        return;
    struct slice actual = shown(sending, &found);
    if (is_equal)
        actual = arena_format(sending->run->arena, "%.*s by another rule", SLICE_ARG(actual));
    fail(sending, expectation,
         arena_format(sending->run->arena, "%.*s = '%.*s'%s%.*s", SLICE_ARG(subject(rule)),
                      SLICE_ARG(equals), by.len ? " by " : "", SLICE_ARG(by)),
         actual);
}

/* Of a message that is not there nothing is absent. */
static void judge_absent(struct sending *sending, const struct test_expectation *expectation)
{
    struct found found = find(sending, expectation);
    bool needs_message = expectation->place.segment != 0;
    if (found.count == 0 && (sending->count > 0 || !needs_message))
        return;
    fail(sending, expectation,
         arena_format(sending->run->arena, "no %.*s", SLICE_ARG(subject(expectation->rule))),
         shown(sending, &found));
}

static void judge_count(struct sending *sending, const struct test_expectation *expectation)
{
    const struct rule *rule = expectation->rule;
    struct found found = find(sending, expectation);
    uint64_t wanted = 0;
    if (slice_to_uint64(rule_text(rule, ATTRIBUTE_EQUALS), UINT32_MAX, &wanted) &&
        wanted == found.count)
        return;
    fail(sending, expectation,
         arena_format(sending->run->arena, "%zu of %.*s", (size_t)wanted, SLICE_ARG(subject(rule))),
         arena_format(sending->run->arena, "%zu", found.count));
}

static bool is_refused_at(const struct sending *sending, const struct hl7v2_place *place)
{
    for (size_t i = 0; i < sending->issues.count; i++) {
        const struct issue *issue = &sending->issues.items[i];
        if (issue->severity >= ISSUE_ERROR && issue->place.name.len == 3 &&
            HL7V2_ID(issue->place.name.ptr) == place->segment && issue->place.field == place->field)
            return true;
    }
    return false;
}

static void judge_refused(struct sending *sending, const struct test_expectation *expectation)
{
    struct arena *arena = sending->run->arena;
    if (sending->refused && is_refused_at(sending, &expectation->place))
        return;
    const struct issue *error = issue_list_first_error(&sending->issues);
    struct slice actual =
        sending->count ? SLICE("it can be sent") : SLICE("no message is called for");
    if (error)
        actual = arena_format(arena, "refused: %.*s", SLICE_ARG(issue_words(error)));
    fail(sending, expectation,
         arena_format(arena, "refused for %.*s", SLICE_ARG(subject(expectation->rule))), actual);
}

/* A message that could not be made is no proof of anything but that. */
static void fail_refused(struct sending *sending, const struct test_expectation *expectation)
{
    const struct issue *error = issue_list_first_error(&sending->issues);
    struct slice actual = SLICE("the message cannot be sent");
    if (error)
        actual = arena_format(sending->run->arena, "%.*s: %.*s", SLICE_ARG(actual),
                              SLICE_ARG(issue_words(error)));
    fail(sending, expectation, subject(expectation->rule), actual);
}

static void judge(struct sending *sending, const struct test_expectation *expectation)
{
    typedef void judge_word(struct sending * sending, const struct test_expectation *expectation);
    static judge_word *const JUDGES[WORD_COUNT] = {[WORD_EXPECT] = judge_value,
                                                   [WORD_ABSENT] = judge_absent,
                                                   [WORD_EXPECT_COUNT] = judge_count,
                                                   [WORD_REFUSED] = judge_refused};
    judge_word *word = JUDGES[expectation->rule->word];
    if (sending->refused && word != judge_refused)
        word = fail_refused;
    word(sending, expectation);
}

/* --- the whole ---------------------------------------------------------------------------------*/

int test_run_send(struct test_run *run, struct issue_list *issues)
{
    const struct mapping_site *site = mapping_sends_site(run->sends);
    struct sending sending = {.run = run, .pool = mapping_pool_new(run->arena)};
    issue_list_init(&sending.issues, run->arena);
    sending.context = (struct mapping_send_context){
        .now = TEST_TIME,
        .zone = site->time_zone.len ? zone_load(run->arena, site->time_zone) : NULL,
        .mrn_system =
            site->id.len ? (struct slice){NULL, 0} : SLICE("urn:painbridge:site:local:mrn"),
        .trace = true};
    if (take_all_given(&sending, issues) != 0)
        return -1;
    if (run->test->send)
        make_messages(&sending);
    else
        make_map(&sending);
    run->made.issues = sending.issues;
    for (const struct test_expectation *one = run->test->expectations; one; one = one->next)
        judge(&sending, one);
    return 0;
}
