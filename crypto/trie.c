#include "crypto/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct hash zero_hash;

void trie_key_hash(struct hash *out, struct bytes key)
{
    hash_tagged(out, "souk/key/v1", key);
}

void trie_value_hash(struct hash *out, struct bytes value)
{
    hash_tagged(out, "souk/value/v1", value);
}

/* The two tagged prefixes, computed once for many nodes. */
struct hasher {
    struct sha256 leaf;
    struct sha256 branch;
};

static void hasher_init(struct hasher *hasher)
{
    sha256_init_tagged(&hasher->leaf, "souk/leaf/v1");
    sha256_init_tagged(&hasher->branch, "souk/node/v1");
}

static void hash_pair(struct hash *out, const struct sha256 *prefix, const struct hash *a,
                      const struct hash *b)
{
    struct sha256 sha = *prefix;
    sha256_add(&sha, BYTES_OF(a->bytes));
    sha256_add(&sha, BYTES_OF(b->bytes));
    sha256_finish(&sha, out);
}

static void hash_node(struct hash *out, const struct hasher *hasher, const struct trie_node *node)
{
    const struct sha256 *prefix = node->kind == TRIE_LEAF ? &hasher->leaf : &hasher->branch;
    hash_pair(out, prefix, &node->a, &node->b);
}

void trie_node_hash(struct hash *out, const struct trie_node *node)
{
    struct hasher hasher;
    hasher_init(&hasher);
    hash_node(out, &hasher, node);
}

static bool bit_at(const struct hash *key, size_t depth)
{
    return (key->bytes[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

static void path_child(struct trie_path *out, const struct trie_path *parent, bool right)
{
    assert(parent->depth < TRIE_DEPTH_MAX);
    *out = *parent;
    if (right) {
        out->bits[parent->depth / 8] |= (uint8_t)(0x80 >> parent->depth % 8);
    }
    out->depth++;
}

/* What a subtree is after the changes. A leaf is not stored by the step that finds it: the step
 * above knows where it stands, and a branch left with one leaf hands it further up. */
enum subtree_kind {
    SUBTREE_EMPTY,
    SUBTREE_LEAF,
    SUBTREE_BRANCH,
    SUBTREE_UNTOUCHED, /* as it was; only its hash is known */
};

struct subtree {
    enum subtree_kind kind;
    bool stored;           /* the store holds a node under the subtree's path */
    struct trie_node leaf; /* SUBTREE_LEAF */
    struct hash hash;      /* SUBTREE_BRANCH and SUBTREE_UNTOUCHED */
};

enum step { STEP_LEFT, STEP_RIGHT, STEP_JOIN };

/* One branch on the way down. The frames of a walk are those of one path, so at most one for each
 * depth; they stand in for a recursion. */
struct frame {
    struct trie_path path;
    enum step step;
    bool stored;               /* the store holds a node under `path` */
    struct trie_node old;      /* that node where it is a branch; else both hashes are zero */
    bool has_extra;            /* a leaf that stood here or above and moves down */
    struct trie_node extra;    /* that leaf */
    size_t begin, middle, end; /* changes of the left subtree, then of the right one */
    struct subtree child[2];
};

struct walk {
    struct trie_store *store;
    const struct trie_change *changes;
    struct hasher hasher;
    struct frame frames[TRIE_DEPTH_MAX + 1];
};

/* The first change of begin .. end whose key goes right at `depth`. */
static size_t split(const struct trie_change *changes, size_t begin, size_t end, size_t depth)
{
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (bit_at(&changes[middle].key, depth)) {
            end = middle;
        } else {
            begin = middle + 1;
        }
    }
    return begin;
}

/* Where at most one key is left of the changes and the extra leaf, say so in *out. The subtree has
 * no stored branch. */
static bool settle(struct subtree *out, const struct walk *walk, const struct frame *frame)
{
    size_t count = 0;
    out->kind = SUBTREE_EMPTY;
    out->stored = frame->stored;
    if (frame->has_extra) {
        out->kind = SUBTREE_LEAF;
        out->leaf = frame->extra;
        count = 1;
    }
    for (size_t i = frame->begin; i < frame->end && count < 2; i++) {
        const struct trie_change *change = &walk->changes[i];
        if (hash_is_zero(&change->value)) {
            continue;
        }
        out->kind = SUBTREE_LEAF;
        out->leaf = (struct trie_node){TRIE_LEAF, change->key, change->value};
        count++;
    }
    return count < 2;
}

static bool changes_key(const struct walk *walk, const struct frame *frame, const struct hash *key)
{
    size_t begin = frame->begin;
    size_t end = frame->end;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = memcmp(walk->changes[middle].key.bytes, key->bytes, sizeof(key->bytes));
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return false;
}

/* The node that the branch above says is here. A store that lost or changed it must stop the
 * program: every root computed from it would be wrong. */
static void fetch(struct trie_node *out, const struct walk *walk, const struct trie_path *path,
                  const struct hash *expected)
{
    struct hash hash;
    bool found = walk->store->get(walk->store->context, path, out);
    assert(found && "the trie's store lost a node");
    hash_node(&hash, &walk->hasher, out);
    assert(hash_equal(&hash, expected) && "the trie's store changed a node");
}

/* Come to a subtree: `frame` has its path, its changes and the extra leaf, and `hash` is what the
 * branch above says of it. Returns true where *out is the answer, false where the frame is to be
 * walked. */
static bool enter(struct walk *walk, struct frame *frame, const struct hash *hash,
                  struct subtree *out)
{
    *out = (struct subtree){0};
    if (hash_is_zero(hash)) {
        if (settle(out, walk, frame)) {
            return true;
        }
    } else if (frame->begin == frame->end) {
        out->kind = SUBTREE_UNTOUCHED;
        out->stored = true;
        out->hash = *hash;
        return true;
    } else {
        fetch(&frame->old, walk, &frame->path, hash);
        frame->stored = true;
    }
    if (frame->stored && frame->old.kind == TRIE_LEAF) {
        frame->has_extra = !changes_key(walk, frame, &frame->old.a);
        frame->extra = frame->old;
        frame->old = (struct trie_node){.kind = TRIE_BRANCH};
        if (settle(out, walk, frame)) {
            return true;
        }
    }
    frame->middle = split(walk->changes, frame->begin, frame->end, frame->path.depth);
    frame->step = STEP_LEFT;
    return false;
}

/* Set up the next frame for one side of `frame`, and the hash that its branch had for it. */
static const struct hash *descend(struct frame *next, const struct frame *frame, bool right)
{
    memset(next, 0, offsetof(struct frame, child));
    path_child(&next->path, &frame->path, right);
    next->begin = right ? frame->middle : frame->begin;
    next->end = right ? frame->end : frame->middle;
    if (frame->has_extra && bit_at(&frame->extra.a, frame->path.depth) == right) {
        next->has_extra = true;
        next->extra = frame->extra;
    }
    return right ? &frame->old.b : &frame->old.a;
}

/* An untouched subtree beside an empty one may be a leaf, which then has to move up. */
static void look_closer(struct walk *walk, const struct trie_path *path, struct subtree *subtree)
{
    struct trie_node node;
    fetch(&node, walk, path, &subtree->hash);
    if (node.kind == TRIE_LEAF) {
        subtree->kind = SUBTREE_LEAF;
        subtree->leaf = node;
    }
}

/* Store a subtree's leaf, or take away what is stored where the subtree is empty. */
static void place(struct walk *walk, const struct trie_path *path, const struct subtree *subtree)
{
    if (subtree->kind == SUBTREE_LEAF) {
        walk->store->put(walk->store->context, path, &subtree->leaf);
    } else if (subtree->kind == SUBTREE_EMPTY && subtree->stored) {
        walk->store->erase(walk->store->context, path);
    }
}

static void subtree_hash(struct hash *out, const struct walk *walk, const struct subtree *subtree)
{
    if (subtree->kind == SUBTREE_EMPTY) {
        *out = zero_hash;
    } else if (subtree->kind == SUBTREE_LEAF) {
        hash_node(out, &walk->hasher, &subtree->leaf);
    } else {
        *out = subtree->hash;
    }
}

/* Both sides are known: what is this subtree? */
static void join(struct walk *walk, struct frame *frame, struct subtree *out)
{
    struct trie_path paths[2];
    *out = (struct subtree){.stored = frame->stored};
    for (unsigned side = 0; side < 2; side++) {
        path_child(&paths[side], &frame->path, side == 1);
    }
    for (unsigned side = 0; side < 2; side++) {
        struct subtree *self = &frame->child[side];
        const struct subtree *other = &frame->child[1 - side];
        if (self->kind == SUBTREE_UNTOUCHED && other->kind == SUBTREE_EMPTY) {
            look_closer(walk, &paths[side], self);
        }
    }
    for (unsigned side = 0; side < 2; side++) {
        struct subtree *self = &frame->child[side];
        if (self->kind == SUBTREE_LEAF && frame->child[1 - side].kind == SUBTREE_EMPTY) {
            out->kind = SUBTREE_LEAF;
            out->leaf = self->leaf;
            self->kind = SUBTREE_EMPTY;
        }
    }
    place(walk, &paths[0], &frame->child[0]);
    place(walk, &paths[1], &frame->child[1]);
    bool empty = frame->child[0].kind == SUBTREE_EMPTY && frame->child[1].kind == SUBTREE_EMPTY;
    if (empty) {
        return;
    }
    struct trie_node node = {.kind = TRIE_BRANCH};
    subtree_hash(&node.a, walk, &frame->child[0]);
    subtree_hash(&node.b, walk, &frame->child[1]);
    bool same =
        frame->stored && hash_equal(&node.a, &frame->old.a) && hash_equal(&node.b, &frame->old.b);
    if (!same) {
        walk->store->put(walk->store->context, &frame->path, &node);
    }
    out->kind = SUBTREE_BRANCH;
    out->stored = true;
    hash_node(&out->hash, &walk->hasher, &node);
}

/* Walk from the root, whose frame was entered, until its subtree is known. */
static void run(struct walk *walk, struct subtree *out)
{
    size_t depth = 0;
    for (;;) {
        struct frame *frame = &walk->frames[depth];
        if (frame->step == STEP_JOIN) {
            join(walk, frame, out);
            if (depth == 0) {
                return;
            }
            depth--;
            struct frame *above = &walk->frames[depth];
            above->child[above->step == STEP_RIGHT ? 0 : 1] = *out;
            continue;
        }
        bool right = frame->step == STEP_RIGHT;
        frame->step = right ? STEP_JOIN : STEP_RIGHT;
        struct frame *next = &walk->frames[depth + 1];
        const struct hash *hash = descend(next, frame, right);
        if (!enter(walk, next, hash, &frame->child[right ? 1 : 0])) {
            depth++;
            assert(depth < TRIE_DEPTH_MAX && "below the last bit there are single keys only");
        }
    }
}

static void check_sorted(const struct trie_change *changes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int order = memcmp(changes[i - 1].key.bytes, changes[i].key.bytes, sizeof(struct hash));
        assert(order < 0 && "changes are sorted by key and distinct");
    }
}

void trie_update(struct trie_store *store, const struct trie_change *changes, size_t count,
                 struct hash *root)
{
    check_sorted(changes, count);
    struct walk *walk = memory_new(sizeof(*walk));
    walk->store = store;
    walk->changes = changes;
    hasher_init(&walk->hasher);
    struct frame *top = &walk->frames[0];
    top->end = count;
    struct subtree result;
    if (!enter(walk, top, root, &result)) {
        run(walk, &result);
    }
    place(walk, &(struct trie_path){0}, &result);
    subtree_hash(root, walk, &result);
    free(walk);
}

void trie_prove(struct trie_store *store, const struct hash *key, struct trie_proof *out)
{
    struct trie_path path = {0};
    struct trie_node node;
    *out = (struct trie_proof){0};
    while (store->get(store->context, &path, &node)) {
        if (node.kind == TRIE_LEAF) {
            out->leaf_present = true;
            out->leaf_key = node.a;
            out->leaf_value = node.b;
            return;
        }
        bool right = bit_at(key, path.depth);
        out->siblings[out->depth++] = right ? node.a : node.b;
        if (hash_is_zero(right ? &node.b : &node.a)) {
            return;
        }
        struct trie_path parent = path;
        path_child(&path, &parent, right);
    }
    assert(out->depth == 0 && "the trie's store lost a node");
}

static bool same_bits(const struct hash *a, const struct hash *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (bit_at(a, i) != bit_at(b, i)) {
            return false;
        }
    }
    return true;
}

/* Does the proof's end say of `key` what is claimed? */
static bool end_fits(const struct trie_proof *proof, const struct hash *key,
                     const struct hash *value)
{
    if (!proof->leaf_present) {
        return hash_is_zero(value) && hash_is_zero(&proof->leaf_key) &&
               hash_is_zero(&proof->leaf_value);
    }
    if (hash_equal(&proof->leaf_key, key)) {
        return !hash_is_zero(value) && hash_equal(&proof->leaf_value, value);
    }
    return hash_is_zero(value) && same_bits(&proof->leaf_key, key, proof->depth);
}

bool trie_verify(const struct trie_proof *proof, const struct hash *root, const struct hash *key,
                 const struct hash *value)
{
    if (proof->depth > TRIE_DEPTH_MAX || !end_fits(proof, key, value)) {
        return false;
    }
    struct hasher hasher;
    hasher_init(&hasher);
    struct hash hash = {0};
    if (proof->leaf_present) {
        hash_pair(&hash, &hasher.leaf, &proof->leaf_key, &proof->leaf_value);
    }
    for (uint32_t depth = proof->depth; depth > 0; depth--) {
        const struct hash *sibling = &proof->siblings[depth - 1];
        bool right = bit_at(key, depth - 1);
        struct hash parent;
        hash_pair(&parent, &hasher.branch, right ? sibling : &hash, right ? &hash : sibling);
        hash = parent;
    }
    return hash_equal(&hash, root);
}
