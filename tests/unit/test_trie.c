#include "crypto/trie.h"

#include <string.h>

#include "crypto/trie_memory.h"
#include "tests/lib/check_run.h"

#define KEYS_MAX 400

/* The state as a plain list, and its root computed another way: level by level from the bottom,
 * merging subtrees that share a prefix, with nothing stored. */
struct model {
    struct trie_change entries[KEYS_MAX]; /* sorted by key */
    size_t count;
};

struct part {
    struct hash key;
    struct hash hash;
    size_t keys;
};

static bool bit(const struct hash *key, size_t index)
{
    return (key->bytes[index / 8] & (0x80 >> (index % 8))) != 0;
}

static bool share_bits(const struct hash *a, const struct hash *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bit(a, i) != bit(b, i)) {
            return false;
        }
    }
    return true;
}

static void part_lift(struct part *part, size_t depth)
{
    if (part->keys == 1) {
        return;
    }
    struct trie_node node = {.kind = TRIE_BRANCH};
    *(bit(&part->key, depth) ? &node.b : &node.a) = part->hash;
    trie_node_hash(&part->hash, &node);
}

static void model_root(struct hash *out, const struct model *model)
{
    static struct part parts[KEYS_MAX];
    size_t count = model->count;
    for (size_t i = 0; i < count; i++) {
        struct trie_node leaf = {TRIE_LEAF, model->entries[i].key, model->entries[i].value};
        parts[i] = (struct part){.key = leaf.a, .keys = 1};
        trie_node_hash(&parts[i].hash, &leaf);
    }
    for (size_t depth = TRIE_DEPTH_MAX; depth-- > 0;) {
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            struct part part = parts[i];
            if (i + 1 < count && share_bits(&part.key, &parts[i + 1].key, depth)) {
                struct trie_node node = {TRIE_BRANCH, part.hash, parts[i + 1].hash};
                trie_node_hash(&part.hash, &node);
                part.keys += parts[i + 1].keys;
                i++;
            } else {
                part_lift(&part, depth);
            }
            parts[kept++] = part;
        }
        count = kept;
    }
    *out = count == 0 ? (struct hash){0} : parts[0].hash;
}

static void model_apply(struct model *model, const struct trie_change *change)
{
    size_t at = 0;
    while (at < model->count &&
           memcmp(&model->entries[at].key, &change->key, sizeof(struct hash)) < 0) {
        at++;
    }
    bool present = at < model->count && hash_equal(&model->entries[at].key, &change->key);
    size_t tail = model->count - at;
    if (hash_is_zero(&change->value)) {
        if (present) {
            memmove(&model->entries[at], &model->entries[at + 1], (tail - 1) * sizeof(*change));
            model->count--;
        }
        return;
    }
    if (!present) {
        ck_assert(model->count < KEYS_MAX);
        memmove(&model->entries[at + 1], &model->entries[at], tail * sizeof(*change));
        model->count++;
    }
    model->entries[at] = *change;
}

/* A batch of sorted, distinct changes of keys of a small space, so that many meet. `tight` keys
 * agree in all but their last bits and make the deepest paths. */
static size_t make_batch(struct trie_change *batch, size_t max, uint64_t *seed, bool tight)
{
    struct model sorted = {.count = 0};
    size_t size = (size_t)(check_random(seed) % (max + 1));
    for (size_t i = 0; i < size; i++) {
        struct trie_change change = {0};
        uint64_t number = check_random(seed) % 300;
        if (tight) {
            change.key.bytes[31] = (uint8_t)number;
            change.key.bytes[15] = (uint8_t)(check_random(seed) % 2);
        } else {
            hash_plain(&change.key, BYTES_OF(number));
        }
        check_random_fill(seed, change.value.bytes, sizeof(change.value.bytes));
        model_apply(&sorted, &change);
    }
    for (size_t i = 0; i < sorted.count; i++) {
        batch[i] = sorted.entries[i];
        if (check_random(seed) % 5 < 2) {
            batch[i].value = (struct hash){0};
        }
    }
    return sorted.count;
}

static void run_history(uint64_t seed, bool tight)
{
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct model *model = calloc(1, sizeof(*model));
    struct trie_change batch[KEYS_MAX];
    struct hash root = {0};
    struct hash expected;
    for (unsigned round = 0; round < 40; round++) {
        size_t count = make_batch(batch, round % 3 == 0 ? 2 : 60, &seed, tight);
        trie_update(&store, batch, count, &root);
        for (size_t i = 0; i < count; i++) {
            model_apply(model, &batch[i]);
        }
        model_root(&expected, model);
        ck_assert(hash_equal(&root, &expected));
    }
    /* Nothing is left behind: after all keys are removed, no node is stored. */
    for (size_t i = 0; i < model->count; i++) {
        batch[i] = (struct trie_change){.key = model->entries[i].key};
    }
    trie_update(&store, batch, model->count, &root);
    ck_assert(hash_is_zero(&root));
    ck_assert_uint_eq(trie_memory_count(&memory), 0);
    trie_memory_close(&memory);
    free(model);
}

START_TEST(random_histories_give_the_root_computed_from_scratch)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run_history(seed, false);
    }
}
END_TEST

START_TEST(keys_that_differ_in_their_last_bits_give_the_root_computed_from_scratch)
{
    for (uint64_t seed = 100; seed < 106; seed++) {
        run_history(seed, true);
    }
}
END_TEST

START_TEST(the_order_and_grouping_of_changes_does_not_matter)
{
    struct trie_memory whole = {0};
    struct trie_memory single = {0};
    struct trie_store whole_store = trie_memory_store(&whole);
    struct trie_store single_store = trie_memory_store(&single);
    struct hash whole_root = {0};
    struct hash single_root = {0};
    struct trie_change batch[KEYS_MAX];
    uint64_t seed = 7;
    size_t count = make_batch(batch, 200, &seed, false);
    trie_update(&whole_store, batch, count, &whole_root);
    for (size_t i = count; i-- > 0;) {
        trie_update(&single_store, &batch[i], 1, &single_root);
    }
    ck_assert(hash_equal(&whole_root, &single_root));
    ck_assert_uint_eq(trie_memory_count(&whole), trie_memory_count(&single));
    trie_memory_close(&whole);
    trie_memory_close(&single);
}
END_TEST

START_TEST(a_single_key_is_its_leaf_and_an_empty_trie_is_zero)
{
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change change = {0};
    struct hash root = {0};
    struct hash expected;
    trie_key_hash(&change.key, bytes_of_text("account"));
    trie_value_hash(&change.value, bytes_of_text("money"));
    trie_update(&store, NULL, 0, &root);
    ck_assert(hash_is_zero(&root));
    trie_update(&store, &change, 1, &root);
    trie_node_hash(&expected, &(struct trie_node){TRIE_LEAF, change.key, change.value});
    ck_assert(hash_equal(&root, &expected));
    ck_assert_uint_eq(trie_memory_count(&memory), 1);
    change.value = (struct hash){0};
    trie_update(&store, &change, 1, &root);
    ck_assert(hash_is_zero(&root));
    trie_update(&store, &change, 1, &root); /* removing what is absent changes nothing */
    ck_assert(hash_is_zero(&root));
    trie_memory_close(&memory);
}
END_TEST

static void fill(struct trie_store *store, struct trie_change *batch, size_t count,
                 struct hash *root)
{
    struct model *model = calloc(1, sizeof(*model));
    for (uint64_t i = 0; i < count; i++) {
        struct trie_change change;
        trie_key_hash(&change.key, BYTES_OF(i));
        trie_value_hash(&change.value, BYTES_OF(i));
        model_apply(model, &change);
    }
    memcpy(batch, model->entries, count * sizeof(*batch));
    *root = (struct hash){0};
    trie_update(store, batch, count, root);
    free(model);
}

START_TEST(proofs_of_presence_and_absence_verify)
{
    static const struct hash zero;
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change batch[KEYS_MAX];
    for (size_t count = 0; count <= 200; count = count * 2 + 1) {
        struct hash root;
        struct trie_proof proof;
        trie_memory_close(&memory);
        fill(&store, batch, count, &root);
        for (size_t i = 0; i < count; i++) {
            trie_prove(&store, &batch[i].key, &proof);
            ck_assert(trie_verify(&proof, &root, &batch[i].key, &batch[i].value));
            ck_assert(!trie_verify(&proof, &root, &batch[i].key, &zero));
        }
        for (uint64_t i = 1000; i < 1100; i++) {
            struct hash key;
            trie_key_hash(&key, BYTES_OF(i));
            trie_prove(&store, &key, &proof);
            ck_assert(trie_verify(&proof, &root, &key, &zero));
            ck_assert(!trie_verify(&proof, &root, &key, &key));
        }
    }
    trie_memory_close(&memory);
}
END_TEST

/* Flip one bit of each byte of `size` bytes at `data`; no change may pass. */
static void expect_each_byte_counts(uint8_t *data, size_t size, const struct trie_proof *proof,
                                    const struct hash *root, const struct trie_change *claim)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t mask = (uint8_t)(1u << i % 8);
        data[i] ^= mask;
        ck_assert_msg(!trie_verify(proof, root, &claim->key, &claim->value), "byte %zu", i);
        data[i] ^= mask;
    }
    ck_assert(trie_verify(proof, root, &claim->key, &claim->value));
}

START_TEST(any_changed_byte_of_a_proof_or_a_claim_fails)
{
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change batch[KEYS_MAX];
    struct hash root;
    fill(&store, batch, 100, &root);
    for (uint64_t i = 0; i < 120; i += 3) {
        struct trie_change claim = {0};
        struct trie_proof proof;
        trie_key_hash(&claim.key, BYTES_OF(i));
        if (i < 100) {
            trie_value_hash(&claim.value, BYTES_OF(i));
        }
        trie_prove(&store, &claim.key, &proof);
        expect_each_byte_counts((uint8_t *)proof.siblings, proof.depth * sizeof(struct hash),
                                &proof, &root, &claim);
        expect_each_byte_counts(proof.leaf_key.bytes, 32, &proof, &root, &claim);
        expect_each_byte_counts(proof.leaf_value.bytes, 32, &proof, &root, &claim);
        expect_each_byte_counts(root.bytes, 32, &proof, &root, &claim);
        expect_each_byte_counts(claim.value.bytes, 32, &proof, &root, &claim);
        struct trie_proof changed = proof;
        changed.leaf_present = !changed.leaf_present;
        ck_assert(!trie_verify(&changed, &root, &claim.key, &claim.value));
        for (uint32_t depth = 0; depth <= proof.depth + 1; depth++) {
            changed = proof;
            changed.depth = depth;
            bool good = trie_verify(&changed, &root, &claim.key, &claim.value);
            ck_assert(good == (depth == proof.depth));
        }
        changed.depth = TRIE_DEPTH_MAX + 1;
        ck_assert(!trie_verify(&changed, &root, &claim.key, &claim.value));
    }
    trie_memory_close(&memory);
}
END_TEST

START_TEST(a_leaf_of_another_place_does_not_prove_absence)
{
    /* Key 80.. is present; the leaf of 00.. cannot stand on its path. */
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change batch[2] = {{.value = {{1}}}, {.key = {{0x80}}, .value = {{2}}}};
    struct hash root = {0};
    struct hash absent = {{0x81}};
    struct trie_proof proof;
    trie_update(&store, batch, 2, &root);
    trie_prove(&store, &batch[0].key, &proof);
    ck_assert(!trie_verify(&proof, &root, &absent, &(struct hash){0}));
    trie_prove(&store, &absent, &proof);
    ck_assert(trie_verify(&proof, &root, &absent, &(struct hash){0}));
    trie_memory_close(&memory);
}
END_TEST

START_TEST(stops_at_unsorted_changes)
{
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change batch[2] = {{.value = {{1}}}, {.value = {{2}}}};
    struct hash root = {0};
    trie_update(&store, batch, 2, &root);
}
END_TEST

START_TEST(stops_at_a_store_that_changed_a_node)
{
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change change = {.value = {{1}}};
    struct hash root = {0};
    struct trie_node node = {.kind = TRIE_LEAF};
    trie_update(&store, &change, 1, &root);
    store.put(store.context, &(struct trie_path){0}, &node);
    trie_update(&store, &change, 1, &root);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("trie");
    tcase_add_test(tests, random_histories_give_the_root_computed_from_scratch);
    tcase_add_test(tests, keys_that_differ_in_their_last_bits_give_the_root_computed_from_scratch);
    tcase_add_test(tests, the_order_and_grouping_of_changes_does_not_matter);
    tcase_add_test(tests, a_single_key_is_its_leaf_and_an_empty_trie_is_zero);
    tcase_add_test(tests, proofs_of_presence_and_absence_verify);
    tcase_add_test(tests, any_changed_byte_of_a_proof_or_a_claim_fails);
    tcase_add_test(tests, a_leaf_of_another_place_does_not_prove_absence);
    tcase_add_test_raise_signal(tests, stops_at_unsorted_changes, 6);
    tcase_add_test_raise_signal(tests, stops_at_a_store_that_changed_a_node, 6);
    return check_run("trie", tests);
}
