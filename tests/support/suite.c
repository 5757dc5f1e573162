/* suite: see suite.h. check knows no skipped tests; a test that is skipped leaves its process with
 * a word in a pipe that only this file reads. */
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int skipped_pipe[2] = {-1, -1};

void suite_skip(const char *reason)
{
    printf("skipped: %s\n", reason);
    fflush(stdout);
    if (write(skipped_pipe[1], "s", 1) != 1)
        ck_abort_msg("could not count a skipped test");
    exit(EXIT_SUCCESS);
}

char *suite_shared(const char *file)
{
    const char *folder = getenv("PAINBRIDGE_SHARED");
    if (!folder)
        folder = PAINBRIDGE_SOURCE_DIR "/../shared";
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, file) < 0)
        ck_abort_msg("no memory");
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *suite_need_shared(const char *file)
{
    char *path = suite_shared(file);
    if (path)
        return path;
    char *reason = NULL;
    if (asprintf(&reason, "the shared folder has no %s here", file) < 0)
        reason = NULL;
    suite_skip(reason ? reason : file);
}

static void print_failures(SRunner *runner, int failed)
{
    TestResult **results = srunner_failures(runner);
    for (int i = 0; i < failed; i++)
        printf("failed: %s: %s:%d: %s\n", tr_tcname(results[i]), tr_lfile(results[i]),
               tr_lno(results[i]), tr_msg(results[i]));
    free(results);
}

int suite_main(const char *name, void (*add)(Suite *suite))
{
    if (pipe(skipped_pipe) != 0) {
        perror("pipe");
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create(name);
    add(suite);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);

    int skipped = 0;
    ioctl(skipped_pipe[0], FIONREAD, &skipped);
    int failed = srunner_ntests_failed(runner);
    int passed = srunner_ntests_run(runner) - failed - skipped;
    print_failures(runner, failed);
    srunner_free(runner);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed == 0 && passed + skipped > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
