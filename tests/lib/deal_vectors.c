/* Vectors of the dealing of keys for pairwise distances: pv-snip 6c. */
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/zero_deal.h"
#include "tests/lib/check_run.h"
#include "tests/lib/pvsnip_vectors.h"

static const uint8_t zeros[32];

static void put_dealer(struct buffer *out, const struct share_round *round, unsigned j,
                       uint32_t active)
{
    struct zero_deal about = {.round = round, .active = active, .server = j};
    struct share_commitment commitment;
    struct buffer keys = {0};
    struct secret_key account;
    uint8_t seed[XOF_SEED_SIZE] = {3, (uint8_t)j};
    bool valid = secret_key_init(&account, seed);
    ck_assert(valid);
    public_key_of(&about.dealer, &account);
    zero_deal_make(&keys, &commitment, &about, seed, zeros);
    pvsnip_put(out, "dealer", j, 0, BYTES_OF(about.dealer));
    pvsnip_put(out, "EK", j, 0, BYTES_OF(commitment.ephemeral));
    pvsnip_put(out, "keys", j, 0, buffer_bytes(&keys));
    pvsnip_put(out, "root", j, 0, BYTES_OF(commitment.root));
    pvsnip_put(out, "pok", j, 0, BYTES_OF(commitment.proof));
    buffer_close(&keys);
}

/* The last server shows what dealer 2 gave it of the first of its sets, that of server 1 and others. */
static void put_opening(struct buffer *out, const struct share_round *round, uint32_t active,
                        const struct secret_key *member_key)
{
    struct zero_deal about = {.round = round, .active = active, .server = 2};
    struct zero_deal_opening opening = {.member = round->server_count};
    struct share_commitment commitment;
    struct buffer keys = {0};
    struct secret_key account;
    uint8_t seed[XOF_SEED_SIZE] = {3, 2};
    bool valid = secret_key_init(&account, seed);
    ck_assert(valid);
    public_key_of(&about.dealer, &account);
    zero_deal_make(&keys, &commitment, &about, seed, zeros);
    about.ephemeral = commitment.ephemeral;
    bool shown = zero_deal_show(&opening, &about, member_key, zeros);
    ck_assert(shown);
    pvsnip_put(out, "D_2", round->server_count, 0, BYTES_OF(opening.shared));
    pvsnip_put(out, "dleq_2", round->server_count, 0, BYTES_OF(opening.proof));
    buffer_close(&keys);
}

/* All servers deal that have to, but for those that are not in `active`. */
static void write_deals(struct buffer *out, unsigned server_count, unsigned degree, uint32_t active)
{
    struct share_round round = {
        .dimension = 64, .server_count = (uint8_t)server_count, .degree = (uint8_t)degree};
    struct secret_key secret;
    uint64_t state = 77 + server_count;
    check_random_fill(&state, round.context.bytes, 32);
    buffer_format(out, "servers = %u\ndegree = %u\nactive = %u\n", server_count, degree, active);
    pvsnip_put(out, "ctx", 0, 0, BYTES_OF(round.context));
    for (unsigned j = 1; j <= server_count; j++) {
        const uint8_t random32[32] = {5, (uint8_t)j};
        bool valid = secret_key_init(&secret, random32);
        ck_assert(valid);
        point_of(&round.servers[j - 1], &secret);
        pvsnip_put(out, "sk", j, 0, BYTES_OF(secret));
        pvsnip_put(out, "PK", j, 0, BYTES_OF(round.servers[j - 1]));
    }
    for (unsigned j = 1; j <= server_count; j++) {
        if (zero_deal_size(&round, j, active) > 0) {
            put_dealer(out, &round, j, active);
        }
    }
    put_opening(out, &round, active, &secret);
}

void deal_vectors_4_1(struct buffer *out)
{
    write_deals(out, 4, 1, 0xf);
}

void deal_vectors_7_2(struct buffer *out)
{
    write_deals(out, 7, 2, 0x7b); /* server 3 has left */
}
