/* The authenticated state: a compact binary Merkle trie over hashed keys.
 *
 * A key's place is the bit string of its hash, most significant bit first. A subtree with no key has
 * the zero hash; one with exactly one key is that key's leaf, H_souk/leaf/v1(key hash || value hash),
 * wherever it stands; any other is H_souk/node/v1(left || right). So the root depends on the set of
 * (key hash, value hash) alone, not on the order of updates, and an expected path has about
 * log2(keys) nodes.
 *
 * Nodes are kept by the caller under their path, and only the newest version: a trie of N keys needs
 * about 2N small records, and an update of k keys touches about k * log2(N) of them. */
#ifndef CRYPTO_TRIE_H
#define CRYPTO_TRIE_H

#include "crypto/hash.h"

#define TRIE_DEPTH_MAX 256

/* The first `depth` bits of a key hash; the bits after them are zero. */
struct trie_path {
    uint16_t depth;
    uint8_t bits[32];
};

enum trie_node_kind {
    TRIE_LEAF = 1,   /* a = key hash, b = value hash */
    TRIE_BRANCH = 2, /* a = hash of the left subtree, b = of the right one; either may be zero */
};

struct trie_node {
    enum trie_node_kind kind;
    struct hash a;
    struct hash b;
};

/* Where nodes are kept. `get` returns false where no node has this path. A storage fault does not
 * return: it is the caller's to stop the program. */
struct trie_store {
    void *context;
    bool (*get)(void *context, const struct trie_path *path, struct trie_node *out);
    void (*put)(void *context, const struct trie_path *path, const struct trie_node *node);
    void (*erase)(void *context, const struct trie_path *path);
};

struct trie_change {
    struct hash key;   /* H_souk/key/v1(key) */
    struct hash value; /* H_souk/value/v1(value), or zero to remove the key */
};

void trie_key_hash(struct hash *out, struct bytes key);
void trie_value_hash(struct hash *out, struct bytes value);
void trie_node_hash(struct hash *out, const struct trie_node *node);

/* Apply changes, sorted by key and distinct, and give the new root. `root` goes in as the present
 * root (zero for an empty trie) and comes out as the new one. */
void trie_update(struct trie_store *store, const struct trie_change *changes, size_t count,
                 struct hash *root);

/* A proof that a key has a value, or has none. */
struct trie_proof {
    uint32_t depth;                       /* siblings, from the root down */
    struct hash siblings[TRIE_DEPTH_MAX]; /* zero for an empty subtree */
    bool leaf_present;                    /* the path ends in a leaf, not in an empty subtree */
    struct hash leaf_key;                 /* of that leaf: the key asked for, or another */
    struct hash leaf_value;
};

void trie_prove(struct trie_store *store, const struct hash *key, struct trie_proof *out);

/* True where `proof` shows under `root` that `key` has the value hash `value`, or, where `value` is
 * zero, that it is absent. */
NODISCARD bool trie_verify(const struct trie_proof *proof, const struct hash *root,
                           const struct hash *key, const struct hash *value);

#endif /* CRYPTO_TRIE_H */
