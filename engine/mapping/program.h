/* program: the mapping files as one immutable program.
 *
 * The language is described for its users in mappings/README.md; this module reads the files,
 * checks them, and compiles them. It never sees a message.
 *
 *   folder/v2-to-fhir/{messages,segments,datatypes}/ *.xml
 *   folder/codes/ *.csv                                      the shipped base, read once
 *   site folder: NAME.xml (named as the folder), codes/ *.csv   one clinic's differences
 *
 * The base is read once into struct mapping_rules and shared; each site gets a program, which is
 * the base's but for what the site changes. Both are immutable after load and may be used by any
 * number of threads. A file with an error gives no program: either all of it holds or nothing
 * changes. */
#ifndef MAPPING_PROGRAM_H
#define MAPPING_PROGRAM_H

#include "base/issue.h"

struct hl7v2_dictionary;
struct fhir_definitions;
struct mapping_rules;
struct mapping_program;

/* Reads and checks the base. Everything is put into the arena; the dictionary and the definitions
 * must live as long. -1 with issues (place file:line:column, rule = the id in brackets, hint = the
 * help) for every mistake that was found, not only the first. */
int mapping_rules_load(const char *folder, const struct hl7v2_dictionary *dictionary,
                       const struct fhir_definitions *definitions, struct arena *arena,
                       const struct mapping_rules **ret_rules, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The same from texts that were read before (mapping/texts.h), which must live as long. */
struct mapping_texts;
int mapping_rules_make(const struct mapping_texts *texts, const struct hl7v2_dictionary *dictionary,
                       const struct fhir_definitions *definitions, struct arena *arena,
                       const struct mapping_rules **ret_rules, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Compiles the base with one site's differences. site_folder may be NULL: the base as it is. -1 as
 * above. */
int mapping_program_load(const struct mapping_rules *rules, const char *site_folder,
                         struct arena *arena, const struct mapping_program **ret_program,
                         struct issue_list *issues) __attribute__((warn_unused_result));

/* The same from a site's texts, which must live as long; NULL: the base as it is. */
int mapping_program_make(const struct mapping_rules *rules, const struct mapping_texts *site_texts,
                         struct arena *arena, const struct mapping_program **ret_program,
                         struct issue_list *issues) __attribute__((warn_unused_result));

/* The programs of many sites of one base at once, for who runs for days: ret_programs[i] is that of
 * sites[i]. They share all that no site changes, and nothing else is kept in the arena: the texts
 * may be given back. Only the rules as they were read are gone with them, which
 * mapping_leaf_reader_new and mapping_explain_when ask for. -1 as above, with what is wrong in all
 * sites. */
int mapping_programs_make(const struct mapping_texts *texts, const struct mapping_texts *sites,
                          size_t site_count, const struct hl7v2_dictionary *dictionary,
                          const struct fhir_definitions *definitions, struct arena *arena,
                          const struct mapping_program **ret_programs, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Looks for what is allowed and may be a slip: names of keys and labels that stand alone and look
 * like another, extensions that nobody knows. Warnings; `painbridge check` asks, a running engine
 * does not. The arena is scratch. */
void mapping_rules_lint(const struct mapping_rules *rules, struct arena *arena,
                        struct issue_list *issues);

/* The same for a site's folder: its tables, and rules without a test (`test_count` are in its
 * file). The site must have loaded. */
void mapping_site_lint(const struct mapping_rules *rules, const struct mapping_texts *texts,
                       size_t test_count, struct arena *arena, struct issue_list *issues);

/* Checks one file by itself, as `painbridge check FILE` does: a message, segment or data type file
 * in the place of the base's file of that name (or as a new one), or a site file with the codes/
 * beside it. -1 with issues. */
int mapping_file_check(const struct mapping_rules *rules, const char *path, struct arena *arena,
                       struct issue_list *issues) __attribute__((warn_unused_result));

/* The same for a text that is in memory; a site's tables are not looked for. `name` stands in the
 * issues. */
int mapping_text_check(const struct mapping_rules *rules, struct slice name, struct slice text,
                       struct arena *arena, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* What a site file says of the site; empty slices where it says nothing. */
struct mapping_site {
    struct slice id;
    struct slice version; /* HL7 version its messages have, "2.5.1" where not said */
    struct slice time_zone;
    struct slice charset;
    struct slice organization;
    struct slice mrn_system; /* urn:painbridge:site:ID:mrn where not said */
};
const struct mapping_site *mapping_program_site(const struct mapping_program *program);

/* SHA-256 in hex over the names and bytes of all files that went in, sorted by name: the same
 * files, the same revision. */
struct slice mapping_program_revision(const struct mapping_program *program);
/* True when there is a message file for the structure ("ORU_R01"). */
bool mapping_program_has_structure(const struct mapping_program *program, struct slice structure);

/* One rule, for people: trace, marks and acts carry its number. */
struct mapping_rule_facts {
    struct slice id;
    struct slice file;
    unsigned line, column;
    struct slice guide; /* "PID[Patient]:10" or empty */
    struct slice because;
    struct slice changed_file; /* the site file that changed, replaced or added it, or empty */
    unsigned changed_line, changed_column;
    struct slice changed; /* names of the attributes it changed, "min, max" */
};
size_t mapping_program_rule_count(const struct mapping_program *program);
/* number from 0 to count - 1. */
struct mapping_rule_facts mapping_program_rule(const struct mapping_program *program,
                                               uint32_t number);

/* One row of a code table, for people. */
struct mapping_row_facts {
    struct slice table;
    struct slice file;
    unsigned line;
};
struct mapping_row_facts mapping_program_row(const struct mapping_program *program,
                                             uint32_t number);

#endif
