/* survey: what captured messages say of the system that sends them.
 *
 * For who begins a new site: versions, senders, separators, character set, who assigns numbers,
 * codes that no table knows, code systems that nobody knows, Z segments, whether times have an
 * offset. Codes, names of systems and of assigners are an analyst's business and are kept as they
 * were sent; no other value of a message is. */
#ifndef MAPPING_SURVEY_H
#define MAPPING_SURVEY_H

#include "base/map.h"
#include "mapping/leaf.h"

enum mapping_survey_topic {
    MAPPING_SURVEY_VERSION,    /* name: MSH-12.1 */
    MAPPING_SURVEY_STRUCTURE,  /* name: "ORU_R01" */
    MAPPING_SURVEY_SENDER,     /* name: "MSH-3/MSH-4" */
    MAPPING_SURVEY_DELIMITERS, /* name: MSH-1 and MSH-2 */
    MAPPING_SURVEY_CHARSET,    /* name: MSH-18, or empty */
    MAPPING_SURVEY_BYTES,      /* name: what they could be: "ASCII", "UTF-8", "8859/1" ... */
    MAPPING_SURVEY_OFFSET,     /* of times with hours; name: "with" or "without" */
    MAPPING_SURVEY_AUTHORITY,  /* name: as in CX-4, place: the field */
    MAPPING_SURVEY_CODE,       /* no row of a table; name: the code, place, table */
    MAPPING_SURVEY_SYSTEM,     /* no row of `systems`; name: as in CWE.3 (empty: none), place */
    MAPPING_SURVEY_LOCAL_CODE, /* of such a system; name: the code, place, table: the system */
    MAPPING_SURVEY_Z_FIELD,    /* name: "ZPI-3", place: the segment that it stands behind */
    MAPPING_SURVEY_TOPIC_COUNT
};

struct mapping_survey_item {
    struct slice name;
    struct slice place; /* "PID-3", or empty */
    struct slice table; /* of a code: the table that lacks it */
    struct slice text;  /* of a local code: what it was called (CWE.2) when it was seen first */
    size_t count;
};

struct mapping_survey {
    struct arena *arena;
    const struct mapping_program *program;
    struct map topics[MAPPING_SURVEY_TOPIC_COUNT];
    size_t messages;
};

void mapping_survey_init(struct mapping_survey *survey, const struct mapping_program *program,
                         struct arena *arena);
/* Takes one message: its leaves, and what its translation warned of. The arena is the message's. */
void mapping_survey_add(struct mapping_survey *survey, const struct hl7v2_message *message,
                        struct slice structure, const struct mapping_leaf *leaves, size_t count,
                        const struct issue_list *issues, struct arena *arena);
/* The items of a topic, the most frequent first. */
size_t mapping_survey_items(const struct mapping_survey *survey, enum mapping_survey_topic topic,
                            const struct mapping_survey_item ***ret_items);
/* The columns of a table in which an answer stands: those it fills, or target_code, target_system
 * and target_display. */
size_t mapping_survey_columns(const struct mapping_survey *survey, struct slice table,
                              const struct slice **ret_columns);

#endif
