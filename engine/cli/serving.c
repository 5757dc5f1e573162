/* serving: see the header. */
#include "cli/serving.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVING_FILE SLICE("serving")
#define SERVING_LIMIT 200
#define SERVING_PAUSE 20000 /* microseconds */

struct serving_state {
    pid_t process;
    struct serving_count count;
};

bool serving_note(const char *directory, const struct serving_count *count)
{
    struct arena *arena = arena_new(0);
    struct slice text =
        arena_format(arena, "%ld %" PRIu64 " %" PRIu64 " %s\n", (long)getpid(), count->begun,
                     count->done, count->refused ? "refused" : "taken");
    bool well = file_write(file_join(arena, directory, SERVING_FILE), text, 0644, NULL) == 0;
    arena_free(arena);
    return well;
}

/* The supervisor's lock on the folder. */
static bool is_served(const char *directory)
{
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    bool served = flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(descriptor);
    return served;
}

static bool read_state(const char *directory, struct serving_state *ret_state)
{
    struct arena *arena = arena_new(0);
    struct issue_list passed_over;
    struct slice text, process, begun, done;
    uint64_t number = 0;
    issue_list_init(&passed_over, arena);
    bool well = file_read(file_join(arena, directory, SERVING_FILE), SERVING_LIMIT, arena, &text,
                          &passed_over) == 0;
    text = well ? slice_trim(text) : (struct slice){NULL, 0};
    well = well && slice_split(&text, ' ', &process) && slice_split(&text, ' ', &begun) &&
           slice_split(&text, ' ', &done) && slice_to_uint64(process, INT32_MAX, &number) &&
           number > 1 && slice_to_uint64(begun, INT64_MAX, &ret_state->count.begun) &&
           slice_to_uint64(done, INT64_MAX, &ret_state->count.done);
    ret_state->process = (pid_t)number;
    ret_state->count.refused = slice_equal(text, SLICE("refused"));
    arena_free(arena);
    return well;
}

/* The file belongs to the instance's owner, who may not make us signal anybody else's process. */
static bool is_owners(const struct instance *instance, pid_t process)
{
    struct stat status;
    struct arena *arena = arena_new(0);
    const char *path = arena_format(arena, "/proc/%ld", (long)process).ptr;
    bool well = stat(path, &status) == 0 && status.st_uid == instance->account.user;
    arena_free(arena);
    return well;
}

/* A reload that had begun before may have read the files as they were. */
static bool wait_for_answer(const struct instance *instance, uint64_t begun, instant patience,
                            struct serving_state *ret_state)
{
    instant deadline = time_monotonic() + patience;
    while (time_monotonic() < deadline) {
        if (read_state(instance->directory, ret_state) && ret_state->count.done > begun) {
            return true;
        }
        usleep(SERVING_PAUSE);
    }
    return false;
}

int serving_reload(const struct instance *instance, instant patience,
                   enum serving_answer *ret_answer, struct issue_list *issues)
{
    struct serving_state state;
    if (!is_served(instance->directory)) {
        *ret_answer = SERVING_NOBODY;
        return 0;
    }
    if (!read_state(instance->directory, &state) || !is_owners(instance, state.process) ||
        kill(state.process, SIGHUP) != 0) {
        issue_report(issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the engine that serves '%s' could not be told to read its files again",
                     instance->directory);
        return -1;
    }
    if (!wait_for_answer(instance, state.count.begun, patience, &state)) {
        issue_report(issues, ISSUE_TIMEOUT, ISSUE_ERROR, ISSUE_NOWHERE,
                     "the engine has not read its files again in time; its log says why");
        return -1;
    }
    *ret_answer = state.count.refused ? SERVING_REFUSED : SERVING_TAKEN;
    return 0;
}
