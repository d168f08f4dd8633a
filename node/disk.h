/* The file operations that durability rests on: whole writes, fsync, atomic creation.
 *
 * All return 0 or an errno. Tests can let the n-th operation fail or the process die in it. */
#ifndef NODE_DISK_H
#define NODE_DISK_H

#include "base/buffer.h"

#define DISK_PATH_MAX   4096 /* bytes of a path with its terminator */
#define DISK_CRASH_CODE 86   /* exit code of an injected crash */

#define DISK_NOT_REGULAR 10000 /* beside the errno: what is opened is no regular file */

/* Of an errno, or of what disk_open_input() and disk_read_file() return besides. Static string. */
const char *disk_error_text(int error);

/* Write everything at `offset`, through short writes and signals. */
NODISCARD int disk_write(int descriptor, struct bytes data, uint64_t offset);
NODISCARD int disk_sync(int descriptor); /* fdatasync */
NODISCARD int disk_sync_directory(const char *directory);
NODISCARD int disk_allocate(int descriptor, uint64_t size); /* Reserve blocks, extend the file. */
NODISCARD int disk_truncate(int descriptor, uint64_t size);
NODISCARD int disk_remove(const char *path);

/* Make `directory` (mode 0700) where it is missing, durable in its parent. */
NODISCARD int disk_make_directory(const char *directory);

/* Remove `directory` with the files in it, no deeper; what cannot go stays. */
void disk_remove_directory(const char *directory);

/* Create `path` with this content and, where it is larger, this allocated size; the file appears
 * whole and durable, or not at all (temporary file, fsync, rename, fsync of the directory). */
NODISCARD int disk_create(const char *path, struct bytes content, uint64_t size);

/* Read `size` bytes at `offset` to the end of `out`, fewer where the file ends before. */
NODISCARD int disk_read(int descriptor, uint64_t offset, size_t size, struct buffer *out);
/* Append the whole file. DISK_NOT_REGULAR where it is no regular one. */
NODISCARD int disk_read_file(const char *path, struct buffer *out);

/* Open a file that people put there, to be read to its end. A FIFO would wait for who writes it, a device
 * may have no end, so both are DISK_NOT_REGULAR and not opened; a folder is EISDIR. But for what this process
 * was given open: /dev/stdin, /dev/fd/N and /proc/self/fd/N may be a pipe. */
NODISCARD int disk_open_input(const char *path, int *descriptor);

/* Read up to `room` bytes, fewer only where the file ends: *size of them. */
NODISCARD int disk_read_input(int descriptor, void *out, size_t room, size_t *size);

/* Names in `directory` that begin with `prefix` and end with `suffix`, sorted, each terminated by a
 * zero byte, appended to `names`. */
NODISCARD int disk_list(const char *directory, const char *prefix, const char *suffix,
                        struct buffer *names);

/* For tests: after `operations` more changing operations every one fails with `error`; where it is 0,
 * the next one is done by half and the process ends with DISK_CRASH_CODE. UINT64_MAX: never. */
void disk_inject(uint64_t operations, int error);
uint64_t disk_operations(void); /* Changing operations since the start. */

#endif /* NODE_DISK_H */
