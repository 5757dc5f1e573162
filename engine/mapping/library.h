/* library: the files of the base, and of one site, read into rules and tables; not yet compiled.
 *
 * Internal to the room. */
#ifndef MAPPING_LIBRARY_H
#define MAPPING_LIBRARY_H

#include "base/csv.h"
#include "fhir/definition.h"
#include "mapping/place.h"
#include "mapping/program.h"
#include "mapping/text_pool.h"
#include "mapping/texts.h"

/* A <segment> or <datatype>. */
struct map_source {
    struct slice id;
    struct rule *rule;
    uint32_t segment;              /* HL7V2_ID, 0 for a data type map */
    struct slice type;             /* v2 data type, empty for a segment map */
    const struct fhir_element *to; /* children of what it writes */
    const struct fhir_type *to_type;
    struct map conditions; /* id to struct rule */
};

/* A <message>. */
struct message_source {
    struct rule *rule;
    const struct hl7v2_structure *structure;
    struct map conditions;
};

/* A <segment> or <datatype> that goes from FHIR to v2. */
struct send_map_source {
    struct slice id;
    struct rule *rule;
    uint32_t segment;                /* HL7V2_ID that it writes, 0 for a data type map */
    struct slice type;               /* v2 data type that it writes, empty for a segment map */
    const struct fhir_element *from; /* children of what it reads */
    const struct fhir_type *from_type;
    struct map conditions; /* id to struct rule */
};

/* A <send>. */
struct send_file {
    struct rule *rule;
    const struct hl7v2_structure *structure;
    const struct fhir_type *from; /* the resource that calls for the message */
    struct map conditions;
};

struct csv_source {
    struct slice name; /* of the code table */
    struct csv_table csv;
};

struct csv_list {
    struct csv_source *items;
    size_t count;
};

struct mapping_rules {
    struct arena *arena;
    struct text_pool *kept; /* texts that outlive the rules; NULL: the rules live as long */
    const struct hl7v2_dictionary *dictionary;
    const struct fhir_definitions *definitions;
    struct map maps;      /* id to struct map_source */
    struct map messages;  /* structure to struct message_source */
    struct map send_maps; /* id to struct send_map_source */
    struct map sends;     /* id to struct send_file */
    struct map rules;     /* id to struct rule: all that can be changed */
    struct map choices;   /* id to struct rule */
    struct csv_list tables;
    struct digest_list *digests; /* of the files, for the revision */
};

/* What a site says. */
struct site_source {
    const struct mapping_file *file; /* NULL: no site */
    struct rule *rule;
    struct map overlays;   /* rule id to the first struct overlay */
    struct map additions;  /* map or rule id to the first struct overlay */
    struct map answers;    /* choice id to struct rule */
    struct place *dropped; /* places that no rule may read */
    size_t dropped_count;
    struct csv_list tables;
    struct digest_list *digests;
};

struct overlay {
    struct rule *rule;
    struct overlay *next;
};

/* Name and SHA-256 of each file read. */
struct digest_list {
    struct slice name;
    unsigned char digest[32];
    struct digest_list *next;
};

/* As mapping_rules_make; `kept` (or NULL) gets all texts that a program of the rules refers to. */
int library_rules(const struct mapping_texts *texts, const struct hl7v2_dictionary *dictionary,
                  const struct fhir_definitions *definitions, struct text_pool *kept,
                  struct arena *arena, const struct mapping_rules **ret_rules,
                  struct issue_list *issues);

/* What the texts of a site folder say (NULL: no site). The base is asked for the rules it changes.
 * -1 with issues. */
int site_load(const struct mapping_rules *rules, const struct mapping_texts *texts,
              struct arena *arena, struct site_source *ret_site, struct issue_list *issues);

/* The same from a file that was parsed already; its tables are those of the texts. */
int site_of_file(const struct mapping_rules *rules, const struct mapping_file *file,
                 struct rule *root, const struct mapping_texts *texts, struct arena *arena,
                 struct site_source *ret_site, struct issue_list *issues);
/* The version a site's messages have; UNKNOWN where not said. */
enum hl7v2_version site_version(const struct site_source *site);
/* SHA-256 over all files in hex. */
struct slice library_revision(const struct digest_list *base, const struct digest_list *site,
                              struct arena *arena);

/* Shared by library.c, site.c and check.c. */
/* Adds a message, segment, data type or send file to the rules. */
void library_add_root(struct mapping_rules *rules, struct rule *root, struct issue_list *issues);
/* Parses a file; `path` names it in issues. Its tests are passed over (test.h reads them). `kept`
 * (or NULL) gets what it says. */
#define LIBRARY_LIMITS ((struct xml_limits){.passed_over = SLICE("test")})
struct mapping_file *library_file(struct slice path, struct slice text, struct text_pool *kept,
                                  struct arena *arena, struct digest_list **digests,
                                  struct issue_list *issues);
/* Where the ids of rules go that have none of their own. */
struct arena *library_id_arena(const struct mapping_rules *rules);
/* Adds the texts in codes/ to the list. */
int library_tables(const struct mapping_texts *texts, struct arena *arena, struct csv_list *list,
                   struct digest_list **digests, struct issue_list *issues);
/* Gives each rule of the tree that has no id one made of `owner` and its target, and puts all into
 * `rules`. Reports ids used twice. */
void library_name_rules(struct rule *rule, struct slice owner, struct map *rules,
                        struct arena *arena, struct issue_list *issues);

#endif
