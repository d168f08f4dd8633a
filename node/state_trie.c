#include "node/state_trie.h"

#include <stdlib.h>

#include "base/memory.h"

static int by_key(const void *a, const void *b)
{
    const struct trie_change *first = a;
    const struct trie_change *second = b;
    return bytes_compare(BYTES_OF(first->key.bytes), BYTES_OF(second->key.bytes));
}

void state_trie_update(struct trie_store *trie, const struct state_change *changes, size_t count,
                       struct hash *root)
{
    struct trie_change *list = memory_new(count * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        trie_key_hash(&list[i].key, changes[i].key);
        if (!changes[i].erased) {
            trie_value_hash(&list[i].value, changes[i].value);
        }
    }
    /* Keys are distinct, so the order is total and any sort gives the same. */
    qsort(list, count, sizeof *list, by_key);
    trie_update(trie, list, count, root);
    free(list);
}
