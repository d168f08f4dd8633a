#include "vm/blobs.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "crypto/merkle.h"

struct held {
    struct held *next;
    struct hash root;
    struct buffer bytes;
};

struct blob_memory {
    struct held *first;
};

struct blob_memory *blob_memory_new(void)
{
    return memory_new(sizeof(struct blob_memory));
}

void blob_memory_free(struct blob_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    while (memory->first != NULL) {
        struct held *held = memory->first;
        memory->first = held->next;
        buffer_close(&held->bytes);
        free(held);
    }
    free(memory);
}

static const struct held *find(const struct blob_memory *memory, const struct hash *root)
{
    const struct held *held = memory->first;
    while (held != NULL && !hash_equal(&held->root, root)) {
        held = held->next;
    }
    return held;
}

void blob_memory_add(struct blob_memory *memory, struct bytes bytes)
{
    struct hash root;
    merkle_blob_root(&root, bytes);
    if (find(memory, &root) != NULL) {
        return;
    }
    struct held *held = memory_new(sizeof(*held));
    held->root = root;
    held->next = memory->first;
    buffer_append(&held->bytes, bytes);
    memory->first = held;
}

static bool read_held(void *context, const struct hash *root, uint32_t size, struct bytes *out)
{
    const struct held *held = find(context, root);
    *out = (struct bytes){0};
    if (held != NULL) {
        *out = buffer_bytes(&held->bytes);
    }
    return held != NULL && out->size == size;
}

struct blob_source blob_memory_source(struct blob_memory *memory)
{
    return (struct blob_source){memory, read_held};
}
