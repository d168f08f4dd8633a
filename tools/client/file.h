/* Whole files, read with a bound and written so that a crash leaves the old one or the new one. */
#ifndef TOOLS_CLIENT_FILE_H
#define TOOLS_CLIENT_FILE_H

#include <sys/types.h>

#include "base/buffer.h"
#include "tools/client/fault.h"

/* Append the content of a file to `out`. Refuses one of more than `max` bytes. */
NODISCARD bool file_read(struct buffer *out, const char *path, size_t max, struct fault *fault);

/* Replace `path` with `content`: written beside it, synced, renamed, folder synced. */
NODISCARD bool file_write(const char *path, struct bytes content, mode_t mode, struct fault *fault);

/* Make a folder and its parents, mode 0700. It may exist. */
NODISCARD bool file_make_folder(const char *path, struct fault *fault);

/* The same for the folder that a file is to be in. */
NODISCARD bool file_make_folder_of(const char *path, struct fault *fault);

bool file_exists(const char *path);

#endif /* TOOLS_CLIENT_FILE_H */
