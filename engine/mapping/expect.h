/* expect: the path language of tests: which values of a resource an expectation means.
 *
 *   path      = first { "." step }
 *   first     = step / TYPE                       Patient.name is name, in a Patient
 *   step      = NAME [ index ] / function [ index ] / "$this"
 *   index     = "[" NUMBER "]"                    from 0
 *   function  = "where(" condition ")" / "exists(" [ condition ] ")" / "empty()" / "count()" /
 *               "first()" / "last()" / "resolve()" / "extension(" 'url' ")"
 *   condition = and { "or" and }
 *   and       = one { "and" one }
 *   one       = "(" condition ")" / path [ ( "=" / "!=" ) literal ]
 *   literal   = 'text' / NUMBER / "true" / "false"
 *
 * All of it means what it means in FHIRPath N1 (http://hl7.org/fhirpath/N1): a path gives a
 * collection, a step goes into each item of it, a comparison with more than one value is false. A
 * choice is named as in JSON (valueQuantity), as in rules; dates are texts. Names are checked by
 * the definitions of R4, so that an expectation of what cannot be is no expectation that holds.
 *
 * Internal to the room. Pure; nothing is kept. */
#ifndef MAPPING_EXPECT_H
#define MAPPING_EXPECT_H

#include "fhir/definition.h"
#include "fhir/json.h"

enum expect_step_kind {
    EXPECT_MEMBER, /* text: its name */
    EXPECT_THIS,   /* the item at hand */
    EXPECT_INDEX,  /* index */
    EXPECT_WHERE,  /* condition */
    EXPECT_EXISTS, /* condition, or NULL */
    EXPECT_EMPTY,
    EXPECT_COUNT,
    EXPECT_FIRST,
    EXPECT_LAST,
    EXPECT_RESOLVE,
    EXPECT_EXTENSION, /* text: its url */
    EXPECT_STEP_KIND_COUNT
};

struct expect_condition;

struct expect_step {
    enum expect_step_kind kind;
    struct slice text;
    uint64_t index;
    const struct expect_condition *condition;
};

struct expect_path {
    struct slice text; /* as written */
    struct expect_step *steps;
    size_t count; /* 0: the resource itself */
};

enum expect_condition_kind {
    EXPECT_OR,
    EXPECT_AND,
    EXPECT_TRUE, /* the path gives the one value true */
    EXPECT_EQUAL,
    EXPECT_NOT_EQUAL
};

struct expect_condition {
    enum expect_condition_kind kind;
    const struct expect_condition *left, *right; /* EXPECT_OR, EXPECT_AND */
    struct expect_path path;                     /* the others */
    enum json_kind
        literal_kind;     /* JSON_STRING, JSON_NUMBER or JSON_BOOLEAN; for EQUAL, NOT_EQUAL */
    struct slice literal; /* "true" and "false" too */
};

/* What cannot be read: a part of the text, and what an analyst is told. */
struct expect_fault {
    struct slice wrong;
    const char *id; /* "path-syntax" or "unknown-element" */
    struct slice words;
    struct slice hint; /* may be empty */
};

/* Reads a path below `element` (the root of a type; NULL: of any, names are not checked). -1 with
 * *ret_fault. An empty text is the resource itself. The result points into the text. */
int expect_path_parse(struct slice text, const struct fhir_element *element, struct arena *arena,
                      struct expect_path *ret_path, struct expect_fault *ret_fault)
    __attribute__((warn_unused_result));
/* Reads a condition on items of that type, as it stands in where(). */
int expect_condition_parse(struct slice text, const struct fhir_element *element,
                           struct arena *arena, const struct expect_condition **ret_condition,
                           struct expect_fault *ret_fault) __attribute__((warn_unused_result));

/* The resource that a Reference's text names ("Practitioner/x"); NULL where there is none. */
typedef const struct json *expect_find(struct slice reference, const void *data);

/* Values, in order. A primitive that has only extensions (_birthDate) has a NULL node here. */
struct expect_item {
    const struct json *node;
    const struct json *extra; /* the object beside a primitive that holds its extensions, or NULL */
};
struct expect_items {
    struct expect_item *items;
    size_t count;
};

/* What a path means in a resource (or any other object). Values that exists(), empty() and count()
 * give are made in the arena. `find` may be NULL: nothing resolves. */
struct expect_items expect_evaluate(const struct expect_path *path, const struct json *resource,
                                    expect_find *find, const void *data, struct arena *arena);
/* Whether the condition holds for an object. */
bool expect_holds(const struct expect_condition *condition, const struct json *object,
                  expect_find *find, const void *data, struct arena *arena);

#endif
