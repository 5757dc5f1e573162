/* knowledge: see the header. */
#include "cli/knowledge.h"

#include "base/file.h"
#include "cli/instance.h"

int knowledge_load(const char *mappings, struct arena *arena, struct knowledge *ret_knowledge,
                   struct issue_list *issues)
{
    struct knowledge knowledge = {.mappings = mappings};
    char *data = NULL;
    if (instance_data_folder(arena, &data, issues) != 0)
        return -1;
    knowledge.fhir = file_join(arena, data, SLICE("fhir"));
    if (!knowledge.mappings)
        knowledge.mappings = file_join(arena, data, SLICE("mappings"));
    const char *definitions = file_join(arena, knowledge.fhir, SLICE("definitions/r4"));
    const char *dictionary = file_join(arena, knowledge.mappings, SLICE("dictionary"));
    if (fhir_definitions_load(definitions, arena, &knowledge.definitions, issues) != 0 ||
        fhir_search_load(knowledge.definitions, knowledge.fhir, arena, &knowledge.search, issues) !=
            0 ||
        hl7v2_dictionary_load(dictionary, arena, &knowledge.dictionary, issues) != 0)
        return -1;
    *ret_knowledge = knowledge;
    return 0;
}
