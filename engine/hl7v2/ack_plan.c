/* Which answers are due (section 2). */
#include "hl7v2/ack.h"

/* HL7 table 0008, by enum hl7v2_ack_code. */
static const struct slice CODES[] = {
    [HL7V2_ACK_NONE] = SLICE_INIT(""), [HL7V2_ACK_AA] = SLICE_INIT("AA"),
    [HL7V2_ACK_AE] = SLICE_INIT("AE"), [HL7V2_ACK_AR] = SLICE_INIT("AR"),
    [HL7V2_ACK_CA] = SLICE_INIT("CA"), [HL7V2_ACK_CE] = SLICE_INIT("CE"),
    [HL7V2_ACK_CR] = SLICE_INIT("CR"),
};

struct slice hl7v2_ack_code_name(enum hl7v2_ack_code code)
{
    return CODES[code];
}

enum hl7v2_ack_code hl7v2_ack_code_of(struct slice text)
{
    for (int code = HL7V2_ACK_AA; code <= HL7V2_ACK_CR; code++)
        if (slice_equal(text, CODES[code]))
            return (enum hl7v2_ack_code)code;
    return HL7V2_ACK_NONE;
}

/* HL7 v2.5.1 2.9.3.2: CR is for MSH-9, MSH-11 and MSH-12 (ours: the two conditions too). */
static bool is_header_reject(const struct issue *error)
{
    static const unsigned FIELDS[] = {9, 11, 12, 15, 16};
    if (error->place.kind != ISSUE_PLACE_V2 || !slice_equal(error->place.name, SLICE("MSH")))
        return false;
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        if (error->place.field == FIELDS[i])
            return true;
    return false;
}

static enum hl7v2_ack_code application_code(const struct issue *error)
{
    if (error == NULL)
        return HL7V2_ACK_AA;
    return issue_kind(error->code)->answer == ISSUE_ANSWER_REJECT ? HL7V2_ACK_AR : HL7V2_ACK_AE;
}

static enum hl7v2_ack_code accept_code(const struct issue *error)
{
    if (error == NULL)
        return HL7V2_ACK_CA;
    bool reject = issue_kind(error->code)->answer == ISSUE_ANSWER_REJECT;
    return reject && is_header_reject(error) ? HL7V2_ACK_CR : HL7V2_ACK_CE;
}

/* HL7 table 0155. An empty one means never; a value outside the table is refused, and the refusal
 * is told. */
static bool is_due(enum hl7v2_condition condition, bool success)
{
    if (condition == HL7V2_CONDITION_ALWAYS || condition == HL7V2_CONDITION_UNKNOWN)
        return true;
    return condition == (success ? HL7V2_CONDITION_SUCCESS : HL7V2_CONDITION_ERROR);
}

static struct hl7v2_ack_plan enhanced(enum hl7v2_condition accept, enum hl7v2_condition application,
                                      const struct issue *error, enum hl7v2_ack_stage stage)
{
    struct hl7v2_ack_plan plan = {HL7V2_ACK_NONE, HL7V2_ACK_NONE};
    bool accepted = error == NULL || stage == HL7V2_ACK_STAGE_APPLICATION;
    if (is_due(accept, accepted))
        plan.accept = accepted ? HL7V2_ACK_CA : accept_code(error);
    /* A refused message gets no application ACK, unless it is the only one the sender asked for. */
    bool refusal_told = !accepted && plan.accept != HL7V2_ACK_NONE;
    if (!refusal_told && is_due(application, error == NULL))
        plan.application = application_code(error);
    return plan;
}

struct hl7v2_ack_plan hl7v2_ack_plan(const struct hl7v2_header *header, enum hl7v2_ack_mode mode,
                                     const struct issue *error, enum hl7v2_ack_stage stage)
{
    const struct hl7v2_ack_plan none = {HL7V2_ACK_NONE, HL7V2_ACK_NONE};
    const struct hl7v2_ack_plan original = {HL7V2_ACK_NONE, application_code(error)};
    /* HL7 v2.5.1 2.9.2: an acknowledgement is never acknowledged, else two systems never stop. */
    if (header != NULL && header->is_acknowledgement)
        return none;
    if (header == NULL || mode == HL7V2_ACK_MODE_ORIGINAL)
        return original;
    bool asked =
        header->accept != HL7V2_CONDITION_EMPTY || header->application != HL7V2_CONDITION_EMPTY;
    if (asked)
        return enhanced(header->accept, header->application, error, stage);
    if (mode == HL7V2_ACK_MODE_ENHANCED)
        return enhanced(HL7V2_CONDITION_ALWAYS, HL7V2_CONDITION_NEVER, error, stage);
    return original;
}
