/* concept_map: code tables as FHIR R4 ConceptMaps, and ConceptMaps as code tables.
 *
 * One ConceptMap is one file of codes/ *.csv: a table that is shipped, or what a site puts in front
 * of it. Nothing of the file is lost on the way, so that export, import and export give the same:
 *
 *   code                               group.element.code
 *   code_system                        group.source, and as it is written in an extension of group
 *   code_display                       group.element.display
 *   target_code, target_display        group.element.target.code, .display
 *   target_system                      group.target
 *   equivalence                        group.element.target.equivalence
 *   why                                group.element.target.comment
 *   a FHIR path (for `fill`)           group.element.target.product: property path, value
 *   any other column                   group.element.extension urn:painbridge:column:NAME
 *   order of the columns               extension urn:painbridge:table:columns
 *   # lines at the head                description
 *   other # lines                      extension urn:painbridge:table:comment of what follows
 *   base table behind a site's         group.unmapped: other-map
 *
 * A row is an element, in the order of the table, which decides what is found first; a group ends
 * where one of the two systems changes. Where the table says no equivalence it is `equivalent` when
 * code and answer stand in one row each, else `relatedto`. A text that its element cannot hold (a
 * code with two blanks) stands in the extension urn:painbridge:table:text of that element.
 *
 * What becomes of codes that are not in the table is said by the rule that uses it, not here. */
#ifndef MAPPING_CONCEPT_MAP_H
#define MAPPING_CONCEPT_MAP_H

#include "base/buffer.h"
#include "base/time.h"
#include "fhir/json.h"
#include "mapping/texts.h"

/* One table. All but the last four are what FHIR searches for. */
struct concept_map_table {
    struct slice id;    /* "AdministrativeSex", of a site "mission.AdministrativeSex"; where that is
                           no FHIR id, one that is derived from it */
    struct slice url;   /* urn:painbridge:table:NAME, urn:painbridge:site:SITE:table:NAME */
    struct slice name;  /* as FHIR wants it (cmd-0): "Repeat_pattern" */
    struct slice title; /* the table's own name: "repeat-pattern" */
    struct slice site;  /* empty: shipped */
    struct slice file;  /* for issues */
    struct slice text;  /* the CSV */
    bool has_base;      /* of a site: there is a shipped table of that name behind it */
};

struct concept_map_tables {
    struct concept_map_table *items; /* the shipped ones, then site by site; each sorted by name */
    size_t count;
};

/* The tables among the texts of the base and of some sites. Texts are not copied. */
void concept_map_tables(const struct mapping_texts *base, const struct mapping_texts *sites,
                        size_t site_count, struct arena *arena,
                        struct concept_map_tables *ret_tables);
/* The table of that name of a site (empty: the shipped one), or NULL. */
const struct concept_map_table *concept_map_table(const struct concept_map_tables *tables,
                                                  struct slice site, struct slice title);

/* The table as a resource, with its id. `version` is the SHA-256 of the file in hex, `date` the
 * latest day of its `when`. Code systems are named by the tables `systems` among the tables. -1
 * with issues where the text is no code table. */
int concept_map_of_table(const struct concept_map_tables *tables,
                         const struct concept_map_table *table, struct arena *arena,
                         struct json **ret_map, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The name of the table that a ConceptMap is, by its url; empty where that is none of ours. */
struct slice concept_map_title(const struct json *map);

/* Who says so, when (a day) and why: for rows that do not say it themselves. */
struct concept_map_notes {
    struct slice who, when, why;
};

struct concept_map_import {
    const struct concept_map_tables *tables; /* for code systems */
    struct slice site, title;                /* the table to be: of a site, or shipped (empty) */
    struct slice present;                    /* its file as it is; empty: there is none */
    struct concept_map_notes notes;
};

/* Writes the table that a ConceptMap says (one that fhir_validate passed) as CSV into `out`.
 *
 * A row that says what the present file says keeps its who, when and why; one that says something
 * else has those of the ConceptMap, where they are not the old ones; where it has none of the
 * three, those of the notes. Comments of the present file stay, before the row of the same code,
 * else at the end, where the ConceptMap has none in their place.
 *
 * -1 with issues, each with its place in the ConceptMap, where it says what a table cannot say: two
 * answers for a code, dependsOn, no match, versions of systems, fixed answers for other codes, a
 * code system without a name in codes/systems.csv. What does not change a translation (a publisher,
 * a copyright) is left out with a warning. Nothing is written then that was not there. */
int concept_map_to_table(const struct json *map, const struct concept_map_import *import,
                         struct arena *arena, struct buffer *out, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
