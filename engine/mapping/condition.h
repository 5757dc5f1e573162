/* condition: `when="..."`: parsed to a small tree that is asked for each rule.
 *
 *   condition = and { "or" and }      and = not { "and" not }      not = [ "not" ] one
 *   one       = "(" condition ")" | "choice" ID test | NAME | operand test
 *   test      = "valued" | "not valued" | "deleted" | ("=" | "!=") operand
 *             | ["not"] "in" ( "(" 'literal' { "," 'literal' } ")" | "codes('set')" )
 *             | "matches" 'pattern' | ("over" | "under" | "at least" | "at most") (NUMBER | place)
 *   operand   = place | 'literal' | NUMBER | "count(" place ")" | "length(" place ")"
 *
 * What hangs on a choice, `choice x = 'y'`, is decided at load: it is a constant, or, where
 * programs share their conditions, a decision that each has for itself. Internal to the room. */
#ifndef MAPPING_CONDITION_H
#define MAPPING_CONDITION_H

#include "base/buffer.h"
#include "mapping/place.h"
#include "mapping/table.h"

enum condition_kind {
    CONDITION_TRUE,
    CONDITION_FALSE,
    CONDITION_DECIDED,
    CONDITION_AND,
    CONDITION_OR,
    CONDITION_NOT,
    CONDITION_VALUED,
    CONDITION_DELETED,
    CONDITION_EQUAL,
    CONDITION_IN,
    CONDITION_IN_CODES,
    CONDITION_MATCHES,
    CONDITION_OVER,
    CONDITION_UNDER
};

enum operand_kind { OPERAND_PLACE, OPERAND_LITERAL, OPERAND_COUNT, OPERAND_LENGTH };

struct operand {
    enum operand_kind kind;
    struct place place;
    struct slice literal;
    const void *path; /* in files that write v2: what stands in the place's stead */
};

/* `!=`, `not in`, `not valued`, `at most` and `at least` are CONDITION_NOT around their opposite,
 * which also gives them their meaning on something absent. */
struct condition {
    enum condition_kind kind;
    uint32_t decision; /* number of what decides; see condition_number_decision */
    const struct condition *left, *right;
    const struct slice *literals;
    size_t literal_count;
    const struct code_set *codes;
    uint32_t segment; /* where an answer is kept: HL7V2_ID of the only segment it asks about */
    uint32_t answer;  /* number of the answer that is kept, from 1; 0: none is */
    struct operand a;
    const struct operand *b; /* what it is compared with; NULL: it is not */
};

/* The conditions of a program, equal ones once. The key is on the heap: release it. */
struct condition_pool {
    struct arena *arena;   /* of those that stay */
    struct arena *scratch; /* of what the pool itself needs */
    struct map by_key;     /* to struct condition */
    struct buffer key;     /* of the one at hand */
    size_t answer_count;
};

struct condition_names;
/* Reads what is no literal at the front of `text`, which stands `offset` bytes into the attribute:
 * its length, 0 where none is there. What does not hold is reported, and *ret_path NULL. */
typedef size_t condition_read_path(const struct condition_names *names, const struct rule *rule,
                                   enum rule_attribute attribute, size_t offset, struct slice text,
                                   const void **ret_path);

/* The number of a decision; `text` is "x = 'y'", as it stands behind the word choice. */
typedef uint32_t condition_number_decision(void *data, struct slice text);

/* What names stand for. */
struct condition_names {
    const struct map *conditions; /* of the file: id to struct rule, or NULL */
    const struct map *choices;    /* id to struct rule of word choice */
    const struct map *answers;    /* of the site: id to struct rule, or NULL */
    struct code_tables *tables;
    const struct place_scope *scope;
    condition_read_path *read_path; /* of FHIR; NULL: operands are places of a message */
    void *path_data;                /* for read_path */
    condition_number_decision *number_decision; /* NULL: what hangs on a choice is a constant */
    void *decision_data;                        /* for number_decision */
};

/* Parses the attribute. NULL with an error that points into it. */
const struct condition *condition_parse(const struct rule *rule, enum rule_attribute attribute,
                                        const struct condition_names *names, struct arena *arena,
                                        struct issue_list *issues);
/* Whether a decision that was parsed before holds by these choices and answers. */
bool condition_decide(struct slice text, const struct condition_names *names,
                      struct arena *scratch);
/* Built from others; NULL counts as true. */
const struct condition *condition_and(const struct condition *left, const struct condition *right,
                                      struct arena *arena);
const struct condition *condition_not(const struct condition *one, struct arena *arena);

/* What is shared later may stand in the scratch arena, which has to last as long as the pool; what
 * the pool gives stands in `arena` with all that belongs to it. */
void condition_pool_init(struct condition_pool *pool, struct arena *arena, struct arena *scratch);
void condition_pool_release(struct condition_pool *pool);
/* The one of the pool that is equal; a copy becomes it where there is none. NULL for NULL. */
const struct condition *condition_pool_share(struct condition_pool *pool,
                                             const struct condition *condition);

/* Whether the whole text is like the pattern of a `matches`: `*` stands for any bytes, `?` for one.
 */
bool condition_matches(struct slice text, struct slice pattern);

/* The value a choice has: the site's answer, else its own. */
struct slice condition_choice(const struct condition_names *names, struct slice id);

#endif
