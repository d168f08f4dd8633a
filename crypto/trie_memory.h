/* A trie_store in memory, for tests, the simulator and tools. */
#ifndef CRYPTO_TRIE_MEMORY_H
#define CRYPTO_TRIE_MEMORY_H

#include "crypto/trie.h"

struct trie_memory_node;

/* All zero is an empty store. */
struct trie_memory {
    struct trie_memory_node *nodes;
};

void trie_memory_close(struct trie_memory *memory); /* Frees the nodes; leaves an empty store. */
size_t trie_memory_count(const struct trie_memory *memory); /* Nodes kept. */

/* The store's interface; valid as long as `memory` stays where it is. */
struct trie_store trie_memory_store(struct trie_memory *memory);

#endif /* CRYPTO_TRIE_MEMORY_H */
