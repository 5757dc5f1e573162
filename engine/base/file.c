/* file: see file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 * 1024)

/* -1, with the system's word for `error` about that file. */
static int report(struct issue_list *issues, const char *path, const char *what, int error)
{
    if (!issues)
        return -1;
    struct slice name = arena_copy(issues->arena, slice_of(path));
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, issue_place_file(name, 0, 0),
                 "could not %s: %s", what, strerror(error));
    return -1;
}

static int read_all(int fd, const char *path, size_t max_bytes, struct arena *arena,
                    struct slice *ret_bytes, struct issue_list *issues)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return report(issues, path, "read", errno);
    /* A pipe tells no size, and a file may grow: one byte more than expected shows the end. */
    size_t capacity = S_ISREG(status.st_mode) ? (size_t)status.st_size + 1 : READ_STEP;
    if (capacity > max_bytes)
        capacity = max_bytes + 1;
    char *bytes = arena_alloc(arena, capacity);
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, bytes + len, capacity - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return report(issues, path, "read", errno);
        if (got == 0)
            break;
        len += (size_t)got;
        if (len > max_bytes)
            return report(issues, path, "read", EFBIG);
        if (len == capacity) {
            bytes = arena_grow(arena, bytes, capacity, 2 * capacity);
            capacity *= 2;
        }
    }
    *ret_bytes = (struct slice){bytes, len};
    return 0;
}

int file_read(const char *path, size_t max_bytes, struct arena *arena, struct slice *ret_bytes,
              struct issue_list *issues)
{
    if (slice_equal(slice_of(path), SLICE("-")))
        return read_all(STDIN_FILENO, path, max_bytes, arena, ret_bytes, issues);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return report(issues, path, "read", errno);
    int result = read_all(fd, path, max_bytes, arena, ret_bytes, issues);
    close(fd);
    return result;
}

static bool write_all(int fd, struct slice bytes)
{
    while (bytes.len) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes = slice_after(bytes, (size_t)written);
    }
    return true;
}

/* The name itself is safe on disk only when the folder it stands in is. */
static bool sync_folder_of(const char *path)
{
    const char *end = strrchr(path, '/');
    char *folder = !end ? strdup(".") : strndup(path, end == path ? 1 : (size_t)(end - path));
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (fd < 0)
        return false;
    bool well = fsync(fd) == 0;
    close(fd);
    return well;
}

static bool write_and_place(int fd, const char *temporary, const char *path, struct slice bytes,
                            unsigned mode)
{
    bool written = write_all(fd, bytes) && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    errno = error;
    return written && rename(temporary, path) == 0 && sync_folder_of(path);
}

int file_write(const char *path, struct slice bytes, unsigned mode, struct issue_list *issues)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return report(issues, path, "write", ENOMEM);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool well = fd >= 0 && write_and_place(fd, temporary, path, bytes, mode);
    int error = errno;
    if (!well && fd >= 0)
        unlink(temporary);
    free(temporary);
    return well ? 0 : report(issues, path, "write", error);
}

static int compare_names(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

int file_list(const char *folder, const char *suffix, struct arena *arena, struct slice **ret_names,
              size_t *ret_count, struct issue_list *issues)
{
    DIR *stream = opendir(folder);
    if (!stream)
        return report(issues, folder, "read the folder", errno);
    struct slice *names = ARENA_ARRAY(arena, 16, struct slice);
    size_t capacity = 16;
    size_t count = 0;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(stream)); errno = 0) {
        struct slice name = slice_of(entry->d_name);
        if (slice_equal(name, SLICE(".")) || slice_equal(name, SLICE("..")) ||
            !slice_ends_with(name, slice_of(suffix)))
            continue;
        if (count == capacity) {
            names =
                arena_grow(arena, names, capacity * sizeof(*names), 2 * capacity * sizeof(*names));
            capacity *= 2;
        }
        names[count++] = arena_copy(arena, name);
    }
    int error = errno;
    closedir(stream);
    if (error)
        return report(issues, folder, "read the folder", error);
    qsort(names, count, sizeof(*names), compare_names);
    *ret_names = names;
    *ret_count = count;
    return 0;
}

int file_lock(const char *path, int *ret_descriptor, struct issue_list *issues)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return report(issues, path, "lock", errno);
    int result = -1;
    do {
        result = flock(fd, LOCK_EX);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        int error = errno;
        close(fd);
        return report(issues, path, "lock", error);
    }
    *ret_descriptor = fd;
    return 0;
}

char *file_join(struct arena *arena, const char *folder, struct slice name)
{
    struct slice front = slice_of(folder);
    const char *between = front.len == 0 || slice_ends_with(front, SLICE("/")) ? "" : "/";
    struct slice path =
        arena_format(arena, "%.*s%s%.*s", SLICE_ARG(front), between, SLICE_ARG(name));
    return arena_string(arena, path);
}

bool file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
