#include "crypto/trie_memory.h"

#include "base/table.h"

struct trie_memory_node {
    struct trie_path path;
    struct trie_node node;
    UT_hash_handle hh;
};

static_assert(sizeof(struct trie_path) == 34, "a path has no padding and can be a hash key");

/* uthash is macros, which nest as no function of ours may. */
// NOLINTBEGIN(readability-function-size)

static struct trie_memory_node *find(const struct trie_memory *memory, const struct trie_path *path)
{
    struct trie_memory_node *found = NULL;
    HASH_FIND(hh, memory->nodes, path, sizeof(*path), found);
    return found;
}

static bool memory_get(void *context, const struct trie_path *path, struct trie_node *out)
{
    const struct trie_memory_node *found = find(context, path);
    if (found != NULL) {
        *out = found->node;
    }
    return found != NULL;
}

static void memory_put(void *context, const struct trie_path *path, const struct trie_node *node)
{
    struct trie_memory *memory = context;
    struct trie_memory_node *entry = find(memory, path);
    if (entry == NULL) {
        entry = memory_new(sizeof(*entry));
        entry->path = *path;
        HASH_ADD(hh, memory->nodes, path, sizeof(entry->path), entry);
    }
    entry->node = *node;
}

static void memory_erase(void *context, const struct trie_path *path)
{
    struct trie_memory *memory = context;
    struct trie_memory_node *entry = find(memory, path);
    if (entry != NULL) {
        HASH_DEL(memory->nodes, entry);
        free(entry);
    }
}

void trie_memory_close(struct trie_memory *memory)
{
    struct trie_memory_node *entry = memory->nodes;
    HASH_CLEAR(hh, memory->nodes);
    while (entry != NULL) {
        struct trie_memory_node *next = entry->hh.next;
        free(entry);
        entry = next;
    }
}

// NOLINTEND(readability-function-size)

size_t trie_memory_count(const struct trie_memory *memory)
{
    return HASH_COUNT(memory->nodes);
}

struct trie_store trie_memory_store(struct trie_memory *memory)
{
    return (struct trie_store){memory, memory_get, memory_put, memory_erase};
}
