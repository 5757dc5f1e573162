/* json: the one JSON door. Everything else sees an opaque tree; only json.c calls cJSON.
 *
 * The tree is cJSON's (its links, its operations on links); its parser, its printer and its
 * comparison are never used, because they are wrong for FHIR: 7.0 would become 7, digits would be
 * lost, strings would be cut at \u0000, invalid JSON would pass and names be compared without case.
 * Here the text is scanned strictly (RFC 8259, RFC 3629), a number keeps its text as it was
 * written, names are compared byte by byte, and printing gives the members in the order in which
 * they were added.
 *
 * Ownership: every node lives in an arena and is never freed alone. Texts and names are slices:
 * they are not copied, neither from the parsed text nor by the builders, so they must live as long
 * as the tree (string literals and slices of the same arena do). A node stands in one place of one
 * tree; to put it into a second, copy it.
 *
 * Reading is forgiving so that a path needs no checks on the way: every getter takes NULL and
 * answers JSON_NONE, an empty slice or NULL; so does a getter of another kind of value.
 *
 *   struct slice family = json_text(json_get(json_at(json_get(patient, SLICE("name")), 0),
 *                                            SLICE("family")));                                  */
#ifndef FHIR_JSON_H
#define FHIR_JSON_H

#include "base/buffer.h"
#include "base/issue.h"

/* Some names here are those of another JSON library, which libcjose brings into the same program;
 * to the linker ours have names of their own, or one would be called for the other. */
#define JSON_LINKED_AS(name) __asm__("fhir_" #name)

struct json;

enum json_kind {
    JSON_NONE, /* no value at all: the answer for NULL */
    JSON_NULL,
    JSON_BOOLEAN,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

#define JSON_DEPTH_LIMIT 64 /* arrays and objects inside one another */

/* Parses one JSON text (any value at the top). Strings without escapes are slices of `text`, which
 * must live as long as the tree.
 * -1 with one ISSUE_SYNTAX for: anything outside RFC 8259's grammar, invalid UTF-8, a byte order
 * mark, a lone surrogate, U+0000, a member name used twice in one object, more than
 * JSON_DEPTH_LIMIT levels, bytes after the value. Its place is of kind ISSUE_PLACE_FHIR, with the
 * path so far (empty at the top; `line` and `column` are set too, from 1, in bytes); the words end
 * with "at line L, column C". With the arena's ceiling passed: -1 with ISSUE_TOO_LARGE_MESSAGE. */
int json_parse(struct slice text, struct arena *arena, struct json **ret_json,
               struct issue_list *issues) __attribute__((warn_unused_result));

/* --- reading ---------------------------------------------------------------------------------- */

enum json_kind json_kind(const struct json *json);
/* A string's text (unescaped) or a number's text (as written); empty for all else. */
struct slice json_text(const struct json *json);
/* True for the boolean true only. */
bool json_is_true(const struct json *json);
/* A number that is written as a plain integer of int64 ("12", "-3"; not "12.0", "1e3"). */
bool json_to_int64(const struct json *json, int64_t *ret_number);
/* The name under which a member stands in its object; empty in an array and at the top. */
struct slice json_name(const struct json *json);

/* The member of that name (case counts), or NULL. */
struct json *json_get(const struct json *object, struct slice name);
/* json_text(json_get(...)): the text of a member. */
struct slice json_get_text(const struct json *object, struct slice name);
/* The item at an index from 0, or NULL. Walks; use json_first and json_next in loops. */
struct json *json_at(const struct json *array, size_t index);
/* First member or item, then the next; NULL at the end.
 *   for (struct json *item = json_first(array); item; item = json_next(item)) ... */
struct json *json_first(const struct json *container);
struct json *json_last(const struct json *container);
struct json *json_next(const struct json *json);
/* Number of members or items; walks. */
size_t json_count(const struct json *container);

/* --- building --------------------------------------------------------------------------------- */

struct json *json_object(struct arena *arena) JSON_LINKED_AS(json_object);
struct json *json_array(struct arena *arena) JSON_LINKED_AS(json_array);
/* Valid UTF-8 without U+0000. */
struct json *json_string(struct arena *arena, struct slice text) JSON_LINKED_AS(json_string);
/* `text` must be a number of RFC 8259's grammar; see json_is_number. Printed as it is. */
struct json *json_number(struct arena *arena, struct slice text);
struct json *json_integer(struct arena *arena, int64_t number) JSON_LINKED_AS(json_integer);
struct json *json_boolean(struct arena *arena, bool truth);
struct json *json_null(struct arena *arena) JSON_LINKED_AS(json_null);
/* True when the whole text is a number of RFC 8259's grammar. */
bool json_is_number(struct slice text);

/* Adds a member at the end. The caller knows that the name is new: nothing looks. Returns value. */
struct json *json_add(struct json *object, struct slice name, struct json *value);
/* json_add of a new string; returns it. */
struct json *json_add_string(struct json *object, struct slice name, struct slice text,
                             struct arena *arena);
/* json_add of a new string, number or boolean ("true"), or json_append of one with the empty name.
 */
struct json *json_add_primitive(struct json *container, struct slice name, enum json_kind kind,
                                struct slice text, struct arena *arena);
/* Replaces the member of that name where it stands, or adds it at the end. Returns value. */
struct json *json_set(struct json *object, struct slice name, struct json *value);
/* Adds a new member behind `after` (NULL: at the front). The caller knows that the name is new. */
struct json *json_add_after(struct json *object, struct json *after, struct slice name,
                            struct json *value);
/* Adds an item at the end. Returns value. */
struct json *json_append(struct json *array, struct json *value);
/* The member of that name; when there is none, a new empty object or array added at the end. A
 * member of another kind is replaced. */
struct json *json_get_or_add(struct json *object, struct slice name, enum json_kind kind,
                             struct arena *arena);
/* Takes the member of that name out and returns it, or NULL. */
struct json *json_remove(struct json *object, struct slice name);
/* Takes a member or item out of the container it stands in. */
struct json *json_detach(struct json *container, struct json *child);
/* Puts `value` where `old` stands, under the same name. `old` is then free of the tree. */
struct json *json_replace(struct json *container, struct json *old, struct json *value);

/* A deep copy; texts and names are shared, not copied. */
struct json *json_copy(const struct json *json, struct arena *arena) JSON_LINKED_AS(json_copy);
/* A deep copy with texts and names copied into the arena: nothing of the source is needed then. */
struct json *json_copy_whole(const struct json *json, struct arena *arena);
/* The same content: members in any order, items in the same order, numbers as they are written (7.0
 * is not 7: FHIR R4 datatypes#decimal, the precision is part of the value). */
bool json_equal(const struct json *a, const struct json *b) JSON_LINKED_AS(json_equal);
/* The same number for the same content, as json_equal sees it. NULL: 0. */
uint64_t json_hash(const struct json *json);

/* Appends the compact text: no blanks, members in order, the fewest escapes RFC 8259 allows. */
void json_print(const struct json *json, struct buffer *buffer);
/* The same with two blanks of indentation a level, for people. */
void json_print_indented(const struct json *json, struct buffer *buffer);

#endif
