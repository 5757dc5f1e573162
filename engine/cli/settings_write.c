/* settings: writes a file that explains itself. */
#include "cli/settings.h"

void settings_escape(struct slice text, struct buffer *out)
{
    static const struct {
        char byte;
        struct slice entity;
    } entities[] = {
        {'&', SLICE_INIT("&amp;")},  {'<', SLICE_INIT("&lt;")},    {'>', SLICE_INIT("&gt;")},
        {'"', SLICE_INIT("&quot;")}, {'\'', SLICE_INIT("&apos;")},
    };
    for (size_t i = 0; i < text.len; i++) {
        struct slice piece = slice_part(text, i, 1);
        for (size_t e = 0; e < sizeof(entities) / sizeof(entities[0]); e++) {
            if (entities[e].byte == text.ptr[i]) {
                piece = entities[e].entity;
            }
        }
        buffer_append(out, piece);
    }
}

static bool value_of(const struct setting *row, const struct setting_value *values, size_t count,
                     struct slice *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(slice_of(values[i].element), slice_of(row->element)) &&
            slice_equal(slice_of(values[i].name), slice_of(row->name))) {
            *ret_value = values[i].value;
            return true;
        }
    }
    *ret_value = slice_of(row->initial);
    return row->initial == NULL;
}

static void write_explanation(const struct setting *row, struct buffer *out)
{
    struct arena *arena = arena_new(0);
    buffer_append_format(out, "    %s: %s\n      ", row->name, row->help);
    buffer_append(out, settings_range(row, arena));
    arena_free(arena);
    if (row->initial != NULL) {
        buffer_append_format(out, "; left out: \"%s\"", row->initial);
    }
    buffer_append(out, row->effect == SETTING_AT_RELOAD ? SLICE("; taken at reload\n")
                                                        : SLICE("; taken at start\n"));
}

/* The attributes of one element that are set; what is not set stands in the comment above. */
static void write_attributes(const struct setting_table *table, const char *element,
                             const struct setting_value *values, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct setting *row = &table->rows[i];
        struct slice value;
        if (!slice_equal(slice_of(row->element), slice_of(element)) ||
            !value_of(row, values, count, &value)) {
            continue;
        }
        buffer_append_format(out, " %s=\"", row->name);
        settings_escape(value, out);
        buffer_append_byte(out, '"');
    }
}

static void write_comment(const struct setting_table *table, const char *element,
                          struct buffer *out)
{
    for (size_t i = 0; i < table->row_count; i++) {
        if (slice_equal(slice_of(table->rows[i].element), slice_of(element))) {
            write_explanation(&table->rows[i], out);
        }
    }
}

static bool first_of_element(const struct setting_table *table, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (slice_equal(slice_of(table->rows[i].element), slice_of(table->rows[index].element))) {
            return false;
        }
    }
    return table->rows[index].element[0] != '\0';
}

void settings_write(const struct setting_table *table, const struct setting_value *values,
                    size_t value_count, struct slice entries, struct buffer *out)
{
    buffer_append(out, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!--\n"));
    buffer_append(out, slice_of(table->help));
    write_comment(table, "", out);
    buffer_append_format(out, "-->\n<%s", table->root);
    write_attributes(table, "", values, value_count, out);
    buffer_append(out, SLICE(">\n"));
    for (size_t i = 0; i < table->row_count; i++) {
        if (!first_of_element(table, i)) {
            continue;
        }
        const char *element = table->rows[i].element;
        buffer_append(out, SLICE("\n  <!--\n"));
        write_comment(table, element, out);
        buffer_append_format(out, "  -->\n  <%s", element);
        write_attributes(table, element, values, value_count, out);
        buffer_append(out, SLICE("/>\n"));
    }
    for (size_t i = 0; i < table->list_count; i++) {
        buffer_append_format(out, "\n  <!-- %s: %s -->\n", table->lists[i].element,
                             table->lists[i].help);
    }
    buffer_append(out, entries);
    buffer_append_format(out, "</%s>\n", table->root);
}
