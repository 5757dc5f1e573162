/* library: reads the base folder. */
#include "mapping/library.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/file.h"
#include "mapping/lint.h"

#define W(symbol) (UINT64_C(1) << WORD_##symbol)

/* Where code tables stand below a folder. */
static const struct slice CODES = SLICE_INIT("codes/");

/* --- files -------------------------------------------------------------------------------------*/

static void note_digest(struct slice name, struct slice text, struct arena *arena,
                        struct digest_list **digests)
{
    struct digest_list *entry = ARENA_NEW(arena, struct digest_list);
    entry->name = name;
    digest_sha256(text, entry->digest);
    entry->next = *digests;
    *digests = entry;
}

static int compare_digests(const void *a, const void *b)
{
    const struct digest_list *const *left = a, *const *right = b;
    int order = slice_compare((*left)->name, (*right)->name);
    return order ? order : memcmp((*left)->digest, (*right)->digest, DIGEST_SHA256_SIZE);
}

struct slice library_revision(const struct digest_list *base, const struct digest_list *site,
                              struct arena *arena)
{
    size_t count = 0;
    for (const struct digest_list *i = base; i; i = i->next)
        count++;
    for (const struct digest_list *i = site; i; i = i->next)
        count++;
    const struct digest_list **all = ARENA_ARRAY(arena, count + 1, const struct digest_list *);
    size_t at = 0;
    for (const struct digest_list *i = base; i; i = i->next)
        all[at++] = i;
    for (const struct digest_list *i = site; i; i = i->next)
        all[at++] = i;
    qsort(all, count, sizeof(all[0]), compare_digests);
    struct digest *digest = digest_new();
    for (size_t i = 0; i < count; i++) {
        digest_add(digest, all[i]->name);
        digest_add(digest, (struct slice){"", 1});
        digest_add(digest, (struct slice){(const char *)all[i]->digest, DIGEST_SHA256_SIZE});
    }
    unsigned char sum[DIGEST_SHA256_SIZE];
    digest_finish(digest, sum);
    return encode_hex((struct slice){(const char *)sum, sizeof(sum)}, arena);
}

/* The last two parts of a path, so that the revision does not depend on where the folder is. */
static struct slice short_name(struct slice path)
{
    size_t slashes = 0;
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/' && ++slashes == 2)
            return slice_after(path, i);
    return path;
}

static void keep_texts(struct text_pool *kept, const struct xml_element *element)
{
    for (size_t i = 0; i < element->attribute_count; i++)
        element->attributes[i].value = text_pool_keep(kept, element->attributes[i].value);
    for (const struct xml_element *child = element->first_child; child; child = child->next)
        keep_texts(kept, child);
}

struct mapping_file *library_file(struct slice path, struct slice text, struct text_pool *kept,
                                  struct arena *arena, struct digest_list **digests,
                                  struct issue_list *issues)
{
    struct mapping_file *file = ARENA_NEW(arena, struct mapping_file);
    file->name = text_pool_keep(kept, path);
    file->text = text;
    note_digest(short_name(path), text, arena, digests);
    if (xml_parse(file->name, text, LIBRARY_LIMITS, arena, &file->document, issues) != 0)
        return NULL;
    if (kept)
        keep_texts(kept, file->document.root);
    return file;
}

struct arena *library_id_arena(const struct mapping_rules *rules)
{
    return rules->kept ? rules->kept->arena : rules->arena;
}

/* Spreadsheets write other separators where the comma stands in numbers. */
static struct slice hint_about_head(struct slice head, struct arena *arena)
{
    static const struct {
        const char sign;
        const char *name;
    } SIGNS[] = {{';', "';'"}, {'\t', "tabs"}, {'|', "'|'"}};
    for (size_t i = 0; i < sizeof(SIGNS) / sizeof(SIGNS[0]); i++)
        if (slice_find_byte(head, SIGNS[i].sign) < head.len)
            return arena_format(arena, "columns are separated by commas here, not by %s",
                                SIGNS[i].name);
    return SLICE("the column of what is sent is 'code'");
}

static int check_columns(const struct csv_table *csv, struct arena *arena,
                         struct issue_list *issues)
{
    if (csv_column(csv, "code") < csv->column_count ||
        csv_column(csv, "local_code") < csv->column_count)
        return 0;
    issue_add(issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                     .severity = ISSUE_ERROR,
                                     .place = issue_place_file(csv->file, csv->head_line, 1),
                                     .words = SLICE("the code table has no column 'code'"),
                                     .hint = hint_about_head(csv->columns[0], arena),
                                     .rule = SLICE("unknown-column")});
    return -1;
}

/* `list` has room for it. */
static int read_table(struct slice path, const struct mapping_text *text, struct arena *arena,
                      struct csv_list *list, struct digest_list **digests,
                      struct issue_list *issues)
{
    struct slice name = slice_after(text->name, CODES.len);
    struct csv_source source = {.name = slice_part(name, 0, name.len - 4)};
    if (csv_parse(path, text->text, CSV_COMMA, arena, &source.csv, issues) != 0 ||
        check_columns(&source.csv, arena, issues) != 0)
        return -1;
    note_digest(short_name(path), text->text, arena, digests);
    list->items[list->count++] = source;
    return 0;
}

static struct slice path_of(const struct mapping_texts *texts, size_t index, struct arena *arena)
{
    return slice_of(file_join(arena, texts->folder, texts->items[index].name));
}

int library_tables(const struct mapping_texts *texts, struct arena *arena, struct csv_list *list,
                   struct digest_list **digests, struct issue_list *issues)
{
    int result = 0;
    size_t more = 0;
    for (size_t i = 0; i < texts->count; i++)
        more += slice_starts_with(texts->items[i].name, CODES);
    list->items = arena_grow(arena, list->items, list->count * sizeof(*list->items),
                             (list->count + more) * sizeof(*list->items));
    for (size_t i = 0; i < texts->count; i++)
        if (slice_starts_with(texts->items[i].name, CODES) &&
            read_table(path_of(texts, i, arena), &texts->items[i], arena, list, digests, issues) !=
                0)
            result = -1;
    return result;
}

/* --- names of rules ----------------------------------------------------------------------------*/

static struct slice target_of(const struct rule *rule)
{
    static const enum rule_attribute MARKS[] = {ATTRIBUTE_TO,    ATTRIBUTE_PATH, ATTRIBUTE_NAME,
                                                ATTRIBUTE_GROUP, ATTRIBUTE_MAP,  ATTRIBUTE_FROM,
                                                ATTRIBUTE_TABLE, ATTRIBUTE_TYPE, ATTRIBUTE_OF};
    static const enum rule_attribute LINK_MARKS[] = {ATTRIBUTE_PATH};
    if (rule->word == WORD_LINK && rule_has(rule, LINK_MARKS[0]))
        return rule_text(rule, LINK_MARKS[0]);
    for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++)
        if (rule_has(rule, MARKS[i]))
            return rule_text(rule, MARKS[i]);
    return RULE_WORDS[rule->word].name;
}

static void name_rule(struct rule *rule, struct slice owner, struct map *rules, struct arena *arena)
{
    struct slice base =
        arena_format(arena, "%.*s.%.*s", SLICE_ARG(owner), SLICE_ARG(target_of(rule)));
    rule->id = base;
    for (unsigned number = 2; map_get(rules, rule->id); number++)
        rule->id = arena_format(arena, "%.*s#%u", SLICE_ARG(base), number);
    map_put(rules, rule->id, rule);
}

static void put_given(struct rule *rule, struct map *rules, struct issue_list *issues)
{
    const struct rule *other = map_get(rules, rule->id);
    if (!other) {
        map_put(rules, rule->id, rule);
        return;
    }
    rule_value_error(issues, rule, ATTRIBUTE_ID, 0, 0, "duplicate-id",
                     arena_format(issues->arena, "the other one is %.*s:%u",
                                  SLICE_ARG(other->file->name), other->element->line),
                     "two rules have the id '%.*s'", SLICE_ARG(rule->id));
}

void library_name_rules(struct rule *rule, struct slice owner, struct map *rules,
                        struct arena *arena, struct issue_list *issues)
{
    for (struct rule *child = rule->first_child; child; child = child->next) {
        if (child->word == WORD_CONDITION || child->word == WORD_CHOICE)
            continue;
        if (child->id_given)
            put_given(child, rules, issues);
        else
            name_rule(child, owner, rules, arena);
        library_name_rules(child, child->id_given ? child->id : owner, rules, arena, issues);
    }
}

/* --- the roots of files ------------------------------------------------------------------------*/

static void collect(const struct rule *root, enum rule_word word, struct map *map)
{
    for (struct rule *child = root->first_child; child; child = child->next)
        if (child->word == word)
            map_put(map, child->id, child);
}

/* The FHIR type, or element of one ("CareTeam.participant"), of an attribute. */
static const struct fhir_type *type_named(struct mapping_rules *rules, const struct rule *rule,
                                          enum rule_attribute attribute,
                                          const struct fhir_element **ret_element,
                                          struct issue_list *issues)
{
    struct slice to = rule_text(rule, attribute);
    size_t dot = slice_find_byte(to, '.');
    const struct fhir_type *type =
        fhir_definitions_type(rules->definitions, slice_part(to, 0, dot));
    if (!type) {
        size_t count = fhir_definitions_type_count(rules->definitions);
        struct slice *names = ARENA_ARRAY(rules->arena, count + 1, struct slice);
        for (size_t i = 0; i < count; i++)
            names[i] = fhir_definitions_type_at(rules->definitions, i)->name;
        rule_value_error(issues, rule, attribute, 0, dot, "unknown-type",
                         rule_did_you_mean(rules->arena, slice_part(to, 0, dot), names, count),
                         "FHIR R4 has no type '%.*s'", SLICE_ARG(slice_part(to, 0, dot)));
        return NULL;
    }
    *ret_element = type->root;
    if (dot == to.len)
        return type;
    struct slice wrong;
    const struct fhir_property *property =
        fhir_definition_path(type, slice_after(to, dot + 1), &wrong, NULL);
    if (!property) {
        rule_value_error(issues, rule, attribute, (size_t)(wrong.ptr - to.ptr), wrong.len,
                         "unknown-element", (struct slice){NULL, 0}, "there is no element '%.*s'",
                         SLICE_ARG(to));
        return NULL;
    }
    *ret_element = property->content;
    return property->type;
}

static bool is_segment(const struct mapping_rules *rules, struct slice name)
{
    return name.len == 3 && (name.ptr[0] == 'Z' || hl7v2_dictionary_field_count(
                                                       rules->dictionary, HL7V2_ID(name.ptr)) > 0);
}

static void report_type(const struct mapping_rules *rules, const struct rule *rule,
                        enum rule_attribute attribute, struct issue_list *issues)
{
    size_t count;
    struct slice name = rule_text(rule, attribute);
    const struct slice *types = hl7v2_dictionary_types(rules->dictionary, issues->arena, &count);
    rule_value_error(issues, rule, attribute, 0, 0, "unknown-type",
                     rule_did_you_mean(issues->arena, name, types, count),
                     "HL7 has no data type '%.*s'", SLICE_ARG(name));
}

static void report_segment(const struct mapping_rules *rules, const struct rule *rule,
                           enum rule_attribute attribute, struct issue_list *issues)
{
    size_t count;
    struct slice name = rule_text(rule, attribute);
    const struct slice *names = hl7v2_dictionary_segments(rules->dictionary, issues->arena, &count);
    struct slice near = rule_did_you_mean(issues->arena, name, names, count);
    rule_value_error(issues, rule, attribute, 0, 0, "unknown-segment",
                     near.len ? near : SLICE("segments of your own begin with Z"),
                     "'%.*s' is no segment", SLICE_ARG(name));
}

/* The v2 side of a map: a data type or a segment. */
static void name_v2_side(const struct mapping_rules *rules, const struct rule *rule,
                         enum rule_attribute attribute, struct slice *ret_type,
                         uint32_t *ret_segment, struct issue_list *issues)
{
    struct slice name = rule_text(rule, attribute);
    if (rule->word == WORD_DATATYPE) {
        *ret_type = name;
        if (!hl7v2_dictionary_has_type(rules->dictionary, name))
            report_type(rules, rule, attribute, issues);
        return;
    }
    if (is_segment(rules, name))
        *ret_segment = HL7V2_ID(name.ptr);
    else
        report_segment(rules, rule, attribute, issues);
}

static void report_map_twice(const struct rule *rule, struct issue_list *issues)
{
    rule_value_error(issues, rule, ATTRIBUTE_ID, 0, 0, "duplicate-id", (struct slice){NULL, 0},
                     "two maps have the id '%.*s'", SLICE_ARG(rule->id));
}

static void add_map(struct mapping_rules *rules, struct rule *rule, struct issue_list *issues)
{
    struct map_source *source = ARENA_NEW(rules->arena, struct map_source);
    source->id = rule->id;
    source->rule = rule;
    map_init(&source->conditions, rules->arena);
    collect(rule, WORD_CONDITION, &source->conditions);
    collect(rule, WORD_CHOICE, &rules->choices);
    name_v2_side(rules, rule, ATTRIBUTE_FROM, &source->type, &source->segment, issues);
    source->to_type = type_named(rules, rule, ATTRIBUTE_TO, &source->to, issues);
    if (map_get(&rules->maps, source->id)) {
        report_map_twice(rule, issues);
        return;
    }
    map_put(&rules->maps, source->id, source);
    library_name_rules(rule, source->id, &rules->rules, library_id_arena(rules), issues);
}

static void report_structure(const struct rule *rule, struct issue_list *issues)
{
    rule_value_error(issues, rule, ATTRIBUTE_STRUCTURE, 0, 0, "unknown-structure",
                     SLICE("a structure is named as in MSH-9.3, such as ORU_R01"),
                     "HL7 has no message structure '%.*s'",
                     SLICE_ARG(rule_text(rule, ATTRIBUTE_STRUCTURE)));
}

static void add_message(struct mapping_rules *rules, struct rule *rule, struct issue_list *issues)
{
    struct message_source *source = ARENA_NEW(rules->arena, struct message_source);
    struct slice name = rule_text(rule, ATTRIBUTE_STRUCTURE);
    source->rule = rule;
    rule->id = name;
    map_init(&source->conditions, rules->arena);
    collect(rule, WORD_CONDITION, &source->conditions);
    collect(rule, WORD_CHOICE, &rules->choices);
    source->structure = hl7v2_dictionary_structure(rules->dictionary, name);
    if (!source->structure)
        report_structure(rule, issues);
    if (map_put(&rules->messages, name, source))
        rule_value_error(issues, rule, ATTRIBUTE_STRUCTURE, 0, 0, "duplicate-id",
                         (struct slice){NULL, 0}, "two files are for the structure '%.*s'",
                         SLICE_ARG(name));
    library_name_rules(rule, name, &rules->rules, library_id_arena(rules), issues);
}

static void add_send_map(struct mapping_rules *rules, struct rule *rule, struct issue_list *issues)
{
    struct send_map_source *source = ARENA_NEW(rules->arena, struct send_map_source);
    source->id = rule->id;
    source->rule = rule;
    map_init(&source->conditions, rules->arena);
    collect(rule, WORD_CONDITION, &source->conditions);
    collect(rule, WORD_CHOICE, &rules->choices);
    name_v2_side(rules, rule, ATTRIBUTE_TO, &source->type, &source->segment, issues);
    source->from_type = type_named(rules, rule, ATTRIBUTE_FROM, &source->from, issues);
    if (map_get(&rules->send_maps, source->id)) {
        report_map_twice(rule, issues);
        return;
    }
    map_put(&rules->send_maps, source->id, source);
    library_name_rules(rule, source->id, &rules->rules, rules->arena, issues);
}

static void add_send(struct mapping_rules *rules, struct rule *rule, struct issue_list *issues)
{
    struct send_file *source = ARENA_NEW(rules->arena, struct send_file);
    source->rule = rule;
    map_init(&source->conditions, rules->arena);
    collect(rule, WORD_CONDITION, &source->conditions);
    collect(rule, WORD_CHOICE, &rules->choices);
    source->structure =
        hl7v2_dictionary_structure(rules->dictionary, rule_text(rule, ATTRIBUTE_STRUCTURE));
    if (!source->structure)
        report_structure(rule, issues);
    const struct fhir_element *element = NULL;
    source->from = type_named(rules, rule, ATTRIBUTE_FROM, &element, issues);
    put_given(rule, &rules->rules, issues);
    map_put(&rules->sends, rule->id, source);
    library_name_rules(rule, rule->id, &rules->rules, rules->arena, issues);
}

void library_add_root(struct mapping_rules *rules, struct rule *root, struct issue_list *issues)
{
    lint_tree(root, rules->dictionary, rules->arena, issues);
    if (root->word == WORD_SEND)
        add_send(rules, root, issues);
    else if (root->is_send)
        add_send_map(rules, root, issues);
    else if (root->word == WORD_MESSAGE)
        add_message(rules, root, issues);
    else if (root->id.len)
        add_map(rules, root, issues);
}

static void load_file(struct mapping_rules *rules, const struct mapping_texts *texts, size_t index,
                      struct text_pool *kept, struct issue_list *issues)
{
    struct mapping_file *file =
        library_file(path_of(texts, index, rules->arena), texts->items[index].text, kept,
                     rules->arena, &rules->digests, issues);
    if (!file)
        return;
    struct rule *root =
        rule_tree(file, W(MESSAGE) | W(SEGMENT) | W(DATATYPE) | W(SEND), rules->arena, issues);
    if (root)
        library_add_root(rules, root, issues);
}

static void load_folder(struct mapping_rules *rules, const struct mapping_texts *texts,
                        struct slice folder, struct text_pool *kept, struct issue_list *issues)
{
    for (size_t i = 0; i < texts->count; i++)
        if (slice_starts_with(texts->items[i].name, folder))
            load_file(rules, texts, i, kept, issues);
}

int library_rules(const struct mapping_texts *texts, const struct hl7v2_dictionary *dictionary,
                  const struct fhir_definitions *definitions, struct text_pool *kept,
                  struct arena *arena, const struct mapping_rules **ret_rules,
                  struct issue_list *issues)
{
    struct mapping_rules *rules = ARENA_NEW(arena, struct mapping_rules);
    *rules = (struct mapping_rules){
        .arena = arena, .kept = kept, .dictionary = dictionary, .definitions = definitions};
    map_init(&rules->maps, arena);
    map_init(&rules->messages, arena);
    map_init(&rules->send_maps, arena);
    map_init(&rules->sends, arena);
    map_init(&rules->rules, arena);
    map_init(&rules->choices, arena);
    load_folder(rules, texts, SLICE("v2-to-fhir/datatypes/"), kept, issues);
    load_folder(rules, texts, SLICE("v2-to-fhir/segments/"), kept, issues);
    load_folder(rules, texts, SLICE("v2-to-fhir/messages/"), kept, issues);
    load_folder(rules, texts, SLICE("fhir-to-v2/datatypes/"), NULL, issues);
    load_folder(rules, texts, SLICE("fhir-to-v2/segments/"), NULL, issues);
    load_folder(rules, texts, SLICE("fhir-to-v2/messages/"), NULL, issues);
    if (library_tables(texts, arena, &rules->tables, &rules->digests, issues) != 0 ||
        issue_list_failed(issues))
        return -1;
    *ret_rules = rules;
    return 0;
}

int mapping_rules_make(const struct mapping_texts *texts, const struct hl7v2_dictionary *dictionary,
                       const struct fhir_definitions *definitions, struct arena *arena,
                       const struct mapping_rules **ret_rules, struct issue_list *issues)
{
    return library_rules(texts, dictionary, definitions, NULL, arena, ret_rules, issues);
}

int mapping_rules_load(const char *folder, const struct hl7v2_dictionary *dictionary,
                       const struct fhir_definitions *definitions, struct arena *arena,
                       const struct mapping_rules **ret_rules, struct issue_list *issues)
{
    struct mapping_texts texts;
    if (mapping_texts_of_base(folder, arena, &texts, issues) != 0)
        return -1;
    return mapping_rules_make(&texts, dictionary, definitions, arena, ret_rules, issues);
}
