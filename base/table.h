/* uthash set up for this project: include this, never <uthash.h>.
 *
 * Memory comes from base/memory.h. The hash function is FNV-1a; keys that strangers choose freely
 * should be cryptographic hashes, so that nobody can aim them at one bucket. The order of a table
 * must not reach any result: iterate only to free, or sort what was collected. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdlib.h>

#include "base/memory.h"

static inline unsigned table_hash(const void *key, size_t size)
{
    const uint8_t *bytes = key;
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return hash;
}

/* The names are uthash's. */
#define HASH_FUNCTION(key, size, hash) ((hash) = table_hash((key), (size)))
#define uthash_malloc(size)            memory_new(size) // NOLINT(readability-identifier-naming)

#include <uthash.h>

#endif /* BASE_TABLE_H */
