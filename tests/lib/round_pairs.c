/* The keys that servers deal under MODE_PAIRS, and the distances that they mask with them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/sketch.h"
#include "tests/lib/round_fixture.h"

static int server_account(unsigned server)
{
    return FIXTURE_SERVER_1 + (int)server - 1;
}

static struct zero_deal dealing_of(const struct round_fixture *round, unsigned server,
                                   uint32_t active)
{
    return (struct zero_deal){.round = &round->shares,
                              .active = active,
                              .server = server,
                              .dealer = round->chain->keys[server_account(server)].public_key};
}

/* Is it there? Then `out` is whole, until the next write. */
static bool load_dealing(const struct round_fixture *round, struct zero_deal *out)
{
    struct market_key key;
    struct deal record;
    key_deal(&key, round->model, round->number, (uint8_t)out->server);
    bool known = record_load(round->chain->state, &key, &deal_schema, &record);
    out->ephemeral = record.ephemeral;
    out->keys = record.keys;
    return known;
}

void round_fixture_deal(struct round_fixture *round, unsigned server)
{
    struct zero_deal about = dealing_of(round, server, round_fixture_record(round).active);
    struct share_round cheated = round->shares;
    struct share_commitment commitment;
    struct buffer keys = {0};
    uint8_t seed[XOF_SEED_SIZE] = {9, (uint8_t)server, (uint8_t)(++round->deals)};
    seed[3] = (uint8_t)round->model;
    seed[4] = (uint8_t)round->number;
    if (zero_deal_size(&round->shares, server, about.active) == 0) {
        return;
    }
    for (unsigned m = 1; m <= round->terms.server_count; m++) {
        if (shamir_set_has(round->cheat[server - 1], m)) {
            cheated.servers[m - 1] = round->shares.servers[m == 1 ? 1 : 0];
        }
    }
    about.round = &cheated;
    zero_deal_make(&keys, &commitment, &about, seed, seed);
    const struct batch_deal_operand operand = {round->model, round->number, commitment.ephemeral,
                                               commitment.proof, buffer_bytes(&keys)};
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_DEAL, &operand,
                 (struct bytes){0});
    buffer_close(&keys);
}

void round_fixture_refute(struct round_fixture *round, unsigned server, unsigned dealer,
                          uint32_t set)
{
    static const uint8_t random32[32] = {4};
    struct zero_deal deal = dealing_of(round, dealer, round_fixture_record(round).dealt);
    struct zero_deal_opening opening = {.set = set, .member = server};
    struct secret_key secret;
    bool known = load_dealing(round, &deal);
    fixture_encryption_key(&secret, server);
    ck_assert(known);
    ck_assert(zero_deal_show(&opening, &deal, &secret, random32));
    struct deal_refute_operand operand = {.model = round->model,
                                          .round = round->number,
                                          .dealer = (uint8_t)dealer,
                                          .set = (uint16_t)set,
                                          .shared = opening.shared};
    memcpy(operand.challenge, opening.proof.challenge, sizeof(operand.challenge));
    memcpy(operand.response, opening.proof.response, sizeof(operand.response));
    fixture_send(round->chain, server_account(server), NATIVE_DEAL_REFUTE, &operand,
                 (struct bytes){0});
}

/* The keys of the server's own sets: those it dealt last are what is on the chain. */
static void take_own(const struct round_fixture *round, unsigned server, struct zero_sharing *into)
{
    struct round record = round_fixture_record(round);
    struct zero_deal deal = dealing_of(round, server, record.dealt);
    uint32_t set = 0;
    struct hash hash;
    ck_assert(load_dealing(round, &deal));
    for (unsigned deals = 1; deals <= round->deals; deals++) {
        uint8_t seed[XOF_SEED_SIZE] = {9, (uint8_t)server, (uint8_t)deals};
        seed[3] = (uint8_t)round->model;
        seed[4] = (uint8_t)round->number;
        for (unsigned i = into->count; i > 0; i--) {
            if (zero_sharing_dealer(into->sets[i - 1], record.dealt) == server) {
                set = into->sets[i - 1];
                zero_deal_key(into->keys[i - 1], &round->shares.context, seed, set);
                zero_sharing_key_hash(&hash, &round->shares.context, set, into->keys[i - 1]);
            }
        }
        if (memcmp(hash.bytes, deal.keys.data, sizeof(hash.bytes)) == 0) {
            return; /* the first set's key is what the dealing begins with */
        }
    }
    ck_abort_msg("server %u dealt nothing", server);
}

bool round_fixture_take_keys(struct round_fixture *round, unsigned server)
{
    struct round record = round_fixture_record(round);
    uint32_t dealers =
        zero_sharing_dealers(round->terms.server_count, round->terms.threshold, record.dealt) &
        ~(uint32_t)record.misdealt;
    if (round->zeros == NULL) {
        round->zeros = memory_new(MARKET_SERVERS_MAX * sizeof(*round->zeros));
    }
    struct zero_sharing *into = &round->zeros[server - 1];
    struct secret_key secret;
    fixture_encryption_key(&secret, server);
    zero_sharing_init(into, round->terms.server_count, round->terms.threshold);
    for (unsigned dealer = 1; dealer <= round->terms.server_count; dealer++) {
        struct zero_deal deal = dealing_of(round, dealer, record.dealt);
        uint32_t wrong = 0;
        if (!shamir_set_has(dealers, dealer)) {
            continue;
        }
        if (dealer == server) {
            take_own(round, server, into);
            continue;
        }
        ck_assert(load_dealing(round, &deal));
        ck_assert(zero_deal_open(into, &wrong, &deal, server, &secret));
        if (wrong != 0) {
            round_fixture_refute(round, server, dealer, wrong);
            return false;
        }
    }
    return true;
}

void round_fixture_deal_all(struct round_fixture *round)
{
    if (round_fixture_record(round).phase == PHASE_DEAL) {
        round_fixture_all(round, round_fixture_record(round).active, NATIVE_BATCH_DEAL);
        ck_assert_uint_eq(round_fixture_record(round).phase, PHASE_CONFIRM);
        round_fixture_all(round, round_fixture_record(round).active, NATIVE_BATCH_ACK);
    }
}

void round_fixture_pairs(const struct round_fixture *round, unsigned server, const unsigned *owners,
                         unsigned count, struct buffer *out)
{
    struct round record = round_fixture_record(round);
    uint16_t rows = round->terms.sketch_rows;
    uint64_t *sketches = memory_new((size_t)count * rows * sizeof(*sketches));
    uint64_t *x = memory_new(round->terms.dimension * sizeof(*x));
    uint64_t *aux = memory_new(round->layout.aux_count * sizeof(*aux));
    struct zero_sharing *zeros = &round->zeros[server - 1];
    struct public_key keys[ROUND_FIXTURE_OWNERS];
    struct hash set;
    for (unsigned i = 0; i < count; i++) {
        keys[i] = round->chain->keys[FIXTURE_OWNER_1 + (int)owners[i]].public_key;
        round_fixture_share(round, owners[i], server, x, aux);
        sketch_of_aux(sketches + (size_t)i * rows, &round->layout, aux);
    }
    aggregate_set_hash(&set, keys, count);
    zero_sharing_skip(zeros, record.dealt, record.misdealt);
    for (unsigned a = 0; a < count; a++) {
        for (unsigned b = a + 1; b < count; b++) {
            uint64_t distance =
                sketch_distance(sketches + (size_t)a * rows, sketches + (size_t)b * rows, rows);
            const struct zero_sharing_pair pair = {round->shares.context, set, (uint16_t)a,
                                                   (uint16_t)b};
            uint64_t mask = zero_sharing_value(zeros, server, &pair);
            round_fixture_element(out, field_add(distance, mask));
        }
    }
    free(aux);
    free(x);
    free(sketches);
}
