/* What the aggregation costs an owner, a server and a validator on this machine, one core. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/share_owner.h"
#include "crypto/share_server.h"

#define SERVERS 4
#define DEGREE  1

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

struct bench {
    struct share_round round;
    struct public_key owner;
    struct share_commitment commitment;
    struct hash roots[SHARE_BLOBS_MAX];
    struct buffer blobs[SHARE_BLOBS_MAX];
    uint64_t *share;
    uint64_t *sum;
};

static void bench_owner(struct bench *bench)
{
    static struct share_owner sharer;
    static const uint8_t zeros[32];
    uint32_t dimension = bench->round.dimension;
    int64_t *vector = memory_new(sizeof(*vector) * dimension);
    for (uint32_t k = 0; k < dimension; k++) {
        vector[k] = (int64_t)(k * 2654435761U % 2097152U) - 1048576;
    }
    for (unsigned i = 0; i < SERVERS - DEGREE; i++) {
        buffer_reserve(&bench->blobs[i], share_blob_size(&bench->round));
    }
    struct secret_key ephemeral = key_of(999);
    double begin = now_ms();
    enum share_status status =
        share_owner_init(&sharer, &bench->round, &bench->owner, &ephemeral, zeros);
    assert(status == SHARE_OK);
    share_owner_add(&sharer, vector, dimension, bench->blobs);
    share_owner_finish(&sharer, bench->blobs, bench->roots, &bench->commitment, zeros);
    share_owner_close(&sharer);
    printf("  owner: share, encrypt, hash, commit   %9.3f ms\n", now_ms() - begin);
    free(vector);
}

static void bench_server(struct bench *bench)
{
    struct share_delivery delivery;
    struct buffer wire = {0};
    struct hash key;
    struct multilinear form;
    struct secret_key secret = key_of(2);
    uint32_t dimension = bench->round.dimension;
    share_delivery_write(&wire, bench->roots, SERVERS - DEGREE, buffer_bytes(&bench->blobs[0]));
    double begin = now_ms();
    enum share_status status =
        share_delivery_read(&delivery, &bench->round, buffer_bytes(&wire), NULL);
    assert(status == SHARE_OK);
    status = share_delivery_check(&delivery, &bench->round, &bench->owner, &bench->commitment, 2);
    assert(status == SHARE_OK);
    printf("  server, per owner: check a delivery   %9.3f ms\n", now_ms() - begin);
    begin = now_ms();
    bool good = share_server_key(&key, &bench->round, &bench->owner, &bench->commitment.ephemeral,
                                 2, &secret) &&
                share_open(bench->share, delivery.ciphertext, &key);
    assert(good);
    printf("  server, per owner: decrypt            %9.3f ms\n", now_ms() - begin);
    begin = now_ms();
    share_derive(bench->share, share_count(&bench->round), &key);
    printf("  server, per owner: derive (j <= t)    %9.3f ms\n", now_ms() - begin);
    struct field_ext total = {0};
    aggregate_decide_form(&form, &key, dimension);
    begin = now_ms();
    struct field_ext value = aggregate_owner_value(&form, bench->share, dimension);
    aggregate_fold(&total, aggregate_gamma(&key, &bench->owner), value);
    aggregate_add(bench->sum, bench->share, dimension);
    printf("  server, per owner: value and sum      %9.3f ms\n", now_ms() - begin);
    multilinear_close(&form);
    buffer_close(&wire);
}

/* Commitments, decide, aggregate. The values posted are those of a constant polynomial. */
static void bench_validator(const struct bench *bench, unsigned owner_count)
{
    uint32_t dimension = bench->round.dimension;
    const struct hash *context = &bench->round.context;
    struct shamir_values values = {0};
    struct multilinear form;
    struct hash root;
    uint8_t *aggregate = memory_new(FIELD_SIZE * dimension);
    field_write_all(aggregate, bench->sum, dimension);
    struct bytes blob = {aggregate, FIELD_SIZE * dimension};
    double begin = now_ms();
    for (unsigned i = 0; i < owner_count; i++) {
        bool valid = share_commitment_valid(&bench->commitment, context, &bench->owner);
        assert(valid);
    }
    double commitments = now_ms() - begin;
    begin = now_ms();
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
    double checks = now_ms() - begin;
    printf("  validator, n = %-3u: commitments %9.3f ms, decide and aggregate %9.3f ms\n",
           owner_count, commitments, checks);
    multilinear_close(&form);
    free(aggregate);
}

static void bench_dimension(uint32_t dimension)
{
    struct bench bench = {.round = {.dimension = dimension}};
    struct secret_key identity = key_of(500);
    bench.round.server_count = SERVERS;
    bench.round.degree = DEGREE;
    for (unsigned server = 1; server <= SERVERS; server++) {
        struct secret_key secret = key_of(server);
        point_of(&bench.round.servers[server - 1], &secret);
    }
    public_key_of(&bench.owner, &identity);
    bench.share = memory_new(sizeof(uint64_t) * share_count(&bench.round));
    bench.sum = memory_new(sizeof(uint64_t) * dimension);
    printf("d = %u, (S, t) = (%d, %d)\n", dimension, SERVERS, DEGREE);
    bench_owner(&bench);
    bench_server(&bench);
    bench_validator(&bench, 10);
    bench_validator(&bench, 100);
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&bench.blobs[i]);
    }
    free(bench.share);
    free(bench.sum);
}

int main(void)
{
    print_machine();
    for (uint32_t dimension = 1000; dimension <= 1000000; dimension *= 10) {
        bench_dimension(dimension);
    }
    return EXIT_SUCCESS;
}
