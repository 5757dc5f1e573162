/* check: one file against the base. */
#include "base/file.h"
#include "mapping/compile.h"
#include "mapping/test_internal.h"

#define FILE_LIMIT (16u << 20)
#define W(symbol) (UINT64_C(1) << WORD_##symbol)

/* The entries of a map but for one key. */
static void copy_map(const struct map *from, struct slice without, struct arena *arena,
                     struct map *ret_map)
{
    map_init(ret_map, arena);
    for (size_t i = 0; i < from->count; i++)
        if (!slice_equal(from->entries[i].key, without))
            map_put(ret_map, from->entries[i].key, from->entries[i].value);
}

static const struct rule *root_of(const struct rule *rule)
{
    while (rule->parent)
        rule = rule->parent;
    return rule;
}

/* The base without the file that has this root's name. */
static struct mapping_rules base_without(const struct mapping_rules *rules, const struct rule *root,
                                         struct arena *arena)
{
    struct mapping_rules copy = *rules;
    bool is_message = root->word == WORD_MESSAGE;
    struct slice name = is_message ? rule_text(root, ATTRIBUTE_STRUCTURE) : root->id;
    struct slice none = {NULL, 0};
    copy.arena = arena;
    copy_map(&rules->maps, is_message || root->is_send ? none : name, arena, &copy.maps);
    copy_map(&rules->send_maps, root->is_send ? name : none, arena, &copy.send_maps);
    copy_map(&rules->sends, root->is_send ? name : none, arena, &copy.sends);
    copy_map(&rules->messages, is_message ? name : none, arena, &copy.messages);
    copy_map(&rules->choices, none, arena, &copy.choices);
    map_init(&copy.rules, arena);
    for (size_t i = 0; i < rules->rules.count; i++) {
        struct map_entry *entry = &rules->rules.entries[i];
        const struct rule *of = root_of(entry->value);
        if (of->word != root->word || of->is_send != root->is_send || !slice_equal(of->id, name))
            map_put(&copy.rules, entry->key, entry->value);
    }
    return copy;
}

static const char *folder_of(const char *path, struct arena *arena)
{
    struct slice whole = slice_of(path);
    size_t at = whole.len;
    while (at > 0 && whole.ptr[at - 1] != '/')
        at--;
    return at ? arena_string(arena, slice_part(whole, 0, at - 1)) : ".";
}

/* The tests that stand in a file whose rules are well. */
static int check_tests(const struct mapping_rules *rules, const struct mapping_file *file,
                       struct arena *arena, struct issue_list *issues)
{
    struct mapping_tests tests;
    test_list_init(&tests, rules, NULL, arena);
    return test_read_file(&tests, file->name, file->text, issues);
}

/* The checks of a file that was read. */
static int check_root(const struct mapping_rules *rules, const struct mapping_file *file,
                      const struct mapping_texts *codes, struct arena *arena,
                      struct issue_list *issues)
{
    struct site_source site = {.file = NULL};
    const struct mapping_program *program;
    struct rule *root =
        rule_tree_on(file, W(MESSAGE) | W(SEGMENT) | W(DATATYPE) | W(SITE) | W(SEND), &rules->rules,
                     arena, issues);
    if (!root)
        return -1;
    if (root->word == WORD_SITE) {
        if (site_of_file(rules, file, root, codes, arena, &site, issues) != 0)
            return -1;
        if (compile_program(rules, &site, NULL, arena, &program, issues) != 0)
            return -1;
        return check_tests(rules, file, arena, issues);
    }
    struct mapping_rules copy = base_without(rules, root, arena);
    library_add_root(&copy, root, issues);
    if (issue_list_failed(issues) ||
        site_of_file(&copy, NULL, NULL, NULL, arena, &site, issues) != 0)
        return -1;
    if (compile_program(&copy, &site, NULL, arena, &program, issues) != 0)
        return -1;
    mapping_rules_lint(&copy, arena, issues);
    return check_tests(&copy, file, arena, issues);
}

int mapping_file_check(const struct mapping_rules *rules, const char *path, struct arena *arena,
                       struct issue_list *issues)
{
    struct digest_list *unused = NULL;
    struct mapping_texts codes;
    struct slice text, name = arena_copy(arena, slice_of(path));
    if (file_read(path, FILE_LIMIT, arena, &text, issues) != 0)
        return -1;
    struct mapping_file *file = library_file(name, text, NULL, arena, &unused, issues);
    if (!file || mapping_texts_of_codes(folder_of(path, arena), arena, &codes, issues) != 0)
        return -1;
    return check_root(rules, file, &codes, arena, issues);
}

int mapping_text_check(const struct mapping_rules *rules, struct slice name, struct slice text,
                       struct arena *arena, struct issue_list *issues)
{
    struct mapping_file file = {.name = name, .text = text};
    struct mapping_texts no_codes = {.folder = ""};
    if (xml_parse(name, text, LIBRARY_LIMITS, arena, &file.document, issues) != 0)
        return -1;
    return check_root(rules, &file, &no_codes, arena, issues);
}
