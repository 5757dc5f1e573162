/* content: whether the fields of a message are what the standard says of them (section 3, rows 12,
 * 13, 15 and 16).
 *
 * Rows 11 (order of segments) and 14 (tables) are not here: they are the business of hl7v2/grouping
 * and of the mapping. Fields, components and segments that the
 * dictionary does not know in the message's version are passed over, as receivers must (HL7 v2.5.1
 * 2.8). Only values that no reader could take otherwise are judged: dates, times and numbers. */
#ifndef HL7V2_CONTENT_H
#define HL7V2_CONTENT_H

#include "hl7v2/dictionary.h"

enum hl7v2_strictness {
    HL7V2_PASS,  /* not looked at */
    HL7V2_WARN,  /* reported as a warning */
    HL7V2_REFUSE /* reported as an error */
};

struct hl7v2_content_rules {
    enum hl7v2_version version;        /* UNKNOWN: that of the field's first appearance */
    enum hl7v2_strictness data_types;  /* row 13: DT, TM, TS, DTM, NM and SI, whole fields and
                                          components; OBX-5 by OBX-2 */
    enum hl7v2_strictness required;    /* row 12: fields with R that are not valued */
    enum hl7v2_strictness lengths;     /* row 15: a repetition has more characters than HL7 v2.5.1
                                          gives the field. Not judged from 2.7 on, which leaves
                                          lengths to the sites, nor where v2.5.1 says 65536, its
                                          word for "very large" (2.5.3.2) */
    enum hl7v2_strictness repetitions; /* row 16: more than the field may have */
};

/* Reports ISSUE_DATA_TYPE, ISSUE_REQUIRED_FIELD, ISSUE_TOO_LONG_VALUE and ISSUE_CARDINALITY at the
 * field. -1 when one was an error. O(bytes). */
int hl7v2_content_check(const struct hl7v2_message *message,
                        const struct hl7v2_dictionary *dictionary,
                        const struct hl7v2_content_rules *rules, struct arena *arena,
                        struct issue_list *issues) __attribute__((warn_unused_result));

#endif
