#include "hl7v2/version.h"

/* HL7 table 0104. */
static const struct slice NAMES[HL7V2_VERSION_COUNT] = {
    [HL7V2_VERSION_UNKNOWN] = SLICE_INIT(""),    [HL7V2_VERSION_2_1] = SLICE_INIT("2.1"),
    [HL7V2_VERSION_2_2] = SLICE_INIT("2.2"),     [HL7V2_VERSION_2_3] = SLICE_INIT("2.3"),
    [HL7V2_VERSION_2_3_1] = SLICE_INIT("2.3.1"), [HL7V2_VERSION_2_4] = SLICE_INIT("2.4"),
    [HL7V2_VERSION_2_5] = SLICE_INIT("2.5"),     [HL7V2_VERSION_2_5_1] = SLICE_INIT("2.5.1"),
    [HL7V2_VERSION_2_6] = SLICE_INIT("2.6"),     [HL7V2_VERSION_2_7] = SLICE_INIT("2.7"),
    [HL7V2_VERSION_2_7_1] = SLICE_INIT("2.7.1"), [HL7V2_VERSION_2_8] = SLICE_INIT("2.8"),
    [HL7V2_VERSION_2_8_1] = SLICE_INIT("2.8.1"), [HL7V2_VERSION_2_8_2] = SLICE_INIT("2.8.2"),
    [HL7V2_VERSION_2_9] = SLICE_INIT("2.9"),
};

enum hl7v2_version hl7v2_version_of(struct slice text)
{
    for (int version = HL7V2_VERSION_2_1; version < HL7V2_VERSION_COUNT; version++)
        if (slice_equal(text, NAMES[version]))
            return (enum hl7v2_version)version;
    return HL7V2_VERSION_UNKNOWN;
}

struct slice hl7v2_version_name(enum hl7v2_version version)
{
    return version < HL7V2_VERSION_COUNT ? NAMES[version] : NAMES[HL7V2_VERSION_UNKNOWN];
}
