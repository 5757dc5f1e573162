/* knowledge: the mappings, which an admin may change while the engine runs. */
#include "cli/knowledge.h"

#include "base/file.h"

static char *site_folder(const struct instance *instance, size_t site, struct arena *arena)
{
    char *sites = file_join(arena, instance->directory, SLICE("sites"));
    return file_join(arena, sites, instance->sites[site].name);
}

/* Its tables from the folder, and its own file as the instance knows it. */
static int read_site(const struct instance *instance, size_t site, struct arena *arena,
                     struct mapping_texts *ret_texts, struct issue_list *issues)
{
    struct mapping_texts texts;
    if (mapping_texts_of_codes(site_folder(instance, site, arena), arena, &texts, issues) != 0)
        return -1;
    struct mapping_text *items = ARENA_ARRAY(arena, texts.count + 1, struct mapping_text);
    items[0] = (struct mapping_text){mapping_texts_site_name(texts.folder, arena),
                                     arena_copy(arena, instance->sites[site].text)};
    for (size_t i = 0; i < texts.count; i++)
        items[i + 1] = texts.items[i];
    *ret_texts = (struct mapping_texts){texts.folder, items, texts.count + 1};
    return 0;
}

int rules_texts_read(const struct knowledge *knowledge, const struct instance *instance,
                     struct arena *arena, struct rules_texts *ret_texts, struct issue_list *issues)
{
    struct rules_texts texts = {
        .sites = ARENA_ARRAY(arena, instance->site_count + 1, struct mapping_texts)};
    int result = mapping_texts_of_base(knowledge->mappings, arena, &texts.base, issues);
    for (size_t i = 0; i < instance->site_count; i++)
        result |= read_site(instance, i, arena, &texts.sites[i], issues);
    if (result == 0)
        *ret_texts = texts;
    return result;
}

int rules_load(const struct knowledge *knowledge, const struct instance *instance,
               struct arena *scratch, struct arena *arena, struct rules *ret_rules,
               struct issue_list *issues)
{
    struct rules rules = {.program_count = instance->site_count};
    if (rules_texts_read(knowledge, instance, scratch, &rules.texts, issues) != 0)
        return -1;
    rules.programs = ARENA_ARRAY(arena, rules.program_count + 1, const struct mapping_program *);
    int result = mapping_programs_make(&rules.texts.base, rules.texts.sites, rules.program_count,
                                       knowledge->dictionary, knowledge->definitions, arena,
                                       rules.programs, issues);
    result |= pipeline_match_table_load(&rules.texts.base, arena, &rules.match, issues);
    if (result != 0)
        return -1;
    *ret_rules = rules;
    return 0;
}
