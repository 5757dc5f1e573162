/* ack: which answers a message gets, their text, and the answers of others read (sections 2 to 4;
 * HL7 v2.5.1 2.9, 2.15.8 MSA, 2.15.5 ERR).
 *
 * Nothing here sends: an answer with a code AA or CA may leave the process only after the commit.
 * Texts of answers hold words of issues, never a value of the message. */
#ifndef HL7V2_ACK_H
#define HL7V2_ACK_H

#include "base/buffer.h"
#include "hl7v2/header.h"

/* HL7 table 0008. */
enum hl7v2_ack_code {
    HL7V2_ACK_NONE, /* no answer */
    HL7V2_ACK_AA,
    HL7V2_ACK_AE,
    HL7V2_ACK_AR,
    HL7V2_ACK_CA,
    HL7V2_ACK_CE,
    HL7V2_ACK_CR
};

/* How a feed answers. */
enum hl7v2_ack_mode {
    HL7V2_ACK_MODE_AUTO,     /* by MSH-15 and MSH-16 */
    HL7V2_ACK_MODE_ORIGINAL, /* one answer AA, AE or AR, whatever MSH-15 and MSH-16 say */
    HL7V2_ACK_MODE_ENHANCED  /* empty MSH-15 and MSH-16 count as AL and NE */
};

/* Where a fault was found: before the message was safe, or by what it says. Decides between CE and
 * CA followed by AE. */
enum hl7v2_ack_stage { HL7V2_ACK_STAGE_ACCEPT, HL7V2_ACK_STAGE_APPLICATION };

/* The answers to send, in this order; NONE where none is due. */
struct hl7v2_ack_plan {
    enum hl7v2_ack_code accept;      /* CA, CE, CR or NONE */
    enum hl7v2_ack_code application; /* AA, AE, AR or NONE */
};

/* The table of section 2. `error` is the first error (NULL: all well) and decides between error and
 * reject: CR only for MSH-9, MSH-11 and MSH-12 (HL7 v2.5.1 2.9.3.2). An acknowledgement is never
 * answered. */
struct hl7v2_ack_plan hl7v2_ack_plan(const struct hl7v2_header *header, enum hl7v2_ack_mode mode,
                                     const struct issue *error, enum hl7v2_ack_stage stage);
/* Table 0008: "AA"; "" for NONE. */
struct slice hl7v2_ack_code_name(enum hl7v2_ack_code code);
enum hl7v2_ack_code hl7v2_ack_code_of(struct slice text);

struct hl7v2_ack_options {
    struct slice application; /* our name, for MSH-3 where the message's MSH-5 was empty */
    struct slice facility;
    struct slice control_id;      /* MSH-10 of the answer: ours, unique, at most 20 characters */
    instant now;                  /* MSH-7 */
    int offset_minutes;           /* in which MSH-7 is written */
    enum hl7v2_version highest;   /* MSH-12 where theirs is not known; UNKNOWN (0): 2.5.1 */
    bool typed_response;          /* REF^I12 gets RRI^I12^RRI_I12 and so on */
    struct slice expected_number; /* MSA-4, sequence number protocol; usually empty */
};

/* At most this many ERR segments; the last then says how many more there were. */
#define HL7V2_ACK_ERROR_LIMIT 20

/* Appends one answer message. `message` and `header` are NULL where the message could not even be
 * indexed: MSA-2 is then empty and the delimiters are the usual ones. `issues` (may be NULL) gives
 * MSA-3 and the ERR segments; with AA and CA only warnings are written, with others errors first.
 * Before 2.5, where ERR has no severity, an AA or CA has no ERR and the first warning in MSA-3.
 * -1 only when the buffer's ceiling was met. */
int hl7v2_ack_write(const struct hl7v2_message *message, const struct hl7v2_header *header,
                    enum hl7v2_ack_code code, const struct hl7v2_ack_options *options,
                    const struct issue_list *issues, struct arena *arena, struct buffer *out)
    __attribute__((warn_unused_result));

/* An ERR of somebody's answer, both forms. */
struct hl7v2_ack_error {
    struct issue_place place;
    unsigned code;        /* ERR-3.1, table 0357; 0 where not a number */
    char severity;        /* ERR-4; 'E' where not said */
    struct slice message; /* ERR-8, else ERR-7, else ERR-3.2; decoded */
};

struct hl7v2_ack {
    enum hl7v2_ack_code code;     /* MSA-1 */
    struct slice control_id;      /* MSA-2, byte for byte */
    struct slice text;            /* MSA-3, decoded */
    struct slice expected_number; /* MSA-4 */
    struct hl7v2_ack_error *errors;
    size_t error_count;
};

/* Reads an answer that came for a message of ours. -1 with an issue where there is no MSA or MSA-1
 * is not in table 0008. */
int hl7v2_ack_parse(const struct hl7v2_message *message, struct arena *arena,
                    struct hl7v2_ack *ret_ack, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
