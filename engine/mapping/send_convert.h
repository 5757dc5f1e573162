/* send_convert: text of a FHIR primitive to the text of a v2 data type: a closed list.
 *
 * The converter follows from the v2 data type of the place; `as="..."` names another. What is not
 * of the form that a converter reads (it was kept as it came) goes out as it is. Internal to the
 * room. */
#ifndef MAPPING_SEND_CONVERT_H
#define MAPPING_SEND_CONVERT_H

#include "base/arena.h"

struct send_converter {
    struct slice name;
    bool is_formatted; /* line feeds become \.br\ */
    bool is_lines;     /* each line is a repetition, where the field repeats (HL7 v2.5.1 2.A.78) */
    struct slice (*convert)(struct slice text, struct arena *arena); /* NULL: as it is */
};

/* The converter of that name, or of that simple v2 data type; NULL where there is none. */
const struct send_converter *send_converter_named(struct slice name);
/* For suggestions: names of all; returns how many. */
size_t send_converter_names(struct arena *arena, struct slice **ret_names);

/* "20261121140211-0800" of "2026-11-21T14:02:11-08:00"; at most four digits of a fraction (HL7
 * v2.5.1 2.A.22). What is no dateTime as it is. */
struct slice send_convert_datetime(struct slice text, struct arena *arena);

#endif
