/* Every refusal of the market is produced at least once, by what a user could send; those of a model's
 * terms in test_terms_refusals.c, of governance in test_governance_refusals.c. */
#include "tests/lib/check_run.h"
#include "tests/lib/refusals.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

#include "market/publishers.h"

static struct market_fixture chain;
static struct round_fixture party;
static struct model_terms terms;

static const struct bytes none = {0};

static void expect(enum market_refusal_code code, int account, uint8_t native, const void *operand,
                   struct bytes sidecar)
{
    refusals_expect(&chain, code, account, native, operand, sidecar);
}

static void succeed(int account, uint8_t native, const void *operand)
{
    ck_assert_uint_eq(fixture_try(&chain, account, native, operand, none), 0);
}

static void accounts_and_roles(void)
{
    struct transfer_operand transfer = {*fixture_address(&chain, FIXTURE_OWNER_1), 0};
    expect(REFUSAL_AMOUNT_ZERO, FIXTURE_STRANGER, NATIVE_TRANSFER, &transfer, none);
    transfer.amount = 2 * (uint64_t)FIXTURE_BALANCE;
    expect(REFUSAL_BALANCE_TOO_SMALL, FIXTURE_STRANGER, NATIVE_TRANSFER, &transfer, none);

    struct role_set_operand role = {*fixture_address(&chain, FIXTURE_ADMIN), 0};
    expect(REFUSAL_ROLE_MISSING_ADMIN, FIXTURE_STRANGER, NATIVE_ROLE_SET, &role, none);
    expect(REFUSAL_ROLE_MISSING_ADMIN, FIXTURE_PUBLISHER, NATIVE_ROLE_SET, &role, none);
    expect(REFUSAL_ROLE_LAST_ADMIN, FIXTURE_ADMIN, NATIVE_ROLE_SET, &role, none);
    role.roles = 16;
    expect(REFUSAL_ROLE_UNKNOWN, FIXTURE_ADMIN, NATIVE_ROLE_SET, &role, none);
}

static void servers(void)
{
    struct server_register_operand operand;
    const struct empty_operand nothing = {0};
    fixture_registration(&chain, 1, &operand);
    expect(REFUSAL_ROLE_MISSING_SERVER, FIXTURE_STRANGER, NATIVE_SERVER_REGISTER, &operand, none);
    expect(REFUSAL_SERVER_PROOF_WRONG, FIXTURE_SERVER_1 + 1, NATIVE_SERVER_REGISTER, &operand,
           none);
    operand.stake--;
    expect(REFUSAL_SERVER_STAKE_TOO_SMALL, FIXTURE_SERVER_1, NATIVE_SERVER_REGISTER, &operand,
           none);
    fixture_registration(&chain, 1, &operand);
    operand.endpoint = bytes_of_text("http://host");
    expect(REFUSAL_SERVER_ENDPOINT, FIXTURE_SERVER_1, NATIVE_SERVER_REGISTER, &operand, none);
    fixture_registration(&chain, 1, &operand);
    operand.encryption_key.bytes[0] = 5;
    expect(REFUSAL_SERVER_KEY_INVALID, FIXTURE_SERVER_1, NATIVE_SERVER_REGISTER, &operand, none);
    expect(REFUSAL_SERVER_UNKNOWN, FIXTURE_SERVER_1, NATIVE_SERVER_LEAVE, &nothing, none);
    for (unsigned server = 1; server <= 6; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_registration(&chain, 1, &operand);
    expect(REFUSAL_SERVER_TWICE, FIXTURE_SERVER_1, NATIVE_SERVER_REGISTER, &operand, none);
}

/* Room for refusals in blocks of their own. */
static void roomy_terms(void)
{
    fixture_terms(&chain, &terms);
    terms.ack_window = 50;
    terms.prove_window = 50;
    terms.publish_window = 50;
    terms.claim_window = 50;
    terms.justify_window = 50;
    terms.values_window = 50;
    terms.decide_window = 50;
    terms.fallback_window = 50;
    terms.aggregate_window = 20;
}

static void set_rounds_open(uint64_t count)
{
    struct chain_record record;
    chain_load(chain.state, &record);
    record.rounds_open = count;
    chain_store(chain.state, &record);
}

static void count_rounds(bool opened)
{
    for (int i = 0; i < MARKET_ROUNDS_OF_ONE; i++) {
        publisher_count_round(chain.state, fixture_address(&chain, FIXTURE_PUBLISHER), opened);
    }
}

static void models_and_opening(void)
{
    expect(REFUSAL_ROLE_MISSING_PUBLISHER, FIXTURE_STRANGER, NATIVE_MODEL_PUBLISH, &terms, none);
    expect(REFUSAL_ROLE_MISSING_PUBLISHER, FIXTURE_OWNER_1, NATIVE_MODEL_PUBLISH, &terms, none);
    succeed(FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, &terms);
    const struct empty_operand nothing = {0};
    expect(REFUSAL_SERVER_BUSY, FIXTURE_SERVER_1, NATIVE_SERVER_LEAVE, &nothing, none);
    struct model_operand model = {9};
    expect(REFUSAL_MODEL_UNKNOWN, FIXTURE_PUBLISHER, NATIVE_MODEL_CLOSE, &model, none);
    model.model = 1;
    expect(REFUSAL_MODEL_NOT_OWNER, FIXTURE_STRANGER, NATIVE_MODEL_CLOSE, &model, none);
    struct round_open_operand open = {.model = 1, .round = 2};
    struct bytes file = BYTES_OF(open);
    expect(REFUSAL_ROUND_NUMBER, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, file);
    open.round = 1;
    struct role_set_operand role = {*fixture_address(&chain, FIXTURE_STRANGER), ROLE_PUBLISHER};
    succeed(FIXTURE_ADMIN, NATIVE_ROLE_SET, &role);
    expect(REFUSAL_MODEL_NOT_OWNER, FIXTURE_STRANGER, NATIVE_ROUND_OPEN, &open, file);
    role.roles = 0;
    succeed(FIXTURE_ADMIN, NATIVE_ROLE_SET, &role);
    expect(REFUSAL_ROUND_MODEL_FILE, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, none);
    struct round_open_operand padded = open;
    padded.pad_nonce[3] = 1;
    expect(REFUSAL_ROUND_PAD_UNUSED, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &padded, file);
    set_rounds_open(MARKET_ROUNDS_OPEN_MAX);
    expect(REFUSAL_ROUND_TOO_MANY, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, file);
    set_rounds_open(0);
    count_rounds(true);
    expect(REFUSAL_ROUND_TOO_MANY_OF_ONE, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, file);
    count_rounds(false);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, file), 0);
    expect(REFUSAL_MODEL_HAS_ROUND, FIXTURE_PUBLISHER, NATIVE_MODEL_CLOSE, &model, none);
    open.round = 2;
    expect(REFUSAL_MODEL_HAS_ROUND, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, file);
    struct round_operand unknown = {1, 2};
    expect(REFUSAL_ROUND_UNKNOWN, FIXTURE_OWNER_1, NATIVE_ROUND_JOIN, &unknown, none);
    fixture_blocks(&chain, 8); /* nobody came: aborted */
    succeed(FIXTURE_PUBLISHER, NATIVE_MODEL_CLOSE, &model);
    expect(REFUSAL_MODEL_IS_CLOSED, FIXTURE_PUBLISHER, NATIVE_MODEL_CLOSE, &model, none);
    succeed(FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, &terms); /* model 2, for unbonded() */
}

static void joining(void)
{
    struct model_terms dear = terms;
    dear.owner_stake = 2 * (uint64_t)FIXTURE_BALANCE;
    round_fixture_open(&party, &chain, &dear);
    struct round_operand round = {party.model, 1};
    expect(REFUSAL_JOIN_STAKE, FIXTURE_OWNER_1, NATIVE_ROUND_JOIN, &round, none);
    round_fixture_close(&party);

    terms.owners_max = 3;
    terms.commit_window = 100;
    round_fixture_open(&party, &chain, &terms);
    round.model = party.model;
    expect(REFUSAL_ROLE_MISSING_CONTRIBUTOR, FIXTURE_STRANGER, NATIVE_ROUND_JOIN, &round, none);
    for (unsigned owner = 0; owner < 3; owner++) {
        round_fixture_join(&party, owner);
        round_fixture_make(&party, owner, OWNER_HONEST);
    }
    fixture_block(&chain);
    expect(REFUSAL_JOIN_TWICE, FIXTURE_OWNER_1, NATIVE_ROUND_JOIN, &round, none);
    expect(REFUSAL_JOIN_ROUND_FULL, FIXTURE_OWNER_1 + 3, NATIVE_ROUND_JOIN, &round, none);
}

static void committing(void)
{
    struct share_commit_operand commit = round_fixture_commitment(&party, 0);
    expect(REFUSAL_COMMIT_NO_SEAT, FIXTURE_OWNER_1 + 3, NATIVE_SHARE_COMMIT, &commit, none);
    expect(REFUSAL_COMMIT_PROOF_WRONG, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_COMMIT, &commit, none);
    /* The same key with a right proof by another owner, who must know the secret for that. */
    struct secret_key ephemeral;
    struct hash message;
    uint8_t random32[32] = {3, (uint8_t)party.model, 1, 0};
    random32[31] = 1;
    ck_assert(secret_key_init(&ephemeral, random32));
    secret_key_make_even(&ephemeral);
    struct share_commit_operand copied = commit;
    share_proof_message(&message, &party.shares.context,
                        &chain.keys[FIXTURE_OWNER_1 + 1].public_key, &copied.ephemeral,
                        &copied.root);
    signature_make(&copied.proof, &ephemeral, &message, (const uint8_t[32]){0});
    round_fixture_commit(&party, 0);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    expect(REFUSAL_COMMIT_TWICE, FIXTURE_OWNER_1, NATIVE_SHARE_COMMIT, &commit, none);
    expect(REFUSAL_COMMIT_KEY_USED, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_COMMIT, &copied, none);
    round_fixture_commit(&party, 1);
    round_fixture_commit(&party, 2);
    fixture_block(&chain);
    const struct round_operand round = {party.model, 1};
    expect(REFUSAL_JOIN_LATE, FIXTURE_OWNER_1 + 3, NATIVE_ROUND_JOIN, &round, none);
    expect(REFUSAL_COMMIT_LATE, FIXTURE_OWNER_1, NATIVE_SHARE_COMMIT, &commit, none);
}

static void proving(void)
{
    struct buffer proof = {0};
    round_fixture_until(&party, PHASE_PROVE);
    round_fixture_prove(&party, 0);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    round_fixture_encode_proof(&party, 0, &proof);
    struct share_prove_operand prove = {party.model, 1, buffer_bytes(&proof)};
    expect(REFUSAL_PROVE_TWICE, FIXTURE_OWNER_1, NATIVE_SHARE_PROVE, &prove, none);
    expect(REFUSAL_PROVE_NO_COMMIT, FIXTURE_OWNER_1 + 3, NATIVE_SHARE_PROVE, &prove, none);
    prove.proof.size--;
    expect(REFUSAL_PROVE_SIZE, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_PROVE, &prove, none);
    prove.proof.size++;
    memset(proof.data + proof.size - 8, 0xff, 8);
    expect(REFUSAL_PROVE_NOT_CANONICAL, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_PROVE, &prove, none);
    round_fixture_prove(&party, 1);
    round_fixture_prove(&party, 2);
    fixture_block(&chain);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_ACK);
    expect(REFUSAL_PROVE_LATE, FIXTURE_OWNER_1, NATIVE_SHARE_PROVE, &prove, none);
    buffer_close(&proof);
}

static struct bytes list_of(unsigned owner, unsigned which)
{
    return (struct bytes){(const uint8_t *)party.owners[owner].roots[which],
                          share_blob_count(&party.shares) * sizeof(struct hash)};
}

static void publishing(void)
{
    struct buffer sidecar = {0};
    struct share_publish_operand publish = {party.model, 1, 3, list_of(0, 0), list_of(0, 1)};
    buffer_append(&sidecar, buffer_bytes(&party.owners[0].blobs[0][1]));
    buffer_append(&sidecar, buffer_bytes(&party.owners[0].blobs[1][1]));
    const struct bytes blobs = buffer_bytes(&sidecar);
    int owner = FIXTURE_OWNER_1;
    expect(REFUSAL_PUBLISH_NO_SEAT, owner + 5, NATIVE_SHARE_PUBLISH, &publish, blobs);
    publish.server = 2;
    expect(REFUSAL_PUBLISH_NOT_MISSING, owner, NATIVE_SHARE_PUBLISH, &publish, blobs);
    publish.server = 3;
    expect(REFUSAL_PUBLISH_SIZE, owner, NATIVE_SHARE_PUBLISH, &publish,
           (struct bytes){blobs.data, blobs.size - 8});
    publish.roots = list_of(0, 1);
    expect(REFUSAL_PUBLISH_ROOTS, owner, NATIVE_SHARE_PUBLISH, &publish, blobs);
    publish.roots = list_of(0, 0);
    sidecar.data[80] ^= 1;
    expect(REFUSAL_PUBLISH_BLOB, owner, NATIVE_SHARE_PUBLISH, &publish, blobs);
    memset(sidecar.data + 80, 0xff, 8);
    expect(REFUSAL_PUBLISH_NOT_CANONICAL, owner, NATIVE_SHARE_PUBLISH, &publish, blobs);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).got, 10);
    buffer_close(&sidecar);
    round_fixture_publish(&party, 0, 3);
    fixture_block(&chain);
    expect(REFUSAL_PUBLISH_LATE, owner, NATIVE_SHARE_PUBLISH, &publish, none);
}

static void acknowledging(void)
{
    uint8_t bitmap[2] = {0x0f, 0};
    struct batch_ack_operand ack = {party.model, 1, {bitmap, 1}};
    expect(REFUSAL_SENDER_NOT_SERVER, FIXTURE_STRANGER, NATIVE_BATCH_ACK, &ack, none);
    expect(REFUSAL_ACK_BIT, FIXTURE_SERVER_1, NATIVE_BATCH_ACK, &ack, none);
    ack.bitmap.size = 2;
    expect(REFUSAL_ACK_SIZE, FIXTURE_SERVER_1, NATIVE_BATCH_ACK, &ack, none);
    const struct batch_value_operand early = {.model = party.model, .round = 1};
    expect(REFUSAL_ROUND_PHASE_WRONG, FIXTURE_SERVER_1, NATIVE_BATCH_DECIDE, &early, none);
    round_fixture_ack(&party, 3, 1);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_PUBLISH);
    publishing();
    round_fixture_until(&party, PHASE_DECIDE);
}

static void deciding_and_fallback(void)
{
    struct batch_value_operand value = {.model = party.model, .round = 1};
    value.pad = (struct bytes){value.value, 16};
    expect(REFUSAL_DECIDE_PAD, FIXTURE_SERVER_1, NATIVE_BATCH_DECIDE, &value, none);
    value.pad.size = 0;
    memset(value.value, 0xff, sizeof(value.value));
    expect(REFUSAL_VALUE_NOT_CANONICAL, FIXTURE_SERVER_1, NATIVE_BATCH_DECIDE, &value, none);
    party.wrong[NATIVE_BATCH_DECIDE] = true;
    round_fixture_decide(&party, 4);
    round_fixture_all(&party, 3, NATIVE_BATCH_DECIDE);
    memset(value.value, 0, sizeof(value.value));
    expect(REFUSAL_SENDER_POSTED, FIXTURE_SERVER_1, NATIVE_BATCH_DECIDE, &value, none);
    round_fixture_all(&party, 4, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_FALLBACK);

    uint8_t values[3 * 16] = {0};
    memset(values + 16, 0xff, 8);
    struct batch_fallback_operand fallback = {party.model, 1, {values, 32}};
    expect(REFUSAL_FALLBACK_SIZE, FIXTURE_SERVER_1, NATIVE_BATCH_FALLBACK, &fallback, none);
    fallback.values.size = sizeof(values);
    expect(REFUSAL_FALLBACK_NOT_CANONICAL, FIXTURE_SERVER_1, NATIVE_BATCH_FALLBACK, &fallback,
           none);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).got, 1);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_FALLBACK);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_AGGREGATE);
}

static void aggregating(void)
{
    uint8_t sum[64 * 8];
    struct buffer encoded = {0};
    struct batch_aggregate_operand operand = {.model = party.model, .round = 1};
    ck_assert(round_fixture_sum(&party, &operand.owners, &encoded));
    ck_assert_uint_eq(encoded.size, sizeof(sum));
    memcpy(sum, encoded.data, sizeof(sum));
    buffer_close(&encoded);
    struct batch_aggregate_operand other = operand;
    other.owners.bytes[0] ^= 1;
    int leader = FIXTURE_SERVER_1;
    expect(REFUSAL_AGGREGATE_TURN, leader + 1, NATIVE_BATCH_AGGREGATE, &operand, BYTES_OF(sum));
    expect(REFUSAL_SENDER_LEFT, leader + 3, NATIVE_BATCH_AGGREGATE, &operand, BYTES_OF(sum));
    expect(REFUSAL_AGGREGATE_SIZE, leader, NATIVE_BATCH_AGGREGATE, &operand,
           (struct bytes){sum, sizeof(sum) - 8});
    expect(REFUSAL_AGGREGATE_OWNERS, leader, NATIVE_BATCH_AGGREGATE, &other, BYTES_OF(sum));
    uint8_t spoiled[sizeof(sum)];
    memcpy(spoiled, sum, sizeof(sum));
    memset(&spoiled[40], 0xff, 8);
    expect(REFUSAL_AGGREGATE_NOT_CANONICAL, leader, NATIVE_BATCH_AGGREGATE, &operand,
           BYTES_OF(spoiled));
    ck_assert_uint_eq(fixture_refusal(&chain, 0).got, 5);
    fixture_blocks(&chain, 4); /* the second leader's turn has come */
    fixture_send(&chain, leader, NATIVE_BATCH_AGGREGATE, &operand, BYTES_OF(sum));
    fixture_send(&chain, leader + 1, NATIVE_BATCH_AGGREGATE, &operand, BYTES_OF(sum));
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    ck_assert_uint_eq(fixture_refusal(&chain, 1).code, REFUSAL_AGGREGATE_TWICE);
    refusals_saw(REFUSAL_AGGREGATE_TWICE);
}

/* A round of its own, with a pad and a test against a reference, up to a dispute that needs claims. */
static void enter_claims(void)
{
    struct model_terms padded = terms;
    padded.modes = MODE_PAD | MODE_SCORE;
    padded.reference_test = NORM_REFERENCE_INNER;
    padded.reference_bits = 40;
    padded.reference_score = (uint64_t)-INT64_C(1000000);
    padded.commit_window = 10;
    padded.pad_window = 10;
    round_fixture_use_reference(&padded);
    padded.servers[3] = *fixture_address(&chain, FIXTURE_SERVER_1 + 5);
    padded.server_count = 4;
    round_fixture_close(&party);
    round_fixture_open_only(&party, &chain, &padded);
    round_fixture_all(&party, 0x6, NATIVE_BATCH_ACK);
    round_fixture_publish(&party, ROUND_FIXTURE_PAD, 4);
    fixture_block(&chain);
    round_fixture_enter(&party, 3);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
}

static void claiming(void)
{
    uint8_t values[3 * 16] = {0};
    struct share_claim_operand claim = {party.model, 1, false, {values, sizeof(values)}};
    expect(REFUSAL_CLAIM_NO_DISPUTE, FIXTURE_OWNER_1, NATIVE_SHARE_CLAIM, &claim, none);
    claim.values.size -= 16;
    expect(REFUSAL_CLAIM_SIZE, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_CLAIM, &claim, none);
    claim.values.size += 16;
    memset(values + 32, 0xff, 8);
    expect(REFUSAL_CLAIM_NOT_CANONICAL, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_CLAIM, &claim, none);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).got, 2);
    round_fixture_claim(&party, 1);
    fixture_block(&chain);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_JUSTIFY);
    expect(REFUSAL_CLAIM_LATE, FIXTURE_OWNER_1 + 1, NATIVE_SHARE_CLAIM, &claim, none);
}

static void justifying(void)
{
    struct dispute_justify_operand justify;
    struct buffer sidecar = {0};
    int owner = FIXTURE_OWNER_1 + 1;
    round_fixture_opening(&party, 1, 3, true, &justify, &sidecar);
    struct bytes blobs = buffer_bytes(&sidecar);
    expect(REFUSAL_JUSTIFY_SENDER, owner + 1, NATIVE_DISPUTE_JUSTIFY, &justify, blobs);
    justify.server = 2;
    expect(REFUSAL_JUSTIFY_NO_DISPUTE, owner, NATIVE_DISPUTE_JUSTIFY, &justify, blobs);
    justify.server = 3;
    justify.challenge[5] ^= 1;
    expect(REFUSAL_JUSTIFY_PROOF, owner, NATIVE_DISPUTE_JUSTIFY, &justify, blobs);
    justify.challenge[5] ^= 1;
    sidecar.data[sidecar.size - 8] ^= 1;
    expect(REFUSAL_JUSTIFY_REFERENCE, owner, NATIVE_DISPUTE_JUSTIFY, &justify, blobs);
    sidecar.data[sidecar.size - 8] ^= 1;
    sidecar.data[0] ^= 1;
    expect(REFUSAL_PUBLISH_BLOB, owner, NATIVE_DISPUTE_JUSTIFY, &justify, blobs);
    buffer_close(&sidecar);
    round_fixture_justify(&party, 1, 3, true);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    expect(REFUSAL_JUSTIFY_LATE, owner, NATIVE_DISPUTE_JUSTIFY, &justify, none);
}

static void valuing(void)
{
    uint8_t values[3 * 8] = {0};
    struct batch_values_operand operand = {party.model, 1, {values, 16}};
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_VALUES);
    expect(REFUSAL_VALUES_SIZE, FIXTURE_SERVER_1, NATIVE_BATCH_VALUES, &operand, none);
    operand.values.size = sizeof(values);
    memset(values + 8, 0xff, 8);
    expect(REFUSAL_VALUES_NOT_CANONICAL, FIXTURE_SERVER_1, NATIVE_BATCH_VALUES, &operand, none);
}

static void disputing(void)
{
    struct batch_value_operand value = {.model = 0, .round = 1};
    uint8_t pad[16];
    enter_claims();
    value.model = party.model;
    memset(pad, 0xff, sizeof(pad));
    value.pad = BYTES_OF(pad);
    expect(REFUSAL_PAD_NOT_CANONICAL, FIXTURE_SERVER_1, NATIVE_BATCH_DECIDE, &value, none);
    party.lies[2] = 1U << 1;
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_FALLBACK);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_FALLBACK);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_CLAIM);
    claiming();
    justifying();
    valuing();
    const struct score_operand score = {party.model, 1, *fixture_address(&chain, FIXTURE_OWNER_1)};
    expect(REFUSAL_SCORE_UNKNOWN, FIXTURE_STRANGER, NATIVE_QUERY_OWNER_SCORE, &score, none);
    struct round_open_operand open = {.model = party.model, .round = 2};
    round_fixture_until(&party, PHASE_ABORTED);
    expect(REFUSAL_ROUND_PAD_PROOF, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, BYTES_OF(open));
}

/* The keys of MODE_PAIRS. */
static void dealing(void)
{
    struct model_terms pairs;
    fixture_terms(&chain, &pairs);
    pairs.modes = MODE_PAIRS;
    pairs.dimension = 64 * 80;
    pairs.pad_window = 50;
    for (unsigned server = 1; server <= 4; server++) { /* some were silent above */
        const struct server_stake_operand more = {FIXTURE_STAKE};
        succeed(FIXTURE_SERVER_1 + (int)server - 1, NATIVE_SERVER_STAKE, &more);
    }
    round_fixture_close(&party);
    round_fixture_open_only(&party, &chain, &pairs);
    struct batch_deal_operand deal = {.model = party.model, .round = 1};
    expect(REFUSAL_DEAL_SIZE, FIXTURE_SERVER_1, NATIVE_BATCH_DEAL, &deal, none);
    uint8_t keys[3 * 3 * 32] = {0};
    deal.keys = BYTES_OF(keys);
    expect(REFUSAL_DEAL_PROOF, FIXTURE_SERVER_1, NATIVE_BATCH_DEAL, &deal, none);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL);
    const struct batch_ack_operand wide = {party.model, 1, {keys, 2}};
    expect(REFUSAL_ACK_SIZE, FIXTURE_SERVER_1, NATIVE_BATCH_ACK, &wide, none);
    const struct batch_ack_operand unset = {party.model, 1, {keys, 1}};
    expect(REFUSAL_ACK_BIT, FIXTURE_SERVER_1, NATIVE_BATCH_ACK, &unset, none);
    struct deal_refute_operand refute = {.model = party.model, .round = 1, .dealer = 1, .set = 4};
    expect(REFUSAL_REFUTE_DEAL, FIXTURE_SERVER_1 + 2, NATIVE_DEAL_REFUTE, &refute, none);
    refute.set = 2;
    expect(REFUSAL_REFUTE_PROOF, FIXTURE_SERVER_1 + 2, NATIVE_DEAL_REFUTE, &refute, none);
    const uint8_t others[] = {0, 2, 3, 5, 255}; /* no dealer, not of this set, or none at all */
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        refute.dealer = others[i];
        expect(REFUSAL_REFUTE_DEAL, FIXTURE_SERVER_1 + 2, NATIVE_DEAL_REFUTE, &refute, none);
    }
    round_fixture_refute(&party, 3, 1, 2);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, REFUSAL_REFUTE_RIGHT);
    refusals_saw(REFUSAL_REFUTE_RIGHT);
}

static void unbonded(void)
{
    struct parameters parameters;
    parameters_load(chain.state, &parameters);
    const struct server_stake_operand more = {parameters.server_penalty};
    for (int i = 0; i < 4; i++) {
        succeed(FIXTURE_SERVER_1 + i, NATIVE_SERVER_STAKE, &more);
    }
    for (unsigned i = 0; i < 2; i++) { /* one unit less than a penalty is left */
        const uint64_t stake = fixture_server(&chain, i + 1).stake;
        (void)server_penalise(chain.state, fixture_address(&chain, FIXTURE_SERVER_1 + (int)i),
                              stake + 1 - parameters.server_penalty);
    }
    const struct round_open_operand open = {.model = 2, .round = 1};
    expect(REFUSAL_ROUND_UNBONDED, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, BYTES_OF(open));
}

START_TEST(refuses_with_every_code_of_accounts_servers_and_rounds)
{
    market_fixture_init(&chain);
    accounts_and_roles();
    servers();
    roomy_terms();
    models_and_opening();
    joining();
    committing();
    proving();
    acknowledging();
    deciding_and_fallback();
    aggregating();
    disputing();
    unbonded();
    dealing();
    refusals_check(REFUSALS_OF_ROUNDS);
    round_fixture_close(&party);
    market_fixture_close(&chain);
}
END_TEST

START_TEST(has_ascending_codes_and_distinct_names_and_sentences)
{
    size_t count;
    const struct refusal_text *texts = market_refusal_texts(&count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_ge(texts[i].code, 100);
        ck_assert_uint_gt(strlen(texts[i].sentence), 10);
        for (size_t j = 0; j < i; j++) {
            ck_assert_uint_lt(texts[j].code, texts[i].code);
            ck_assert_str_ne(texts[j].name, texts[i].name);
            ck_assert_str_ne(texts[j].sentence, texts[i].sentence);
        }
    }
}
END_TEST

START_TEST(prints_the_numbers_of_a_refusal)
{
    size_t count;
    char line[200];
    const struct refusal_text *texts = market_refusal_texts(&count);
    const struct refusal refusal = {REFUSAL_SERVER_STAKE_TOO_SMALL, 5, 100};
    refusal_print(line, sizeof(line), &refusal, texts, count);
    ck_assert_str_eq(line, "stake is 5, at least 100 is required");
    ck_assert_str_eq(refusal_name(refusal.code, texts, count), "SERVER_STAKE_TOO_SMALL");
}
END_TEST

START_TEST(prints_phases_by_name)
{
    size_t count;
    char line[200];
    const struct refusal_text *texts = market_refusal_texts(&count);
    const struct refusal late = {REFUSAL_JOIN_LATE, PHASE_ACK, PHASE_COMMIT};
    refusal_print(line, sizeof(line), &late, texts, count);
    ck_assert_str_eq(line, "joining is not open: the round is in phase ack, not in commit");
    const struct refusal wrong = {REFUSAL_ROUND_PHASE_WRONG, PHASE_DECIDE_BEACON, 77};
    refusal_print(line, sizeof(line), &wrong, texts, count);
    ck_assert_str_eq(line, "the round is in phase decide beacon, this belongs to phase 77");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("refusals");
    tcase_add_test(tests, refuses_with_every_code_of_accounts_servers_and_rounds);
    tcase_add_test(tests, has_ascending_codes_and_distinct_names_and_sentences);
    tcase_add_test(tests, prints_the_numbers_of_a_refusal);
    tcase_add_test(tests, prints_phases_by_name);
    return check_run("refusals of the market", tests);
}
