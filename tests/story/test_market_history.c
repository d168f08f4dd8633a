/* Random histories: thousands of valid and invalid operations of many accounts on several models and
 * rounds. After each block the sum of all units is the supply, and a second state that runs the same
 * blocks has the same receipts and the same root.
 *
 * There are no shares here. Proofs are of zeros, and servers post what their equations ask for, the same
 * from every server, so rounds run to their end; another value makes a liar, an owner that is off
 * makes a dispute. Real shares are in test_market_round.c and test_market_disputes.c. */
#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include <stdio.h>
#include <string.h>

#include "crypto/aggregate.h"
#include "market/disputes.h"
#include "market/opened.h"
#include "market/proofs.h"
#include "market/terms.h"

#define DIMENSION 64
#define SERVERS   10

struct history {
    struct market_fixture first;
    struct market_fixture second;
    uint64_t random;
    uint64_t turn;            /* accounts take part in order, as a rule */
    uint32_t ephemeral_count; /* for the next key of a commitment */
    unsigned accepted_count;  /* transactions that ran to their end */
    unsigned refused_count;
    unsigned settled_count;
    unsigned aborted_count;
};

static uint64_t below(struct history *history, uint64_t bound)
{
    return check_random(&history->random) % bound;
}

static bool one_in(struct history *history, uint64_t n)
{
    return below(history, n) == 0;
}

static void add(struct history *history, int account, uint8_t native, const void *operand,
                struct bytes sidecar)
{
    static const uint64_t limits[] = {0, 1000, 9000, 12000, 30000};
    struct market_fixture *chain = &history->first;
    uint64_t limit = chain->gas_limit;
    if (one_in(history, 20)) {
        chain->gas_limit = limits[below(history, ARRAY_COUNT(limits))];
    }
    chain->nonce_offset = one_in(history, 150) ? below(history, 3) : 0;
    chain->gas_price = one_in(history, 100) ? below(history, 3) : 1;
    struct buffer code = {0};
    struct buffer program = {0};
    unsigned times = one_in(history, 15) ? 2 : 1; /* twice in one program: all or nothing */
    for (unsigned i = 0; i < times; i++) {
        fixture_append_native(&code, native, operand);
    }
    fixture_wrap(&program, buffer_bytes(&code));
    fixture_send_program(chain, account, buffer_bytes(&program), sidecar);
    buffer_close(&code);
    buffer_close(&program);
    chain->gas_limit = limit;
}

static int some_account(struct history *history)
{
    return (int)below(history, FIXTURE_ACCOUNTS);
}

static void transfer(struct history *history)
{
    const struct transfer_operand operand = {
        *fixture_address(&history->first, some_account(history)),
        one_in(history, 10) ? check_random(&history->random) : below(history, 100000)};
    add(history, some_account(history), NATIVE_TRANSFER, &operand, (struct bytes){0});
}

static void set_role(struct history *history)
{
    const struct role_set_operand operand = {
        *fixture_address(&history->first, some_account(history)),
        (uint8_t)(one_in(history, 20) ? below(history, 32) : ROLE_ALL)};
    int sender = one_in(history, 4) ? some_account(history) : FIXTURE_ADMIN;
    add(history, sender, NATIVE_ROLE_SET, &operand, (struct bytes){0});
}

static void register_or_leave(struct history *history, unsigned server, bool may_leave)
{
    int account = FIXTURE_SERVER_1 + (int)server - 1;
    /* One that was convicted leaves, and comes back with a new stake. */
    struct server server_record = fixture_server(&history->first, server);
    bool poor = server_record.registered && server_record.stake < FIXTURE_STAKE;
    if (may_leave && (poor || one_in(history, 12))) {
        const struct empty_operand nothing = {0};
        add(history, account, NATIVE_SERVER_LEAVE, &nothing, (struct bytes){0});
        return;
    }
    struct server_register_operand operand;
    fixture_registration(&history->first, server, &operand);
    operand.stake =
        one_in(history, 6) ? FIXTURE_STAKE + below(history, 3) - 1 : 5000 * (uint64_t)FIXTURE_STAKE;
    add(history, account, NATIVE_SERVER_REGISTER, &operand, (struct bytes){0});
}

static void publish(struct history *history)
{
    struct model_terms terms;
    fixture_terms(&history->first, &terms);
    terms.owners_max = (uint16_t)(3 + below(history, 4));
    terms.rounds = 1 + (uint32_t)below(history, 3);
    terms.rounds += (uint32_t)below(history, 3);
    terms.reward = below(history, 5000);
    terms.commit_window = 1 + (uint32_t)below(history, 8);
    terms.ack_window = one_in(history, 10) ? 0 : 3 + (uint32_t)below(history, 6);
    terms.owner_stake = 100000;
    terms.prove_window = 10;
    terms.aggregate_window = (one_in(history, 10) ? 3 : 5) + (uint32_t)below(history, 6);
    terms.server_count = 3 + (uint32_t)below(history, 3);
    int first = FIXTURE_SERVER_1 + (int)below(history, 6);
    for (int i = 0; i < 5; i++) {
        terms.servers[i] = *fixture_address(&history->first, first + i);
    }
    add(history, one_in(history, 8) ? some_account(history) : FIXTURE_PUBLISHER,
        NATIVE_MODEL_PUBLISH, &terms, (struct bytes){0});
}

static uint64_t model_count(struct history *history)
{
    struct chain_record chain;
    chain_load(history->first.state, &chain);
    return chain.model_count;
}

/* A recent model, with its present round; now and then one that is not there. */
static bool some_work(struct history *history, struct round_work *work)
{
    uint64_t count = model_count(history);
    uint64_t id = count - below(history, count < 3 ? count + 1 : 3);
    struct model_view view;
    if (!model_load(&view, history->first.state, id)) {
        return false;
    }
    uint32_t number = view.model.rounds_opened;
    model_close(&view);
    return work_load(work, history->first.state, id, number);
}

static void open_or_close(struct history *history)
{
    uint64_t count = model_count(history);
    uint64_t id = count - below(history, count < 3 ? count + 1 : 3);
    struct model_view view;
    uint32_t next = 1;
    if (model_load(&view, history->first.state, id)) {
        next = view.model.rounds_opened + (one_in(history, 10) ? 0 : 1);
        model_close(&view);
    }
    if (one_in(history, 30)) {
        const struct model_operand operand = {id};
        add(history, FIXTURE_PUBLISHER, NATIVE_MODEL_CLOSE, &operand, (struct bytes){0});
        return;
    }
    const struct round_open_operand operand = {.model = id, .round = next};
    add(history, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &operand,
        one_in(history, 10) ? (struct bytes){0} : BYTES_OF(operand));
}

static int some_owner(struct history *history)
{
    return FIXTURE_OWNER_1 + (int)(one_in(history, 4) ? below(history, 8) : history->turn++ % 8);
}

static void join(struct history *history, const struct round_work *work)
{
    const struct round_operand operand = {work->round.model, work->round.number};
    add(history, some_owner(history), NATIVE_ROUND_JOIN, &operand, (struct bytes){0});
}

static void commit(struct history *history, const struct round_work *work)
{
    int account = some_owner(history);
    struct share_commit_operand operand = {.model = work->round.model, .round = work->round.number};
    struct secret_key secret;
    struct hash message;
    uint8_t random32[32] = {5};
    uint32_t number = one_in(history, 20) ? 0 : ++history->ephemeral_count;
    memcpy(random32 + 8, &number, sizeof(number));
    random32[31] = 1;
    ck_assert(secret_key_init(&secret, random32));
    secret_key_make_even(&secret);
    public_key_of(&operand.ephemeral, &secret);
    share_proof_message(&message, &work->round.context, &history->first.keys[account].public_key,
                        &operand.ephemeral, &operand.root);
    if (one_in(history, 20)) {
        message.bytes[0] ^= 1;
    }
    signature_make(&operand.proof, &secret, &message, (const uint8_t[32]){0});
    add(history, account, NATIVE_SHARE_COMMIT, &operand, (struct bytes){0});
}

/* A server of the model, as a rule the next in order. */
static int some_server(struct history *history, const struct round_work *work)
{
    const struct model_terms *terms = &work->view.terms;
    uint64_t number = one_in(history, 8) ? below(history, 5) : history->turn++;
    const struct address *address = &terms->servers[number % terms->server_count];
    for (int account = FIXTURE_SERVER_1; account < FIXTURE_SERVER_1 + SERVERS; account++) {
        if (address_equal(address, fixture_address(&history->first, account)) &&
            !one_in(history, 40)) {
            return account;
        }
    }
    return some_account(history);
}

static void ack(struct history *history, const struct round_work *work)
{
    uint8_t bitmap[2] = {0};
    size_t size = ((size_t)work->round.joined + 7) / 8;
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        bool held = participant.status == PARTICIPANT_PROVED;
        held = one_in(history, 60) ? !held : held;
        bitmap[i / 8] = (uint8_t)(bitmap[i / 8] | (held ? 1U << (i % 8) : 0));
    }
    const struct batch_ack_operand operand = {
        work->round.model, work->round.number, {bitmap, one_in(history, 30) ? 2 : size}};
    add(history, some_server(history, work), NATIVE_BATCH_ACK, &operand, (struct bytes){0});
}

static void prove(struct history *history, const struct round_work *work)
{
    uint8_t proof[NORM_PROOF_SIZE_MAX] = {0};
    struct norm_layout layout;
    terms_layout(&layout, &work->view.terms);
    size_t size = norm_proof_size(&layout);
    if (one_in(history, 20)) {
        proof[below(history, size)] = 0xff; /* another root or value; seldom one that is none */
    }
    const struct share_prove_operand operand = {
        work->round.model, work->round.number, {proof, size - (one_in(history, 30) ? 1 : 0)}};
    add(history, some_owner(history), NATIVE_SHARE_PROVE, &operand, (struct bytes){0});
}

static void publish_share(struct history *history, const struct round_work *work)
{
    static const uint8_t roots[3 * 32];
    const struct share_publish_operand operand = {work->round.model,
                                                  work->round.number,
                                                  (uint8_t)(2 + below(history, 3)),
                                                  {roots, sizeof(roots)},
                                                  {roots, sizeof(roots)}};
    add(history, some_owner(history), NATIVE_SHARE_PUBLISH, &operand, BYTES_OF(roots));
}

static struct field_ext negated(struct field_ext value)
{
    return field_ext_sub(field_ext_of(0), value);
}

static void decide(struct history *history, const struct round_work *work)
{
    struct batch_value_operand operand = {.model = work->round.model, .round = work->round.number};
    struct opened opened;
    opened_load(&opened, work);
    field_ext_write(operand.value, negated(opened.batch));
    opened_close(&opened);
    if (one_in(history, 80)) { /* a lie costs the whole stake: few servers would be left */
        operand.value[0] ^= 1;
    }
    add(history, some_server(history, work), NATIVE_BATCH_DECIDE, &operand, (struct bytes){0});
}

static void claim(struct history *history, const struct round_work *work)
{
    uint8_t values[MARKET_SERVERS_MAX * FIELD_EXT_SIZE] = {0};
    uint16_t index = 0;
    struct dispute dispute;
    int account = some_owner(history);
    struct share_claim_operand operand = {.model = work->round.model, .round = work->round.number};
    if (participant_seat(work, fixture_address(&history->first, account), &index) &&
        dispute_load(work, index, &dispute)) {
        operand.values = (struct bytes){values, shamir_set_count(dispute.posted) * FIELD_EXT_SIZE};
        for (size_t i = 0; i < operand.values.size; i += FIELD_EXT_SIZE) {
            field_ext_write(values + i, negated(opened_constant(work, index)));
        }
        values[0] ^= one_in(history, 4) ? 1 : 0;
    }
    add(history, account, NATIVE_SHARE_CLAIM, &operand, (struct bytes){0});
}

/* Nobody has keys that prove anything: all of these are refused. */
static void justify(struct history *history, const struct round_work *work)
{
    const struct dispute_justify_operand operand = {.model = work->round.model,
                                                    .round = work->round.number,
                                                    .owner = (uint16_t)below(history, 4),
                                                    .server = (uint8_t)below(history, 5)};
    add(history, some_server(history, work), NATIVE_DISPUTE_JUSTIFY, &operand, (struct bytes){0});
}

static void post_value(struct history *history, const struct round_work *work, uint8_t native)
{
    struct batch_value_operand operand = {.model = work->round.model, .round = work->round.number};
    if (one_in(history, 150)) {
        operand.value[0] = 1;
    }
    if (one_in(history, 40)) {
        memset(operand.value, 0xff, sizeof(operand.value));
    }
    add(history, some_server(history, work), native, &operand, (struct bytes){0});
}

static void fallback(struct history *history, const struct round_work *work)
{
    uint8_t values[16 * 16] = {0};
    struct opened opened;
    opened_load(&opened, work);
    for (uint32_t i = 0; i < opened.owners.count; i++) {
        field_ext_write(values + i * FIELD_EXT_SIZE, negated(opened.constants[i]));
    }
    opened_close(&opened);
    if (one_in(history, 6)) {
        values[16 * below(history, 4)] ^= 1;
    }
    const struct batch_fallback_operand operand = {
        work->round.model,
        work->round.number,
        {values, (work->round.accepted + (one_in(history, 30) ? 1U : 0U)) * (size_t)16}};
    add(history, some_server(history, work), NATIVE_BATCH_FALLBACK, &operand, (struct bytes){0});
}

static void aggregate(struct history *history, const struct round_work *work)
{
    uint8_t elements[DIMENSION * 8] = {0};
    struct batch_aggregate_operand operand = {.model = work->round.model,
                                              .round = work->round.number};
    struct owner_set owners;
    owner_set_load(&owners, work);
    aggregate_set_hash(&operand.owners, owners.keys, owners.count);
    owner_set_close(&owners);
    if (one_in(history, 20)) {
        elements[8 * below(history, DIMENSION)] = 1;
    }
    if (one_in(history, 30)) {
        operand.owners.bytes[0] ^= 1;
    }
    add(history, some_server(history, work), NATIVE_BATCH_AGGREGATE, &operand, BYTES_OF(elements));
}

/* A message of the round's phase, as a rule; else of any. */
static void send_message(struct history *history, struct round_work *work)
{
    enum round_phase phase = (enum round_phase)work->round.phase;
    if (one_in(history, 15)) {
        static const enum round_phase any[] = {PHASE_COMMIT,  PHASE_PUBLISH,   PHASE_CLAIM,
                                               PHASE_JUSTIFY, PHASE_AGGREGATE, PHASE_CHECK};
        phase = any[below(history, ARRAY_COUNT(any))];
    }
    if (phase == PHASE_COMMIT && one_in(history, 2)) {
        join(history, work);
    } else if (phase == PHASE_COMMIT) {
        commit(history, work);
    } else if (phase == PHASE_PROVE) {
        prove(history, work);
    } else if (phase == PHASE_ACK) {
        ack(history, work);
    } else if (phase == PHASE_PUBLISH) {
        publish_share(history, work);
    } else if (phase == PHASE_DECIDE) {
        decide(history, work);
    } else if (phase == PHASE_CLAIM) {
        claim(history, work);
    } else if (phase == PHASE_JUSTIFY) {
        justify(history, work);
    } else if (phase == PHASE_FALLBACK) {
        fallback(history, work);
    } else if (phase == PHASE_AGGREGATE) {
        aggregate(history, work);
    } else if (phase == PHASE_CHECK) {
        post_value(history, work, NATIVE_BATCH_CHECK);
    }
}

static void take_part(struct history *history)
{
    struct round_work work;
    if (!some_work(history, &work)) {
        return;
    }
    uint64_t times = 1 + below(history, 16);
    for (uint64_t i = 0; i < times; i++) {
        send_message(history, &work);
    }
    work_close(&work);
}

static void operate(struct history *history)
{
    uint64_t kind = below(history, 100);
    if (kind < 6) {
        transfer(history);
    } else if (kind < 8) {
        set_role(history);
    } else if (kind < 12) {
        register_or_leave(history, 1 + (unsigned)below(history, SERVERS), true);
    } else if (kind < 14 || model_count(history) == 0) {
        publish(history);
    } else if (kind < 30) {
        open_or_close(history);
    } else {
        take_part(history);
    }
}

static void count_ends(struct history *history)
{
    const struct market_fixture *chain = &history->first;
    struct receipt receipt = fixture_receipt(chain, chain->results.count - 1);
    struct event event;
    size_t offset = 0;
    while (receipt_next_event(receipt.events, &offset, &event)) {
        struct event_round_phase phase;
        if (event.kind != EVENT_ROUND_PHASE) {
            continue;
        }
        ck_assert(schema_decode(event_schema(event.kind), &phase, event.data, NULL, 0));
        history->settled_count += phase.phase == PHASE_SETTLED ? 1 : 0;
        history->aborted_count += phase.phase == PHASE_ABORTED ? 1 : 0;
    }
    for (uint32_t i = 0; i + 1 < chain->results.count; i++) {
        bool refused = fixture_refusal(chain, i).code != 0;
        history->refused_count += refused ? 1 : 0;
        history->accepted_count += refused ? 0 : 1;
    }
}

static void run_block(struct history *history)
{
    uint64_t count = below(history, 6);
    for (uint64_t i = 0; i < count; i++) {
        operate(history);
    }
    buffer_append(&history->second.body, buffer_bytes(&history->first.body));
    fixture_block(&history->first);
    fixture_block(&history->second);
    ck_assert(bytes_equal(buffer_bytes(&history->first.results.receipts),
                          buffer_bytes(&history->second.results.receipts)));
    ck_assert(
        hash_equal(&history->first.results.receipts_root, &history->second.results.receipts_root));
    ck_assert(hash_equal(&history->first.state_root, &history->second.state_root));
    count_ends(history);
}

START_TEST(conserves_units_and_repeats_itself_over_random_histories)
{
    static struct history history;
    memset(&history, 0, sizeof(history));
    history.random = (uint64_t)_i + 1;
    market_fixture_init(&history.first);
    market_fixture_init(&history.second);
    history.first.check_bodies = false;
    history.second.check_bodies = false;
    history.second.block.blobs = history.first.block.blobs; /* it gets the bodies that way too */
    for (unsigned server = 1; server <= SERVERS; server++) {
        register_or_leave(&history, server, false);
    }
    for (int block = 0; block < 2000; block++) {
        run_block(&history);
    }
    printf("seed %d: %u operations accepted, %u refused, %u rounds settled, %u aborted\n", _i + 1,
           history.accepted_count, history.refused_count, history.settled_count,
           history.aborted_count);
    ck_assert_uint_gt(history.accepted_count, 500);
    ck_assert_uint_gt(history.refused_count, 500);
    ck_assert_uint_gt(history.aborted_count, 10);
    ck_assert_uint_gt(history.settled_count, 3);
    market_fixture_close(&history.first);
    market_fixture_close(&history.second);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("histories");
    tcase_add_loop_test(tests, conserves_units_and_repeats_itself_over_random_histories, 0, 4);
    return check_run("random histories of the market", tests);
}
