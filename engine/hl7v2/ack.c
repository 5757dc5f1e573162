/* The text of an answer (section 4; HL7 v2.5.1 2.15.8 MSA, 2.15.5 ERR). */
#include "hl7v2/ack.h"

#include "hl7v2/builder.h"

/* HL7 table 0357 (UTG cs-v2-0357), and for the codes kept for backward use only their form in newer
 * versions: 207 with ERR-5 from table 0533. */
static const struct error_row {
    int code;
    struct slice text;
    struct slice application_code, application_text;
} ERRORS[] = {
    {0, SLICE_INIT("Message accepted"), {0}, {0}},
    {100, SLICE_INIT("Segment sequence error"), {0}, {0}},
    {101, SLICE_INIT("Required field missing"), {0}, {0}},
    {102, SLICE_INIT("Data type error"), {0}, {0}},
    {103, SLICE_INIT("Table value not found"), {0}, {0}},
    {104, SLICE_INIT("Value too long"), {0}, {0}},
    {198, SLICE_INIT("Non-Conformant Cardinality"), {0}, {0}},
    {199, SLICE_INIT("Other HL7 Error"), {0}, {0}},
    {200, SLICE_INIT("Unsupported message type"), {0}, {0}},
    {201, SLICE_INIT("Unsupported event code"), {0}, {0}},
    {202, SLICE_INIT("Unsupported processing id"), {0}, {0}},
    {203, SLICE_INIT("Unsupported version id"), {0}, {0}},
    {204, SLICE_INIT("Unknown key identifier"), SLICE_INIT("101"),
     SLICE_INIT("Unknown Key Identifier")},
    {205, SLICE_INIT("Duplicate key identifier"), SLICE_INIT("102"),
     SLICE_INIT("Duplicate Key Identifier")},
    {206, SLICE_INIT("Application record locked"), SLICE_INIT("103"),
     SLICE_INIT("Application record locked")},
    {207, SLICE_INIT("Application error"), {0}, {0}},
};

/* Types that have an answer of their own; the event of REF's is that of the message. */
static const struct response_row {
    const char *type, *event;
    const char *response, *response_event, *structure;
} RESPONSES[] = {
    {"REF", "I12", "RRI", "I12", "RRI_I12"}, {"REF", "I13", "RRI", "I13", "RRI_I12"},
    {"REF", "I14", "RRI", "I14", "RRI_I12"}, {"REF", "I15", "RRI", "I15", "RRI_I12"},
    {"ORM", "O01", "ORR", "O02", "ORR_O02"}, {"OMP", "O09", "ORP", "O10", "ORP_O10"},
    {"RDE", "O11", "RRE", "O12", "RRE_O12"}, {"RDS", "O13", "RRD", "O14", "RRD_O14"},
    {"RGV", "O15", "RRG", "O16", "RRG_O16"}, {"RAS", "O17", "RRA", "O18", "RRA_O18"},
    {"OMG", "O19", "ORG", "O20", "ORG_O20"}, {"OML", "O21", "ORL", "O22", "ORL_O22"},
};

struct writer {
    const struct hl7v2_message *message; /* NULL: not readable */
    const struct hl7v2_header *header;   /* NULL with it */
    const struct hl7v2_ack_options *options;
    struct hl7v2_builder *builder;
    struct hl7v2_delimiters delimiters;
    enum hl7v2_version version; /* of the answer */
    struct arena *arena;
};

/* --- values ------------------------------------------------------------------------------------
 */

static bool is_writable(const struct writer *writer, char byte)
{
    const struct hl7v2_delimiters *delimiters = &writer->delimiters;
    if ((unsigned char)byte < 0x20 || (unsigned char)byte >= 0x7F)
        return false;
    return delimiters->escape != '\0' ||
           (byte != delimiters->field && byte != delimiters->component &&
            byte != delimiters->repetition && byte != delimiters->subcomponent);
}

/* Words of ours as an answer can always carry them: ASCII, and no delimiter where the message has
 * no escape character. */
static struct slice plain(const struct writer *writer, struct slice text)
{
    struct slice copy = {0};
    char *bytes = NULL;
    for (size_t i = 0; i < text.len; i++) {
        if (is_writable(writer, text.ptr[i]))
            continue;
        if (bytes == NULL) {
            bytes = arena_string(writer->arena, text);
            copy = (struct slice){bytes, text.len};
        }
        bytes[i] = ' '; /* the one character that is never a delimiter (rule 8) */
    }
    return bytes != NULL ? copy : text;
}

static void put(const struct writer *writer, unsigned field, unsigned component, struct slice text)
{
    hl7v2_builder_set(writer->builder, field, 1, component, 1, plain(writer, text));
}

/* A field of theirs, byte for byte. One with a byte of the MLLP frame in it would break ours. */
static bool put_raw(const struct writer *writer, unsigned field, struct slice raw)
{
    if (raw.len == 0 || slice_find_byte(raw, '\x0B') < raw.len ||
        slice_find_byte(raw, '\x1C') < raw.len)
        return false;
    hl7v2_builder_set_raw(writer->builder, field, raw);
    return true;
}

static struct slice theirs(const struct writer *writer, unsigned field)
{
    if (writer->message == NULL)
        return (struct slice){0};
    return hl7v2_message_field(writer->message, 0, field);
}

/* --- MSH and MSA -------------------------------------------------------------------------------
 */

static const struct response_row *find_response(const struct writer *writer)
{
    if (!writer->options->typed_response || writer->header == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof RESPONSES / sizeof RESPONSES[0]; i++)
        if (slice_equal(writer->header->type, slice_of(RESPONSES[i].type)) &&
            slice_equal(writer->header->event, slice_of(RESPONSES[i].event)))
            return &RESPONSES[i];
    return NULL;
}

/* Section 4: ACK up to 2.3, ACK^A04 for 2.3.1, ACK^A04^ACK from 2.4. */
static void put_type(const struct writer *writer, bool is_application_answer)
{
    const struct response_row *row = is_application_answer ? find_response(writer) : NULL;
    if (row != NULL) {
        put(writer, 9, 1, slice_of(row->response));
        put(writer, 9, 2, slice_of(row->response_event));
        put(writer, 9, 3, slice_of(row->structure));
        return;
    }
    put(writer, 9, 1, SLICE("ACK"));
    if (writer->header == NULL || writer->version <= HL7V2_VERSION_2_3)
        return;
    put(writer, 9, 2, writer->header->event);
    if (writer->version >= HL7V2_VERSION_2_4)
        put(writer, 9, 3, SLICE("ACK"));
}

static void put_header(const struct writer *writer, bool is_application_answer)
{
    const struct hl7v2_ack_options *options = writer->options;
    hl7v2_builder_segment(writer->builder, HL7V2_ID("MSH"));
    if (!put_raw(writer, 3, theirs(writer, 5)))
        put(writer, 3, 1, options->application);
    if (!put_raw(writer, 4, theirs(writer, 6)))
        put(writer, 4, 1, options->facility);
    put_raw(writer, 5, theirs(writer, 3));
    put_raw(writer, 6, theirs(writer, 4));
    put(writer, 7, 1, hl7v2_datetime_format(options->now, options->offset_minutes, writer->arena));
    put_type(writer, is_application_answer);
    put(writer, 10, 1, options->control_id);
    if (!put_raw(writer, 11, theirs(writer, 11)))
        put(writer, 11, 1, SLICE("P"));
    if (writer->header == NULL || writer->header->version != writer->version)
        put(writer, 12, 1, hl7v2_version_name(writer->version));
    else
        put_raw(writer, 12, theirs(writer, 12));
    bool asked = writer->header != NULL && (writer->header->accept != HL7V2_CONDITION_EMPTY ||
                                            writer->header->application != HL7V2_CONDITION_EMPTY);
    if (is_application_answer && asked) { /* it asks nothing back */
        put(writer, 15, 1, SLICE("NE"));
        put(writer, 16, 1, SLICE("NE"));
    }
    put_raw(writer, 18, theirs(writer, 18));
}

static const struct issue *first_error(const struct issue_list *issues)
{
    return issues != NULL ? issue_list_first_error(issues) : NULL;
}

/* Of an accepted message; from 2.5 on ERR says it, with its severity. */
static const struct issue *first_warning(const struct writer *writer,
                                         const struct issue_list *issues)
{
    if (issues == NULL || writer->version >= HL7V2_VERSION_2_5)
        return NULL;
    for (size_t i = 0; i < issues->count; i++)
        if (issues->items[i].severity == ISSUE_WARNING)
            return &issues->items[i];
    return NULL;
}

static void put_msa(const struct writer *writer, enum hl7v2_ack_code code,
                    const struct issue *first)
{
    hl7v2_builder_segment(writer->builder, HL7V2_ID("MSA"));
    put(writer, 1, 1, hl7v2_ack_code_name(code));
    put_raw(writer, 2, theirs(writer, 10));
    put(writer, 4, 1, writer->options->expected_number);
    if (first == NULL)
        return;
    struct slice words = issue_words(first);
    struct slice place = issue_place_text(&first->place, writer->arena);
    const char *what = first->severity == ISSUE_WARNING ? "warning: " : "";
    bool placed = first->place.kind == ISSUE_PLACE_V2;
    put(writer, 3, 1,
        arena_format(writer->arena, "%s%.*s%s%.*s", what, placed ? (int)place.len : 0, place.ptr,
                     placed ? ": " : "", SLICE_ARG(words)));
}

/* --- ERR ---------------------------------------------------------------------------------------
 */

static const struct error_row *error_row(int code)
{
    for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++)
        if (ERRORS[i].code == code)
            return &ERRORS[i];
    return error_row(207);
}

/* The row that this version knows: 198 came with 2.8; 204 to 206 left with 2.8.1. */
static const struct error_row *error_row_for(const struct writer *writer, const struct issue *issue,
                                             const struct error_row **ret_application)
{
    const struct error_row *row = error_row(issue_kind(issue->code)->hl7_code);
    *ret_application = NULL;
    if (row->code == 198 && writer->version < HL7V2_VERSION_2_8)
        return error_row(207);
    if (row->application_code.len == 0 || writer->version <= HL7V2_VERSION_2_8)
        return row;
    *ret_application = row;
    return error_row(207);
}

static void put_number(const struct writer *writer, unsigned field, unsigned repetition,
                       unsigned component, unsigned number)
{
    if (number > 0)
        hl7v2_builder_set(writer->builder, field, repetition, component, 1,
                          arena_format(writer->arena, "%u", number));
}

/* Segment^sequence^field: the beginning of ERL (ERR-2) and of ELD (ERR-1). */
static void put_place(const struct writer *writer, unsigned field, unsigned repetition,
                      const struct issue_place *place)
{
    if (place->kind != ISSUE_PLACE_V2)
        return;
    hl7v2_builder_set(writer->builder, field, repetition, 1, 1, plain(writer, place->name));
    put_number(writer, field, repetition, 2, place->sequence > 0 ? place->sequence : 1);
    put_number(writer, field, repetition, 3, place->field);
}

/* HL7 v2.5.1 2.15.5: one ERR for each issue. `left_out` goes into the last one. */
static void put_error(const struct writer *writer, const struct issue *issue, size_t left_out)
{
    const struct error_row *application;
    const struct error_row *row = error_row_for(writer, issue, &application);
    const struct issue_place *place = &issue->place;
    char severity = issue_severity_letter(issue->severity);
    struct slice words = issue_words(issue);
    hl7v2_builder_segment(writer->builder, HL7V2_ID("ERR"));
    put_place(writer, 2, 1, place);
    if (place->kind == ISSUE_PLACE_V2) {
        bool deeper = place->component > 0 || place->subcomponent > 0;
        put_number(writer, 2, 1, 4, place->repetition > 0 || !deeper ? place->repetition : 1);
        put_number(writer, 2, 1, 5, place->component);
        put_number(writer, 2, 1, 6, place->subcomponent);
    }
    put(writer, 3, 1, arena_format(writer->arena, "%d", row->code));
    put(writer, 3, 2, row->text);
    put(writer, 3, 3, SLICE("HL70357"));
    put(writer, 4, 1, arena_format(writer->arena, "%c", severity));
    if (application != NULL) {
        put(writer, 5, 1, application->application_code);
        put(writer, 5, 2, application->application_text);
        put(writer, 5, 3, SLICE("HL70533"));
    }
    if (left_out > 0)
        words = arena_format(writer->arena, "%.*s; %zu more issues are not listed",
                             SLICE_ARG(words), left_out);
    put(writer, 7, 1, words);
}

/* Up to 2.4: ERR-1 repeats, `PID^1^5^102&Data type error&HL70357`. */
static void put_old_error(const struct writer *writer, const struct issue *issue,
                          unsigned repetition)
{
    const struct error_row *application;
    const struct error_row *row = error_row_for(writer, issue, &application);
    if (repetition == 1)
        hl7v2_builder_segment(writer->builder, HL7V2_ID("ERR"));
    put_place(writer, 1, repetition, &issue->place);
    put_number(writer, 1, repetition, 4, (unsigned)row->code);
    if (writer->delimiters.subcomponent == '\0')
        return;
    hl7v2_builder_set(writer->builder, 1, repetition, 4, 2, plain(writer, row->text));
    hl7v2_builder_set(writer->builder, 1, repetition, 4, 3, SLICE("HL70357"));
}

static bool is_told(const struct issue *issue, bool accepted, bool errors)
{
    bool error = issue->severity >= ISSUE_ERROR;
    return issue->severity >= ISSUE_WARNING && error == errors && !(error && accepted);
}

static size_t count_told(const struct issue_list *issues, bool accepted)
{
    size_t count = issues->dropped;
    for (size_t i = 0; i < issues->count; i++)
        count += is_told(&issues->items[i], accepted, true) ||
                 is_told(&issues->items[i], accepted, false);
    return count;
}

/* Errors first, then warnings; an accepted message has warnings only, and before 2.5 nothing: ERR-1
 * has no severity, so a warning would be read as an error. */
static void put_errors(const struct writer *writer, const struct issue_list *issues, bool accepted)
{
    if (accepted && writer->version < HL7V2_VERSION_2_5)
        return;
    size_t total = count_told(issues, accepted);
    unsigned written = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < issues->count && written < HL7V2_ACK_ERROR_LIMIT; i++) {
            if (!is_told(&issues->items[i], accepted, /* errors */ pass == 0))
                continue;
            written++;
            bool last = written == HL7V2_ACK_ERROR_LIMIT;
            if (writer->version >= HL7V2_VERSION_2_5)
                put_error(writer, &issues->items[i], last ? total - written : 0);
            else
                put_old_error(writer, &issues->items[i], written);
        }
    }
}

int hl7v2_ack_write(const struct hl7v2_message *message, const struct hl7v2_header *header,
                    enum hl7v2_ack_code code, const struct hl7v2_ack_options *options,
                    const struct issue_list *issues, struct arena *arena, struct buffer *out)
{
    bool accepted = code == HL7V2_ACK_AA || code == HL7V2_ACK_CA;
    bool is_application_answer =
        code == HL7V2_ACK_AA || code == HL7V2_ACK_AE || code == HL7V2_ACK_AR;
    enum hl7v2_version highest =
        options->highest != HL7V2_VERSION_UNKNOWN ? options->highest : HL7V2_VERSION_2_5_1;
    bool spoken = header != NULL && header->version != HL7V2_VERSION_UNKNOWN &&
                  (options->highest == HL7V2_VERSION_UNKNOWN || header->version <= highest);
    struct writer writer = {
        .message = message,
        .header = header,
        .options = options,
        .delimiters = message != NULL ? message->delimiters : HL7V2_DELIMITERS,
        .version = spoken ? header->version : highest,
        .arena = arena,
    };
    /* All that is not copied byte for byte is ASCII. */
    writer.builder = hl7v2_builder_new(arena, &writer.delimiters, HL7V2_CHARSET_ASCII);
    put_header(&writer, is_application_answer);
    put_msa(&writer, code, accepted ? first_warning(&writer, issues) : first_error(issues));
    if (issues != NULL)
        put_errors(&writer, issues, accepted);
    if (hl7v2_builder_print(writer.builder, out, /* issues */ NULL) != 0)
        return -1;
    return buffer_overflowed(out) ? -1 : 0;
}
