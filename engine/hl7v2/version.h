/* version: the versions of HL7 v2 as numbers that can be compared.
 *
 * MSH-12.1 says which one a message was written for (HL7 table 0104). */
#ifndef HL7V2_VERSION_H
#define HL7V2_VERSION_H

#include "base/slice.h"

enum hl7v2_version {
    HL7V2_VERSION_UNKNOWN,
    HL7V2_VERSION_2_1,
    HL7V2_VERSION_2_2,
    HL7V2_VERSION_2_3,
    HL7V2_VERSION_2_3_1,
    HL7V2_VERSION_2_4,
    HL7V2_VERSION_2_5,
    HL7V2_VERSION_2_5_1,
    HL7V2_VERSION_2_6,
    HL7V2_VERSION_2_7,
    HL7V2_VERSION_2_7_1,
    HL7V2_VERSION_2_8,
    HL7V2_VERSION_2_8_1,
    HL7V2_VERSION_2_8_2,
    HL7V2_VERSION_2_9,
    HL7V2_VERSION_COUNT
};

/* "2.5.1" as MSH-12.1 carries it; HL7V2_VERSION_UNKNOWN for anything that is not in table 0104. */
enum hl7v2_version hl7v2_version_of(struct slice text);
/* "2.5.1"; "" for HL7V2_VERSION_UNKNOWN. */
struct slice hl7v2_version_name(enum hl7v2_version version);

#endif
