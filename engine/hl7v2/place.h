/* place: where in a message, as people write it: `PID-3[2].4.1`, `OBX[2]-5`, `PV1`, `OBX-5.2`.
 *
 *   place      = segment [ "[" number "]" ] [ "-" field [ "[" number "]" ] [ "." component
 *                [ "." subcomponent ] ] ]
 *   segment    = letter 2( letter / digit )          upper case
 *   number     = 1 to 9999999, no leading zero
 * `*` in place of a number in brackets means each one. No number means the first segment, and the
 * whole field with all its repetitions (its first repetition when a component is named). */
#ifndef HL7V2_PLACE_H
#define HL7V2_PLACE_H

#include "hl7v2/message.h"

#define HL7V2_PLACE_EACH UINT32_MAX

struct hl7v2_place {
    uint32_t segment;  /* HL7V2_ID */
    uint32_t sequence; /* 0: not said; HL7V2_PLACE_EACH */
    uint32_t field;    /* 0: the whole segment */
    uint32_t repetition;
    uint32_t component;
    uint32_t subcomponent;
};

/* Parses the whole text. -1 where it is no place; then *ret_column (may be NULL) is the byte index
 * of the first byte that does not fit. */
int hl7v2_place_parse(struct slice text, struct hl7v2_place *ret_place, size_t *ret_column)
    __attribute__((warn_unused_result));
/* Parses as much of the front as is a place, for grammars around it; returns its length in bytes, 0
 * where there is none. */
size_t hl7v2_place_parse_front(struct slice text, struct hl7v2_place *ret_place);
/* The same text that was parsed, in its shortest form. */
struct slice hl7v2_place_text(const struct hl7v2_place *place, struct arena *arena);
/* All raw values the place names, in order: with EACH several, else at most one. Absent ones are
 * not counted. The array is in the arena. */
size_t hl7v2_place_resolve(const struct hl7v2_place *place, const struct hl7v2_message *message,
                           struct arena *arena, struct slice **ret_values);
/* The first of them, or the empty slice; takes no memory. */
struct slice hl7v2_place_first(const struct hl7v2_place *place,
                               const struct hl7v2_message *message);

#endif
