/* mappings/LINT.md: every id that the code says has a page; the first example of a page gives that
 * message, in the words of its second block byte for byte, the mended one none.
 *
 *   ```xml        a segment, data type, message or site file
 *   ```csv NAME   codes/NAME.csv of a site; "untested" behind it: the site has no test */
#include "mapping/harness.h"
#include "mapping/texts.h"

#define PAGES PAINBRIDGE_SOURCE_DIR "/mappings/LINT.md"

/* The site that a table of an example belongs to. */
static const struct slice SITE =
    SLICE_INIT("<site id=\"page\" version=\"2.5.1\" time-zone=\"UTC\">"
               "<drop from=\"PID-19\" because=\"not shared\"/></site>");

static struct arena *arena, *page_arena; /* of the rules, of one example */
static const struct mapping_rules *rules;

static void begin(void)
{
    struct issue_list issues;
    arena = arena_new((size_t)1 << 29);
    page_arena = arena_new((size_t)1 << 29);
    issue_list_init(&issues, arena);
    rules = harness_rules(PAINBRIDGE_SOURCE_DIR "/mappings", arena, &issues);
    ck_assert_ptr_nonnull(rules);
}

static void end(void)
{
    arena_free(page_arena);
    arena_free(arena);
}

static struct slice pages(void)
{
    struct issue_list issues;
    struct slice text;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_read(PAGES, 1 << 20, arena, &text, &issues), 0);
    return text;
}

/* Takes the next fenced block of a page: what follows ``` and what stands in it. */
static bool next_block(struct slice *page, struct slice *ret_kind, struct slice *ret_text)
{
    size_t at = slice_find(*page, SLICE("```"));
    if (at == page->len)
        return false;
    *page = slice_after(*page, at + 3);
    size_t line = slice_find_byte(*page, '\n');
    *ret_kind = slice_part(*page, 0, line);
    *page = slice_after(*page, line + 1);
    size_t close = slice_find(*page, SLICE("```"));
    *ret_text = slice_part(*page, 0, close);
    *page = slice_after(*page, close + 3);
    return true;
}

static void look_at_table(struct slice name, struct slice text, struct issue_list *issues)
{
    const struct mapping_program *program;
    size_t blank = slice_find_byte(name, ' ');
    struct mapping_text items[] = {
        {.name = SLICE("page.xml"), .text = SITE},
        {.name = arena_format(page_arena, "codes/%.*s.csv", SLICE_ARG(slice_part(name, 0, blank))),
         .text = text},
    };
    struct mapping_texts texts = {.folder = "page", .items = items, .count = 2};
    if (mapping_program_make(rules, &texts, page_arena, &program, issues) == 0)
        mapping_site_lint(rules, &texts, /* test_count= */ blank == name.len, page_arena, issues);
}

static void look_at(struct slice kind, struct slice text, struct issue_list *issues)
{
    arena_reset(page_arena);
    issue_list_init(issues, page_arena);
    if (slice_starts_with(kind, SLICE("csv ")))
        look_at_table(slice_after(kind, 4), text, issues);
    else
        (void)!mapping_text_check(rules, SLICE("page.xml"), text, page_arena, issues);
}

/* What people read. An issue that is not in the example's own file is in the site of its table. */
static struct slice printed(struct slice kind, struct slice text, const struct issue_list *issues)
{
    struct buffer out;
    struct slice end = slice_starts_with(kind, SLICE("csv ")) ? SLICE(".csv") : SLICE(".xml");
    buffer_init(&out, 0);
    for (size_t i = 0; i < issues->count; i++) {
        bool is_own = slice_ends_with(issues->items[i].place.name, end);
        mapping_issue_print(&issues->items[i], is_own ? text : SITE, &out);
    }
    struct slice all = arena_copy(page_arena, buffer_slice(&out));
    buffer_release(&out);
    return all;
}

static void check_page(struct slice id, struct slice page)
{
    struct slice kind, text, said;
    struct issue_list issues;
    if (!next_block(&page, &kind, &text))
        return;
    struct slice said_kind;
    ck_assert(next_block(&page, &said_kind, &said));
    look_at(kind, text, &issues);
    ck_assert_msg(issues.count > 0, "%.*s: nothing is said", SLICE_ARG(id));
    ck_assert_msg(slice_equal(issues.items[0].rule, id), "%.*s: %.*s is said", SLICE_ARG(id),
                  SLICE_ARG(issues.items[0].rule));
    struct slice got = printed(kind, text, &issues);
    ck_assert_msg(slice_equal(got, said), "%.*s: got\n%.*s", SLICE_ARG(id), SLICE_ARG(got));
    ck_assert(next_block(&page, &kind, &text));
    look_at(kind, text, &issues);
    if (issues.count)
        harness_print(&issues);
    ck_assert_msg(issues.count == 0, "%.*s: mended, and something is said", SLICE_ARG(id));
}

START_TEST(the_example_of_each_page_gives_its_message_and_mended_none)
{
    struct slice text = pages();
    size_t count = 0;
    for (size_t at; (at = slice_find(text, SLICE("\n## "))) < text.len; count++) {
        text = slice_after(text, at + 4);
        struct slice id = slice_part(text, 0, slice_find_byte(text, '\n'));
        check_page(id, slice_part(text, 0, slice_find(text, SLICE("\n## "))));
    }
    ck_assert_uint_ge(count, 50);
}
END_TEST

/* The ids stand in the code as one string each: "unknown-word". */
static void check_source(const char *path, struct slice text)
{
    struct issue_list issues;
    struct slice source;
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_read(path, 1 << 20, arena, &source, &issues), 0);
    static const char *const BEFORE[] = {"0, 0, \"", "length, \"", "rule, \""};
    for (size_t i = 0; i < sizeof(BEFORE) / sizeof(BEFORE[0]); i++) {
        struct slice rest = source;
        for (size_t at; (at = slice_find(rest, slice_of(BEFORE[i]))) < rest.len;) {
            rest = slice_after(rest, at + strlen(BEFORE[i]));
            struct slice id = slice_part(rest, 0, slice_find_byte(rest, '"'));
            if (slice_find_byte(id, '-') == id.len || slice_find_byte(id, ' ') < id.len)
                continue;
            struct slice head = arena_format(arena, "\n## %.*s\n", SLICE_ARG(id));
            ck_assert_msg(slice_find(text, head) < text.len, "%s: %.*s has no page", path,
                          SLICE_ARG(id));
        }
    }
}

START_TEST(every_id_in_the_code_has_a_page)
{
    struct issue_list issues;
    struct slice *names;
    size_t count;
    const char *folder = PAINBRIDGE_SOURCE_DIR "/engine/mapping";
    issue_list_init(&issues, arena);
    ck_assert_int_eq(file_list(folder, ".c", arena, &names, &count, &issues), 0);
    ck_assert_uint_ge(count, 20);
    struct slice text = pages();
    for (size_t i = 0; i < count; i++)
        check_source(file_join(arena, folder, names[i]), text);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("pages");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_set_timeout(tests, 400);
    tcase_add_test(tests, the_example_of_each_page_gives_its_message_and_mended_none);
    tcase_add_test(tests, every_id_in_the_code_has_a_page);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("lint pages", add);
}
