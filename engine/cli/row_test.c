/* row_test: see the header. */
#include "cli/row_test.h"

#include "base/file.h"
#include "base/xml.h"
#include "mapping/test.h"

#include <string.h>

/* The rule as its file has it. */
struct rule_source {
    struct slice map; /* "PID-Patient" */
    bool is_datatype;
    struct slice to; /* "gender", "interpretation[]" */
};

/* Where the code stands. */
struct code_place {
    struct slice segment;
    unsigned field, component;
};

/* --- the rule --------------------------------------------------------------------------------- */

static const struct xml_element *find_rule(const struct xml_element *element, struct slice id)
{
    const struct xml_element *found =
        slice_equal(xml_value(element, "id"), id) && xml_attribute(element, "to") != NULL ? element
                                                                                          : NULL;
    for (const struct xml_element *child = element->first_child; child != NULL && found == NULL;
         child = child->next) {
        found = find_rule(child, id);
    }
    return found;
}

static bool find_source(const struct mapping_texts *base, struct slice id, struct arena *arena,
                        struct rule_source *ret_source)
{
    struct issue_list passed_over;
    issue_list_init(&passed_over, arena);
    for (size_t i = 0; i < base->count; i++) {
        struct slice name = base->items[i].name;
        bool is_datatype = slice_find(name, SLICE("/datatypes/")) < name.len;
        struct xml_document document;
        if ((!is_datatype && slice_find(name, SLICE("/segments/")) == name.len) ||
            slice_find(base->items[i].text, id) == base->items[i].text.len ||
            xml_parse(name, base->items[i].text, (struct xml_limits){0}, arena, &document,
                      &passed_over) != 0) {
            continue;
        }
        const struct xml_element *rule = find_rule(document.root, id);
        if (rule != NULL) {
            *ret_source = (struct rule_source){.map = xml_value(document.root, "id"),
                                               .is_datatype = is_datatype,
                                               .to = xml_value(rule, "to")};
            return true;
        }
    }
    return false;
}

/* "interpretation[]" is interpretation, "identifier[mrn].type" identifier.type. */
static struct slice plain_path(struct slice to, struct arena *arena)
{
    char *path = arena_alloc(arena, to.len + 1);
    size_t length = 0;
    bool inside = false;
    for (size_t i = 0; i < to.len; i++) {
        inside = inside ? to.ptr[i] != ']' : to.ptr[i] == '[';
        if (!inside && to.ptr[i] != ']') {
            path[length++] = to.ptr[i];
        }
    }
    return (struct slice){path, length};
}

/* --- what the map is given -------------------------------------------------------------------- */

static bool take_number(struct slice *text, char end, unsigned *ret_number)
{
    struct slice part;
    uint64_t number = 0;
    if (!slice_split(text, end, &part) ||
        !slice_to_uint64(slice_part(part, 0, slice_find_byte(part, '[')), 200, &number)) {
        return false;
    }
    *ret_number = (unsigned)number;
    return true;
}

/* "PID[1]-8[1].1.1"; no component is the first. */
static bool read_place(struct slice text, struct code_place *ret_place)
{
    struct slice segment;
    ret_place->component = 1;
    if (!slice_split(&text, '-', &segment) || !take_number(&text, '.', &ret_place->field)) {
        return false;
    }
    if (text.len > 0 && !take_number(&text, '.', &ret_place->component)) {
        return false;
    }
    ret_place->segment = slice_part(segment, 0, slice_find_byte(segment, '['));
    return ret_place->field > 0 && !slice_equal(ret_place->segment, SLICE("MSH"));
}

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c == 127 || strchr("|^~\\&<>\"'{}", c) != NULL) {
            return false;
        }
    }
    return true;
}

static struct slice repeated(char c, unsigned count, struct arena *arena)
{
    char *text = arena_alloc(arena, count + 1);
    memset(text, c, count);
    return (struct slice){text, count};
}

/* A code alone, or with its system as component 3. */
static struct slice given(const struct row_test *row, const struct rule_source *source,
                          const struct code_place *place, struct arena *arena)
{
    struct slice code =
        arena_format(arena, "%.*s%.*s%s%.*s", SLICE_ARG(repeated('^', place->component - 1, arena)),
                     SLICE_ARG(row->code), row->system.len > 0 ? "^^" : "", SLICE_ARG(row->system));
    if (source->is_datatype) {
        return arena_format(arena, "<value>%.*s</value>", SLICE_ARG(code));
    }
    return arena_format(arena, "<segment>%.*s%.*s%.*s</segment>", SLICE_ARG(place->segment),
                        SLICE_ARG(repeated('|', place->field, arena)), SLICE_ARG(code));
}

/* --- a try ------------------------------------------------------------------------------------ */

struct attempt {
    struct slice name;
    bool passed;
};

static void look(const struct mapping_test_outcome *outcome, void *data)
{
    struct attempt *attempt = data;
    if (slice_equal(outcome->name, attempt->name)) {
        attempt->passed = outcome->failure_count == 0;
    }
}

struct slice row_test_put(struct slice site, struct slice test, struct arena *arena)
{
    struct slice end = slice_trim(site);
    struct slice last = SLICE("</site>");
    if (end.len < last.len || !slice_equal(slice_after(end, end.len - last.len), last)) {
        return (struct slice){NULL, 0};
    }
    size_t at = (size_t)(end.ptr - site.ptr) + end.len - last.len;
    return arena_format(arena, "%.*s%.*s%.*s", SLICE_ARG(slice_part(site, 0, at)), SLICE_ARG(test),
                        SLICE_ARG(slice_after(site, at)));
}

/* Whether the test passes as the last of the site's. */
static bool passes(struct slice name, struct slice test, const struct mapping_rules *rules,
                   const struct mapping_texts *site, struct arena *arena)
{
    struct mapping_texts texts = *site;
    struct attempt attempt = {.name = name};
    struct issue_list passed_over;
    const struct mapping_tests *tests = NULL;
    struct slice own = mapping_texts_site_name(site->folder, arena);
    issue_list_init(&passed_over, arena);
    texts.items = ARENA_ARRAY(arena, site->count, struct mapping_text);
    memcpy(texts.items, site->items, site->count * sizeof(texts.items[0]));
    for (size_t i = 0; i < texts.count; i++) {
        if (slice_equal(texts.items[i].name, own)) {
            texts.items[i].text = row_test_put(texts.items[i].text, test, arena);
        }
    }
    return mapping_tests_of_site(rules, &texts, arena, &tests, &passed_over) == 0 &&
           mapping_tests_run(tests, (struct slice){NULL, 0}, look, &attempt, &passed_over) == 0 &&
           attempt.passed;
}

struct slice row_test_make(const struct row_test *row, const struct mapping_rules *rules,
                           const struct mapping_texts *base, const struct mapping_texts *site,
                           struct arena *arena)
{
    /* of a code, a Coding, a CodeableConcept; single or in a list */
    static const char *const FORMS[] = {"", ".code", ".coding[0].code", "[0].code",
                                        "[0].coding[0].code"};
    const struct slice none = {NULL, 0};
    struct rule_source source;
    struct code_place place;
    if (!is_plain(row->code) || !is_plain(row->system) || !is_plain(row->target) ||
        !read_place(row->place, &place) || !find_source(base, row->rule, arena, &source)) {
        return none;
    }
    struct slice path = plain_path(source.to, arena);
    struct slice name = arena_format(arena, "%.*s of %.*s is %.*s", SLICE_ARG(row->code),
                                     SLICE_ARG(row->table), SLICE_ARG(row->target));
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        struct slice test = arena_format(
            arena,
            "  <test name=\"%.*s\" map=\"%.*s\">\n    %.*s\n"
            "    <expect path=\"%.*s%s\" equals=\"%.*s\" by=\"%.*s\"/>\n  </test>\n",
            SLICE_ARG(name), SLICE_ARG(source.map), SLICE_ARG(given(row, &source, &place, arena)),
            SLICE_ARG(path), FORMS[i], SLICE_ARG(row->target), SLICE_ARG(row->rule));
        if (passes(name, test, rules, site, arena)) {
            return test;
        }
    }
    return none;
}
