#include "base/memory.h"

#include <stdlib.h>

void *memory_new(size_t size)
{
    void *memory = calloc(1, size == 0 ? 1 : size);
    assert(memory != NULL && "out of memory");
    return memory;
}

void *memory_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size == 0 ? 1 : size);
    assert(resized != NULL && "out of memory");
    return resized;
}
