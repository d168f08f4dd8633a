#include "tools/sim/memory_state.h"

#include <string.h>

#include "base/table.h"
#include "crypto/trie_memory.h"
#include "market/sort.h"

struct entry {
    UT_hash_handle hh;
    struct buffer value;
    size_t key_size;
    uint8_t key[STATE_KEY_MAX];
};

struct memory_state {
    struct entry *entries;
    struct trie_memory trie;
    struct hash root;
    struct state *view;
};

// NOLINTNEXTLINE(readability-function-size): the macro is the function
static struct entry *find(struct memory_state *memory, struct bytes key)
{
    struct entry *entry = NULL;
    HASH_FIND(hh, memory->entries, key.data, key.size, entry);
    return entry;
}

static bool get(void *context, struct bytes key, struct buffer *value)
{
    const struct entry *entry = find(context, key);
    if (entry == NULL) {
        return false;
    }
    buffer_append(value, buffer_bytes(&entry->value));
    return true;
}

struct memory_state *memory_state_new(void)
{
    struct memory_state *memory = memory_new(sizeof(*memory));
    const struct state_source source = {.context = memory, .get = get};
    memory->view = state_new(&source);
    return memory;
}

// NOLINTNEXTLINE(readability-function-size): the macro is the function
static void remove_entry(struct memory_state *memory, struct entry *entry)
{
    HASH_DEL(memory->entries, entry);
    buffer_close(&entry->value);
    free(entry);
}

void memory_state_free(struct memory_state *memory)
{
    if (memory == NULL) {
        return;
    }
    struct entry *entry = NULL;
    struct entry *next = NULL;
    HASH_ITER(hh, memory->entries, entry, next)
    {
        remove_entry(memory, entry);
    }
    state_free(memory->view);
    trie_memory_close(&memory->trie);
    free(memory);
}

struct state *memory_state_view(struct memory_state *memory)
{
    return memory->view;
}

// NOLINTNEXTLINE(readability-function-size): the macro is the function
static void store(struct memory_state *memory, const struct state_change *change)
{
    struct entry *entry = find(memory, change->key);
    if (change->erased) {
        remove_entry(memory, entry);
        return;
    }
    if (entry == NULL) {
        entry = memory_new(sizeof(*entry));
        entry->key_size = change->key.size;
        memcpy(entry->key, change->key.data, change->key.size);
        HASH_ADD(hh, memory->entries, key, entry->key_size, entry);
    }
    buffer_clear(&entry->value);
    buffer_append(&entry->value, change->value);
}

void memory_state_commit(struct memory_state *memory, struct hash *root)
{
    size_t count = 0;
    const struct state_change *changes = state_changes(memory->view, &count);
    struct trie_change *trie_changes = memory_new(count * sizeof(*trie_changes));
    for (size_t i = 0; i < count; i++) {
        trie_key_hash(&trie_changes[i].key, changes[i].key);
        if (!changes[i].erased) {
            trie_value_hash(&trie_changes[i].value, changes[i].value);
        }
    }
    for (size_t i = 0; i < count; i++) {
        store(memory, &changes[i]);
    }
    sort_items(trie_changes, count, sizeof(*trie_changes), offsetof(struct trie_change, key),
               sizeof(struct hash));
    struct trie_store trie = trie_memory_store(&memory->trie);
    trie_update(&trie, trie_changes, count, &memory->root);
    free(trie_changes);
    state_reset(memory->view);
    *root = memory->root;
}
