/* number: NM, as decimal text (HL7 v2.5.1 2.A.47; rule 10).
 *
 * Never through a C double: 7.0 stays 7.0. */
#ifndef HL7V2_NUMBER_H
#define HL7V2_NUMBER_H

#include "base/arena.h"

/* True for [+-]digits[.digits] with nothing else in it, blanks included. *ret_text is the number as
 * JSON and FHIR decimal write it: no plus sign, no leading zeros, the digits after the point as
 * sent. A slice of `raw` wherever that can be. */
bool hl7v2_number_parse(struct slice raw, struct arena *arena, struct slice *ret_text)
    __attribute__((warn_unused_result));
/* SI and sequence numbers: digits only, at most `maximum`. */
bool hl7v2_number_parse_count(struct slice raw, uint64_t maximum, uint64_t *ret_number)
    __attribute__((warn_unused_result));

#endif
