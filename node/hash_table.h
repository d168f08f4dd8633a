/* A hash table of structs that the caller owns, by a key of fixed size inside them.
 *
 * Keys are hashes or made of hashes, so their first bytes are as good as any. The order of a walk
 * depends on the keys and the history of sizes alone, and nothing may rest on it. */
#ifndef NODE_HASH_TABLE_H
#define NODE_HASH_TABLE_H

#include "base/bytes.h"

/* The first member of a struct in a table. */
struct hash_table_entry {
    struct hash_table_entry *next; /* in its bucket */
    const uint8_t *key;            /* inside the struct */
};

struct hash_table {
    struct hash_table_entry **buckets;
    size_t bucket_count; /* 0 or a power of two */
    size_t count;
    size_t key_size; /* bytes, at least 8 */
};

void hash_table_init(struct hash_table *table, size_t key_size);
void hash_table_close(struct hash_table *table); /* Frees the buckets, not the entries. */

struct hash_table_entry *hash_table_find(const struct hash_table *table,
                                         const void *key); /* or NULL */
void hash_table_add(struct hash_table *table, struct hash_table_entry *entry,
                    const void *key); /* New: asserted. */
void hash_table_remove(struct hash_table *table,
                       struct hash_table_entry *entry); /* It is in: asserted. */

/* A walk over all entries, during which the entry last given may be removed, and no other changes
 * be made. */
struct hash_table_walk {
    const struct hash_table *table;
    size_t bucket;
    struct hash_table_entry *next;
};
void hash_table_walk_init(struct hash_table_walk *walk, const struct hash_table *table);
struct hash_table_entry *hash_table_walk_next(struct hash_table_walk *walk); /* NULL at the end. */

#endif /* NODE_HASH_TABLE_H */
