/* How fast the primitives are on this machine: hashing, signatures, the trie, encryption, scrypt.
 *
 * Each figure is the best of several rounds, which is the one least disturbed by other work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/aead.h"
#include "crypto/key.h"
#include "crypto/keystore.h"
#include "crypto/merkle.h"
#include "crypto/trie_memory.h"

#define ROUNDS     5
#define TRIE_KEYS  100000
#define BLOB_SIZE  ((size_t)1 << 24)
#define CPU_PREFIX "model name"

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_cpu(void)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, CPU_PREFIX, strlen(CPU_PREFIX)) == 0 && value != NULL) {
            printf("cpu:%s", value + 1);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

/* Best seconds of one call of `work`, which does `count` operations. */
static double best_s(void (*work)(void *context, size_t count), void *context, size_t count)
{
    double best = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now_s();
        work(context, count);
        double taken = now_s() - start;
        best = taken < best ? taken : best;
    }
    return best;
}

static void report(const char *what, double seconds, size_t count)
{
    printf("%-44s %10.2f us  %12.0f /s\n", what, seconds * 1e6 / (double)count,
           (double)count / seconds);
}

static void report_bytes(const char *what, double seconds, size_t size)
{
    printf("%-44s %10.0f MB/s\n", what, (double)size / seconds / 1e6);
}

static void work_hash(void *context, size_t count)
{
    struct hash hash;
    hash_plain(&hash, (struct bytes){context, count});
}

static void work_tagged(void *context, size_t count)
{
    struct hash hash;
    for (size_t i = 0; i < count; i++) {
        hash_tagged(&hash, "souk/bench/v1", (struct bytes){context, 200});
    }
}

static void work_blob(void *context, size_t count)
{
    struct hash hash;
    merkle_blob_root(&hash, (struct bytes){context, count});
}

static void work_seal(void *context, size_t count)
{
    static const uint8_t key[AEAD_KEY_SIZE];
    static const uint8_t nonce[AEAD_NONCE_SIZE];
    aead_seal(context, key, nonce, (struct bytes){0}, (struct bytes){context, count});
}

static void work_seal_small(void *context, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        work_seal(context, 256);
    }
}

struct signed_hash {
    struct secret_key secret;
    struct signing_key ready;
    struct public_key key;
    struct point point;
    struct hash message;
    struct signature signature;
};

static void work_sign(void *context, size_t count)
{
    static const uint8_t zeros[32];
    struct signed_hash *item = context;
    for (size_t i = 0; i < count; i++) {
        signature_make(&item->signature, &item->secret, &item->message, zeros);
    }
}

static void work_sign_ready(void *context, size_t count)
{
    static const uint8_t zeros[32];
    struct signed_hash *item = context;
    for (size_t i = 0; i < count; i++) {
        signing_key_sign(&item->signature, &item->ready, &item->message, zeros);
    }
}

static void work_check(void *context, size_t count)
{
    const struct signed_hash *item = context;
    for (size_t i = 0; i < count; i++) {
        bool good = signature_check(&item->signature, &item->key, &item->message);
        assert(good);
    }
}

static void work_ecdh(void *context, size_t count)
{
    const struct signed_hash *item = context;
    struct point out;
    for (size_t i = 0; i < count; i++) {
        bool good = ecdh_point(&out, &item->secret, &item->point);
        assert(good);
    }
}

static void work_scrypt(void *context, size_t count)
{
    struct keystore_cost standard = KEYSTORE_COST_DEFAULT;
    struct scrypt_cost cost = {standard.n, standard.r, standard.p};
    (void)count;
    bool good = scrypt_derive(context, 32, bytes_of_text("password"), bytes_of_text("salt"), &cost);
    assert(good);
}

static void bench_bytes(void)
{
    uint8_t *blob = memory_new(BLOB_SIZE + AEAD_TAG_SIZE);
    report_bytes("SHA-256, 16 MiB", best_s(work_hash, blob, BLOB_SIZE), BLOB_SIZE);
    report("tagged hash of 200 bytes", best_s(work_tagged, blob, 100000), 100000);
    report_bytes("Merkle blob root, 16 MiB", best_s(work_blob, blob, BLOB_SIZE), BLOB_SIZE);
    report_bytes("ChaCha20-Poly1305 seal, 16 MiB", best_s(work_seal, blob, BLOB_SIZE), BLOB_SIZE);
    report("ChaCha20-Poly1305 seal, 256 bytes", best_s(work_seal_small, blob, 20000), 20000);
    report("scrypt, default key file", best_s(work_scrypt, blob, 1), 1);
    free(blob);
}

static void bench_keys(void)
{
    static const uint8_t secret[32] = {1};
    struct signed_hash item = {.message = {{2}}};
    bool good = secret_key_init(&item.secret, secret);
    assert(good);
    signing_key_init(&item.ready, &item.secret);
    public_key_of(&item.key, &item.secret);
    point_of(&item.point, &item.secret);
    report("Schnorr sign", best_s(work_sign, &item, 2000), 2000);
    report("Schnorr sign, key at hand", best_s(work_sign_ready, &item, 2000), 2000);
    report("Schnorr verify", best_s(work_check, &item, 2000), 2000);
    report("ECDH", best_s(work_ecdh, &item, 2000), 2000);
}

static int compare_changes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

/* `count` changes of keys 0, step, 2 * step ... with values of this generation, sorted. */
static void make_changes(struct trie_change *out, size_t count, uint64_t step, uint64_t generation)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = i * step;
        uint64_t value = number * 1000 + generation;
        trie_key_hash(&out[i].key, BYTES_OF(number));
        trie_value_hash(&out[i].value, BYTES_OF(value));
    }
    qsort(out, count, sizeof(*out), compare_changes);
}

static void bench_trie_batch(struct trie_store *store, struct trie_change *changes,
                             struct hash *root, size_t batch)
{
    double best = 1e9;
    char what[64];
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        make_changes(changes, batch, TRIE_KEYS / batch, round);
        double start = now_s();
        trie_update(store, changes, batch, root);
        double taken = now_s() - start;
        best = taken < best ? taken : best;
    }
    (void)snprintf(what, sizeof(what), "trie update at 10^5 keys, %zu changes, each", batch);
    report(what, best, batch);
}

static void bench_trie(void)
{
    struct trie_memory memory = {0};
    struct trie_store store = trie_memory_store(&memory);
    struct trie_change *changes = memory_new(TRIE_KEYS * sizeof(*changes));
    struct hash root = {0};
    struct trie_proof proof;
    make_changes(changes, TRIE_KEYS, 1, 0);
    double start = now_s();
    trie_update(&store, changes, TRIE_KEYS, &root);
    report("trie build of 10^5 keys, each", now_s() - start, TRIE_KEYS);
    static const size_t batches[] = {1, 100, 1000, 10000};
    for (size_t i = 0; i < ARRAY_COUNT(batches); i++) {
        bench_trie_batch(&store, changes, &root, batches[i]);
    }
    trie_prove(&store, &changes[0].key, &proof);
    printf("%-44s %10u siblings\n", "trie proof at 10^5 keys", (unsigned)proof.depth);
    printf("%-44s %10zu\n", "trie nodes kept at 10^5 keys", trie_memory_count(&memory));
    trie_memory_close(&memory);
    free(changes);
}

int main(void)
{
    print_cpu();
    bench_bytes();
    bench_keys();
    bench_trie();
    return EXIT_SUCCESS;
}
