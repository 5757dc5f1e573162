/* leaf: what becomes of each value of a message.
 *
 * A leaf is a value that has no parts: a subcomponent, or the component, repetition or field that
 * is not divided further; a value of blanks only is none. Each leaf has one state, and the first
 * that fits of the list below counts, so that the states of a message add up to its leaves:
 *
 *   mapped       a rule read it and wrote an element from it, or it is "" and cleared one
 *   key          it is part of the key of a resource: whose it is, which one
 *   engine       the engine itself obeys it (MSH-9, MSH-12), or it only counts (set ids)
 *   suppressed   a `drop` of the mappings or the site says why nobody reads it
 *   condition    a condition looked at it, or a choice hung on it, and no rule wrote it
 *   not written  a rule read it and wrote nothing: it did not fit, no code table knew it, a value
 *                was there already. Such a loss is a warning of the message, too
 *   never read   no rule reads it
 *
 * That the first two and a condition are an arrival, and the last two a loss, is the view of
 * coverage.h. A drop by id (`<drop id="pid.identifier" when=".5 = 'SS'">`) is found by translating
 * the message a second time without the site: what arrives there and not here, and stands where the
 * dropped rule reads, was dropped by it. */
#ifndef MAPPING_LEAF_H
#define MAPPING_LEAF_H

#include "mapping/to_fhir.h"

struct mapping_texts;

enum mapping_leaf_state {
    MAPPING_LEAF_MAPPED,
    MAPPING_LEAF_KEY,
    MAPPING_LEAF_ENGINE,
    MAPPING_LEAF_SUPPRESSED,
    MAPPING_LEAF_CONDITION,
    MAPPING_LEAF_NOT_WRITTEN,
    MAPPING_LEAF_NEVER_READ,
    MAPPING_LEAF_REFUSED, /* the whole message cannot be translated */
    MAPPING_LEAF_STATE_COUNT
};

/* A `drop`, for people. */
struct mapping_suppression {
    struct slice because;
    struct slice rule; /* id of the base rule that does not run; empty where a place is named */
    struct slice file;
    unsigned line, column;
};

struct mapping_leaf {
    struct slice segment;
    unsigned sequence; /* among the segments of its name, from 1 */
    unsigned field, repetition;
    unsigned component, subcomponent; /* 0 where that level has only one by its data type */
    struct slice type;                /* v2 data type of the field, or empty: not known */
    uint32_t start, length;           /* bytes in the frame */
    enum mapping_leaf_state state;
    const struct mapping_suppression *suppression; /* where suppressed; else NULL */
};

/* "PID-5.1.1": the place without numbers of segment and repetition. */
struct slice mapping_leaf_place(const struct mapping_leaf *leaf, struct arena *arena);

/* What is known before any message: the drops. Immutable, as the program. */
struct mapping_leaf_reader;

/* `site_texts` are those the program was made from, or NULL; they must live as long. Takes the
 * program again without its site where that drops rules by id. -1 with issues where the site cannot
 * be read. */
int mapping_leaf_reader_new(const struct mapping_program *program,
                            const struct mapping_texts *site_texts, struct arena *arena,
                            const struct mapping_leaf_reader **ret_reader,
                            struct issue_list *issues) __attribute__((warn_unused_result));

/* Translates the message as mapping_to_fhir does, with trace and looks, and says what became of
 * each leaf, in the order of the message. -1 with issues where it cannot be translated. */
int mapping_leaf_read(const struct mapping_leaf_reader *reader, const struct hl7v2_message *message,
                      struct slice structure, const struct mapping_context *context,
                      struct arena *arena, struct mapping_result *ret_result,
                      struct mapping_leaf **ret_leaves, size_t *ret_count,
                      struct issue_list *issues) __attribute__((warn_unused_result));

/* The leaves of a message that cannot be translated, all MAPPING_LEAF_REFUSED. */
size_t mapping_leaf_list_refused(const struct mapping_leaf_reader *reader,
                                 const struct hl7v2_message *message, struct arena *arena,
                                 struct mapping_leaf **ret_leaves);

#endif
