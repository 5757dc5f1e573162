/* test_text: a test written from what the rules make of a message. */
#include "mapping/test_internal.h"

#define MOST_EXPECTATIONS 30
#define MOST_OF_RESOURCE 4
#define LONGEST_VALUE 200

struct writer {
    const struct mapping_result *result;
    struct arena *arena;
    struct buffer out;
    size_t expectations;
};

/* As it stands in an attribute in double quotes. */
static void put_attribute(struct writer *writer, const char *name, struct slice value)
{
    buffer_append_format(&writer->out, " %s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '&' || c == '<' || c == '"' || (unsigned char)c < ' ')
            buffer_append_format(&writer->out, "&#%d;", c);
        else
            buffer_append_byte(&writer->out, c);
    }
    buffer_append_byte(&writer->out, '"');
}

/* What a test calls the resource. */
static struct slice name_of(const struct mapping_resource *resource)
{
    return resource->name.len ? resource->name : resource->type;
}

static size_t count_named(const struct writer *writer, struct slice name)
{
    size_t count = 0;
    for (size_t i = 0; i < writer->result->resource_count; i++)
        count += slice_equal(name_of(&writer->result->resources[i]), name) ||
                 slice_equal(writer->result->resources[i].type, name);
    return count;
}

static struct slice code_of(const struct mapping_resource *resource)
{
    const struct json *codings = json_get(json_get(resource->body, SLICE("code")), SLICE("coding"));
    struct slice code = json_get_text(json_first(codings), SLICE("code"));
    bool is_quoted = slice_find_byte(code, '\'') < code.len;
    return is_quoted ? (struct slice){NULL, 0} : code;
}

/* What tells the resource from the others of its name; false where its code does not. */
static bool where_of(const struct writer *writer, const struct mapping_resource *resource,
                     struct slice *ret_where)
{
    struct slice name = name_of(resource), code = code_of(resource);
    *ret_where = (struct slice){NULL, 0};
    if (count_named(writer, name) == 1)
        return true;
    size_t same = 0;
    for (size_t i = 0; i < writer->result->resource_count; i++) {
        const struct mapping_resource *other = &writer->result->resources[i];
        same += slice_equal(name_of(other), name) && slice_equal(code_of(other), code);
    }
    *ret_where = arena_format(writer->arena, "code.coding.exists(code = '%.*s')", SLICE_ARG(code));
    return code.len > 0 && same == 1;
}

/* A value of the message that a person can compare. */
static bool is_telling(const struct mapping_why *why, size_t index, const struct mapping_why *list)
{
    if (why->kind != MAPPING_TRACE_FIELD || why->value.len == 0 || why->value.len > LONGEST_VALUE ||
        slice_starts_with(why->path, SLICE("meta.")) ||
        slice_find(why->path, SLICE("xtension")) < why->path.len)
        return false;
    for (size_t i = 0; i < index; i++)
        if (slice_equal(list[i].path, why->path) || slice_equal(list[i].rule.id, why->rule.id))
            return false;
    return true;
}

static void put_expectation(struct writer *writer, struct slice name, struct slice where,
                            const struct mapping_why *why)
{
    buffer_append(&writer->out, SLICE("    <expect"));
    put_attribute(writer, "in", name);
    if (where.len)
        put_attribute(writer, "where", where);
    put_attribute(writer, "path", why->path);
    put_attribute(writer, "equals", why->value);
    put_attribute(writer, "by", why->rule.id);
    buffer_append(&writer->out, SLICE("/>\n"));
    writer->expectations++;
}

static void put_resource(struct writer *writer, uint32_t index)
{
    const struct mapping_resource *resource = &writer->result->resources[index];
    struct mapping_why *list = NULL;
    struct slice where;
    size_t written = 0;
    if (!where_of(writer, resource, &where))
        return;
    size_t count =
        mapping_why_list(writer->result, index, (struct slice){NULL, 0}, writer->arena, &list);
    for (size_t i = 0;
         i < count && written < MOST_OF_RESOURCE && writer->expectations < MOST_EXPECTATIONS; i++) {
        if (!is_telling(&list[i], i, list))
            continue;
        put_expectation(writer, name_of(resource), where, &list[i]);
        written++;
    }
}

static void put_counts(struct writer *writer)
{
    for (size_t i = 0; i < writer->result->resource_count; i++) {
        struct slice name = name_of(&writer->result->resources[i]);
        size_t before = 0;
        while (before < i && !slice_equal(name_of(&writer->result->resources[before]), name))
            before++;
        if (before < i)
            continue;
        buffer_append(&writer->out, SLICE("    <count"));
        put_attribute(writer, "in", name);
        buffer_append_format(&writer->out, " equals=\"%zu\"/>\n", count_named(writer, name));
    }
}

int mapping_test_text(const struct mapping_program *program, struct slice name,
                      struct slice fixture, struct slice bytes, struct arena *arena,
                      struct slice *ret_text, struct issue_list *issues)
{
    struct slice charset = mapping_program_site(program)->charset;
    struct test_translation made;
    test_translate(program, NULL, bytes, charset.len ? charset : SLICE("UNICODE UTF-8"), arena,
                   &made);
    if (!made.translated) {
        issue_list_take(issues, &made.issues);
        return -1;
    }
    struct writer writer = {.result = &made.result, .arena = arena};
    buffer_init(&writer.out, 0);
    buffer_append(&writer.out, SLICE("  <test"));
    put_attribute(&writer, "name", name);
    buffer_append(&writer.out,
                  SLICE(">\n    <!-- what the rules make of it today: check each line, delete what "
                        "does not matter -->\n    <message"));
    put_attribute(&writer, "file", fixture);
    buffer_append(&writer.out, SLICE("/>\n"));
    for (uint32_t i = 0; i < made.result.resource_count; i++)
        put_resource(&writer, i);
    put_counts(&writer);
    buffer_append(&writer.out, SLICE("    <ack code=\"AA\"/>\n  </test>\n"));
    *ret_text = arena_copy(arena, buffer_slice(&writer.out));
    buffer_release(&writer.out);
    return 0;
}
