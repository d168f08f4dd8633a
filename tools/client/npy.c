#include "tools/client/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/file.h"

#define HEADER_MAX 4096
#define FILE_MAX   ((size_t)NPY_ELEMENTS_MAX * 8 + HEADER_MAX)

/* A cursor over the header, a Python dictionary literal of three known keys. */
struct cursor {
    const char *at;
    const char *end;
};

static void skip_spaces(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n')) {
        cursor->at++;
    }
}

static bool take(struct cursor *cursor, const char *text)
{
    skip_spaces(cursor);
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0) {
        return false;
    }
    cursor->at += length;
    return true;
}

static bool take_size(struct cursor *cursor, size_t *out)
{
    skip_spaces(cursor);
    const char *start = cursor->at;
    *out = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        *out = *out * 10 + (size_t)(*cursor->at++ - '0');
        if (*out > NPY_ELEMENTS_MAX) {
            return false;
        }
    }
    return cursor->at > start;
}

static bool take_shape(struct cursor *cursor, struct npy *out)
{
    out->count = 1;
    if (!take(cursor, "(")) {
        return false;
    }
    while (!take(cursor, ")")) {
        if (out->dimensions == NPY_DIMENSIONS_MAX ||
            !take_size(cursor, &out->shape[out->dimensions])) {
            return false;
        }
        out->count *= out->shape[out->dimensions++];
        if (out->count > NPY_ELEMENTS_MAX) {
            return false;
        }
        if (!take(cursor, ",")) {
            return take(cursor, ")");
        }
    }
    return true;
}

struct header {
    char type[8];        /* "<f4" */
    size_t element_size; /* 4 or 8; 0: of another type */
    bool descr;
    bool order;
    bool fortran;
    bool shape;
};

/* A short text between quotes. */
static bool take_type(struct cursor *cursor, struct header *header)
{
    size_t length = 0;
    if (!take(cursor, "'")) {
        return false;
    }
    while (cursor->at<cursor->end && * cursor->at> ' ' && *cursor->at <= '~' &&
           *cursor->at != '\'' && length < sizeof(header->type) - 1) {
        header->type[length++] = *cursor->at++;
    }
    header->element_size = strcmp(header->type, "<f4") == 0   ? 4
                           : strcmp(header->type, "<f8") == 0 ? 8
                                                              : 0;
    return take(cursor, "'");
}

static bool take_member(struct cursor *cursor, struct header *header, struct npy *out)
{
    if (!header->descr && take(cursor, "'descr':")) {
        header->descr = true;
        return take_type(cursor, header);
    }
    if (!header->order && take(cursor, "'fortran_order':")) {
        header->order = true;
        header->fortran = take(cursor, "True");
        return header->fortran || take(cursor, "False");
    }
    if (!header->shape && take(cursor, "'shape':")) {
        header->shape = true;
        return take_shape(cursor, out);
    }
    return false;
}

static bool take_header(struct cursor *cursor, struct header *header, struct npy *out)
{
    if (!take(cursor, "{")) {
        return false;
    }
    while (!take(cursor, "}")) {
        if (!take_member(cursor, header, out)) {
            return false;
        }
        (void)take(cursor, ",");
    }
    skip_spaces(cursor);
    return cursor->at == cursor->end && header->descr && header->order && header->shape;
}

/* Where the header's text lies; false where the file does not begin as an .npy file does. */
static bool find_header(struct bytes file, size_t *start, size_t *size)
{
    if (file.size < 12 || memcmp(file.data, "\x93NUMPY", 6) != 0 || file.data[7] != 0) {
        return false;
    }
    bool wide = file.data[6] == 2;
    if (file.data[6] != 1 && !wide) {
        return false;
    }
    *start = wide ? 12 : 10;
    *size = (size_t)file.data[8] | (size_t)file.data[9] << 8;
    if (wide) {
        *size |= (size_t)file.data[10] << 16 | (size_t)file.data[11] << 24;
    }
    return *size <= HEADER_MAX && file.size - *start >= *size;
}

static void load_values(struct npy *out, const uint8_t *data, size_t element_size)
{
    out->values = memory_new(out->count * sizeof(double));
    for (size_t i = 0; i < out->count; i++) {
        float narrow = 0;
        if (element_size == 4) {
            memcpy(&narrow, data + 4 * i, sizeof(narrow));
            out->values[i] = (double)narrow;
        } else {
            memcpy(&out->values[i], data + 8 * i, sizeof(double));
        }
    }
}

bool npy_decode(struct npy *out, struct bytes file, const char *name, struct fault *fault)
{
    size_t start = 0;
    size_t size = 0;
    struct header header = {0};
    *out = (struct npy){0};
    if (!find_header(file, &start, &size)) {
        return fault_set(fault, "%s: no .npy file of version 1 or 2", name);
    }
    const char *text = (const char *)file.data + start;
    struct cursor cursor = {text, text + size};
    if (!take_header(&cursor, &header, out)) {
        return fault_set(fault,
                         "%s: the header is not understood near byte %zu; float32 or float64, "
                         "little-endian, of at most %u elements is expected",
                         name, start + (size_t)(cursor.at - text), NPY_ELEMENTS_MAX);
    }
    if (header.element_size == 0) {
        return fault_set(fault,
                         "%s: the elements are '%s'; little-endian float32 ('<f4') or float64 "
                         "('<f8') is expected",
                         name, header.type);
    }
    if (header.fortran && out->dimensions > 1) {
        return fault_set(fault, "%s: the array is in Fortran order; save it in C order", name);
    }
    if (file.size - start - size != out->count * header.element_size) {
        return fault_set(fault, "%s: %zu bytes of data, %zu are expected for its shape", name,
                         file.size - start - size, out->count * header.element_size);
    }
    load_values(out, file.data + start + size, header.element_size);
    return true;
}

bool npy_read(struct npy *out, const char *path, struct fault *fault)
{
    struct buffer file = {0};
    bool good = file_read(&file, path, FILE_MAX, fault) &&
                npy_decode(out, buffer_bytes(&file), path, fault);
    buffer_close(&file);
    return good;
}

void npy_close(struct npy *npy)
{
    free(npy->values);
    *npy = (struct npy){0};
}

void npy_encode(struct buffer *out, const double *values, size_t count)
{
    char text[128];
    int length = snprintf(text, sizeof(text),
                          "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,), }", count);
    /* The format asks that the data begin at a multiple of 64 bytes. */
    size_t padded = (10 + (size_t)length + 1 + 63) / 64 * 64 - 10;
    const uint8_t prefix[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)padded, (uint8_t)(padded >> 8)};
    buffer_append(out, BYTES_OF(prefix));
    buffer_format(out, "%-*s\n", (int)padded - 1, text);
    buffer_append(out, (struct bytes){(const uint8_t *)values, count * sizeof(double)});
}

bool npy_write(const char *path, const double *values, size_t count, struct fault *fault)
{
    struct buffer file = {0};
    npy_encode(&file, values, count);
    bool good = file_write(path, buffer_bytes(&file), 0644, fault);
    buffer_close(&file);
    return good;
}
