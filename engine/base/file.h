/* file: whole files and folders, with caps. Paths are C strings of our own (argv, configuration).
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/issue.h"

/* Reads a file whole into the arena. "-" is standard input. Larger than max_bytes, missing or not
 * readable: -1 and an ISSUE_CONFIGURATION with the file's name and the system's reason. */
int file_read(const char *path, size_t max_bytes, struct arena *arena, struct slice *ret_bytes,
              struct issue_list *issues) __attribute__((warn_unused_result));

/* Writes a file so that readers see the old or the new one, never half of it (temporary name,
 * fsync, rename), with the given mode. -1 with an issue when it could not. */
int file_write(const char *path, struct slice bytes, unsigned mode, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The names in a folder that end with `suffix` ("" for all), without "." and "..", sorted by byte.
 * -1 with an issue when it cannot be read. */
int file_list(const char *folder, const char *suffix, struct arena *arena, struct slice **ret_names,
              size_t *ret_count, struct issue_list *issues) __attribute__((warn_unused_result));

/* Waits until nobody holds this file or folder, and holds it until *ret_descriptor is closed, or
 * the process has ended. Only who asks in this way is kept out. -1 with an issue when it could not.
 */
int file_lock(const char *path, int *ret_descriptor, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* "folder/name" in the arena. */
char *file_join(struct arena *arena, const char *folder, struct slice name);
bool file_exists(const char *path);
bool file_is_folder(const char *path);

#endif
