/* Temporary directories, whole files, and processes that are meant to die: for tests of storage. */
#ifndef TESTS_LIB_STORAGE_FIXTURE_H
#define TESTS_LIB_STORAGE_FIXTURE_H

#include "base/buffer.h"

#define FIXTURE_PATH_MAX 4096

/* Make an empty directory; remove it and all below with fixture_remove(). */
void fixture_directory(char out[FIXTURE_PATH_MAX]);
void fixture_remove(const char *directory);
void fixture_path(char out[FIXTURE_PATH_MAX], const char *directory, const char *name);

void fixture_read_file(const char *path, struct buffer *out); /* Cleared first; must succeed. */
void fixture_write_file(const char *path, struct bytes content);

/* Path of the n-th file in `directory`, in order of name, that ends with `suffix`. */
bool fixture_file(char out[FIXTURE_PATH_MAX], const char *directory, const char *suffix, size_t n);

/* Run `body` in a child process; it exits with 0 unless it ends otherwise. Returns the exit code, or
 * 128 + signal. `output` (may be NULL) gets what the child wrote to stderr. */
int fixture_child(void (*body)(void *context), void *context, struct buffer *output);

/* A file system of `size` bytes at `directory`, for real ENOSPC. False, with a line on stdout that the
 * test is skipped, where this process may not mount. */
bool fixture_mount_small(const char *directory, size_t size);
void fixture_unmount(const char *directory);

#endif /* TESTS_LIB_STORAGE_FIXTURE_H */
