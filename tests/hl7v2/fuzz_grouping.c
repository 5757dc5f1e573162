/* Segments in any order: each is in a group, and the groups cover all. */
#include "hl7v2/grouping.h"

#define STRUCTURE                                                                                  \
    "structure,path,segment,min,max\nX,X.MSH,MSH,1,1\nX,X.A,,1,*\nX,X.A.PID,PID,1,1\n"             \
    "X,X.A.NTE,NTE,0,*\nX,X.A.B,,0,1\nX,X.A.B.PV1,PV1,1,1\nX,X.A.B.OBX,OBX,0,*\n"                  \
    "X,X.C,,0,*\nX,X.C.OBR,OBR,1,1\nX,X.C.OBX,OBX,0,*\nX,X.C.NTE,NTE,0,1\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct slice input = {(const char *)data, size};
    const struct hl7v2_dictionary_texts texts = {.structures = SLICE(STRUCTURE)};
    const struct hl7v2_dictionary *dictionary;
    struct hl7v2_message message;
    struct hl7v2_grouping grouping;
    if (hl7v2_dictionary_parse(&texts, arena, &dictionary, NULL) == 0 &&
        hl7v2_message_parse(input, NULL, arena, &message, NULL) == 0) {
        if (hl7v2_grouping_make(&message, hl7v2_dictionary_structure(dictionary, SLICE("X")), NULL,
                                arena, &grouping, NULL) != 0 ||
            grouping.groups[0].end_segment != message.segment_count)
            __builtin_trap();
        for (uint32_t i = 0; i < grouping.group_count; i++)
            hl7v2_grouping_segment_outward(&grouping, i, HL7V2_ID("PID"), 1);
    }
    arena_free(arena);
    return 0;
}
