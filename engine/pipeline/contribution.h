/* contribution: what one source said about one resource, element by element, and what several
 * sources together come to. Pure: no store, no clock.
 *
 * A contribution is a list of parts, in the order of the body: a single element, or one entry of a
 * top-level list, each with the rule that wrote it and when it was so at the source. What a source
 * cleared (`""`, HL7 v2.5.1 2.10.2) stays as a tombstone, so that an older message does not bring
 * it back. resourceType, id and meta are no parts: they belong to the resource, not to a source.
 *
 *   overlay   a message of the same source: replaces what the same rule wrote before, unless that
 *             is newer; what it does not mention stays
 *   survive   several sources: the newest part wins for a single element, lists are joined without
 *             doubles
 *
 * The types of a choice element (valueQuantity, valueString) are one element: the newer takes the
 * place of the older. An extension companion (`_birthDate`) travels with its element.
 *
 * As text, marks are lines in the order of the parts, so that they need no paths:
 *   TIME                     of all parts that name none, in microseconds since 1970
 *   RULE [TIME]              of each part
 *   !RULE ELEMENT [TIME]     of each tombstone */
#ifndef PIPELINE_CONTRIBUTION_H
#define PIPELINE_CONTRIBUTION_H

#include "fhir/definition.h"
#include "pipeline/commit.h"

struct pipeline_part {
    struct slice name;            /* "valueQuantity" */
    struct slice group;           /* "value" for a choice, else the name */
    const struct json *value;     /* NULL where only the companion is there */
    const struct json *companion; /* the member "_name", or NULL */
    bool is_entry;                /* one entry of a list */
    struct slice rule;
    instant when;
};

struct pipeline_tombstone {
    struct slice element;
    struct slice rule;
    instant when;
};

struct pipeline_contribution {
    struct arena *arena;
    const struct fhir_element *root; /* of the resource type; NULL: choices are not known */
    struct pipeline_part *parts;
    size_t part_count, part_capacity;
    struct pipeline_tombstone *tombstones;
    size_t tombstone_count, tombstone_capacity;
};

/* The contribution of a body that comes in, with the marks that came with it; all parts are of the
 * time `when`. Parts without a mark have the rule "-". The body's nodes are not copied. */
void pipeline_contribution_of(const struct json *body, const struct pipeline_mark *marks,
                              size_t mark_count, instant when, const struct fhir_element *root,
                              struct arena *arena, struct pipeline_contribution *ret_contribution);

/* The contribution of a stored body and its marks as text. Marks that do not fit the body count as
 * absent: every part is then of the rule "-" and of `when`. */
void pipeline_contribution_read(const struct json *body, struct slice marks, instant when,
                                const struct fhir_element *root, struct arena *arena,
                                struct pipeline_contribution *ret_contribution);

/* `base` becomes what its source says after `said` and `clears`, all of time `when`. */
void pipeline_contribution_overlay(struct pipeline_contribution *base,
                                   const struct pipeline_contribution *said,
                                   const struct pipeline_clear *clears, size_t clear_count,
                                   instant when);

/* The parts that survive of several sources; of equal times the first source's counts, so the
 * caller gives them in an order that does not change. */
void pipeline_contribution_survive(const struct pipeline_contribution *const *sources, size_t count,
                                   struct arena *arena,
                                   struct pipeline_contribution *ret_contribution);

/* True when everything that `said` says is there in `all`, by whatever rule and of whatever time.
 */
bool pipeline_contribution_holds(const struct pipeline_contribution *all,
                                 const struct pipeline_contribution *said);

/* The body of the parts, with resourceType, id and meta of `head`; nodes are copied, texts are
 * not. */
struct json *pipeline_contribution_body(const struct pipeline_contribution *contribution,
                                        const struct json *head, struct arena *arena);
/* The marks as text. */
struct slice pipeline_contribution_marks(const struct pipeline_contribution *contribution,
                                         struct arena *arena);

#endif
