/* Whole files, read with a bound and written so that a crash leaves the old one or the new one. */
#ifndef TOOLS_CLIENT_FILE_H
#define TOOLS_CLIENT_FILE_H

#include <sys/types.h>

#include "base/buffer.h"
#include "tools/client/fault.h"

/* Append the content of a file to `out`. Refuses one of more than `max` bytes, and what is no regular file: only
 * what this process was given open (/dev/stdin, /dev/fd/N, /proc/self/fd/N) may be a pipe. */
NODISCARD bool file_read(struct buffer *out, const char *path, size_t max, struct fault *fault);

/* Replace `path` with `content`: written beside it, synced, renamed, folder synced. */
NODISCARD bool file_write(const char *path, struct bytes content, mode_t mode, struct fault *fault);

/* The same for what comes in parts: `next` gives one after the other, until it is false. */
typedef bool file_next_part(void *context, struct bytes *out);
NODISCARD bool file_write_parts(const char *path, file_next_part *next, void *context, mode_t mode,
                                struct fault *fault);

/* Make a folder and its parents, mode 0700. It may exist. */
NODISCARD bool file_make_folder(const char *path, struct fault *fault);

/* The same for the folder that a file is to be in. */
NODISCARD bool file_make_folder_of(const char *path, struct fault *fault);

bool file_exists(const char *path);

/* Exactly `size` bytes at `offset` of an open file, read or written. False with errno, 0 where the file
 * is shorter. */
NODISCARD bool file_read_at(int descriptor, uint64_t offset, void *out, size_t size);
NODISCARD bool file_write_at(int descriptor, uint64_t offset, struct bytes content);

/* A rename into the folder of `path` is durable only after this. */
NODISCARD bool file_sync_folder_of(const char *path, struct fault *fault);

/* A file without a name in `folder`, which is gone with its descriptor; -1 with a line in `fault`. */
int file_unnamed(const char *folder, struct fault *fault);

#endif /* TOOLS_CLIENT_FILE_H */
