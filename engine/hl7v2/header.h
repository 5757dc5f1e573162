/* header: what MSH says, and whether this feed takes such a message.
 *
 * Reading never fails: what is missing is empty. The checks are rows 2 and 4 to 8 of the table of
 * section 3, in its order, first hit decides (row 1 is hl7v2_message_parse, row 3 is
 * hl7v2_message_check_text, called between by hl7v2_header_check). */
#ifndef HL7V2_HEADER_H
#define HL7V2_HEADER_H

#include "hl7v2/datetime.h"
#include "hl7v2/message.h"
#include "hl7v2/version.h"

/* HL7 table 0155. */
enum hl7v2_condition {
    HL7V2_CONDITION_EMPTY,   /* not valued */
    HL7V2_CONDITION_ALWAYS,  /* AL */
    HL7V2_CONDITION_NEVER,   /* NE */
    HL7V2_CONDITION_ERROR,   /* ER */
    HL7V2_CONDITION_SUCCESS, /* SU */
    HL7V2_CONDITION_UNKNOWN  /* any other value */
};

/* All slices are raw parts of the frame. HL7 v2.5.1 2.15.9. */
struct hl7v2_header {
    struct slice sending_application;   /* MSH-3, whole field */
    struct slice sending_facility;      /* MSH-4 */
    struct slice receiving_application; /* MSH-5 */
    struct slice receiving_facility;    /* MSH-6 */
    struct slice time;                  /* MSH-7 */
    struct slice type;                  /* MSH-9.1 */
    struct slice event;                 /* MSH-9.2 */
    struct slice structure;  /* MSH-9.3, where it is one of table 0354; else the one the table gives
                                for type and event, not part of the frame then; else MSH-9.3 or
                                empty */
    struct slice control_id; /* MSH-10, byte for byte */
    struct slice processing_id;   /* MSH-11.1 */
    struct slice sequence_number; /* MSH-13 */
    struct slice version_id;      /* MSH-12.1 */
    struct slice charset_name;    /* MSH-18, whole field */
    enum hl7v2_version version;
    enum hl7v2_condition accept;      /* MSH-15 */
    enum hl7v2_condition application; /* MSH-16 */
    bool is_acknowledgement; /* MSH-9.1 is ACK, or an MSA segment is there and MSH-9.1 is the type
                                of a response (RRI, ORR ...): never answered */
    bool has_offset;         /* MSH-7 is valid and carries an offset */
    int offset_minutes;      /* it, minutes east of UTC */
};

/* A pair as `--allow APP/FACILITY` gives it. Compared with MSH-3.1 and MSH-4.1 byte for byte; an
 * empty facility allows any. */
struct hl7v2_party {
    struct slice application;
    struct slice facility;
};

struct hl7v2_header_rules {
    enum hl7v2_version lowest, highest; /* both UNKNOWN (0): 2.1 to 2.9 */
    const struct slice *more_types;     /* \"ZRD^Z01\": taken beside those of table 0354 */
    size_t more_type_count;
    struct slice processing_ids;               /* letters taken, "P" or "PT"; empty: P, T and D */
    const struct hl7v2_party *allowed_senders; /* none: any sender */
    size_t allowed_sender_count;
    struct hl7v2_party receiving; /* MSH-5/6 must be this; application empty: not checked */
    const struct hl7v2_message_options *message; /* for row 3; may be NULL */
};

void hl7v2_header_read(const struct hl7v2_message *message, struct hl7v2_header *ret_header);
/* -1 with the first error found; last comes the row of section 2: MSH-15 or MSH-16 outside table
 * 0155 is ISSUE_TABLE_VALUE_HEADER. The place names the field, as ERR-2 wants it. */
int hl7v2_header_check(const struct hl7v2_message *message, const struct hl7v2_header *header,
                       const struct hl7v2_header_rules *rules, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Whether MSH-3 and MSH-4 name a sender that the rules allow (row 8). */
bool hl7v2_header_is_allowed(const struct hl7v2_message *message,
                             const struct hl7v2_header_rules *rules);

/* HL7 table 0354 (v2.5.1): the structure of a type and event, "ADT" and "A04" give "ADT_A01".
 * Types without an event ("ACK") give their own. Empty where the table knows none. */
struct slice hl7v2_header_default_structure(struct slice type, struct slice event);
/* Rule 5: the event time, raw: EVN-2, else EVN-6, OBR-22, TXA-4, else MSH-7; the first valued. The
 * segment's place is in *ret_place (may be NULL). */
struct slice hl7v2_header_event_time(const struct hl7v2_message *message,
                                     struct issue_place *ret_place);

#endif
