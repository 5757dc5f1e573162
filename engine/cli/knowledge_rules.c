/* knowledge: the mappings, which an admin may change while the engine runs. */
#include "cli/knowledge.h"

#include "base/file.h"

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
