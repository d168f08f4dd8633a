/* What the aggregation costs an owner, a server and a validator on this machine, one core, and the
 * primitives of the same run. Each figure is a median; memory was touched before it is measured.
 * An argument is the largest dimension, 10^6 without one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/field_vector.h"
#include "crypto/merkle_lanes.h"
#include "crypto/share_owner.h"
#include "crypto/share_server.h"

#define SERVERS     4
#define DEGREE      1
#define OWNERS      100
#define RUNS        9 /* of which the first is not counted */
#define BLOCK_COUNT 4096
#define BLOCK_TURNS 200

static double now_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static void print_machine(void)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "model name", 10) == 0) {
            printf("machine: %s", strchr(line, ':') + 2);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double samples[RUNS])
{
    qsort(samples + 1, RUNS - 1, sizeof(*samples), compare_doubles);
    return samples[RUNS / 2];
}

/* A key that differs in its last bytes. */
static struct secret_key key_of(unsigned number)
{
    uint8_t random[32] = {1};
    struct secret_key key;
    random[30] = (uint8_t)(number >> 8);
    random[31] = (uint8_t)number;
    bool good = secret_key_init(&key, random);
    assert(good);
    return key;
}

/* ---- Primitives */

enum primitive {
    PRIMITIVE_SHA256,
    PRIMITIVE_MERKLE,
    PRIMITIVE_XOF,
    PRIMITIVE_ADD,
    PRIMITIVE_MULTIPLY,
    PRIMITIVE_COMBINE,
    PRIMITIVE_DOT,
    PRIMITIVE_CHECK,
    PRIMITIVE_VERIFY,
};

static uint64_t block_a[8 * BLOCK_COUNT];
static uint64_t block_b[8 * BLOCK_COUNT];
static uint64_t block_out[8 * BLOCK_COUNT];
static struct field_ext block_sum; /* keeps results alive */
static struct public_key signer;
static struct signature signature;

static size_t verify_one(void)
{
    static const struct hash message;
    bool good = signature_check(&signature, &signer, &message);
    assert(good);
    return 1;
}

/* One turn of a primitive; returns how many bytes or elements that was. */
static size_t primitive_run(enum primitive primitive, struct xof *xof)
{
    static const uint64_t small[3] = {FIELD_MODULUS - 2, 3, 1};
    const uint64_t *inputs[3] = {block_a, block_b, block_a};
    struct hash hash;
    switch (primitive) {
    case PRIMITIVE_SHA256:
        hash_plain(&hash, BYTES_OF(block_a));
        return sizeof(block_a);
    case PRIMITIVE_MERKLE:
        merkle_blob_root(&hash, BYTES_OF(block_a));
        return sizeof(block_a);
    case PRIMITIVE_XOF:
        xof_next_elements(xof, block_out, BLOCK_COUNT);
        return BLOCK_COUNT * FIELD_SIZE;
    case PRIMITIVE_ADD:
        field_vector_add(block_out, block_b, BLOCK_COUNT);
        return BLOCK_COUNT;
    case PRIMITIVE_MULTIPLY:
        field_vector_combine(block_out, inputs, block_b, 1, BLOCK_COUNT);
        return BLOCK_COUNT;
    case PRIMITIVE_COMBINE:
        field_vector_combine(block_out, inputs, small, 3, BLOCK_COUNT);
        return BLOCK_COUNT;
    case PRIMITIVE_DOT:
        block_sum =
            field_ext_add(block_sum, field_vector_dot(block_a, block_a, block_b, BLOCK_COUNT));
        return BLOCK_COUNT;
    case PRIMITIVE_CHECK:
        return field_vector_check((const uint8_t *)block_a, BLOCK_COUNT);
    case PRIMITIVE_VERIFY:
        return verify_one();
    }
    return 0;
}

/* Millions of bytes or elements in a second. */
static double primitive_rate(enum primitive primitive)
{
    static const uint8_t seed[XOF_SEED_SIZE];
    double samples[RUNS];
    struct xof xof;
    xof_init(&xof, seed, "bench", (struct bytes){0});
    for (unsigned run = 0; run < RUNS; run++) {
        size_t done = 0;
        double begin = now_ms();
        for (unsigned turn = 0; turn < BLOCK_TURNS; turn++) {
            done += primitive_run(primitive, &xof);
        }
        samples[run] = (double)done / (now_ms() - begin) * 1e-3;
    }
    xof_close(&xof);
    return median(samples);
}

static void print_level(enum field_level level)
{
    printf("  %-13s add %6.0f  multiply %6.0f  share (3 inputs) %6.0f  inner product %6.0f  "
           "check %6.0f  million elements/s\n",
           field_level_text(level), primitive_rate(PRIMITIVE_ADD),
           primitive_rate(PRIMITIVE_MULTIPLY), primitive_rate(PRIMITIVE_COMBINE),
           primitive_rate(PRIMITIVE_DOT), primitive_rate(PRIMITIVE_CHECK));
}

static void bench_primitives(void)
{
    static const uint8_t seed[XOF_SEED_SIZE] = {7};
    struct xof xof;
    xof_init(&xof, seed, "bench", (struct bytes){0});
    xof_next_elements(&xof, block_a, ARRAY_COUNT(block_a));
    xof_next_elements(&xof, block_b, ARRAY_COUNT(block_b));
    xof_close(&xof);
    block_b[0] = FIELD_MODULUS / 3; /* no small factor */
    struct secret_key secret = key_of(1);
    public_key_of(&signer, &secret);
    signature_make(&signature, &secret, &(struct hash){{0}}, seed);
    printf("primitives\n");
    printf("  Schnorr verifications   %6.0f /s\n", primitive_rate(PRIMITIVE_VERIFY) * 1e6);
    printf("  SHA-256, one message    %6.0f MB/s\n", primitive_rate(PRIMITIVE_SHA256));
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        merkle_lanes_allow(allowed == 1);
        if (merkle_lanes_available() || allowed == 0) {
            printf("  root of a blob, %s    %6.0f MB/s\n", allowed == 1 ? "16 x" : " 1 x",
                   primitive_rate(PRIMITIVE_MERKLE));
        }
    }
    printf("  AES-128-CTR to elements %6.0f MB/s\n", primitive_rate(PRIMITIVE_XOF));
    enum field_level best = field_vector_level();
    for (unsigned level = 0; level < FIELD_LEVEL_COUNT; level++) {
        if (field_vector_force((enum field_level)level)) {
            print_level((enum field_level)level);
        }
    }
    bool good = field_vector_force(best);
    assert(good);
}

/* ---- Parties */

#define OPERATION_LIST(X)                                                                          \
    X(OPERATION_OWNER, "owner: share, encrypt, hash, commit")                                      \
    X(OPERATION_CHECK, "server, per owner: check a delivery")                                      \
    X(OPERATION_DECRYPT, "server, per owner: decrypt")                                             \
    X(OPERATION_VALUE, "server, per owner: value")                                                 \
    X(OPERATION_SUM, "server, per owner: sum")                                                     \
    X(OPERATION_SERVER, "server, per owner: all of these")                                         \
    X(OPERATION_DERIVE, "server, per owner: derive (j <= t)")                                      \
    X(OPERATION_COMMITMENTS, "validator: 100 commitments")                                         \
    X(OPERATION_AGGREGATE, "validator: decide and aggregate")                                      \
    X(OPERATION_VALIDATOR, "validator: both")

#define OPERATION_ENUM(name, text) name,
enum operation { OPERATION_LIST(OPERATION_ENUM) };
#undef OPERATION_ENUM
#define OPERATION_TEXT(name, text) text,
static const char *const operation_texts[] = {OPERATION_LIST(OPERATION_TEXT)};
#undef OPERATION_TEXT
#define OPERATION_COUNT ARRAY_COUNT(operation_texts)

struct bench {
    struct share_round round;
    struct public_key owner;
    struct share_commitment commitment;
    struct hash roots[SHARE_BLOBS_MAX];
    struct buffer blobs[SHARE_BLOBS_MAX];
    struct buffer wire;
    int64_t *vector;
    uint64_t *share;
    uint64_t *sum;
    struct hash key;
    struct field_ext total;
    double samples[OPERATION_COUNT][RUNS];
    unsigned run;
};

/* The time since `begin` belongs to this operation; returns the present time. */
static double took(struct bench *bench, enum operation operation, double begin)
{
    double end = now_ms();
    bench->samples[operation][bench->run] = end - begin;
    return now_ms();
}

static void bench_owner(struct bench *bench)
{
    static struct share_owner sharer;
    static const uint8_t zeros[32];
    struct secret_key ephemeral = key_of(999);
    for (unsigned i = 0; i < SERVERS - DEGREE; i++) {
        bench->blobs[i].size = 0;
    }
    double begin = now_ms();
    enum share_status status =
        share_owner_init(&sharer, &bench->round, &bench->owner, &ephemeral, zeros);
    assert(status == SHARE_OK);
    share_owner_add(&sharer, bench->vector, bench->round.dimension, bench->blobs);
    share_owner_finish(&sharer, bench->blobs, bench->roots, &bench->commitment, zeros);
    share_owner_close(&sharer);
    (void)took(bench, OPERATION_OWNER, begin);
}

static void bench_server(struct bench *bench)
{
    struct share_delivery delivery;
    struct multilinear form;
    struct secret_key secret = key_of(2);
    uint32_t dimension = bench->round.dimension;
    bench->wire.size = 0;
    share_delivery_write(&bench->wire, bench->roots, SERVERS - DEGREE,
                         buffer_bytes(&bench->blobs[0]));
    aggregate_decide_form(&form, &bench->key, dimension);
    double start = now_ms();
    enum share_status status =
        share_delivery_read(&delivery, &bench->round, buffer_bytes(&bench->wire), NULL);
    assert(status == SHARE_OK);
    status = share_delivery_check(&delivery, &bench->round, &bench->owner, &bench->commitment, 2);
    assert(status == SHARE_OK);
    double begin = took(bench, OPERATION_CHECK, start);
    bool good = share_server_key(&bench->key, &bench->round, &bench->owner,
                                 &bench->commitment.ephemeral, 2, &secret) &&
                share_open(bench->share, delivery.ciphertext, &bench->key);
    assert(good);
    begin = took(bench, OPERATION_DECRYPT, begin);
    struct field_ext value = aggregate_owner_value(&form, bench->share, dimension);
    aggregate_fold(&bench->total, aggregate_gamma(&bench->key, &bench->owner), value);
    begin = took(bench, OPERATION_VALUE, begin);
    aggregate_add(bench->sum, bench->share, dimension);
    (void)took(bench, OPERATION_SUM, begin);
    begin = took(bench, OPERATION_SERVER, start);
    share_derive(bench->share, share_count(&bench->round), &bench->key);
    (void)took(bench, OPERATION_DERIVE, begin);
    multilinear_close(&form);
}

/* Commitments, decide, aggregate. The values posted are those of a constant polynomial. */
static void bench_validator(struct bench *bench)
{
    uint32_t dimension = bench->round.dimension;
    const struct hash *context = &bench->round.context;
    struct shamir_values values = {0};
    struct multilinear form;
    struct hash root;
    uint8_t *aggregate = memory_new(FIELD_SIZE * dimension);
    field_write_all(aggregate, bench->sum, dimension);
    struct bytes blob = {aggregate, FIELD_SIZE * dimension};
    double start = now_ms();
    for (unsigned i = 0; i < OWNERS; i++) {
        bool valid = share_commitment_valid(&bench->commitment, context, &bench->owner);
        assert(valid);
    }
    double begin = took(bench, OPERATION_COMMITMENTS, start);
    merkle_blob_root(&root, blob);
    aggregate_check_form(&form, context, dimension);
    struct field_ext claimed;
    uint32_t off;
    bool good = aggregate_evaluate(&claimed, &form, blob, dimension, NULL);
    for (unsigned server = 1; server <= SERVERS; server++) {
        shamir_values_set(&values, server, claimed);
    }
    good = good && aggregate_decide(&values, DEGREE, 0) == AGGREGATE_ACCEPTED &&
           aggregate_check(&values, DEGREE, 0, claimed, &off) == AGGREGATE_ACCEPTED;
    assert(good);
    (void)took(bench, OPERATION_AGGREGATE, begin);
    (void)took(bench, OPERATION_VALIDATOR, start);
    multilinear_close(&form);
    free(aggregate);
}

static void bench_init(struct bench *bench, uint32_t dimension)
{
    struct secret_key identity = key_of(500);
    bench->round.dimension = dimension;
    bench->round.server_count = SERVERS;
    bench->round.degree = DEGREE;
    for (unsigned server = 1; server <= SERVERS; server++) {
        struct secret_key secret = key_of(server);
        point_of(&bench->round.servers[server - 1], &secret);
    }
    public_key_of(&bench->owner, &identity);
    bench->vector = memory_new(sizeof(*bench->vector) * dimension);
    bench->share = memory_new(sizeof(*bench->share) * share_count(&bench->round));
    bench->sum = memory_new(sizeof(*bench->sum) * dimension);
    for (uint32_t k = 0; k < dimension; k++) {
        bench->vector[k] = (int64_t)(k * 2654435761U % 2097152U) - 1048576;
    }
    for (unsigned i = 0; i < SERVERS - DEGREE; i++) {
        buffer_reserve(&bench->blobs[i], share_blob_size(&bench->round));
    }
}

static void bench_close(struct bench *bench)
{
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&bench->blobs[i]);
    }
    buffer_close(&bench->wire);
    free(bench->vector);
    free(bench->share);
    free(bench->sum);
}

static void bench_dimension(uint32_t dimension)
{
    static struct bench bench;
    bench = (struct bench){0};
    bench_init(&bench, dimension);
    for (; bench.run < RUNS; bench.run++) {
        bench_owner(&bench);
        bench_server(&bench);
        bench_validator(&bench);
    }
    printf("d = %u, (S, t) = (%d, %d)\n", dimension, SERVERS, DEGREE);
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        printf("  %-36s %9.3f ms\n", operation_texts[i], median(bench.samples[i]));
    }
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    unsigned long dimension_max = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    print_machine();
    bench_primitives();
    for (unsigned level = 0; level < FIELD_LEVEL_COUNT; level++) {
        if (!field_vector_force((enum field_level)level)) {
            continue;
        }
        merkle_lanes_allow(level >= FIELD_LEVEL_AVX512);
        printf("%s\n", field_level_text((enum field_level)level));
        for (uint32_t dimension = 1000; dimension <= dimension_max; dimension *= 10) {
            bench_dimension(dimension);
        }
    }
    return EXIT_SUCCESS;
}
