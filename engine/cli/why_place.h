/* why_place: `why MESSAGE PID-5`: what became of a field.
 *
 *   place = SEG [ "[" number "]" ] "-" number [ "[" number "]" ] [ "." number [ "." number ] ]
 *
 * Each value in the field is answered by its state (mapping/leaf.h): the elements that were written
 * from it with the rule of each, or the drop with its reason, or that it is part of a key, that
 * only a condition looked at it, that it was not written, that no rule reads it. */
#ifndef CLI_WHY_PLACE_H
#define CLI_WHY_PLACE_H

#include "cli/translation.h"
#include "mapping/leaf.h"

/* 0: any. */
struct why_place {
    struct slice segment;
    unsigned sequence, field, repetition, component, subcomponent;
};

/* False where the text is no place of HL7 v2. */
bool why_place_parse(struct slice text, struct why_place *ret_place);

/* Prints what became of the values of the place, or JSON lines; *ret_answers says how many there
 * were. False, with issues in the input, where the message cannot be translated. `reader` is of the
 * translation's program. */
bool why_place_answer(const struct translation *translation,
                      const struct mapping_leaf_reader *reader, struct input_message *input,
                      const struct why_place *place, bool masked, bool json, size_t *ret_answers);

#endif
