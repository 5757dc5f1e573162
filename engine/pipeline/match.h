/* match: do two records tell of one person? Pure: no store, no clock.
 *
 * Of each record the demographics are taken (names, birth date, sex, addresses, phones, numbers),
 * made alike (case, accents, blanks, abbreviations) and compared field by field. Each field comes
 * to a level ("equal", "typo", "nickname"), and the tables of mappings/identity say what that
 * means:
 *
 *   1. rules.csv, from the top: the first rule whose levels all fit says the verdict, or limits it.
 *      Proofs (an equal record number of one assigner) and guards (twins, father and son) are such
 *      rows.
 *   2. where none decides: the sum of the levels' weights against the two thresholds (weights.csv:
 *      I. Fellegi, A. Sunter, A Theory for Record Linkage, 1969: log2 of how much more frequent a
 *      level is in records of one person than of two).
 *
 * A placeholder (999-99-9999, 1900-01-01, TEST) counts as not said. What is not said weighs
 * nothing. The order of the two records does not matter.
 *
 * Which records are worth comparing is said by their blocks: a few 64-bit hashes each (birth date
 * and a name, a phone, a number); two records of one person nearly always have one in common. A
 * block is not secret by being a hash: it can be guessed, and is as much the patient's as the
 * name.
 *
 * Nothing that this module says holds a value: fields and levels only. */
#ifndef PIPELINE_MATCH_H
#define PIPELINE_MATCH_H

#include "fhir/json.h"
#include "pipeline/match_table.h"

/* What two records of one person nearly always share one of. */
#define PIPELINE_BLOCK_LIMIT 24

struct pipeline_demographics;

enum pipeline_verdict {
    PIPELINE_DIFFERENT, /* two persons, as far as can be told */
    PIPELINE_REVIEW,    /* somebody has to look */
    PIPELINE_SAME       /* one person; to be linked at once */
};

/* What a comparison came to. A plain value; `rule` lives as long as the table. */
struct pipeline_match {
    enum pipeline_verdict verdict;
    double weight;     /* bits; above 0 speaks for one person */
    struct slice rule; /* that decided or limited the verdict; empty: the weight alone */
    bool apart;        /* a guard fitted: no link may bring the two into one person, not even by way
                          of a third record */
    enum match_level levels[MATCH_FIELD_COUNT];
};

/* What a FHIR R4 Patient says of who it is: name, birthDate, gender, address, telecom, identifier.
 * Every name counts, the maiden name and the nickname too; what one of them leaves out is as in the
 * first. To be read of what one source record said, and not of a merged Patient. Never fails: what
 * it cannot read is not said. Slices point into the Patient and the arena, which must live as long.
 */
const struct pipeline_demographics *pipeline_demographics_of(const struct match_table *table,
                                                             const struct json *patient,
                                                             struct arena *arena);

/* The blocks of a record, each once, in no order; how many, at most PIPELINE_BLOCK_LIMIT. 0 where
 * it says too little to be found by. */
size_t pipeline_match_blocks(const struct pipeline_demographics *demographics,
                             int64_t ret_blocks[PIPELINE_BLOCK_LIMIT]);

/* Compares two records. */
struct pipeline_match pipeline_match_compare(const struct match_table *table,
                                             const struct pipeline_demographics *a,
                                             const struct pipeline_demographics *b);

/* "same weight=23.4 family=equal given=nickname birth=equal sex=equal phone=different": what a
 * review shows and what is kept with a decision. Fields that one of them does not say are left
 * out. */
struct slice pipeline_match_words(const struct pipeline_match *match, struct arena *arena);
/* "same", "review", "different". */
const char *pipeline_verdict_name(enum pipeline_verdict verdict);

/* --- one record and the persons it may be ----------------------------------------------------- */

/* One source record of a person who may be the same. */
struct pipeline_candidate {
    int64_t person_key;
    int64_t source_key;
    const struct pipeline_demographics *demographics;
};

/* What one person came to. */
struct pipeline_match_person {
    int64_t person_key;
    int64_t source_key;          /* of the record that fits best */
    struct pipeline_match match; /* with that record; its verdict is the person's */
};

/* Compares a record with each candidate and says of each person: the same where one record of it
 * is, and none of its records stands apart from this one; where one of them has another number of
 * one assigner and is not the same by itself, the weight has to reach `second` of thresholds.csv.
 * Several such persons must not stand apart from each other either, else the one of the smaller
 * weight goes to review. Persons that are different are left out. Best first: verdict, then weight,
 * then the older key.
 *
 * `candidates` hold all source records of each person that shares a block, those of one person side
 * by side, the record's own not among them. The answer is in the arena. More than one SAME means
 * that the record brings these persons together. */
size_t pipeline_match_persons(const struct match_table *table,
                              const struct pipeline_demographics *record,
                              const struct pipeline_candidate *candidates, size_t count,
                              struct arena *arena, struct pipeline_match_person **ret_persons);

#endif
