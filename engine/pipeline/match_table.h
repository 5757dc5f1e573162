/* match_table: what decides that two records are of one person, as an admin wrote it down.
 *
 * Eight files of mappings/identity, each a table (base/csv.h); mappings/README.md describes them
 * for those who edit them:
 *
 *   weights.csv       field, level, m, u      how frequent a level is in pairs of one person, of
 * two rules.csv         rule, the fields, says  what decides before, or limits, the weight
 *   thresholds.csv    name, value             link, review, second in bits; the cap of a block
 *   identifiers.csv   type, counts            which numbers name a person
 *   nicknames.csv     kind, name, form        names that one person goes by
 *   names.csv         kind, name              frequent names
 *   words.csv         kind, word, value       words of names and addresses, made alike or left out
 *   placeholders.csv  field, value            what is written where nothing is known
 *
 * All of them must be there. The table lives in its arena, is never changed, and may be read by
 * several threads. */
#ifndef PIPELINE_MATCH_TABLE_H
#define PIPELINE_MATCH_TABLE_H

#include "base/issue.h"
#include "mapping/texts.h"

/* clang-format off */
/* row(CONSTANT, "name in the files") */
#define MATCH_FIELDS(row)                                                                          \
    row(NUMBER, "number")                                                                          \
    row(SSN, "ssn")                                                                                \
    row(FAMILY, "family")                                                                          \
    row(GIVEN, "given")                                                                            \
    row(SUFFIX, "suffix")                                                                          \
    row(BIRTH, "birth")                                                                            \
    row(SEX, "sex")                                                                                \
    row(ADDRESS, "address")                                                                        \
    row(PHONE, "phone")

/* The same: how alike two values are. Which of them a field knows is said in match_table.c. */
#define MATCH_LEVELS(row)                                                                          \
    row(MISSING, "missing")       /* one of the two does not say it, or says a placeholder */      \
    row(DIFFERENT, "different")   /* as far apart as any two */                                    \
    row(EQUAL, "equal")                                                                            \
    row(FULL, "full")             /* equal, and of two names or more */                            \
    row(COMMON, "common")         /* equal, and a frequent name or the first of a year */          \
    row(PART, "part")             /* one says more than the other and nothing against it */        \
    row(FREQUENT, "frequent")     /* the same of frequent names */                                 \
    row(CROSSED, "crossed")       /* partly the same and partly another */                         \
    row(TYPO, "typo")             /* a slip of the keyboard away, or sounds the same */            \
    row(NICKNAME, "nickname")     /* Pepe for José, Chow for Zhou */                               \
    row(INITIAL, "initial")       /* a letter for a name */                                        \
    row(ORDER, "order")           /* of given names: the second one before the first, or alone */  \
    row(SWAPPED, "swapped")       /* family for given name, or day for month */                    \
    row(YEAR, "year")             /* the same year, and the first of January in one */             \
    row(NEAR, "near")             /* a year, a month or a day off */                               \
    row(GENERATION, "generation") /* fifteen years or more apart */                                \
    row(PLACE, "place")           /* of an address: another house in the same postal code */       \
    row(REGION, "region")         /* the postal code begins with the same three digits */          \
    row(AREA, "area")             /* of a phone: only the area code is the same */                 \
    row(LAST, "last")             /* the last digits are equal, and no more is known */
/* clang-format on */

enum match_field {
#define MATCH_FIELD_ROW(constant, name) MATCH_##constant,
    MATCH_FIELDS(MATCH_FIELD_ROW)
#undef MATCH_FIELD_ROW
        MATCH_FIELD_COUNT
};

enum match_level {
#define MATCH_LEVEL_ROW(constant, name) MATCH_LEVEL_##constant,
    MATCH_LEVELS(MATCH_LEVEL_ROW)
#undef MATCH_LEVEL_ROW
        MATCH_LEVEL_COUNT
};

struct match_table;

/* The files of the folder mappings/identity among these texts ("identity/weights.csv"). -1 with an
 * issue (file, line, column) for each file that is missing and each cell that is not understood. */
int pipeline_match_table_load(const struct mapping_texts *texts, struct arena *arena,
                              const struct match_table **ret_table, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* A block with more members than this tells nothing: a shelter's phone, a frequent placeholder. */
int32_t pipeline_match_block_cap(const struct match_table *table);

const char *match_field_name(enum match_field field);
const char *match_level_name(enum match_level level);

#endif
