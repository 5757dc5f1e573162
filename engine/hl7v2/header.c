#include "hl7v2/header.h"

#include "hl7v2/event.h"

/* HL7 table 0155. */
static const struct {
    struct slice code;
    enum hl7v2_condition condition;
} CONDITIONS[] = {
    {SLICE_INIT("AL"), HL7V2_CONDITION_ALWAYS},
    {SLICE_INIT("NE"), HL7V2_CONDITION_NEVER},
    {SLICE_INIT("ER"), HL7V2_CONDITION_ERROR},
    {SLICE_INIT("SU"), HL7V2_CONDITION_SUCCESS},
};

static struct slice msh(const struct hl7v2_message *message, unsigned field, unsigned component)
{
    return hl7v2_message_value(message, 0, field, component > 0 ? 1 : 0, component, 0);
}

/* Section 2: a delete indicator counts as empty. */
static enum hl7v2_condition condition_of(const struct hl7v2_message *message, struct slice code)
{
    if (!hl7v2_message_is_valued(message, code))
        return HL7V2_CONDITION_EMPTY;
    for (size_t i = 0; i < sizeof CONDITIONS / sizeof CONDITIONS[0]; i++)
        if (slice_equal(code, CONDITIONS[i].code))
            return CONDITIONS[i].condition;
    return HL7V2_CONDITION_UNKNOWN;
}

static void read_type(const struct hl7v2_message *message, struct hl7v2_header *header)
{
    struct hl7v2_event event;
    header->type = msh(message, 9, 1);
    header->event = msh(message, 9, 2);
    hl7v2_event_find(header->type, header->event, &event);
    header->structure = msh(message, 9, 3);
    /* Many senders write ADT^A08^ADT_A08: such a structure does not exist, the event's does. */
    if (event.structure.len > 0 && !slice_equal(header->structure, event.structure) &&
        !hl7v2_event_is_structure(header->structure))
        header->structure = event.structure;
    bool has_msa = hl7v2_message_count(message, HL7V2_ID("MSA")) > 0;
    header->is_acknowledgement =
        slice_equal(header->type, SLICE("ACK")) || (has_msa && event.is_response);
}

void hl7v2_header_read(const struct hl7v2_message *message, struct hl7v2_header *ret_header)
{
    struct hl7v2_header header = {
        .sending_application = msh(message, 3, 0),
        .sending_facility = msh(message, 4, 0),
        .receiving_application = msh(message, 5, 0),
        .receiving_facility = msh(message, 6, 0),
        .time = msh(message, 7, 0),
        .control_id = msh(message, 10, 0),
        .processing_id = msh(message, 11, 1),
        .version_id = msh(message, 12, 1),
        .sequence_number = msh(message, 13, 0),
        .charset_name = msh(message, 18, 0),
        .accept = condition_of(message, msh(message, 15, 0)),
        .application = condition_of(message, msh(message, 16, 0)),
    };
    header.version = hl7v2_version_of(header.version_id);
    read_type(message, &header);
    struct hl7v2_datetime time;
    if (hl7v2_datetime_parse(msh(message, 7, 1), &time) && time.has_offset) {
        header.has_offset = true;
        header.offset_minutes = time.offset_minutes;
    }
    *ret_header = header;
}

/* --- the checks --------------------------------------------------------------------------------
 */

struct check {
    const struct hl7v2_message *message;
    const struct hl7v2_header *header;
    const struct hl7v2_header_rules *rules;
    struct issue_list *issues;
};

static int fail(const struct check *check, enum issue_code code, unsigned field, unsigned component)
{
    issue_add(check->issues,
              (struct issue){.code = code,
                             .severity = ISSUE_ERROR,
                             .place = hl7v2_message_place(check->message, 0, field,
                                                          component > 0 ? 1 : 0, component, 0)});
    return -1;
}

/* Row 1: hl7v2_message_parse also indexes what begins with FHS or BHS, and more than one MSH. */
static int check_is_message(const struct check *check)
{
    if (check->message->segments[0].id != HL7V2_ID("MSH") ||
        hl7v2_message_count(check->message, HL7V2_ID("MSH")) > 1)
        return fail(check, ISSUE_NOT_A_MESSAGE, 0, 0);
    return 0;
}

/* Row 2. */
static int check_control_id(const struct check *check)
{
    if (!hl7v2_message_is_valued(check->message, check->header->control_id))
        return fail(check, ISSUE_REQUIRED_HEADER, 10, 0);
    return 0;
}

/* Row 3. */
static int check_text(const struct check *check)
{
    return hl7v2_message_check_text(check->message, check->rules->message, check->issues);
}

/* Row 4 and rule 9: one set for the whole message. */
static int check_charset(const struct check *check)
{
    if (check->message->charset == HL7V2_CHARSET_UNKNOWN ||
        hl7v2_message_repetition_count(check->message, check->header->charset_name) > 1)
        return fail(check, ISSUE_TABLE_VALUE, 18, 0);
    return 0;
}

/* Row 5. */
static int check_version(const struct check *check)
{
    const struct hl7v2_header_rules *rules = check->rules;
    enum hl7v2_version version = check->header->version;
    if (!hl7v2_message_is_valued(check->message, check->header->version_id))
        return fail(check, ISSUE_REQUIRED_HEADER, 12, 0);
    bool too_early = version < rules->lowest;
    bool too_late = rules->highest != HL7V2_VERSION_UNKNOWN && version > rules->highest;
    if (version == HL7V2_VERSION_UNKNOWN || too_early || too_late)
        return fail(check, ISSUE_VERSION_ID, 12, 0);
    return 0;
}

/* Row 6. */
static int check_processing_id(const struct check *check)
{
    struct slice id = check->header->processing_id;
    struct slice taken = check->rules->processing_ids;
    if (!hl7v2_message_is_valued(check->message, id))
        return fail(check, ISSUE_REQUIRED_HEADER, 11, 0);
    if (taken.len == 0)
        taken = SLICE("PTD");
    if (id.len != 1 || slice_find_byte(taken, id.ptr[0]) == taken.len)
        return fail(check, ISSUE_PROCESSING_ID, 11, 0);
    return 0;
}

/* "ZRD^Z01" among the types that a feed takes beside the table's. */
static bool is_taken_beside(const struct check *check)
{
    const struct hl7v2_header *header = check->header;
    for (size_t i = 0; i < check->rules->more_type_count; i++) {
        struct slice pair = check->rules->more_types[i];
        size_t type = slice_find_byte(pair, '^');
        if (slice_equal(slice_part(pair, 0, type), header->type) &&
            slice_equal(slice_after(pair, type + 1), header->event))
            return true;
    }
    return false;
}

/* Row 7. */
static int check_type(const struct check *check)
{
    struct hl7v2_event event;
    enum hl7v2_event_knowledge knowledge =
        hl7v2_event_find(check->header->type, check->header->event, &event);
    if (knowledge == HL7V2_EVENT_KNOWN || is_taken_beside(check))
        return 0;
    if (knowledge == HL7V2_EVENT_UNKNOWN)
        return fail(check, ISSUE_EVENT_CODE, 9, 2);
    return fail(check, ISSUE_MESSAGE_TYPE, 9, 1);
}

static bool is_party(const struct hl7v2_message *message, const struct hl7v2_party *party,
                     unsigned application_field)
{
    struct slice application = msh(message, application_field, 1);
    struct slice facility = msh(message, application_field + 1, 1);
    return slice_equal(application, party->application) &&
           (party->facility.len == 0 || slice_equal(facility, party->facility));
}

bool hl7v2_header_is_allowed(const struct hl7v2_message *message,
                             const struct hl7v2_header_rules *rules)
{
    for (size_t i = 0; i < rules->allowed_sender_count; i++)
        if (is_party(message, &rules->allowed_senders[i], 3))
            return true;
    return rules->allowed_sender_count == 0;
}

/* Row 8. */
static int check_parties(const struct check *check)
{
    const struct hl7v2_header_rules *rules = check->rules;
    if (rules->receiving.application.len > 0 && !is_party(check->message, &rules->receiving, 5))
        return fail(check, ISSUE_NOT_OURS, 5, 0);
    if (!hl7v2_header_is_allowed(check->message, rules))
        return fail(check, ISSUE_NOT_OURS, 3, 0);
    return 0;
}

/* Section 2, last row. */
static int check_conditions(const struct check *check)
{
    if (check->header->accept == HL7V2_CONDITION_UNKNOWN)
        return fail(check, ISSUE_TABLE_VALUE_HEADER, 15, 0);
    if (check->header->application == HL7V2_CONDITION_UNKNOWN)
        return fail(check, ISSUE_TABLE_VALUE_HEADER, 16, 0);
    return 0;
}

int hl7v2_header_check(const struct hl7v2_message *message, const struct hl7v2_header *header,
                       const struct hl7v2_header_rules *rules, struct issue_list *issues)
{
    static int (*const CHECKS[])(const struct check *) = {
        check_is_message,    check_control_id, check_text,    check_charset,    check_version,
        check_processing_id, check_type,       check_parties, check_conditions,
    };
    const struct check check = {message, header, rules, issues};
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++)
        if (CHECKS[i](&check) != 0)
            return -1;
    return 0;
}

struct slice hl7v2_header_default_structure(struct slice type, struct slice event)
{
    struct hl7v2_event found;
    hl7v2_event_find(type, event, &found);
    return found.structure;
}

struct slice hl7v2_header_event_time(const struct hl7v2_message *message,
                                     struct issue_place *ret_place)
{
    /* Rule 5: clocks of senders are wrong, so MSH-7 comes last. */
    static const struct {
        const char *segment;
        unsigned field;
    } SOURCES[] = {{"EVN", 2}, {"EVN", 6}, {"OBR", 22}, {"TXA", 4}, {"MSH", 7}};
    for (size_t i = 0; i < sizeof SOURCES / sizeof SOURCES[0]; i++) {
        size_t segment = hl7v2_message_find(message, HL7V2_ID(SOURCES[i].segment), 1);
        struct slice value = hl7v2_message_value(message, segment, SOURCES[i].field, 1, 1, 0);
        if (!hl7v2_message_is_valued(message, value))
            continue;
        if (ret_place != NULL)
            *ret_place = hl7v2_message_place(message, segment, SOURCES[i].field, 0, 0, 0);
        return value;
    }
    return (struct slice){0};
}
