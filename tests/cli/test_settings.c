/* Configuration files: what is taken, what is refused and where it points, what is written. */
#include "cli/settings.h"

#include "support/suite.h"

struct target {
    struct slice name, text, zone;
    int64_t port;
    bool flag;
    int mode;
};

#define FIELD(member) offsetof(struct target, member)

static const struct setting rows[] = {
    {"", "name", SETTING_NAME, 1, 8, NULL, NULL, SETTING_AT_START, FIELD(name), "who it is"},
    {"door", "port", SETTING_NUMBER, 1, 65535, NULL, "2575", SETTING_AT_START, FIELD(port),
     "where it listens"},
    {"door", "mode", SETTING_CHOICE, 0, 0, "auto original", "auto", SETTING_AT_RELOAD, FIELD(mode),
     "how it answers"},
    {"door", "flag", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_RELOAD, FIELD(flag), "whether"},
    {"place", "zone", SETTING_ZONE, 0, 0, NULL, "", SETTING_AT_RELOAD, FIELD(zone), "whose days"},
    {"place", "text", SETTING_TEXT, 0, 5, NULL, "", SETTING_AT_RELOAD, FIELD(text), "any words"},
};

static const struct setting_list lists[] = {{"allow", "application facility", "who may"}};

static const struct setting_table table = {
    .root = "thing",
    .help = "  A thing.\n",
    .rows = rows,
    .row_count = sizeof(rows) / sizeof(rows[0]),
    .lists = lists,
    .list_count = 1,
};

static struct arena *arena;
static struct issue_list issues;

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
}

static void end(void)
{
    arena_free(arena);
}

static int read_text(const struct setting_table *used, struct slice text, struct target *ret_target)
{
    struct xml_document document;
    ck_assert_int_eq(
        xml_parse(SLICE("a.xml"), text, (struct xml_limits){0}, arena, &document, &issues), 0);
    return settings_read(used, &document, ret_target, sizeof(*ret_target), &issues);
}

START_TEST(values_are_read_and_the_rest_has_its_default)
{
    struct target target;
    ck_assert_int_eq(read_text(&table,
                               SLICE("<thing name='a-1'><door mode='original' flag='yes'/>"
                                     "<place zone='America/Chicago'/>"
                                     "<allow application='A' facility='B'/></thing>"),
                               &target),
                     0);
    ck_assert_uint_eq(issues.count, 0);
    ck_assert(slice_equal(target.name, SLICE("a-1")));
    ck_assert_int_eq(target.port, 2575);
    ck_assert_int_eq(target.mode, 1);
    ck_assert(target.flag);
    ck_assert(slice_equal(target.zone, SLICE("America/Chicago")));
    ck_assert_uint_eq(target.text.len, 0);
}
END_TEST

/* One wrong file and what is said about it. */
static const struct {
    const char *text;
    const char *rule;
    unsigned line, column, length;
    const char *hint;
} wrong[] = {
    {"<thong name='a'/>", "root-unknown", 1, 2, 5, ""},
    {"<thing/>", "setting-missing", 1, 2, 5,
     "it must be a name of letters, digits, '-', '_' and '.'"},
    {"<thing nam='a' name='a'/>", "setting-unknown", 1, 8, 3, "did you mean 'name'?"},
    {"<thing name='-a'/>", "setting-value", 1, 14, 2, ""},
    {"<thing name='a b'/>", "setting-value", 1, 14, 3, ""},
    {"<thing name='123456789'/>", "setting-value", 1, 14, 9, ""},
    {"<thing name='a'>\n  <dor port='1'/></thing>", "element-unknown", 2, 4, 3,
     "did you mean 'door'?"},
    {"<thing name='a'>\n<door prot='1'/></thing>", "setting-unknown", 2, 7, 4,
     "did you mean 'port'?"},
    {"<thing name='a'>\n<door port='0'/></thing>", "setting-value", 2, 13, 1,
     "left out, it is '2575'"},
    {"<thing name='a'><door port='65536'/></thing>", "setting-value", 1, 29, 5,
     "left out, it is '2575'"},
    {"<thing name='a'><door port='-1'/></thing>", "setting-value", 1, 29, 2,
     "left out, it is '2575'"},
    {"<thing name='a'><door mode='Auto'/></thing>", "setting-value", 1, 29, 4,
     "left out, it is 'auto'"},
    {"<thing name='a'><door flag='true'/></thing>", "setting-value", 1, 29, 4,
     "left out, it is 'no'"},
    {"<thing name='a'><place zone='Mars/Base'/></thing>", "setting-value", 1, 30, 9,
     "left out, it is ''"},
    {"<thing name='a'><place zone='../passwd'/></thing>", "setting-value", 1, 30, 9,
     "left out, it is ''"},
    {"<thing name='a'><place text='123456'/></thing>", "setting-value", 1, 30, 6,
     "left out, it is ''"},
    {"<thing name='a'><allow application='A'/></thing>", "setting-missing", 1, 18, 5, ""},
    {"<thing name='a'><allow application='A' facility='B' x='1'/></thing>", "setting-unknown", 1,
     53, 1, "it has: application facility"},
};

START_TEST(each_fault_is_refused_at_its_place)
{
    struct target target = {.port = 7};
    ck_assert_int_eq(read_text(&table, slice_of(wrong[_i].text), &target), -1);
    ck_assert_int_eq(target.port, 7);
    ck_assert_uint_eq(issues.count, 1);
    const struct issue *issue = &issues.items[0];
    ck_assert_int_eq(issue->code, ISSUE_CONFIGURATION);
    ck_assert(slice_equal(issue->rule, slice_of(wrong[_i].rule)));
    ck_assert_uint_eq(issue->place.line, wrong[_i].line);
    ck_assert_uint_eq(issue->place.column, wrong[_i].column);
    ck_assert_uint_eq(issue->place.length, wrong[_i].length);
    ck_assert(slice_equal(issue->hint, slice_of(wrong[_i].hint)));
}
END_TEST

START_TEST(all_faults_of_a_file_are_reported_at_once)
{
    struct target target;
    ck_assert_int_eq(read_text(&table,
                               SLICE("<thing nome='a'><door port='x' flag='x'/><dor/></thing>"),
                               &target),
                     -1);
    ck_assert_uint_eq(issues.count, 5);
}
END_TEST

START_TEST(elements_of_others_are_left_alone_in_an_open_file)
{
    struct setting_table open_table = table;
    open_table.open = true;
    struct target target;
    ck_assert_int_eq(
        read_text(&open_table, SLICE("<thing name='a'><drop id='x'/></thing>"), &target), 0);
}
END_TEST

START_TEST(a_written_file_reads_back_as_it_was_meant)
{
    const struct setting_value values[] = {{"", "name", SLICE_INIT("a")},
                                           {"door", "port", SLICE_INIT("99")},
                                           {"place", "text", SLICE_INIT("<&\"'>")}};
    struct buffer text;
    buffer_init(&text, 0);
    settings_write(&table, values, 3, SLICE("  <allow application=\"A\" facility=\"B\"/>\n"),
                   &text);
    struct target target;
    ck_assert_int_eq(read_text(&table, buffer_slice(&text), &target), 0);
    ck_assert_int_eq(target.port, 99);
    ck_assert(slice_equal(target.text, SLICE("<&\"'>")));
    ck_assert_int_eq(target.mode, 0);
    buffer_release(&text);
}
END_TEST

START_TEST(a_written_file_explains_every_setting)
{
    struct buffer text;
    buffer_init(&text, 0);
    settings_write(&table, NULL, 0, (struct slice){0}, &text);
    struct slice whole = buffer_slice(&text);
    for (size_t i = 0; i < table.row_count; i++) {
        struct slice line = arena_format(arena, "    %s: %s\n", rows[i].name, rows[i].help);
        ck_assert_msg(slice_find(whole, line) < whole.len, "%s", rows[i].name);
    }
    struct slice range = SLICE("a number from 1 to 65535; left out: \"2575\"; taken at start");
    ck_assert(slice_find(whole, range) < whole.len);
    buffer_release(&text);
}
END_TEST

START_TEST(dashes_and_underlines_name_the_same_setting)
{
    static const struct setting one[] = {
        {"x", "accept_lf", SETTING_FLAG, 0, 0, NULL, "no", SETTING_AT_RELOAD, FIELD(flag), ""}};
    const struct setting_table small = {.root = "x", .rows = one, .row_count = 1};
    ck_assert_ptr_eq(settings_find(&small, SLICE("accept-lf")), &one[0]);
    ck_assert_ptr_eq(settings_find(&small, SLICE("accept_lf")), &one[0]);
    ck_assert_ptr_null(settings_find(&small, SLICE("accept.lf")));
}
END_TEST

static void add(Suite *suite)
{
    TCase *read = tcase_create("read");
    tcase_add_checked_fixture(read, begin, end);
    tcase_add_test(read, values_are_read_and_the_rest_has_its_default);
    tcase_add_loop_test(read, each_fault_is_refused_at_its_place, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(read, all_faults_of_a_file_are_reported_at_once);
    tcase_add_test(read, elements_of_others_are_left_alone_in_an_open_file);
    suite_add_tcase(suite, read);

    TCase *write = tcase_create("write");
    tcase_add_checked_fixture(write, begin, end);
    tcase_add_test(write, a_written_file_reads_back_as_it_was_meant);
    tcase_add_test(write, a_written_file_explains_every_setting);
    tcase_add_test(write, dashes_and_underlines_name_the_same_setting);
    suite_add_tcase(suite, write);
}

int main(void)
{
    return suite_main("settings", add);
}
