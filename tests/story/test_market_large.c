/* A round with as many owners as there may be, through the fallback to its settlement: every operand
 * fits in a transaction, every value in the state, every event in the block's receipt. Shares are all
 * zero; the owners' records are written directly, with stakes of 0, so that no unit is made. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

#include "base/memory.h"
#include "market/opened.h"

static struct market_fixture chain;
static struct round_fixture party;
static struct opened proven;

static void seat_owners(void)
{
    struct round_work work;
    struct market_key key;
    uint8_t zeros[NORM_PROOF_SIZE_MAX] = {0};
    const struct proof_record proof = {.proof = {zeros, norm_proof_size(&party.layout)}};
    ck_assert(work_load(&work, chain.state, party.model, 1));
    work.round.joined = MARKET_OWNERS_MAX;
    work.round.committed = MARKET_OWNERS_MAX;
    work.round.proved = MARKET_OWNERS_MAX;
    work.round.phase = PHASE_PROVE;
    for (uint16_t i = 0; i < MARKET_OWNERS_MAX; i++) {
        struct participant participant = {.status = PARTICIPANT_PROVED};
        struct hash hash;
        hash_plain(&hash, BYTES_OF(i));
        memcpy(&participant.owner_key, &hash, sizeof(participant.owner_key));
        address_of(&participant.owner, &participant.owner_key);
        participant.committed_height = chain.block.height;
        participant_store(&work, i, &participant);
        key_proof(&key, party.model, 1, i);
        record_store(chain.state, &key, &proof_record_schema, &proof);
    }
    work_store(&work);
    work_close(&work);
    round_fixture_until(&party, PHASE_ACK);
}

static void send_all(uint8_t native, const void *operand)
{
    for (int i = 0; i < 4; i++) {
        fixture_send(&chain, FIXTURE_SERVER_1 + i, native, operand, (struct bytes){0});
    }
    fixture_block(&chain);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(fixture_refusal(&chain, i).code, 0);
    }
}

static void decide(void)
{
    struct batch_value_operand value = {.model = party.model, .round = 1};
    for (int i = 0; i < 4; i++) {
        struct field_ext sum = field_ext_sub(field_ext_of(i == 3 ? 1 : 0), proven.batch);
        field_ext_write(value.value, sum);
        fixture_send(&chain, FIXTURE_SERVER_1 + i, NATIVE_BATCH_DECIDE, &value, (struct bytes){0});
    }
    fixture_block(&chain);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_FALLBACK);
}

static void open_values(void)
{
    size_t size = (size_t)MARKET_OWNERS_MAX * FIELD_EXT_SIZE;
    uint8_t *values = memory_new(size);
    for (uint32_t i = 0; i < MARKET_OWNERS_MAX; i++) {
        field_ext_write(values + i * FIELD_EXT_SIZE,
                        field_ext_sub(field_ext_of(0), proven.constants[i]));
    }
    const struct batch_fallback_operand operand = {party.model, 1, {values, size}};
    send_all(NATIVE_BATCH_FALLBACK, &operand);
    free(values);
    struct round record = round_fixture_record(&party);
    ck_assert_uint_eq(record.phase, PHASE_AGGREGATE);
    ck_assert_uint_eq(record.active, 7);
    ck_assert_uint_eq(record.accepted, MARKET_OWNERS_MAX);
}

static void aggregate(void)
{
    static const uint8_t sum[64 * FIELD_SIZE];
    struct batch_aggregate_operand operand = {.model = party.model, .round = 1};
    struct round_work work;
    struct owner_set owners;
    ck_assert(work_load(&work, chain.state, party.model, 1));
    owner_set_load(&owners, &work);
    for (uint32_t i = 1; i < owners.count; i++) {
        ck_assert_int_lt(memcmp(&owners.keys[i - 1], &owners.keys[i], 32), 0);
    }
    aggregate_set_hash(&operand.owners, owners.keys, owners.count);
    owner_set_close(&owners);
    work_close(&work);
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_SERVER_1, NATIVE_BATCH_AGGREGATE, &operand, BYTES_OF(sum)), 0);
    round_fixture_until(&party, PHASE_CHECK);
}

START_TEST(settles_with_as_many_owners_as_there_may_be)
{
    struct model_terms terms;
    struct round_work work;
    uint8_t bitmap[MARKET_OWNERS_MAX / 8];
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    terms.owners_max = MARKET_OWNERS_MAX;
    terms.reward = 10 * MARKET_OWNERS_MAX + 7;
    round_fixture_open(&party, &chain, &terms);
    seat_owners();
    memset(bitmap, 0xff, sizeof(bitmap));
    const struct batch_ack_operand ack = {party.model, 1, BYTES_OF(bitmap)};
    send_all(NATIVE_BATCH_ACK, &ack);
    round_fixture_until(&party, PHASE_DECIDE);
    ck_assert(work_load(&work, chain.state, party.model, 1));
    opened_load(&proven, &work);
    work_close(&work);
    decide();
    open_values();
    aggregate();
    const struct batch_value_operand zero = {.model = party.model, .round = 1};
    for (int i = 0; i < 3; i++) {
        fixture_send(&chain, FIXTURE_SERVER_1 + i, NATIVE_BATCH_CHECK, &zero, (struct bytes){0});
    }
    fixture_block(&chain);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_SETTLED);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_OWNER_PAID), MARKET_OWNERS_MAX);
    struct account account;
    struct participant first = round_fixture_participant(&party, 0);
    account_load(chain.state, &first.owner, &account);
    ck_assert_uint_eq(account.balance, 10);
    opened_close(&proven);
    round_fixture_close(&party);
    market_fixture_close(&chain);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("large");
    tcase_add_test(tests, settles_with_as_many_owners_as_there_may_be);
    return check_run("a round of 2000 owners", tests);
}
