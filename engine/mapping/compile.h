/* compile: rules to operations. The parts of the compiler that its files share.
 *
 * compile.c          the driver: rules, overlays, names
 * compile_body.c     the operations of one map or message
 * compile_value.c    what a rule reads: sources, keys, tables, converters, maps
 * compile_element.c  set, entry, ref, use, fill, first, link, drop
 * compile_message.c  each, make, also, merge, snapshot
 * compile_share.c    what a site's program shares with the base's
 * compile_guard.c    what must be there for a rule to do anything
 *
 * What is sent is compiled by compile_send.c (send_internal.h).
 *
 * Each function reports what is wrong and goes on, so that all mistakes of all files are found at
 * once; whether there were any is asked of the issue list at the end. Internal to the room. */
#ifndef MAPPING_COMPILE_H
#define MAPPING_COMPILE_H

#include "mapping/program_internal.h"

struct compiler {
    struct mapping_program *program;
    const struct mapping_program *base; /* whose bodies are shared; or NULL */
    const struct mapping_rules *rules;
    const struct site_source *site;
    struct arena *arena;
    struct arena *scratch; /* of what grows, of conditions until shared, of maps below */
    struct issue_list *issues;
    struct map labels;           /* label texts to their number + 1, as a pointer */
    struct map site_rules;       /* ids of what the site adds */
    struct map name_numbers;     /* name to its number + 1, as a pointer */
    struct map decision_numbers; /* the same of decisions */
    struct map message_names;    /* names made in any message */
    struct body body; /* the one at hand; its arrays grow in scratch, and are used again */
    size_t operation_capacity, source_capacity, dropped_capacity, home_capacity, name_capacity,
        label_capacity, decision_capacity;
    struct text_pool *kept;    /* of texts that are made here */
    struct map parts;          /* bytes of a part to the one part of those bytes */
    struct map checked_tables; /* "TABLE PATH" of those that compile_check_rows has seen */
    struct map map_numbers;    /* map id to its number + 1, as a pointer */
    struct body **made;        /* by number; NULL: it is the base's */
};

/* What the rules of one list see. */
struct compile_scope {
    struct place_scope places;               /* the value at hand */
    const struct fhir_element *element;      /* the element at hand */
    const struct fhir_type *type;            /* its type */
    const struct fhir_type *resource;        /* the resource of the map; NULL in a data type map */
    const struct map *conditions;            /* of the file */
    const struct map *names;                 /* of the file: name to struct fhir_type */
    const struct hl7v2_structure *structure; /* NULL outside messages */
    uint32_t node;                           /* of the structure: the group at hand */
    uint32_t container;                      /* operation whose scope names belong to */
    bool is_message;
    bool is_site; /* the rules are the site's own: fields must be in its version */
};

/* --- compile.c ---------------------------------------------------------------------------------*/

/* The program of rules and site. It shares what it can with `base`, the program of the same rules
 * without a site, which has to live as long; NULL: it stands alone. -1 with issues. */
int compile_program(const struct mapping_rules *rules, const struct site_source *site,
                    const struct mapping_program *base, struct arena *arena,
                    const struct mapping_program **ret_program, struct issue_list *issues);
/* The base's program, for those of sites; NULL where it does not hold without a site's tables. */
const struct mapping_program *compile_base(const struct mapping_rules *rules, struct arena *arena);
/* Checks the files that write v2, with the site's overlays, and keeps nothing. */
void compile_sends_check(const struct mapping_rules *rules, const struct site_source *site,
                         struct issue_list *issues);
/* What people are told of a rule, and of a site. */
struct mapping_rule_facts compile_facts_of(const struct rule *rule);
struct mapping_site compile_site_facts(const struct site_source *site, struct arena *arena);
/* The base rule with the attributes of a change, and the rule of a replace in its place. */
const struct rule *compile_changed(const struct rule *base, const struct rule *change,
                                   struct arena *arena);
const struct rule *compile_replacing(const struct rule *base, const struct rule *replace,
                                     struct arena *arena);
/* Compiles one rule of the list, with the site's overlays. */
void compile_rule(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule);
/* All children that are rules, then what the site adds to `owner`. */
void compile_children(struct compiler *compiler, const struct compile_scope *scope,
                      const struct rule *rule, struct slice owner);
/* "did you mean 'patient'?" among the names that this place sees, or empty. */
struct slice compile_nearest_name(struct compiler *compiler, const struct compile_scope *scope,
                                  struct slice name);
/* "bed or room", "this", "all" of an attribute; each must be given somewhere. */
struct name_list compile_names(struct compiler *compiler, const struct compile_scope *scope,
                               const struct rule *rule, enum rule_attribute attribute);
struct condition_names compile_condition_names(struct compiler *compiler,
                                               const struct compile_scope *scope);

/* --- compile_body.c ----------------------------------------------------------------------------*/

/* An operation to fill in, then given to compile_push. Indexes are those of the body at hand. */
#define OPERATION_NEW                                                                              \
    {                                                                                              \
        .map = NO_MAP, .name = NAME_THIS                                                           \
    }
/* Appends the operation for the rule; kind, rule number, end and when are set here. Its index. */
uint32_t compile_push(struct compiler *compiler, enum operation_kind kind, const struct rule *rule,
                      const struct condition *when, const struct operation *made);
/* Ends it: everything pushed since belongs to it. */
void compile_end(struct compiler *compiler, uint32_t index);
/* Nobody reads this place on purpose. */
void compile_dropped(struct compiler *compiler, const struct place *place);
/* The name is given in this scope. */
void compile_declare(struct compiler *compiler, const struct compile_scope *scope, uint32_t name);
/* What was made since the last time, as a body that stays; conditions and guards come later. */
struct body *compile_settle(struct compiler *compiler);
/* The one part of these bytes in the program's arena: rules of one map say the same again and
 * again. Texts in it must be kept ones. */
void *compile_settle_part(struct compiler *compiler, const void *bytes, size_t size);
/* A body whose operations may be changed; all else is the other one's. */
struct body *compile_own_copy(struct compiler *compiler, const struct body *body);
/* The number of a name of resources. */
uint32_t compile_name(struct compiler *compiler, struct slice name);
/* The one label of that text. */
struct slice compile_label(struct compiler *compiler, struct slice text);
/* The number of a decision: of equal texts one. */
uint32_t compile_decision(void *compiler, struct slice text);
/* The program's lists of rules, names, labels and decisions, at their size. */
void compile_settle_lists(struct compiler *compiler);

/* --- compile_share.c ---------------------------------------------------------------------------*/

/* Adds the code tables; of a base those that the site does not change are taken as they are. */
void compile_tables(struct compiler *compiler);
/* Marks, by number, the bodies that the site makes another than the base's: ret_changed[number].
 * One too many costs memory, one too few would be wrong. Asks for the tables. */
void compile_changes(const struct compiler *compiler, bool *ret_changed);

/* --- compile_guard.c ---------------------------------------------------------------------------*/

/* The guards of all operations of a body, when they and their conditions are complete. */
void compile_guards(struct body *body, struct arena *arena);

/* --- compile_far.c -----------------------------------------------------------------------------*/

/* Which operations a shape cannot do again; calls must form no circle. */
void compile_far(struct compiler *compiler);

/* --- compile_value.c ---------------------------------------------------------------------------*/

/* Places of an attribute, parsed and checked. False where it failed. */
bool compile_places(struct compiler *compiler, const struct compile_scope *scope,
                    const struct rule *rule, enum rule_attribute attribute,
                    struct places *ret_places);
/* from, value, text, code, unit: at most one. False where it failed, or where the site drops every
 * place of it. */
bool compile_source(struct compiler *compiler, const struct compile_scope *scope,
                    const struct rule *rule, struct source *ret_source);
/* The v2 data type of a source, or empty. */
struct slice compile_source_type(const struct compile_scope *scope, const struct source *source);
/* The path of an attribute below an element; NULL where it failed. */
struct path *compile_path(struct compiler *compiler, const struct rule *rule,
                          enum rule_attribute attribute, const struct fhir_element *element);
void compile_keys(struct compiler *compiler, const struct compile_scope *scope,
                  const struct rule *rule, enum rule_attribute attribute,
                  struct operation *operation);
/* "LN" by codes/systems.csv, or a URI as it is; empty where neither. */
struct slice compile_system(const struct code_tables *tables, struct slice name);
const struct code_table *compile_table(struct compiler *compiler, const struct rule *rule);
/* unmapped, invalid, keep, join, min, max, required. */
void compile_manners(struct compiler *compiler, const struct rule *rule,
                     struct operation *operation);
/* The map of an attribute (segment maps and data type maps alike); NULL where there is none. */
const struct map_source *compile_map(struct compiler *compiler, const struct rule *rule,
                                     enum rule_attribute attribute);
uint32_t compile_map_number(struct compiler *compiler, const struct map_source *map);
/* as, map, table: how the source's value becomes the element's. */
void compile_how(struct compiler *compiler, const struct compile_scope *scope,
                 const struct rule *rule, struct operation *operation);

/* --- compile_element.c, compile_message.c: one for each word
 * ------------------------------------*/

typedef void compile_word(struct compiler *compiler, const struct compile_scope *scope,
                          const struct rule *rule, const struct condition *when);
compile_word compile_set, compile_entry, compile_ref, compile_use, compile_fill, compile_first,
    compile_link, compile_drop, compile_each, compile_make, compile_also, compile_merge,
    compile_snapshot;

/* --- compile_codes.c ---------------------------------------------------------------------------*/

/* The literal of `value` must be one that the element can hold: [value-type], [not-in-value-set].
 */
void compile_check_value(struct compiler *compiler, const struct rule *rule,
                         const struct path *path);
/* The same for every row of a table: of a fill column, or of target_code where `column` is the
 * number of columns. The errors stand at the rows. */
void compile_check_rows(struct compiler *compiler, const struct code_table *table,
                        const struct path *path, size_t column);

#endif
