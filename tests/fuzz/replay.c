/* Runs a fuzz target over files and folders of inputs, where no fuzzing engine drives it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t inputs_run;

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    struct buffer input = {0};
    uint8_t block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buffer_append(&input, (struct bytes){block, got});
    }
    bool whole = ferror(file) == 0;
    whole = fclose(file) == 0 && whole;
    /* A copy of the exact size, so that a sanitizer sees a read past the end. */
    uint8_t *copy = malloc(input.size == 0 ? 1 : input.size);
    if (!whole || copy == NULL) {
        perror(path);
        free(copy);
        buffer_close(&input);
        return false;
    }
    if (input.size > 0) {
        memcpy(copy, input.data, input.size);
    }
    (void)LLVMFuzzerTestOneInput(copy, input.size);
    inputs_run++;
    free(copy);
    buffer_close(&input);
    return true;
}

static bool run_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        perror(path);
        return false;
    }
    bool good = true;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct buffer name = {0};
        buffer_format(&name, "%s/%s", path, entry->d_name);
        struct stat info;
        if (stat(buffer_text(&name), &info) == 0 && S_ISREG(info.st_mode)) {
            good = run_file(buffer_text(&name)) && good;
        }
        buffer_close(&name);
    }
    (void)closedir(folder);
    return good;
}

int main(int argc, char **argv)
{
    bool good = true;
    for (int i = 1; i < argc; i++) {
        struct stat info;
        bool folder = stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode);
        good = (folder ? run_folder(argv[i]) : run_file(argv[i])) && good;
    }
    printf("%s: %zu inputs\n", argv[0], inputs_run);
    return good && inputs_run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
