#include "tests/lib/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool vectors_read(struct buffer *out, const char *name)
{
    const char *folder = getenv("SOUK_VECTORS"); // NOLINT(concurrency-mt-unsafe)
    if (folder == NULL || *folder == '\0') {
        folder = "../shared/vectors";
    }
    struct stat info;
    if (stat(folder, &info) != 0) {
        printf("skipped: no vectors in %s, so not checked against %s\n", folder, name);
        return false;
    }
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", folder, name);
    FILE *file = fopen(buffer_text(&path), "rb");
    if (file == NULL) {
        perror(buffer_text(&path));
        abort();
    }
    uint8_t block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        buffer_append(out, (struct bytes){block, got});
    }
    if (ferror(file) != 0 || fclose(file) != 0) {
        perror(buffer_text(&path));
        abort();
    }
    buffer_close(&path);
    return true;
}

bool vectors_line(char **line, char **cursor)
{
    if (**cursor == '\0') {
        return false;
    }
    *line = *cursor;
    char *end = *cursor + strcspn(*cursor, "\n");
    *cursor = *end == '\0' ? end : end + 1;
    *end = '\0';
    if (end > *line && end[-1] == '\r') {
        end[-1] = '\0';
    }
    return true;
}

void vectors_hex(struct buffer *out, const char *hex)
{
    size_t size = strlen(hex) / 2;
    buffer_reserve(out, size);
    if (!hex_decode(out->data + out->size, size, hex)) {
        fprintf(stderr, "not hexadecimal: %s\n", hex);
        abort();
    }
    out->size += size;
}
