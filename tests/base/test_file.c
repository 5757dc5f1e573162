/* file: whole files, caps, writes that readers never see half of, folders in order. */
#include "base/file.h"
#include "support/same.h"
#include "support/suite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;
static struct issue_list issues;
static char *folder;

static void begin(void)
{
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    const char *temporary = getenv("TMPDIR");
    folder = file_join(arena, temporary ? temporary : "/tmp", SLICE("painbridge-file-XXXXXX"));
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void end(void)
{
    struct slice *names;
    size_t count;
    ck_assert_int_eq(file_list(folder, "", arena, &names, &count, &issues), 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(unlink(file_join(arena, folder, names[i])), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    arena_free(arena);
}

static char *write_file(const char *name, struct slice bytes)
{
    char *path = file_join(arena, folder, slice_of(name));
    ck_assert_int_eq(file_write(path, bytes, 0644, &issues), 0);
    return path;
}

START_TEST(what_was_written_is_read)
{
    char *path = write_file("a", SLICE("one\0two"));
    struct slice bytes;
    ck_assert_int_eq(file_read(path, 100, arena, &bytes, &issues), 0);
    ck_assert(slice_equal(bytes, SLICE("one\0two")));
    write_file("a", SLICE(""));
    ck_assert_int_eq(file_read(path, 100, arena, &bytes, &issues), 0);
    ck_assert_uint_eq(bytes.len, 0);
}
END_TEST

START_TEST(file_of_the_largest_size_is_read_and_one_more_byte_is_not)
{
    char *path = write_file("a", SLICE("1234567"));
    struct slice bytes = SLICE("kept");
    ck_assert_int_eq(file_read(path, 7, arena, &bytes, &issues), 0);
    CK_SAME(bytes, "1234567");
    bytes = SLICE("kept");
    ck_assert_int_eq(file_read(path, 6, arena, &bytes, &issues), -1);
    CK_SAME(bytes, "kept");
    CK_SAME(issues.items[0].words, "could not read: File too large");
}
END_TEST

START_TEST(file_without_a_size_is_read_to_its_end)
{
    /* Files in /proc say that they are empty. */
    struct slice bytes;
    ck_assert_int_eq(file_read("/proc/self/status", 1 << 20, arena, &bytes, &issues), 0);
    ck_assert(slice_starts_with(bytes, SLICE("Name:")));
}
END_TEST

START_TEST(missing_file_is_an_issue_with_its_name)
{
    struct slice bytes;
    ck_assert_int_eq(file_read("/nowhere/a.xml", 100, arena, &bytes, &issues), -1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_CONFIGURATION);
    CK_SAME(issues.items[0].place.name, "/nowhere/a.xml");
    CK_SAME(issues.items[0].words, "could not read: No such file or directory");
    ck_assert_int_eq(file_read(folder, 100, arena, &bytes, NULL), -1);
    ck_assert_int_eq(file_write("/nowhere/a.xml", SLICE("x"), 0600, &issues), -1);
    struct slice *names;
    size_t count;
    ck_assert_int_eq(file_list("/nowhere", "", arena, &names, &count, &issues), -1);
    ck_assert_uint_eq(issues.count, 3);
}
END_TEST

START_TEST(written_file_has_its_mode_and_leaves_nothing_beside)
{
    char *path = file_join(arena, folder, SLICE("key"));
    ck_assert_int_eq(file_write(path, SLICE("x"), 0600, &issues), 0);
    ck_assert_int_eq(file_write(path, SLICE("y"), 0640, &issues), 0);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0640);
    struct slice *names;
    size_t count;
    ck_assert_int_eq(file_list(folder, "", arena, &names, &count, &issues), 0);
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(folder_lists_what_ends_so_sorted_by_byte)
{
    write_file("b.xml", SLICE(""));
    write_file("a.xml", SLICE(""));
    write_file("B.xml", SLICE(""));
    write_file("a.csv", SLICE(""));
    struct slice *names;
    size_t count;
    ck_assert_int_eq(file_list(folder, ".xml", arena, &names, &count, &issues), 0);
    ck_assert_uint_eq(count, 3);
    CK_SAME(names[0], "B.xml");
    CK_SAME(names[1], "a.xml");
    CK_SAME(names[2], "b.xml");
}
END_TEST

START_TEST(folder_that_is_locked_is_held_until_it_is_closed)
{
    int held = -1, other = open(folder, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(file_lock(folder, &held, &issues), 0);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
    close(held);
    ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
    ck_assert_int_eq(file_lock("/nowhere", &held, &issues), -1);
    CK_SAME(issues.items[0].words, "could not lock: No such file or directory");
}
END_TEST

START_TEST(paths_are_joined_with_one_slash)
{
    ck_assert_str_eq(file_join(arena, "a", SLICE("b")), "a/b");
    ck_assert_str_eq(file_join(arena, "a/", SLICE("b")), "a/b");
    ck_assert_str_eq(file_join(arena, "/", SLICE("b")), "/b");
    ck_assert_str_eq(file_join(arena, "", SLICE("b")), "b");
}
END_TEST

START_TEST(files_and_folders_are_told_apart)
{
    char *path = write_file("a", SLICE("x"));
    ck_assert(file_exists(path));
    ck_assert(!file_is_folder(path));
    ck_assert(file_exists(folder));
    ck_assert(file_is_folder(folder));
    ck_assert(!file_exists("/nowhere"));
    ck_assert(!file_is_folder("/nowhere"));
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, file_of_the_largest_size_is_read_and_one_more_byte_is_not);
    tcase_add_test(tests, file_without_a_size_is_read_to_its_end);
    tcase_add_test(tests, missing_file_is_an_issue_with_its_name);
    tcase_add_test(tests, written_file_has_its_mode_and_leaves_nothing_beside);
    tcase_add_test(tests, folder_lists_what_ends_so_sorted_by_byte);
    tcase_add_test(tests, folder_that_is_locked_is_held_until_it_is_closed);
    tcase_add_test(tests, paths_are_joined_with_one_slash);
    tcase_add_test(tests, files_and_folders_are_told_apart);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("file", add);
}
