/* An instance directory, read whole. */
#include "cli/instance.h"

#include "base/file.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;
static struct issue_list issues;
static char *folder;

static char *inside(const char *name)
{
    return file_join(arena, folder, slice_of(name));
}

static void write_text(const char *name, const char *text)
{
    ck_assert_int_eq(file_write(inside(name), slice_of(text), 0644, &issues), 0);
}

static void make_folder(const char *name)
{
    ck_assert_int_eq(mkdir(inside(name), 0755), 0);
}

/* A small instance that is right in all. */
static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    folder = mkdtemp(arena_string(arena, SLICE("/tmp/painbridge-instance-XXXXXX")));
    ck_assert_ptr_nonnull(folder);
    make_folder("sites");
    make_folder("sites/mission");
    make_folder("feeds");
    make_folder("clients");
    write_text("painbridge.xml", "<painbridge><https port='9001'/></painbridge>");
    write_text("sites/mission/mission.xml",
               "<site id='mission' time-zone='America/Los_Angeles' charset='8859/1'>"
               "<drop id='x' because='y'/></site>");
    write_text("feeds/lab.xml", "<feed name='lab' site='mission' certificate='tls/lab.pem'>"
                                "<options receiving='PB/HUB'/>"
                                "<allow application='LAB' facility='MISSION'/></feed>");
    write_text("clients/reports.xml", "<client name='reports' scope='system/*.rs'/>");
    write_text("clients/reports.jwks.json", "{}");
}

static void end(void)
{
    struct slice command = arena_format(arena, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command.ptr), 0);
    arena_free(arena);
}

START_TEST(files_become_structs_that_know_each_other)
{
    struct instance instance;
    ck_assert_int_eq(instance_open(folder, &instance, &issues), 0);
    ck_assert_uint_eq(instance.site_count, 1);
    ck_assert_uint_eq(instance.feed_count, 1);
    ck_assert_uint_eq(instance.client_count, 1);
    const struct instance_feed *feed = instance_feed(&instance, SLICE("lab"));
    ck_assert_ptr_nonnull(feed);
    ck_assert_ptr_eq(feed->site, instance_site(&instance, SLICE("mission")));
    ck_assert(slice_equal(feed->ours.application, SLICE("PB")));
    ck_assert(slice_equal(feed->ours.facility, SLICE("HUB")));
    ck_assert_uint_eq(feed->allowed_count, 1);
    ck_assert(slice_equal(feed->allowed[0].application, SLICE("LAB")));
    ck_assert_int_eq(feed->max_message_bytes, 16 << 20);
    ck_assert_ptr_null(instance_feed(&instance, SLICE("mission")));
    ck_assert_uint_eq(instance.account.user, geteuid());
}
END_TEST

START_TEST(a_feed_takes_zone_and_charset_of_its_site)
{
    struct instance instance;
    ck_assert_int_eq(instance_open(folder, &instance, &issues), 0);
    ck_assert(slice_equal(instance.feeds[0].time_zone, SLICE("America/Los_Angeles")));
    ck_assert(slice_equal(instance.feeds[0].charset, SLICE("8859/1")));
}
END_TEST

START_TEST(what_is_not_said_follows_from_what_is)
{
    struct instance instance;
    ck_assert_int_eq(instance_open(folder, &instance, &issues), 0);
    ck_assert(slice_equal(instance.settings.base_url, SLICE("https://localhost:9001")));
    ck_assert(slice_equal(instance.sites[0].mrn_system, SLICE("urn:painbridge:site:mission:mrn")));
}
END_TEST

START_TEST(a_path_in_a_file_is_below_the_directory)
{
    struct instance instance;
    ck_assert_int_eq(instance_open(folder, &instance, &issues), 0);
    ck_assert_str_eq(instance_path(&instance, SLICE("/a/b"), arena), "/a/b");
    ck_assert_str_eq(instance_path(&instance, SLICE("tls/a"), arena), inside("tls/a"));
}
END_TEST

/* A file that makes the instance wrong, and the rule that says so. */
static const struct {
    const char *name, *text, *rule;
} wrong[] = {
    {"painbridge.xml", "<painbridge><https prot='1'/></painbridge>", "setting-unknown"},
    {"feeds/a.xml",
     "<feed name='b' site='mission' certificate='x'><allow application='*' facility='*'/></feed>",
     "name-differs"},
    {"feeds/a.xml",
     "<feed name='a' site='mision' certificate='x'><allow application='*' facility='*'/></feed>",
     "site-unknown"},
    {"feeds/a.xml", "<feed name='a' site='mission' certificate='x'/>", "allow-missing"},
    {"feeds/a.xml",
     "<feed name='a' site='mission' certificate='x'><allow application='A' facility=''/></feed>",
     "allow-empty"},
    {"feeds/a.xml",
     "<feed name='a' site='mission' certificate='x'><allow application='' facility='B'/></feed>",
     "allow-empty"},
    {"feeds/a.xml",
     "<feed name='a' site='mission' certificate='x'><options receiving='PB'/>"
     "<allow application='*' facility='*'/></feed>",
     "receiving-form"},
    {"feeds/a.xml", "<feed name='a' site='mission'/>", "setting-missing"},
    {"clients/a.xml", "<client name='a' scope='s' site='harbor'/>", "site-unknown"},
    {"sites/mission/mission.xml", "<site id='mision' time-zone='UTC'/>", "name-differs"},
};

START_TEST(each_wrong_file_refuses_the_instance)
{
    struct instance instance = {.feed_count = 99};
    write_text(wrong[_i].name, wrong[_i].text);
    ck_assert_int_eq(instance_open(folder, &instance, &issues), -1);
    ck_assert_uint_eq(instance.feed_count, 99);
    ck_assert(slice_equal(issues.items[0].rule, slice_of(wrong[_i].rule)));
    ck_assert_int_eq(issues.items[0].place.kind, ISSUE_PLACE_FILE);
    ck_assert(slice_ends_with(issues.items[0].place.name, slice_of(wrong[_i].name)));
}
END_TEST

START_TEST(a_folder_without_settings_is_no_instance)
{
    struct instance instance;
    ck_assert(instance_is(folder));
    ck_assert(!instance_is("/"));
    ck_assert_int_eq(instance_open("/", &instance, &issues), -1);
    ck_assert_int_eq(instance_open("/no/such/folder", &instance, &issues), -1);
}
END_TEST

START_TEST(the_data_folder_is_where_the_environment_says)
{
    char *found;
    make_folder("data");
    make_folder("data/mappings");
    setenv("PAINBRIDGE_DATA", inside("data"), 1);
    ck_assert_int_eq(instance_data_folder(arena, &found, &issues), -1);
    make_folder("data/fhir");
    ck_assert_int_eq(instance_data_folder(arena, &found, &issues), 0);
    ck_assert_str_eq(found, inside("data"));
}
END_TEST

static void add(Suite *suite)
{
    TCase *open_case = tcase_create("open");
    tcase_add_checked_fixture(open_case, begin, end);
    tcase_add_test(open_case, files_become_structs_that_know_each_other);
    tcase_add_test(open_case, a_feed_takes_zone_and_charset_of_its_site);
    tcase_add_test(open_case, what_is_not_said_follows_from_what_is);
    tcase_add_test(open_case, a_path_in_a_file_is_below_the_directory);
    tcase_add_loop_test(open_case, each_wrong_file_refuses_the_instance, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(open_case, a_folder_without_settings_is_no_instance);
    tcase_add_test(open_case, the_data_folder_is_where_the_environment_says);
    suite_add_tcase(suite, open_case);
}

int main(void)
{
    return suite_main("instance", add);
}
