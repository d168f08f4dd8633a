/* Heap memory that is there or ends the program: a replica that cannot allocate stops. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/bytes.h"

void *memory_new(size_t size); /* Zeroed; free() it. Never NULL, also for size 0. */
void *memory_resize(void *memory, size_t size); /* As realloc(); never NULL. */

#endif /* BASE_MEMORY_H */
