#include "node/hash_table.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 64 /* then doubled whenever there are as many entries */

void hash_table_init(struct hash_table *table, size_t key_size)
{
    assert(key_size >= sizeof(uint64_t));
    *table = (struct hash_table){.key_size = key_size};
}

void hash_table_close(struct hash_table *table)
{
    free(table->buckets);
    *table = (struct hash_table){.key_size = table->key_size};
}

static struct hash_table_entry **bucket_of(const struct hash_table *table, const uint8_t *key)
{
    uint64_t value;
    memcpy(&value, key, sizeof(value));
    return &table->buckets[value & (table->bucket_count - 1)];
}

struct hash_table_entry *hash_table_find(const struct hash_table *table, const void *key)
{
    if (table->bucket_count == 0) {
        return NULL;
    }
    struct hash_table_entry *entry = *bucket_of(table, key);
    while (entry != NULL && memcmp(entry->key, key, table->key_size) != 0) {
        entry = entry->next;
    }
    return entry;
}

static void grow(struct hash_table *table)
{
    struct hash_table old = *table;
    table->bucket_count = old.bucket_count == 0 ? BUCKETS_FIRST : 2 * old.bucket_count;
    table->buckets = memory_new(table->bucket_count * sizeof(struct hash_table_entry *));
    for (size_t i = 0; i < old.bucket_count; i++) {
        while (old.buckets[i] != NULL) {
            struct hash_table_entry *entry = old.buckets[i];
            struct hash_table_entry **bucket = bucket_of(table, entry->key);
            old.buckets[i] = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    free(old.buckets);
}

void hash_table_add(struct hash_table *table, struct hash_table_entry *entry, const void *key)
{
    assert(hash_table_find(table, key) == NULL);
    if (table->count >= table->bucket_count) {
        grow(table);
    }
    entry->key = key;
    struct hash_table_entry **bucket = bucket_of(table, entry->key);
    entry->next = *bucket;
    *bucket = entry;
    table->count++;
}

void hash_table_remove(struct hash_table *table, struct hash_table_entry *entry)
{
    struct hash_table_entry **at = bucket_of(table, entry->key);
    while (*at != entry) {
        assert(*at != NULL);
        at = &(*at)->next;
    }
    *at = entry->next;
    table->count--;
}

void hash_table_walk_init(struct hash_table_walk *walk, const struct hash_table *table)
{
    *walk = (struct hash_table_walk){.table = table};
}

struct hash_table_entry *hash_table_walk_next(struct hash_table_walk *walk)
{
    while (walk->next == NULL && walk->bucket < walk->table->bucket_count) {
        walk->next = walk->table->buckets[walk->bucket++];
    }
    struct hash_table_entry *entry = walk->next;
    if (entry != NULL) {
        walk->next = entry->next;
    }
    return entry;
}
