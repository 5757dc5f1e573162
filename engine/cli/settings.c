/* settings: reads, checks and writes configuration files by the rows of a table. */
#include "cli/settings_internal.h"

#include "base/suggest.h"

#include <string.h>

/* One reading of one file. */
struct settings_reader {
    const struct setting_table *table;
    const struct xml_document *document;
    unsigned char *target;
    struct arena *arena;
    struct issue_list *issues;
};

static struct issue_place element_place(const struct settings_reader *reader,
                                        const struct xml_element *element)
{
    struct issue_place place = xml_place(reader->document, element);
    place.column++; /* at the name, behind the "<" */
    place.length = (unsigned)element->name.len;
    return place;
}

static struct issue_place name_place(const struct settings_reader *reader,
                                     const struct xml_attribute *attribute)
{
    struct issue_place place =
        issue_place_file(reader->document->file, attribute->line, attribute->column);
    place.length = (unsigned)attribute->name.len;
    return place;
}

static struct issue_place value_place(const struct settings_reader *reader,
                                      const struct xml_attribute *attribute)
{
    return xml_value_place(reader->document, attribute, 0, attribute->value.len);
}

static void add_issue(struct settings_reader *reader, struct issue_place place, const char *rule,
                      struct slice words, struct slice hint)
{
    issue_add(reader->issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                             .severity = ISSUE_ERROR,
                                             .place = place,
                                             .words = words,
                                             .hint = hint,
                                             .rule = slice_of(rule)});
}

/* "did you mean 'port'?" for the nearest name, or nothing. */
static struct slice did_you_mean(struct settings_reader *reader, struct slice wrong,
                                 const struct slice *names, size_t count)
{
    size_t nearest = suggest_nearest(wrong, names, count);
    if (nearest == count) {
        return (struct slice){0};
    }
    return arena_format(reader->arena, "did you mean '%.*s'?", SLICE_ARG(names[nearest]));
}

static void read_value(struct settings_reader *reader, const struct setting *row,
                       const struct xml_attribute *attribute)
{
    if (settings_parse(row, attribute->value, reader->target)) {
        return;
    }
    add_issue(reader, value_place(reader, attribute), "setting-value",
              arena_format(reader->arena, "'%s' must be %.*s", row->name,
                           SLICE_ARG(settings_range(row, reader->arena))),
              row->initial != NULL
                  ? arena_format(reader->arena, "left out, it is '%s'", row->initial)
                  : (struct slice){0});
}

static const struct setting *find_row(const struct setting_table *table, struct slice element,
                                      struct slice name)
{
    for (size_t i = 0; i < table->row_count; i++) {
        if (slice_equal(slice_of(table->rows[i].element), element) &&
            slice_equal(slice_of(table->rows[i].name), name)) {
            return &table->rows[i];
        }
    }
    return NULL;
}

static const struct setting_list *find_list(const struct setting_table *table, struct slice element)
{
    for (size_t i = 0; i < table->list_count; i++) {
        if (slice_equal(slice_of(table->lists[i].element), element)) {
            return &table->lists[i];
        }
    }
    return NULL;
}

static bool element_is_known(const struct setting_table *table, struct slice element)
{
    for (size_t i = 0; i < table->row_count; i++) {
        if (table->rows[i].element[0] != '\0' &&
            slice_equal(slice_of(table->rows[i].element), element)) {
            return true;
        }
    }
    return false;
}

static void unknown_attribute(struct settings_reader *reader, const struct xml_element *element,
                              struct slice element_name, const struct xml_attribute *attribute)
{
    struct slice *names = ARENA_ARRAY(reader->arena, reader->table->row_count, struct slice);
    size_t count = 0;
    for (size_t i = 0; i < reader->table->row_count; i++) {
        if (slice_equal(slice_of(reader->table->rows[i].element), element_name)) {
            names[count++] = slice_of(reader->table->rows[i].name);
        }
    }
    add_issue(reader, name_place(reader, attribute), "setting-unknown",
              arena_format(reader->arena, "'%.*s' is no setting of %.*s",
                           SLICE_ARG(attribute->name), SLICE_ARG(element->name)),
              did_you_mean(reader, attribute->name, names, count));
}

static void unknown_element(struct settings_reader *reader, const struct xml_element *element)
{
    const struct setting_table *table = reader->table;
    struct slice *names =
        ARENA_ARRAY(reader->arena, table->row_count + table->list_count, struct slice);
    size_t count = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        if (table->rows[i].element[0] != '\0') {
            names[count++] = slice_of(table->rows[i].element);
        }
    }
    for (size_t i = 0; i < table->list_count; i++) {
        names[count++] = slice_of(table->lists[i].element);
    }
    add_issue(reader, element_place(reader, element), "element-unknown",
              arena_format(reader->arena, "there is no element '%.*s' in a %s file",
                           SLICE_ARG(element->name), table->root),
              did_you_mean(reader, element->name, names, count));
}

/* The attributes of the root (element_name empty) or of a child element. */
static void read_attributes(struct settings_reader *reader, const struct xml_element *element,
                            struct slice element_name)
{
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct xml_attribute *attribute = &element->attributes[i];
        const struct setting *row = find_row(reader->table, element_name, attribute->name);
        if (row == NULL) {
            unknown_attribute(reader, element, element_name, attribute);
            continue;
        }
        read_value(reader, row, attribute);
    }
}

/* Entries of a list are read by the owner of the table; their form is checked here. */
static void check_entry(struct settings_reader *reader, const struct xml_element *element,
                        const struct setting_list *list)
{
    for (struct slice rest = slice_of(list->attributes), name; slice_split(&rest, ' ', &name);) {
        if (xml_attribute(element, arena_string(reader->arena, name)) == NULL) {
            add_issue(reader, element_place(reader, element), "setting-missing",
                      arena_format(reader->arena, "'%s' needs the attribute '%.*s'", list->element,
                                   SLICE_ARG(name)),
                      (struct slice){0});
        }
    }
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct xml_attribute *attribute = &element->attributes[i];
        if (settings_word_number(list->attributes, attribute->name) < 0) {
            add_issue(reader, name_place(reader, attribute), "setting-unknown",
                      arena_format(reader->arena, "'%.*s' is no attribute of %s",
                                   SLICE_ARG(attribute->name), list->element),
                      arena_format(reader->arena, "it has: %s", list->attributes));
        }
    }
}

static void read_children(struct settings_reader *reader)
{
    const struct xml_element *child = NULL;
    while ((child = xml_child(reader->document->root, NULL, child)) != NULL) {
        const struct setting_list *list = find_list(reader->table, child->name);
        if (list != NULL) {
            check_entry(reader, child, list);
            continue;
        }
        if (element_is_known(reader->table, child->name)) {
            read_attributes(reader, child, child->name);
            continue;
        }
        if (!reader->table->open) {
            unknown_element(reader, child);
        }
    }
}

static bool element_is_there(const struct xml_document *document, const struct setting *row)
{
    const struct xml_element *element =
        row->element[0] == '\0' ? document->root : xml_child(document->root, row->element, NULL);
    return element != NULL && xml_attribute(element, row->name) != NULL;
}

static void read_defaults(struct settings_reader *reader)
{
    for (size_t i = 0; i < reader->table->row_count; i++) {
        const struct setting *row = &reader->table->rows[i];
        if (row->initial != NULL) {
            (void)settings_parse(row, slice_of(row->initial), reader->target);
            continue;
        }
        if (!element_is_there(reader->document, row)) {
            add_issue(reader, element_place(reader, reader->document->root), "setting-missing",
                      arena_format(reader->arena, "the setting '%s%s%s' is missing", row->element,
                                   row->element[0] != '\0' ? "/" : "", row->name),
                      arena_format(reader->arena, "it must be %.*s",
                                   SLICE_ARG(settings_range(row, reader->arena))));
        }
    }
}

int settings_read(const struct setting_table *table, const struct xml_document *document,
                  void *ret_target, size_t target_size, struct issue_list *issues)
{
    struct settings_reader reader = {.table = table,
                                     .document = document,
                                     .target = arena_alloc(issues->arena, target_size),
                                     .arena = issues->arena,
                                     .issues = issues};
    size_t before = issues->count;
    if (!slice_equal(document->root->name, slice_of(table->root))) {
        add_issue(&reader, element_place(&reader, document->root), "root-unknown",
                  arena_format(reader.arena, "this file must begin with <%s>", table->root),
                  (struct slice){0});
        return -1;
    }
    read_defaults(&reader);
    read_attributes(&reader, document->root, (struct slice){0});
    read_children(&reader);
    if (issues->count > before) {
        return -1;
    }
    memcpy(ret_target, reader.target, target_size);
    return 0;
}

/* "time-zone" and "time_zone" are one name. */
static bool same_name(struct slice a, struct slice b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        char left = a.ptr[i] == '-' ? '_' : a.ptr[i];
        char right = b.ptr[i] == '-' ? '_' : b.ptr[i];
        if (left != right) {
            return false;
        }
    }
    return true;
}

const struct setting *settings_find(const struct setting_table *table, struct slice name)
{
    for (size_t i = 0; i < table->row_count; i++) {
        if (same_name(slice_of(table->rows[i].name), name)) {
            return &table->rows[i];
        }
    }
    return NULL;
}
