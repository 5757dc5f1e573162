/* message: an HL7 v2 message as an index into its own bytes.
 *
 * The parser makes a table of segments and one table of field offsets, nothing else: no copy, no
 * decoding. Every value is a slice of the frame, so its place in the bytes as received is
 * slice.ptr - message.frame.ptr. The frame is never changed and must outlive the message. Decoding
 * (charset, escapes) is hl7v2/text; what a field means is hl7v2/dictionary.
 *
 * Grammar (HL7 v2.5.1 2.5, 2.6):
 *   message      = MSH-segment *( segment )
 *   segment      = id *( field-separator field ) CR
 *   field        = repetition *( repetition-separator repetition )
 *   repetition   = component *( component-separator component )
 *   component    = subcomponent *( subcomponent-separator subcomponent )
 * MSH-1 is the field separator itself and MSH-2 the other delimiters, so fields of MSH, FHS and BHS
 * count one more than the separators; these two fields are never split or unescaped.
 *
 * Numbers of segments are indexes from 0; fields, repetitions, components and subcomponents count
 * from 1 as the standard writes them. What is not there is the empty slice with ptr NULL; what is
 * there but empty has a ptr and length 0.
 *
 *   if (hl7v2_message_parse(frame, &options, arena, &message, issues) != 0)
 *       return answer_reject(issues);
 *   size_t pid = hl7v2_message_find(&message, HL7V2_ID("PID"), 1);
 *   struct slice family = hl7v2_message_value(&message, pid, 5, 1, 1, 1);
 */
#ifndef HL7V2_MESSAGE_H
#define HL7V2_MESSAGE_H

#include "base/issue.h"
#include "hl7v2/charset.h"

/* A segment id of three characters as a number, so that ids are compared in one step. */
#define HL7V2_ID(text)                                                                             \
    ((uint32_t)(unsigned char)(text)[0] << 16 | (uint32_t)(unsigned char)(text)[1] << 8 |          \
     (uint32_t)(unsigned char)(text)[2])
/* "No such segment". */
#define HL7V2_NO_SEGMENT SIZE_MAX

/* MSH-1 and MSH-2. '\0' where the message has none (escape, subcomponent, truncation). */
struct hl7v2_delimiters {
    char field;
    char component;
    char repetition;
    char escape;
    char subcomponent;
    char truncation; /* HL7 v2.7 2.5.4: the fifth character of MSH-2 */
};

/* HL7 v2.5.1 2.5.4: the recommended ones, |^~\& */
extern const struct hl7v2_delimiters HL7V2_DELIMITERS;

struct hl7v2_segment {
    uint32_t id;          /* HL7V2_ID; compare with ids made by the macro */
    uint32_t start;       /* byte offset in the frame of the id */
    uint32_t end;         /* byte offset behind the last byte, terminator not counted */
    uint32_t sequence;    /* number among the segments of this id, from 1 */
    uint32_t next_same;   /* index of the next segment of this id, UINT32_MAX when last */
    uint32_t first_field; /* index into message.fields of field 1 */
    uint32_t field_count; /* number of the last field, empty ones counted */
};

/* The chain of the segments of one id. */
struct hl7v2_segment_name {
    uint32_t id; /* 0: free slot */
    uint32_t first, last;
    uint32_t count;
};

struct hl7v2_message {
    struct slice frame;
    struct hl7v2_delimiters delimiters;
    enum hl7v2_charset charset; /* of MSH-18.1, else options.default_charset; may be UNKNOWN */
    struct hl7v2_segment *segments;
    size_t segment_count;
    uint32_t *fields; /* start offset of each field; one more entry ends each segment */
    struct hl7v2_segment_name *names; /* hash table, name_slots of them, a power of two */
    size_t name_slots;
    size_t name_count;
};

struct hl7v2_message_options {
    bool accept_lf;                     /* LF and CRLF also end a segment (rule 8) */
    bool accept_text_controls;          /* TAB and LF may stand in FT and TX values (row 3) */
    enum hl7v2_charset default_charset; /* where MSH-18 is empty; UNKNOWN (0) means ASCII */
    size_t max_bytes;                   /* 0: 16 MiB */
    size_t max_segments;                /* 0: 200,000 */
    size_t max_fields;                  /* over all segments; 0: 2,000,000 */
};

/* Indexes the frame (one message, MLLP frame bytes removed). A NULL `options` means all zero.
 * -1 with an issue, and nothing stored, where no answer can be addressed: not MSH first, delimiters
 * unusable (ISSUE_NOT_A_MESSAGE, section 3 row 1), beyond a limit (ISSUE_TOO_LARGE_MESSAGE).
 * 0 otherwise; a line that is no segment is then left out of the index and reported as an error
 * (ISSUE_SEGMENT_SEQUENCE, place: the segment before it), a second MSH is reported as
 * ISSUE_NOT_A_MESSAGE; so ask issue_list_failed before the content is used. Empty lines are
 * skipped. A frame that begins with FHS or BHS is indexed too: hl7v2/batch reads its heads so; a
 * message it is not (the header's checks refuse it). O(bytes). */
int hl7v2_message_parse(struct slice frame, const struct hl7v2_message_options *options,
                        struct arena *arena, struct hl7v2_message *ret_message,
                        struct issue_list *issues) __attribute__((warn_unused_result));

/* Section 3 row 3: every byte of the frame is a character of message->charset, and no control
 * character stands in it but CR (LF as a terminator with accept_lf; TAB and LF inside FT and TX
 * values with accept_text_controls: OBX-5 by OBX-2, NTE-3). Reports ISSUE_DATA_TYPE at the field,
 * at most once for each field; -1 when there was one. One pass over the bytes. A message of unknown
 * charset is checked as ASCII-transparent: control characters only. */
int hl7v2_message_check_text(const struct hl7v2_message *message,
                             const struct hl7v2_message_options *options, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Index of the segment with this id and number among its id (from 1), or HL7V2_NO_SEGMENT. */
size_t hl7v2_message_find(const struct hl7v2_message *message, uint32_t id, unsigned sequence);
/* How many segments of this id. */
unsigned hl7v2_message_count(const struct hl7v2_message *message, uint32_t id);
/* The whole segment without its terminator. */
struct slice hl7v2_message_segment(const struct hl7v2_message *message, size_t segment);
/* The three characters of a segment's id. */
struct slice hl7v2_message_segment_id(const struct hl7v2_message *message, size_t segment);

/* A field with all its repetitions, raw. O(1). Segment HL7V2_NO_SEGMENT and numbers outside give
 * the empty slice. Field 0 is the segment id. */
struct slice hl7v2_message_field(const struct hl7v2_message *message, size_t segment,
                                 unsigned field);
/* Parts of a raw slice of this message, numbers from 1. Counts are 0 for the empty slice, else
 * separators + 1. Parts of MSH-1 and MSH-2 are not split: part 1 is the whole. */
unsigned hl7v2_message_repetition_count(const struct hl7v2_message *message, struct slice field);
struct slice hl7v2_message_repetition(const struct hl7v2_message *message, struct slice field,
                                      unsigned repetition);
unsigned hl7v2_message_component_count(const struct hl7v2_message *message,
                                       struct slice repetition);
struct slice hl7v2_message_component(const struct hl7v2_message *message, struct slice repetition,
                                     unsigned component);
unsigned hl7v2_message_subcomponent_count(const struct hl7v2_message *message,
                                          struct slice component);
struct slice hl7v2_message_subcomponent(const struct hl7v2_message *message, struct slice component,
                                        unsigned subcomponent);
/* All in one; a number 0 stops there and gives the whole part at hand: (m, s, 3, 0, 0, 0) the whole
 * field, (m, s, 3, 1, 0, 0) its first repetition, (m, s, 3, 1, 4, 1) subcomponent 1 of component 4.
 * A component after repetition 0 is that of the first repetition. */
struct slice hl7v2_message_value(const struct hl7v2_message *message, size_t segment,
                                 unsigned field, unsigned repetition, unsigned component,
                                 unsigned subcomponent);
/* True for MSH-1, MSH-2 and their like: raw text that has no parts and no escapes. */
static inline bool hl7v2_message_is_literal(const struct hl7v2_message *message, struct slice raw)
{
    return raw.ptr == message->frame.ptr + 3 || raw.ptr == message->frame.ptr + 4;
}

/* HL7 v2.5.1 2.6: the delete indicator, two quotes and nothing else. */
bool hl7v2_is_delete(struct slice raw);
/* Something is said: not empty, not only separators, not the delete indicator. */
bool hl7v2_message_is_valued(const struct hl7v2_message *message, struct slice raw);

/* Where a byte of the frame stands, down to the subcomponent; for issues and for "why". `offset`
 * beyond the frame, or in no segment, gives ISSUE_NOWHERE. */
struct issue_place hl7v2_message_place_at(const struct hl7v2_message *message, size_t offset);
/* The place of a field of a segment; numbers as in hl7v2_message_value. */
struct issue_place hl7v2_message_place(const struct hl7v2_message *message, size_t segment,
                                       unsigned field, unsigned repetition, unsigned component,
                                       unsigned subcomponent);

#endif
