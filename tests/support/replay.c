/* replay: the main of a fuzz target where there is no libFuzzer: feeds it every file of the folders
 * on the command line, so that what once broke it stays tried in every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0 when the file was fed, -1 when it could not be read. */
static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0)
        return -1;
    size_t size = (size_t)status.st_size;
    /* Exactly as long as the file, so that a read behind its end is seen. */
    uint8_t *data = malloc(size ? size : 1);
    size_t read = data ? fread(data, 1, size, file) : 0;
    fclose(file);
    if (data && read == size)
        LLVMFuzzerTestOneInput(data, size);
    free(data);
    return data && read == size ? 0 : -1;
}

static int replay_folder(const char *folder, int *fed, int *failed)
{
    DIR *stream = opendir(folder);
    if (!stream)
        return -1;
    for (struct dirent *entry; (entry = readdir(stream));) {
        char *path = NULL;
        if (entry->d_name[0] == '.')
            continue;
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            abort();
        *(replay_file(path) == 0 ? fed : failed) += 1;
        free(path);
    }
    closedir(stream);
    return 0;
}

int main(int count, char **arguments)
{
    int fed = 0;
    int failed = 0;
    int missing = 0;
    for (int i = 1; i < count; i++) {
        if (replay_folder(arguments[i], &fed, &failed) == 0)
            continue;
        printf("skipped: no corpus at %s\n", arguments[i]);
        missing++;
    }
    printf("%d passed, %d failed, %d skipped\n", fed, failed, missing);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
