#include "tools/client/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/merkle.h"
#include "tools/client/file.h"

struct source source_of_bytes(struct bytes bytes)
{
    static const uint8_t none[1];
    return (struct source){
        .size = bytes.size,
        .memory = bytes.data == NULL ? none : bytes.data,
        .descriptor = -1,
    };
}

struct source source_of_file(int descriptor, uint64_t offset, uint64_t size)
{
    return (struct source){.size = size, .descriptor = descriptor, .offset = offset};
}

bool source_read(const struct source *source, uint64_t at, void *out, size_t size,
                 struct fault *fault)
{
    assert(at <= source->size && size <= source->size - at);
    if (source->memory != NULL) {
        memcpy(out, source->memory + at, size);
        return true;
    }
    return file_read_at(source->descriptor, source->offset + at, out, size) ||
           fault_set(fault, "a file cannot be read: %s",
                     errno == 0 ? "it is too short" : strerrordesc_np(errno));
}

bool source_each(const struct source *source, source_take *take, void *context, struct fault *fault)
{
    bool good = true;
    uint8_t *piece = source->memory == NULL ? memory_new(SOURCE_PIECE) : NULL;
    for (uint64_t at = 0; good && at < source->size;) {
        uint64_t left = source->size - at;
        size_t size = left < SOURCE_PIECE ? (size_t)left : SOURCE_PIECE;
        const uint8_t *data = piece == NULL ? source->memory + at : piece;
        good = (piece == NULL || source_read(source, at, piece, size, fault)) &&
               take(context, (struct bytes){data, size}, fault);
        at += size;
    }
    free(piece);
    return good;
}

static bool take_root(void *context, struct bytes piece, struct fault *fault)
{
    (void)fault;
    merkle_stream_add(context, piece);
    return true;
}

bool source_root(struct hash *out, const struct source *source, struct fault *fault)
{
    struct merkle_stream stream;
    merkle_stream_init(&stream);
    bool good = source_each(source, take_root, &stream, fault);
    merkle_stream_finish(&stream, out);
    return good;
}
