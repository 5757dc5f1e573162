/* knowledge: see the header. */
#include "cli/knowledge.h"

#include "base/file.h"

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

int rules_load(const struct knowledge *knowledge, const struct instance *instance,
               struct arena *arena, struct rules *ret_rules, struct issue_list *issues)
{
    struct rules rules = {.program_count = instance->site_count};
    if (mapping_rules_load(knowledge->mappings, knowledge->dictionary, knowledge->definitions,
                           arena, &rules.base, issues) != 0)
        return -1;
    rules.programs = ARENA_ARRAY(arena, instance->site_count + 1, const struct mapping_program *);
    int result = 0;
    for (size_t i = 0; i < instance->site_count; i++) {
        char *sites = file_join(arena, instance->directory, SLICE("sites"));
        char *folder = file_join(arena, sites, instance->sites[i].name);
        if (mapping_program_load(rules.base, folder, arena, &rules.programs[i], issues) != 0)
            result = -1;
    }
    if (result == 0)
        *ret_rules = rules;
    return result;
}
