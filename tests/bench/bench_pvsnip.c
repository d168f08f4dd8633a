/* What PV-SNIP costs an owner, a server and a validator on this machine, one core, and the primitives of
 * the same run. Each figure is a median of CPU time; memory was touched before it is measured. As in the
 * wallet and the server, what is as long as the model is worked on in pieces that stay in the cache.
 * An argument is the largest dimension, 10^6 without one. tests/bench/plot.py draws what it prints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/field_vector.h"
#include "crypto/justify.h"
#include "crypto/merkle_lanes.h"
#include "crypto/norm_prove.h"
#include "crypto/norm_server.h"
#include "crypto/share_reader.h"

#define SERVERS          4
#define DEGREE           1
#define OWNERS           100
#define ROWS             100
#define BOUND            (1 << 20)
#define RUNS             7       /* of which the first is not counted */
#define LARGE            2000000 /* from here on, the widest level only */
#define GROWTH_DIMENSION 100000  /* of the rounds that grow in owners */
#define BLOCK_COUNT      4096
#define BLOCK_TURNS      200

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
    static const unsigned lanes[] = {1, 2, 16};
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
    for (size_t i = 0; i < ARRAY_COUNT(lanes); i++) {
        merkle_lanes_limit(lanes[i]);
        if (merkle_lanes() == lanes[i]) {
            printf("  root of a blob, %2u x    %6.0f MB/s\n", lanes[i],
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
    X(OPERATION_COMMIT, "owner: keys, share, encrypt, hash, commit")                               \
    X(OPERATION_WITNESS, "owner: project, bits")                                                   \
    X(OPERATION_AUX, "owner: share the auxiliary vector")                                          \
    X(OPERATION_PROVE, "owner: sumcheck")                                                          \
    X(OPERATION_OWNER, "owner: all of these")                                                      \
    X(OPERATION_ROUND, "server, per round: P, theta, q")                                           \
    X(OPERATION_CHECK, "server, per owner: check deliveries")                                      \
    X(OPERATION_FORM, "server, per owner: replay, coefficients")                                   \
    X(OPERATION_USE, "server, per owner: decrypt, value, sum")                                     \
    X(OPERATION_SERVER, "server, per owner: all of these")                                         \
    X(OPERATION_REPLAY, "validator: 100 replays and constants")                                    \
    X(OPERATION_SIGNATURES, "validator: 300 signatures")                                           \
    X(OPERATION_AGGREGATE, "validator: aggregate")                                                 \
    X(OPERATION_VALIDATOR, "validator: round of 100 owners")                                       \
    X(OPERATION_JUSTIFY, "validator: one JUSTIFY")

#define OPERATION_ENUM(name, text) name,
enum operation { OPERATION_LIST(OPERATION_ENUM) };
#undef OPERATION_ENUM
#define OPERATION_TEXT(name, text) text,
static const char *const operation_texts[] = {OPERATION_LIST(OPERATION_TEXT)};
#undef OPERATION_TEXT
#define OPERATION_COUNT ARRAY_COUNT(operation_texts)

struct bench {
    struct norm_layout layout;
    struct share_round round;
    struct public_key owner;
    struct secret_key ephemeral;
    struct share_commitment commitment;
    struct share_auxiliary auxiliary;
    struct norm_proof proof;
    struct hash beacon; /* 1, and 2, and 3 */
    struct hash roots[SHARE_BLOBS_MAX];
    struct hash roots2[SHARE_BLOBS_MAX];
    struct buffer pieces[SHARE_BLOBS_MAX]; /* the owner's */
    struct buffer blobs[SHARE_BLOBS_MAX];  /* what the servers got */
    struct buffer blobs2[SHARE_BLOBS_MAX];
    struct buffer wire;
    struct buffer wire2;
    int64_t *vector;
    uint64_t *aux;
    uint64_t *share; /* a piece of x, or aux */
    uint64_t *q_a;   /* of a piece */
    uint64_t *q_b;
    uint64_t *sum;
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

static struct norm_statement statement_of(const struct bench *bench)
{
    return (struct norm_statement){
        .context = bench->round.context,
        .owner = bench->owner,
        .root = bench->commitment.root,
        .beacon = bench->beacon,
    };
}

#define PIECE PRG_SEGMENT_COUNT

static size_t piece_count(const struct bench *bench, size_t at)
{
    size_t left = bench->round.dimension - at;
    return left < PIECE ? left : PIECE;
}

/* Ciphertexts of x to `blobs`, which keep one piece each unless `whole`. */
static void write_x(struct bench *bench, const struct share_keys *keys, struct buffer *blobs,
                    bool whole)
{
    static struct share_writer writer;
    struct share_label label = share_label_x();
    share_writer_init(&writer, &bench->round, keys, &label);
    for (size_t at = 0; at < bench->round.dimension; at += PIECE) {
        for (unsigned i = 0; !whole && i < SERVERS - DEGREE; i++) {
            blobs[i].size = 0;
        }
        share_writer_add_signed(&writer, bench->vector + at, piece_count(bench, at), blobs);
    }
    share_writer_finish(&writer, bench->roots);
}

static void write_aux(struct bench *bench, const struct share_keys *keys)
{
    static struct share_writer writer;
    struct share_label label = share_label_aux(bench->proof.nonce2);
    for (unsigned i = 0; i < SERVERS - DEGREE; i++) {
        bench->blobs2[i].size = 0;
    }
    share_writer_init(&writer, &bench->round, keys, &label);
    share_writer_add(&writer, bench->aux, bench->layout.aux_count, bench->blobs2);
    share_writer_finish(&writer, bench->roots2);
}

static void bench_owner(struct bench *bench)
{
    static const uint8_t zeros[32];
    struct share_keys keys;
    double start = now_ms();
    share_keys_make(&keys, &bench->round, &bench->owner, &bench->ephemeral);
    write_x(bench, &keys, bench->pieces, false);
    share_commit(&bench->commitment, &bench->round, &bench->owner, &bench->ephemeral, bench->roots,
                 zeros);
    double begin = took(bench, OPERATION_COMMIT, start);
    struct norm_witness witness = {
        .layout = &bench->layout, .statement = statement_of(bench), .vector = bench->vector};
    enum norm_prove_status status = norm_witness_make(bench->aux, &witness);
    assert(status == NORM_PROVE_OK);
    norm_nonce(bench->proof.nonce2, &witness);
    begin = took(bench, OPERATION_WITNESS, begin);
    write_aux(bench, &keys);
    bench->auxiliary.root = bench->commitment.root;
    bench->auxiliary.beacon = bench->beacon;
    memcpy(bench->auxiliary.nonce2, bench->proof.nonce2, sizeof(bench->auxiliary.nonce2));
    share_root2(&bench->proof.root2, &bench->round.context, &bench->owner, &bench->auxiliary,
                bench->roots2, SERVERS - DEGREE);
    bench->auxiliary.root2 = bench->proof.root2;
    begin = took(bench, OPERATION_AUX, begin);
    norm_prove(&bench->proof, &witness, bench->aux);
    (void)took(bench, OPERATION_PROVE, begin);
    (void)took(bench, OPERATION_OWNER, start);
}

static bool check_delivery(struct share_sealed *sealed, const struct bench *bench,
                           struct bytes wire)
{
    size_t list = sizeof(struct hash) * (SERVERS - DEGREE);
    bool good = true;
    share_sealed_init(sealed, &bench->round, (struct bytes){wire.data, list});
    for (size_t at = list; at < wire.size; at += PIECE * FIELD_SIZE) {
        size_t left = wire.size - at;
        size_t size = left < PIECE * FIELD_SIZE ? left : PIECE * FIELD_SIZE;
        good = share_sealed_add(sealed, (struct bytes){wire.data + at, size}) == SHARE_OK && good;
    }
    return good;
}

static void check_deliveries(struct bench *bench)
{
    struct share_sealed sealed;
    bool good = check_delivery(&sealed, bench, buffer_bytes(&bench->wire)) &&
                share_sealed_check_x(&sealed, &bench->round, &bench->owner, &bench->commitment,
                                     2) == SHARE_OK &&
                check_delivery(&sealed, bench, buffer_bytes(&bench->wire2)) &&
                share_sealed_check_aux(&sealed, &bench->round, &bench->owner, &bench->auxiliary,
                                       2) == SHARE_OK;
    assert(good);
}

/* Decrypt, value and sum one piece of x. */
static struct field_ext use_x(struct bench *bench, const struct norm_form *form,
                              const struct hash *key, size_t at)
{
    size_t count = piece_count(bench, at);
    struct share_label label = share_label_x();
    struct share_reader reader;
    share_reader_init(&reader, &bench->round, key, &label, 2, (uint32_t)(at / PIECE));
    bool good = share_reader_next(
        &reader, bench->share, count,
        (struct bytes){bench->blobs[0].data + FIELD_SIZE * at, FIELD_SIZE * count});
    assert(good);
    share_reader_close(&reader);
    field_vector_add(bench->sum + at, bench->share, count);
    return norm_form_x(form, bench->share, at, count, bench->q_a, bench->q_b);
}

static struct field_ext use_aux(struct bench *bench, const struct norm_form *form,
                                const struct hash *key)
{
    struct share_label label = share_label_aux(bench->proof.nonce2);
    struct share_reader reader;
    share_reader_init(&reader, &bench->round, key, &label, 2, 0);
    bool good = share_reader_next(&reader, bench->share, bench->layout.aux_count,
                                  buffer_bytes(&bench->blobs2[0]));
    assert(good);
    share_reader_close(&reader);
    return norm_form_aux(form, bench->share);
}

/* P and q of a piece, then what each owner has there. All owners are the same one. */
static void use_shares(struct bench *bench, const struct norm_round *round,
                       const struct norm_form *form, unsigned owners)
{
    struct hash key;
    struct secret_key secret = key_of(2);
    struct field_ext value = {0};
    double *round_ms = &bench->samples[OPERATION_ROUND][bench->run];
    double *use_ms = &bench->samples[OPERATION_USE][bench->run];
    double begin = now_ms();
    for (unsigned i = 0; i < owners; i++) {
        bool good = share_key_of_server(&key, &bench->round, &bench->owner,
                                        &bench->commitment.ephemeral, 2, &secret);
        assert(good);
        value = field_ext_add(value, use_aux(bench, form, &key));
    }
    *use_ms = now_ms() - begin;
    for (size_t at = 0; at < bench->round.dimension; at += PIECE) {
        begin = now_ms();
        norm_round_stretch(round, bench->q_a, bench->q_b, at, piece_count(bench, at));
        double made = now_ms();
        for (unsigned i = 0; i < owners; i++) {
            value = field_ext_add(value, use_x(bench, form, &key, at));
        }
        *round_ms += made - begin;
        *use_ms += now_ms() - made;
    }
    aggregate_fold(&bench->total, aggregate_gamma(&bench->beacon, &bench->owner), value);
}

static void bench_server(struct bench *bench, unsigned owners)
{
    struct norm_round round;
    struct norm_replay replay;
    struct norm_form form;
    struct norm_statement statement = statement_of(bench);
    double *samples[OPERATION_COUNT];
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        samples[i] = &bench->samples[i][bench->run];
    }
    bench->wire.size = 0;
    bench->wire2.size = 0;
    share_sealed_write(&bench->wire, bench->roots, SERVERS - DEGREE,
                       buffer_bytes(&bench->blobs[0]));
    share_sealed_write(&bench->wire2, bench->roots2, SERVERS - DEGREE,
                       buffer_bytes(&bench->blobs2[0]));
    double begin = now_ms();
    norm_round_init(&round, &bench->layout, &bench->beacon, &bench->beacon, NULL, false);
    begin = took(bench, OPERATION_ROUND, begin);
    for (unsigned i = 0; i < owners; i++) {
        check_deliveries(bench);
    }
    begin = took(bench, OPERATION_CHECK, begin);
    for (unsigned i = 0; i < owners; i++) {
        if (i > 0) {
            norm_form_close(&form);
        }
        norm_replay(&replay, &bench->layout, &statement, &bench->proof);
        norm_form_init(&form, &round, &replay);
    }
    (void)took(bench, OPERATION_FORM, begin);
    use_shares(bench, &round, &form, owners);
    *samples[OPERATION_SERVER] =
        *samples[OPERATION_CHECK] + *samples[OPERATION_FORM] + *samples[OPERATION_USE];
    norm_form_close(&form);
    norm_round_close(&round);
}

/* The first server has no ciphertext: its blobs are derived. */
static void bench_justify(struct bench *bench)
{
    static const uint8_t zeros[32];
    struct norm_round round;
    struct norm_replay replay;
    struct norm_form form;
    struct norm_statement statement = statement_of(bench);
    struct justify_case about = {
        &bench->round,          bench->owner, bench->commitment, bench->auxiliary, 2,
        bench->layout.aux_count};
    struct justify_opening opening;
    struct secret_key secret = key_of(2);
    struct field_ext value;
    bool good = justify_open_server(&opening, &about, &secret, zeros);
    memcpy(opening.roots, bench->roots, sizeof(opening.roots));
    memcpy(opening.roots2, bench->roots2, sizeof(opening.roots2));
    double begin = now_ms();
    norm_round_init(&round, &bench->layout, &bench->beacon, &bench->beacon, NULL, false);
    norm_replay(&replay, &bench->layout, &statement, &bench->proof);
    norm_form_init(&form, &round, &replay);
    good = justify_value(&value, &about, &opening, buffer_bytes(&bench->blobs[0]),
                         buffer_bytes(&bench->blobs2[0]), &form) == JUSTIFY_OK &&
           good;
    assert(good);
    (void)took(bench, OPERATION_JUSTIFY, begin);
    norm_form_close(&form);
    norm_round_close(&round);
}

static struct field_ext replay_all(const struct bench *bench, const struct norm_theta *theta,
                                   unsigned owners)
{
    struct norm_statement statement = statement_of(bench);
    struct field_ext constant = {0};
    for (unsigned i = 0; i < owners; i++) {
        struct norm_replay replay;
        norm_replay(&replay, &bench->layout, &statement, &bench->proof);
        struct norm_outcome outcome = norm_outcome_of(&replay, &bench->proof);
        aggregate_fold(&constant, aggregate_gamma(&bench->beacon, &bench->owner),
                       norm_constant(&bench->layout, theta, &outcome));
    }
    return constant;
}

/* Replays, signatures of COMMIT, its proof of possession and PROVE, decide, aggregate. The values posted are
 * those of a constant polynomial. */
static void bench_validator(struct bench *bench, unsigned owners)
{
    uint32_t dimension = bench->round.dimension;
    struct shamir_values values = {0};
    struct norm_theta theta;
    struct multilinear form;
    struct hash root;
    uint8_t *aggregate = memory_new(FIELD_SIZE * dimension);
    field_write_all(aggregate, bench->sum, dimension);
    struct bytes blob = {aggregate, FIELD_SIZE * dimension};
    double start = now_ms();
    norm_theta_draw(&theta, &bench->layout, &bench->beacon);
    struct field_ext constant = replay_all(bench, &theta, owners);
    for (unsigned server = 1; server <= SERVERS; server++) {
        shamir_values_set(&values, server, field_ext_sub(field_ext_of(0), constant));
    }
    bool good = norm_decide(&values, DEGREE, 0, constant) == NORM_ACCEPTED;
    double begin = took(bench, OPERATION_REPLAY, start);
    for (unsigned i = 0; i < 3 * owners; i++) {
        good = share_commitment_valid(&bench->commitment, &bench->round.context, &bench->owner) &&
               good;
    }
    begin = took(bench, OPERATION_SIGNATURES, begin);
    merkle_blob_root(&root, blob);
    aggregate_check_form(&form, &bench->beacon, dimension);
    struct field_ext claimed;
    uint32_t off;
    good = aggregate_evaluate(&claimed, &form, blob, dimension, NULL) && good;
    for (unsigned server = 1; server <= SERVERS; server++) {
        shamir_values_set(&values, server, claimed);
    }
    good = good && aggregate_check(&values, DEGREE, 0, claimed, &off) == AGGREGATE_ACCEPTED;
    assert(good);
    (void)took(bench, OPERATION_AGGREGATE, begin);
    (void)took(bench, OPERATION_VALIDATOR, start);
    multilinear_close(&form);
    free(aggregate);
}

static void init_layout(struct bench *bench, uint32_t dimension)
{
    struct norm_params params = {
        .dimension = dimension,
        .bound = BOUND,
        .server_count = SERVERS,
        .degree = DEGREE,
        .rows = ROWS,
        .sketch_rows = ROWS,
        .owners_min = 3,
        .owners_max = OWNERS,
    };
    enum norm_status status = norm_layout_init(&bench->layout, &params);
    assert(status == NORM_OK);
}

static void bench_init(struct bench *bench, uint32_t dimension)
{
    struct secret_key identity = key_of(500);
    init_layout(bench, dimension);
    bench->ephemeral = key_of(999);
    bench->round.dimension = dimension;
    bench->round.server_count = SERVERS;
    bench->round.degree = DEGREE;
    for (unsigned server = 1; server <= SERVERS; server++) {
        struct secret_key secret = key_of(server);
        point_of(&bench->round.servers[server - 1], &secret);
    }
    public_key_of(&bench->owner, &identity);
    bench->vector = memory_new(sizeof(*bench->vector) * dimension);
    bench->aux = memory_new(sizeof(*bench->aux) * bench->layout.aux_count);
    bench->share = memory_new(sizeof(*bench->share) * (PIECE + bench->layout.aux_count));
    bench->q_a = memory_new(sizeof(*bench->q_a) * PIECE);
    bench->q_b = memory_new(sizeof(*bench->q_b) * PIECE);
    bench->sum = memory_new(sizeof(*bench->sum) * dimension);
    int64_t size = 1; /* entries of up to 2 B / sqrt(d) */
    while (size * size * dimension < (int64_t)BOUND * BOUND) {
        size++;
    }
    for (uint32_t k = 0; k < dimension; k++) {
        bench->vector[k] = (int64_t)(k * UINT32_C(2654435761) % (2 * (uint32_t)size)) - size;
    }
    for (unsigned i = 0; i < SERVERS - DEGREE; i++) {
        buffer_reserve(&bench->blobs[i], FIELD_SIZE * (size_t)dimension);
        buffer_reserve(&bench->blobs2[i], FIELD_SIZE * (size_t)bench->layout.aux_count);
    }
    struct share_keys keys;
    share_keys_make(&keys, &bench->round, &bench->owner, &bench->ephemeral);
    write_x(bench, &keys, bench->blobs, true);
}

static void bench_close(struct bench *bench)
{
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&bench->pieces[i]);
        buffer_close(&bench->blobs[i]);
        buffer_close(&bench->blobs2[i]);
    }
    buffer_close(&bench->wire);
    buffer_close(&bench->wire2);
    free(bench->vector);
    free(bench->aux);
    free(bench->share);
    free(bench->q_a);
    free(bench->q_b);
    free(bench->sum);
}

static void bench_dimension(uint32_t dimension)
{
    static struct bench bench;
    bench = (struct bench){0};
    bench_init(&bench, dimension);
    for (; bench.run < RUNS; bench.run++) {
        bench_owner(&bench);
        bench_server(&bench, 1);
        bench_justify(&bench);
        bench_validator(&bench, OWNERS);
    }
    printf("d = %u, (S, t) = (%d, %d), r = k = %d\n", dimension, SERVERS, DEGREE, ROWS);
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        printf("  %-44s %9.3f ms\n", operation_texts[i], median(bench.samples[i]));
    }
    bench_close(&bench);
}

/* A whole round of n owners, one core: what a server does, P and q once and each owner's part, and what a
 * validator does. */
static void bench_owners(unsigned owners)
{
    static struct bench bench;
    double server[RUNS];
    bench = (struct bench){0};
    bench_init(&bench, GROWTH_DIMENSION);
    bench_owner(&bench);
    for (; bench.run < RUNS; bench.run++) {
        bench_server(&bench, owners);
        server[bench.run] =
            bench.samples[OPERATION_ROUND][bench.run] + bench.samples[OPERATION_SERVER][bench.run];
        bench_validator(&bench, owners);
    }
    printf("n = %u, d = %d\n", owners, GROWTH_DIMENSION);
    printf("  %-44s %9.3f ms\n", "server: round of n owners", median(server));
    printf("  %-44s %9.3f ms\n", "validator: round of n owners",
           median(bench.samples[OPERATION_VALIDATOR]));
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    static const unsigned lanes[FIELD_LEVEL_COUNT] = {1, 2, MERKLE_LANES_MAX, MERKLE_LANES_MAX};
    unsigned long dimension_max = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    enum field_level widest = field_vector_level();
    print_machine();
    bench_primitives();
    for (unsigned level = 0; level < FIELD_LEVEL_COUNT; level++) {
        if (!field_vector_force((enum field_level)level)) {
            continue;
        }
        merkle_lanes_limit(lanes[level]);
        printf("%s\n", field_level_text((enum field_level)level));
        for (uint32_t dimension = 1000; dimension <= dimension_max; dimension *= 10) {
            if (dimension < LARGE || level == widest) {
                bench_dimension(dimension);
            }
        }
    }
    for (unsigned owners = 10; dimension_max >= GROWTH_DIMENSION && owners <= 1000; owners *= 10) {
        bench_owners(owners);
    }
    return EXIT_SUCCESS;
}
