/* Any bytes as a condition: a tree, or an error that points into the text. */
#include "mapping/condition.h"
#include "mapping/fuzz_base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 26);
    struct place_scope scope = {.dictionary = fuzz_base()->dictionary, .type = SLICE("CX")};
    struct code_tables tables;
    struct condition_names names = {.tables = &tables, .scope = &scope};
    struct xml_attribute attribute = {.value = {(const char *)data, size}};
    struct xml_element element = {.line = 1};
    struct mapping_file file = {.name = SLICE("fuzz.xml")};
    struct rule rule = {.word = WORD_SET, .file = &file, .element = &element};
    struct rule_values values = {0};
    values.items[ATTRIBUTE_WHEN] = (struct rule_value){&attribute, &file};
    rule_give(&rule, &values, arena);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    code_tables_init(&tables, SLICE(""), arena);
    bool parsed = condition_parse(&rule, ATTRIBUTE_WHEN, &names, arena, &issues) != NULL;
    if (parsed == issue_list_failed(&issues))
        __builtin_trap();
    arena_free(arena);
    return 0;
}
