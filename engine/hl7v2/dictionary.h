/* dictionary: what the standard calls things: structures with their groups, segments' fields, data
 * types' components.
 *
 * Loaded from CSV files (mappings/dictionary) into an arena, immutable after that, shared by all
 * messages. It knows names and shapes, never what a value means. Names are slices of the files. */
#ifndef HL7V2_DICTIONARY_H
#define HL7V2_DICTIONARY_H

#include "base/issue.h"
#include "hl7v2/message.h"
#include "hl7v2/version.h"

struct hl7v2_dictionary;

struct hl7v2_field_definition {
    uint32_t segment; /* HL7V2_ID */
    unsigned field;
    struct slice name;           /* "Patient Identifier List" */
    struct slice type;           /* "CX" */
    struct slice table;          /* "0203" or empty */
    enum hl7v2_version from, to; /* first and last version that has it */
    bool required;
    unsigned max_repeats; /* 0: no limit */
    unsigned length;      /* 0: not said */
};

struct hl7v2_component_definition {
    struct slice type; /* the data type it is part of: "CX" */
    unsigned component;
    struct slice name;    /* "Assigning Authority" */
    struct slice type_of; /* its own data type: "HD" */
    struct slice table;
    enum hl7v2_version from; /* UNKNOWN: not said */
    bool required;
};

/* One line of a structure's grammar, in the order of the standard. Node 0 is the structure itself,
 * a group that holds all. */
struct hl7v2_node {
    struct slice
        name;         /* group name "PATIENT_RESULT", segment id "PID", structure name for node 0 */
    uint32_t segment; /* HL7V2_ID, or 0 for a group */
    uint32_t parent;  /* node number of the group around it */
    uint32_t next;  /* node number behind it and all that it contains: the next sibling, or the end
                       of the group around it */
    unsigned min;   /* 0 or 1 */
    unsigned max;   /* 0: no limit */
    bool may_begin; /* nothing required stands before it in the group around it */
};

struct hl7v2_structure {
    struct slice name;
    const struct hl7v2_node *nodes;
    size_t node_count;
};

/* Reads structures.csv, fields.csv, components.csv, events.csv and types.csv of the folder. -1 with
 * issues (file:line:column). */
int hl7v2_dictionary_load(const char *folder, struct arena *arena,
                          const struct hl7v2_dictionary **ret_dictionary, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The same from texts already read; an empty text is a table without rows. For tests. */
struct hl7v2_dictionary_texts {
    struct slice structures, fields, components, events, types;
};
int hl7v2_dictionary_parse(const struct hl7v2_dictionary_texts *texts, struct arena *arena,
                           const struct hl7v2_dictionary **ret_dictionary,
                           struct issue_list *issues) __attribute__((warn_unused_result));

/* Each NULL or empty where the dictionary knows none. O(1) hash lookups. */
const struct hl7v2_structure *hl7v2_dictionary_structure(const struct hl7v2_dictionary *dictionary,
                                                         struct slice name);
/* The structure of a type and event (table 0354), by name. */
struct slice hl7v2_dictionary_event_structure(const struct hl7v2_dictionary *dictionary,
                                              struct slice type, struct slice event);
/* A field in any version, and how many fields the segment has (0: no such segment). */
const struct hl7v2_field_definition *
hl7v2_dictionary_field(const struct hl7v2_dictionary *dictionary, uint32_t segment, unsigned field);
unsigned hl7v2_dictionary_field_count(const struct hl7v2_dictionary *dictionary, uint32_t segment);
/* The names of all segments, in the arena; for suggestions. */
const struct slice *hl7v2_dictionary_segments(const struct hl7v2_dictionary *dictionary,
                                              struct arena *arena, size_t *ret_count);
/* The names of all data types, those without components too; and whether one is among them. */
const struct slice *hl7v2_dictionary_types(const struct hl7v2_dictionary *dictionary,
                                           struct arena *arena, size_t *ret_count);
bool hl7v2_dictionary_has_type(const struct hl7v2_dictionary *dictionary, struct slice type);
/* The number of the segment's last required field, 0 where it has none. */
unsigned hl7v2_dictionary_last_required(const struct hl7v2_dictionary *dictionary,
                                        uint32_t segment);
/* The field's data type in a version: some had another one earlier or later (types.csv). UNKNOWN:
 * that of hl7v2_dictionary_field. Empty where there is no such field. */
struct slice hl7v2_dictionary_field_type(const struct hl7v2_dictionary *dictionary,
                                         uint32_t segment, unsigned field,
                                         enum hl7v2_version version);
/* True when the version has the field (UNKNOWN: any version). */
bool hl7v2_field_in_version(const struct hl7v2_field_definition *field, enum hl7v2_version version);
const struct hl7v2_component_definition *
hl7v2_dictionary_component(const struct hl7v2_dictionary *dictionary, struct slice type,
                           unsigned component);
/* 0: a simple type, or not known. */
unsigned hl7v2_dictionary_component_count(const struct hl7v2_dictionary *dictionary,
                                          struct slice type);

/* Node number of a dotted group or segment path inside a structure ("PATIENT_RESULT.PATIENT.PID",
 * relative to node `from`), the first that matches; 0 where there is none. */
uint32_t hl7v2_structure_find(const struct hl7v2_structure *structure, uint32_t from,
                              struct slice path);

#endif
