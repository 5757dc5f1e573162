/* rule: one element of a mapping file, and the vocabulary of the language.
 *
 * A file is read into a tree of rules; each rule knows its word, its attributes by number, and
 * where it stands. What words there are, which attributes each takes, which it must have and where
 * it may stand are two tables below; the reader and the linter are made from them.
 *
 * Internal to the room. */
#ifndef MAPPING_RULE_H
#define MAPPING_RULE_H

#include "base/map.h"
#include "base/xml.h"

/* --- attributes --------------------------------------------------------------------------------*/

/* clang-format off */
#define RULE_ATTRIBUTE_TABLE(row) \
    row(ID, "id") \
    row(WHEN, "when") \
    row(GUIDE, "guide") \
    row(BECAUSE, "because") \
    row(FROM, "from") \
    row(TO, "to") \
    row(IN, "in") \
    row(VALUE, "value") \
    row(TEXT, "text") \
    row(CODE, "code") \
    row(UNIT, "unit") \
    row(PLUS, "plus") \
    row(MINUS, "minus") \
    row(UNITS_FROM, "units-from") \
    row(UNITS, "units") \
    row(JOIN, "join") \
    row(KEEP, "keep") \
    row(AS, "as") \
    row(MAP, "map") \
    row(TABLE, "table") \
    row(UNMAPPED, "unmapped") \
    row(INVALID, "invalid") \
    row(MIN, "min") \
    row(MAX, "max") \
    row(REQUIRED, "required") \
    row(NAME, "name") \
    row(TYPE, "type") \
    row(KEY, "key") \
    row(ALIAS, "alias") \
    row(CLASH, "clash") \
    row(MERGE, "merge") \
    row(ACTION, "action") \
    row(INTO, "into") \
    row(PATH, "path") \
    row(GROUP, "group") \
    row(MAKE, "make") \
    row(FIND, "find") \
    row(IS, "is") \
    row(VALUES, "values") \
    row(STRUCTURE, "structure") \
    row(SCOPE, "scope") \
    row(VERSION, "version") \
    row(TIME_ZONE, "time-zone") \
    row(CHARSET, "charset") \
    row(ORGANIZATION, "organization") \
    row(MRN_SYSTEM, "mrn-system") \
    row(RULE, "rule") \
    row(FILE, "file") \
    row(WHERE, "where") \
    row(EQUALS, "equals") \
    row(BY, "by") \
    row(SEVERITY, "severity") \
    row(EVENT, "event") \
    row(OF, "of") \
    row(SEGMENT, "segment") \
    row(NUMBER, "number") \
    row(SPLIT, "split") \
    row(WIDTH, "width") \
    row(PICK, "pick") \
    row(LIKE, "like") \
    row(BOTH, "both") \
    row(ALONE, "alone") \
    row(PLACE, "place")
/* clang-format on */
#define RULE_ATTRIBUTE_ENUM(symbol, text) ATTRIBUTE_##symbol,
enum rule_attribute { RULE_ATTRIBUTE_TABLE(RULE_ATTRIBUTE_ENUM) ATTRIBUTE_COUNT };
#undef RULE_ATTRIBUTE_ENUM

/* --- words -------------------------------------------------------------------------------------*/

enum rule_word {
    WORD_MESSAGE,
    WORD_SEGMENT,
    WORD_DATATYPE,
    WORD_SITE,
    WORD_EACH,
    WORD_MAKE,
    WORD_ALSO,
    WORD_LINK,
    WORD_MERGE,
    WORD_SNAPSHOT,
    WORD_SET,
    WORD_ENTRY,
    WORD_REF,
    WORD_USE,
    WORD_FILL,
    WORD_FIRST,
    WORD_DROP,
    WORD_CONDITION,
    WORD_CHOICE,
    WORD_CHANGE,
    WORD_REPLACE,
    WORD_ADD,
    WORD_TEST,
    WORD_TEST_MESSAGE,
    WORD_TEST_SEGMENT,
    WORD_TEST_VALUE,
    WORD_EXPECT,
    WORD_ABSENT,
    WORD_EXPECT_COUNT,
    WORD_ACK,
    WORD_TEST_JSON,
    WORD_REFUSED,
    WORD_SEND,
    WORD_GET,
    WORD_COUNT
};

struct rule_word_row {
    struct slice name;
    uint64_t attributes; /* bits of enum rule_attribute that it takes */
    uint64_t required;   /* that it must have */
    uint64_t children;   /* bits of enum rule_word that may stand in it */
};
extern const struct rule_word_row RULE_WORDS[WORD_COUNT];
/* The same words in files that write v2: <send>, and <segment> and <datatype> that go from FHIR;
 * and in a test that has a <json>, wherever it stands. */
extern const struct rule_word_row RULE_SENDS[WORD_COUNT];
extern const struct slice RULE_ATTRIBUTE_NAMES[ATTRIBUTE_COUNT];

/* True for an attribute that says nothing to rules: a site's file holds what others read, too
 * (`language`, `part2`, `known-as`), and they check it. */
bool rule_is_setting(enum rule_word word, struct slice name);

/* --- rules -------------------------------------------------------------------------------------*/

struct mapping_file {
    struct slice name; /* as issues show it */
    struct slice text;
    struct xml_document document;
};

struct rule_value {
    const struct xml_attribute *attribute; /* NULL: not given */
    const struct mapping_file *file;
};

struct rule {
    enum rule_word word;
    const struct mapping_file *file;
    const struct xml_element *element;
    struct slice id; /* as given, or made from map and target; never empty after load */
    bool id_given;
    uint64_t given;                  /* bits of enum rule_attribute */
    const struct rule_value *values; /* one for each bit of `given`, in the order of the numbers:
                                        of all attributes a rule has four, and rules stay */
    struct rule *parent, *first_child, *last_child, *next;
    bool is_send;                  /* of a file that writes v2: its words are those of RULE_SENDS */
    const struct rule *changed_by; /* the site's change, replace or add it comes from */
    struct slice changed;          /* "min, max" */
};

/* The attribute's text; empty where it is not given. */
struct slice rule_text(const struct rule *rule, enum rule_attribute attribute);
bool rule_has(const struct rule *rule, enum rule_attribute attribute);

/* All attributes of a rule by their numbers, to be changed and given to rule_give. */
struct rule_values {
    struct rule_value items[ATTRIBUTE_COUNT];
};
struct rule_values rule_given(const struct rule *rule);
/* Gives the rule these attributes and no others. Copies of the rule keep those they have. */
void rule_give(struct rule *rule, const struct rule_values *values, struct arena *arena);

/* Makes the rules of a file's tree and checks words and attributes. NULL with issues. `roots` are
 * the words that may stand at the top (bits). A <send>, and a <segment> or <datatype> whose `from`
 * is a FHIR type (HL7 writes its names in capitals), goes from FHIR to v2. */
struct rule *rule_tree(const struct mapping_file *file, uint64_t roots, struct arena *arena,
                       struct issue_list *issues);
/* The same on the rules of a base, by their ids: what stands inside a site's <replace> is of the
 * direction of the rule that it replaces. */
struct rule *rule_tree_on(const struct mapping_file *file, uint64_t roots, const struct map *base,
                          struct arena *arena, struct issue_list *issues);

/* --- issues ------------------------------------------------------------------------------------*/

/* Error at the value of an attribute, `offset` bytes into it, `length` long (0: the whole). `id` is
 * the lint rule in brackets; `hint` may be empty. Where the attribute is not given: at the rule. */
void rule_value_error(struct issue_list *issues, const struct rule *rule,
                      enum rule_attribute attribute, size_t offset, size_t length, const char *id,
                      struct slice hint, const char *format, ...)
    __attribute__((format(printf, 8, 9)));
/* The same as a warning: the rules work, and may not be what was meant. */
void rule_value_warning(struct issue_list *issues, const struct rule *rule,
                        enum rule_attribute attribute, size_t offset, size_t length, const char *id,
                        struct slice hint, const char *format, ...)
    __attribute__((format(printf, 8, 9)));
/* Error at the rule's own place. */
void rule_error(struct issue_list *issues, const struct rule *rule, const char *id,
                struct slice hint, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* "did you mean 'x'?" in the arena, or the empty slice when nothing is near. */
struct slice rule_did_you_mean(struct arena *arena, struct slice wrong, const struct slice *names,
                               size_t count);

#endif
