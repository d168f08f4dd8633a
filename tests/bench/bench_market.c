/* What the market costs: transfers executed in memory for each second, every instruction of a round
 * with its time, its gas and the nanoseconds of one gas, and an aggregate by its size. One gas is meant
 * to be about 10 ns; what is far below pays for the writes of the database, which are not here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/justify.h"
#include "crypto/zero_deal.h"
#include "market/genesis.h"
#include "market/ledger.h"
#include "market/opened.h"
#include "market/operands.h"
#include "market/servers.h"
#include "market/terms.h"
#include "vm/opcodes.h"
#include "vm/program.h"

#define OWNERS         100
#define SERVERS        4
#define DEALERS        10 /* servers of the largest dealing */
#define DEGREE         3  /* of it: 3t + 1 servers */
#define DEAL_DIMENSION 10000
#define DEAL_ROUNDS    16
#define TRANSFERS      2000
#define FIRST_DEALER   (OWNERS + SERVERS)
#define PUBLISHER      (FIRST_DEALER + DEALERS)
#define ACCOUNTS       (PUBLISHER + 1)

struct bench {
    struct state *state;
    struct block_context block;
    struct blob_memory *blobs;
    struct secret_key secrets[ACCOUNTS];
    struct public_key keys[ACCOUNTS];
    struct address addresses[ACCOUNTS];
    uint64_t nonces[ACCOUNTS];
    struct buffer body;
    struct ledger_results results;
    struct parameters parameters;
    uint64_t gas_limit; /* of the transactions to come */
    struct norm_layout layout;
    struct secret_key ephemeral; /* of owner 0, and what it committed to */
    struct share_commitment commitment;
    struct share_auxiliary auxiliary;
    struct hash roots[2][SERVERS - 1];
    bool sign;
};

static bool get_nothing(void *context, struct bytes key, struct buffer *value)
{
    (void)context;
    (void)key;
    (void)value;
    return false;
}

static uint64_t now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void init(struct bench *bench)
{
    const struct state_source source = {NULL, get_nothing};
    struct genesis *genesis = memory_new(sizeof(*genesis));
    memset(bench, 0, sizeof(*bench));
    bench->state = state_new(&source);
    bench->parameters = (struct parameters){.gas_price_min = 1,
                                            .gas_per_transaction = 5000,
                                            .gas_per_byte = 1,
                                            .gas_limit_max = 100000000,
                                            .server_stake_min = 1000,
                                            .server_penalty = 1,
                                            .window_min = 1,
                                            .window_max = 100,
                                            .block_bytes_max = 4194304,
                                            .block_transactions_max = TRANSFERS};
    genesis->parameters = bench->parameters;
    for (size_t i = 0; i < ACCOUNTS; i++) {
        uint8_t random32[32] = {1, (uint8_t)i};
        random32[31] = 1;
        bool valid = secret_key_init(&bench->secrets[i], random32);
        assert(valid);
        (void)valid;
        public_key_of(&bench->keys[i], &bench->secrets[i]);
        address_of(&bench->addresses[i], &bench->keys[i]);
        genesis->accounts[i] =
            (struct genesis_account){bench->addresses[i], UINT64_C(1) << 50, ROLE_ALL};
    }
    genesis->account_count = ACCOUNTS;
    genesis_apply(genesis, bench->state);
    free(genesis);
    bench->block = (struct block_context){.height = 1, .time_ms = 1};
    bench->block.proposer = bench->addresses[PUBLISHER];
    bench->blobs = blob_memory_new();
    bench->block.blobs = blob_memory_source(bench->blobs);
}

static void send(struct bench *bench, size_t account, uint8_t native, const void *operand,
                 struct bytes sidecar)
{
    static const uint8_t zeros[32];
    struct buffer encoded = {0};
    struct buffer code = {0};
    struct buffer program = {0};
    struct buffer envelope = {0};
    schema_write(&encoded, native_find(&market_natives, native)->operand, operand);
    bcs_write_u8(&code, OP_NATIVE);
    bcs_write_u8(&code, native);
    bcs_write_bytes(&code, buffer_bytes(&encoded));
    bcs_write_u8(&code, OP_STOP);
    const struct program content = {1, 0, buffer_bytes(&code)};
    schema_write(&program, &program_schema, &content);
    struct transaction transaction = {.chain_id = bench->block.chain_id,
                                      .sender = bench->keys[account],
                                      .nonce = bench->nonces[account]++,
                                      .gas_limit = bench->gas_limit,
                                      .gas_price = 1,
                                      .expires_at = UINT64_MAX,
                                      .program = buffer_bytes(&program)};
    if (bench->sign) {
        transaction_sign(&transaction, sidecar, &bench->secrets[account], zeros);
    } else if (sidecar.size > 0) {
        merkle_blob_root(&transaction.sidecar_root, sidecar);
        transaction.sidecar_size = (uint32_t)sidecar.size;
    }
    if (sidecar.size > 0) {
        blob_memory_add(bench->blobs, sidecar);
    }
    transaction_write_envelope(&envelope, &transaction, sidecar);
    ledger_append_envelope(&bench->body, buffer_bytes(&envelope));
    buffer_close(&encoded);
    buffer_close(&code);
    buffer_close(&program);
    buffer_close(&envelope);
}

/* Execute the open block; returns nanoseconds. */
static uint64_t run_block(struct bench *bench)
{
    uint64_t start = now_ns();
    ledger_execute(bench->state, &bench->block, buffer_bytes(&bench->body), &bench->results);
    uint64_t spent = now_ns() - start;
    for (uint32_t i = 0; i + 1 < bench->results.count; i++) {
        struct receipt receipt;
        bool good =
            schema_decode(&receipt_schema, &receipt, ledger_receipt(&bench->results, i), NULL, 0);
        assert(good && receipt.refusal.code == 0);
        (void)good;
    }
    bench->block.height++;
    buffer_clear(&bench->body);
    return spent;
}

static void report(struct bench *bench, const char *name, uint64_t count, uint64_t ns)
{
    uint64_t gas = bench->results.gas_used;
    printf("%-28s %6llu  %9.2f us  %9.0f gas  %6.2f ns/gas\n", name, (unsigned long long)count,
           (double)ns / (double)count / 1e3, (double)gas / (double)count,
           gas > 0 ? (double)ns / (double)gas : 0.0);
}

static void bench_transfers(struct bench *bench)
{
    struct transfer_operand operand = {.amount = 1};
    bench->sign = true;
    bench->gas_limit = bench->parameters.gas_limit_max / TRANSFERS; /* all are one body */
    for (size_t i = 0; i < TRANSFERS; i++) {
        operand.to = bench->addresses[(i * 7 + 1) % OWNERS];
        send(bench, i % OWNERS, NATIVE_TRANSFER, &operand, (struct bytes){0});
    }
    bench->sign = false;
    bench->gas_limit = bench->parameters.gas_limit_max;
    const struct ledger_body_rules rules = {.parameters = &bench->parameters,
                                            .chain_id = &bench->block.chain_id};
    struct hash root;
    char error[200];
    uint64_t start = now_ns();
    bool good = ledger_check_body(buffer_bytes(&bench->body), &rules, &root, error, sizeof(error));
    uint64_t checked = now_ns() - start;
    assert(good);
    (void)good;
    uint64_t ns = run_block(bench);
    report(bench, "TRANSFER, executed", TRANSFERS, ns);
    printf("transfers for each second: %.0f executed, %.0f with their signatures checked\n",
           TRANSFERS * 1e9 / (double)ns, TRANSFERS * 1e9 / (double)(ns + checked));
}

static void register_servers(struct bench *bench)
{
    static const uint8_t zeros[32];
    for (size_t i = 0; i < SERVERS + DEALERS; i++) {
        struct server_register_operand operand = {.stake = 1000000,
                                                  .endpoint = bytes_of_text("http://h:1")};
        struct hash message;
        const struct secret_key *secret = &bench->secrets[OWNERS + i];
        point_of(&operand.encryption_key, secret);
        server_message(&message, &bench->block.chain_id, &bench->addresses[OWNERS + i],
                       &operand.encryption_key);
        signature_make(&operand.proof, secret, &message, zeros);
        send(bench, OWNERS + i, NATIVE_SERVER_REGISTER, &operand, (struct bytes){0});
    }
    report(bench, "SERVER_REGISTER", SERVERS + DEALERS, run_block(bench));
}

static struct model_terms terms_of(const struct bench *bench, uint32_t dimension, size_t first,
                                   uint32_t servers)
{
    struct model_terms terms = {.name = bytes_of_text("bench"),
                                .dimension = dimension,
                                .norm_bound = 1 << 20,
                                .rows = 100,
                                .sketch_rows = 100,
                                .publish_cap = 1 << 20,
                                .threshold = 1,
                                .owners_min = 3,
                                .owners_max = OWNERS,
                                .rounds = 1,
                                .reward = 1000,
                                .owner_stake = 1,
                                .pad_window = 64,
                                .commit_window = 9,
                                .prove_window = 9,
                                .publish_window = 19,
                                .claim_window = 9,
                                .justify_window = 9,
                                .values_window = 9,
                                .credit_window = 9,
                                .ack_window = 9,
                                .decide_window = 9,
                                .fallback_window = 9,
                                .aggregate_window = DEALERS,
                                .check_window = 9,
                                .server_count = servers};
    memcpy(terms.servers, &bench->addresses[first], servers * sizeof(terms.servers[0]));
    return terms;
}

static void publish(struct bench *bench, const struct model_terms *terms, uint64_t *model)
{
    struct chain_record chain;
    send(bench, PUBLISHER, NATIVE_MODEL_PUBLISH, terms, (struct bytes){0});
    uint64_t ns = run_block(bench);
    chain_load(bench->state, &chain);
    *model = chain.model_count;
    if ((terms->modes & MODE_PAIRS) == 0) {
        report(bench, "MODEL_PUBLISH", 1, ns);
    }
    const struct round_open_operand operand = {.model = *model, .round = 1};
    send(bench, PUBLISHER, NATIVE_ROUND_OPEN, &operand, BYTES_OF(operand));
    ns = run_block(bench);
    if ((terms->modes & MODE_PAIRS) == 0) {
        report(bench, "ROUND_OPEN", 1, ns);
    }
}

static void open_round(struct bench *bench, uint32_t dimension, uint64_t *model)
{
    struct model_terms terms = terms_of(bench, dimension, OWNERS, SERVERS);
    publish(bench, &terms, model);
    terms_layout(&bench->layout, &terms);
}

static struct round load_round(struct bench *bench, uint64_t model)
{
    struct market_key key;
    struct round round;
    key_round(&key, model, 1);
    (void)record_load(bench->state, &key, &round_schema, &round);
    return round;
}

/* Owner 0 has ciphertexts of zeros for all servers: they are published and opened below. */
static void commit_to_zeros(struct bench *bench, const struct round *round,
                            struct share_commit_operand *commit)
{
    size_t size = bench->layout.params.dimension * FIELD_SIZE;
    uint8_t *zeros = memory_new(size);
    for (unsigned i = 0; i < SERVERS - 1; i++) {
        merkle_blob_root(&bench->roots[0][i], (struct bytes){zeros, size});
        merkle_blob_root(&bench->roots[1][i],
                         (struct bytes){zeros, bench->layout.aux_count * FIELD_SIZE});
    }
    free(zeros);
    share_root(&commit->root, &round->context, &bench->keys[0], &commit->ephemeral, bench->roots[0],
               SERVERS - 1);
    bench->auxiliary = (struct share_auxiliary){.root = commit->root};
    bench->commitment = (struct share_commitment){commit->ephemeral, commit->root, {{0}}};
}

static void prove(struct bench *bench, uint64_t model)
{
    uint8_t proof[NORM_PROOF_SIZE_MAX] = {0};
    struct round round = load_round(bench, model);
    const struct share_prove_operand operand = {model, 1, {proof, norm_proof_size(&bench->layout)}};
    bench->auxiliary.beacon = round.prove_beacon;
    share_root2(&bench->auxiliary.root2, &round.context, &bench->keys[0], &bench->auxiliary,
                bench->roots[1], SERVERS - 1);
    for (size_t i = 0; i < OWNERS; i++) {
        struct hash root2 = i == 0 ? bench->auxiliary.root2 : (struct hash){0};
        memcpy(proof, root2.bytes, sizeof(root2.bytes));
        send(bench, i, NATIVE_SHARE_PROVE, &operand, (struct bytes){0});
    }
    report(bench, "SHARE_PROVE, and close", OWNERS, run_block(bench));
}

static struct bytes list_of(const struct bench *bench, unsigned which)
{
    return (struct bytes){(const uint8_t *)bench->roots[which],
                          (SERVERS - 1) * sizeof(struct hash)};
}

static size_t sidecar_size(const struct bench *bench)
{
    return (bench->layout.params.dimension + bench->layout.aux_count) * FIELD_SIZE;
}

static void publish_one(struct bench *bench, uint64_t model)
{
    uint8_t *zeros = memory_new(sidecar_size(bench));
    const struct share_publish_operand operand = {model, 1, SERVERS, list_of(bench, 0),
                                                  list_of(bench, 1)};
    send(bench, 0, NATIVE_SHARE_PUBLISH, &operand, (struct bytes){zeros, sidecar_size(bench)});
    report(bench, "SHARE_PUBLISH, and close", 1, run_block(bench));
    free(zeros);
}

/* The last server lies about everybody, so all are in dispute; owner 0 opens its share. */
static void justify_one(struct bench *bench, uint64_t model)
{
    struct round round = load_round(bench, model);
    struct share_round shares = {.context = round.context,
                                 .dimension = bench->layout.params.dimension,
                                 .server_count = SERVERS,
                                 .degree = 1};
    for (size_t i = 0; i < SERVERS; i++) {
        point_of(&shares.servers[i], &bench->secrets[OWNERS + i]);
    }
    const struct justify_case about = {.round = &shares,
                                       .owner = bench->keys[0],
                                       .commitment = bench->commitment,
                                       .auxiliary = bench->auxiliary,
                                       .server = SERVERS,
                                       .aux_count = bench->layout.aux_count};
    struct justify_opening opening;
    justify_open_owner(&opening, &about, &bench->ephemeral, (const uint8_t[32]){0});
    struct market_key key;
    struct bytes ignored;
    struct dispute_justify_operand operand = {.model = model,
                                              .round = 1,
                                              .server = SERVERS,
                                              .shared = opening.shared,
                                              .roots = list_of(bench, 0),
                                              .roots2 = list_of(bench, 1)};
    key_seat(&key, model, 1, &bench->addresses[0]);
    bool seated = state_get(bench->state, key_bytes(&key), &ignored);
    assert(seated && ignored.data[0] == 0 && ignored.data[1] == 0);
    (void)seated;
    memcpy(operand.challenge, opening.proof.challenge, sizeof(operand.challenge));
    memcpy(operand.response, opening.proof.response, sizeof(operand.response));
    uint8_t *zeros = memory_new(sidecar_size(bench));
    send(bench, 0, NATIVE_DISPUTE_JUSTIFY, &operand, (struct bytes){zeros, sidecar_size(bench)});
    report(bench, "DISPUTE_JUSTIFY, and close", 1, run_block(bench));
    free(zeros);
}

static void enter_owners(struct bench *bench, uint64_t model)
{
    static const uint8_t zeros[32];
    struct round round = load_round(bench, model);
    const struct round_operand join = {model, 1};
    for (size_t i = 0; i < OWNERS; i++) {
        send(bench, i, NATIVE_ROUND_JOIN, &join, (struct bytes){0});
    }
    report(bench, "ROUND_JOIN", OWNERS, run_block(bench));
    for (size_t i = 0; i < OWNERS; i++) {
        struct share_commit_operand commit = {.model = model, .round = 1};
        struct secret_key secret;
        struct hash message;
        uint8_t random32[32] = {2, (uint8_t)i, (uint8_t)model};
        random32[31] = 1;
        bool valid = secret_key_init(&secret, random32);
        assert(valid);
        (void)valid;
        secret_key_make_even(&secret);
        public_key_of(&commit.ephemeral, &secret);
        if (i == 0) {
            bench->ephemeral = secret;
            commit_to_zeros(bench, &round, &commit);
        }
        share_proof_message(&message, &round.context, &bench->keys[i], &commit.ephemeral,
                            &commit.root);
        signature_make(&commit.proof, &secret, &message, zeros);
        send(bench, i, NATIVE_SHARE_COMMIT, &commit, (struct bytes){0});
    }
    report(bench, "SHARE_COMMIT, and close", OWNERS, run_block(bench));
}

static void post_values(struct bench *bench, uint64_t model, size_t servers, const char *name)
{
    const struct batch_value_operand value = {.model = model, .round = 1};
    for (size_t i = 0; i < servers; i++) {
        send(bench, OWNERS + i, NATIVE_BATCH_CHECK, &value, (struct bytes){0});
    }
    report(bench, name, servers, run_block(bench));
}

static struct field_ext told(struct field_ext constant, size_t server, bool lie)
{
    return field_ext_sub(field_ext_of(lie && server == SERVERS - 1 ? 1 : 0), constant);
}

/* What the equations of proofs of zeros ask for; the last server adds one to each owner's. */
static void decide(struct bench *bench, uint64_t model, bool lie)
{
    struct round_work work;
    struct opened opened;
    bool known = work_load(&work, bench->state, model, 1);
    assert(known);
    (void)known;
    opened_load(&opened, &work);
    work_close(&work);
    for (size_t i = 0; i < SERVERS; i++) {
        struct batch_value_operand value = {.model = model, .round = 1};
        struct field_ext total = {0};
        for (uint32_t k = 0; k < opened.owners.count; k++) {
            aggregate_fold(&total, opened.gammas[k], told(opened.constants[k], i, lie));
        }
        field_ext_write(value.value, total);
        send(bench, OWNERS + i, NATIVE_BATCH_DECIDE, &value, (struct bytes){0});
    }
    report(bench, "BATCH_DECIDE, and close", SERVERS, run_block(bench));
    if (lie) {
        uint8_t values[OWNERS * FIELD_EXT_SIZE];
        const struct batch_fallback_operand operand = {model, 1, BYTES_OF(values)};
        for (size_t i = 0; i < SERVERS; i++) {
            for (uint32_t k = 0; k < opened.owners.count; k++) {
                field_ext_write(values + k * FIELD_EXT_SIZE, told(opened.constants[k], i, lie));
            }
            send(bench, OWNERS + i, NATIVE_BATCH_FALLBACK, &operand, (struct bytes){0});
        }
        report(bench, "BATCH_FALLBACK, and close", SERVERS, run_block(bench));
    }
    opened_close(&opened);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct public_key));
}

static void bench_round(struct bench *bench, uint32_t dimension, bool disputed)
{
    uint64_t model = 0;
    char name[64];
    printf("-- a round of %d owners, dimension %u%s\n", OWNERS, dimension,
           disputed ? ", with complaints and disputes" : "");
    open_round(bench, dimension, &model);
    enter_owners(bench, model);
    (void)run_block(bench);
    (void)run_block(bench);
    prove(bench, model);
    uint8_t bits[(OWNERS + 7) / 8];
    memset(bits, 0xff, sizeof(bits));
    bits[sizeof(bits) - 1] = (1U << (OWNERS % 8)) - 1;
    const struct batch_ack_operand ack = {model, 1, BYTES_OF(bits)};
    for (size_t i = 0; i < SERVERS; i++) {
        bits[0] = disputed && i == SERVERS - 1 ? 0xfe : 0xff;
        send(bench, OWNERS + i, NATIVE_BATCH_ACK, &ack, (struct bytes){0});
    }
    report(bench, "BATCH_ACK, and close", SERVERS, run_block(bench));
    if (disputed) {
        publish_one(bench, model);
    }
    (void)run_block(bench);
    (void)run_block(bench);
    decide(bench, model, disputed);
    if (disputed) {
        justify_one(bench, model);
    }

    struct public_key sorted[OWNERS];
    memcpy(sorted, bench->keys, sizeof(sorted));
    qsort(sorted, OWNERS, sizeof(sorted[0]), compare_keys);
    struct batch_aggregate_operand aggregate = {.model = model, .round = 1};
    aggregate_set_hash(&aggregate.owners, sorted, OWNERS);
    uint8_t *elements = memory_new((size_t)dimension * FIELD_SIZE);
    send(bench, OWNERS, NATIVE_BATCH_AGGREGATE, &aggregate,
         (struct bytes){elements, (size_t)dimension * FIELD_SIZE});
    free(elements);
    (void)snprintf(name, sizeof(name), "BATCH_AGGREGATE, d = %u", dimension);
    report(bench, name, 1, run_block(bench));
    (void)run_block(bench);
    (void)run_block(bench);
    (void)snprintf(name, sizeof(name), "BATCH_CHECK, and settle");
    post_values(bench, model, disputed ? SERVERS - 1 : SERVERS, name);
    struct round round = load_round(bench, model);
    assert(round.phase == PHASE_SETTLED);
    (void)round;
}

/* ---- The keys of the masks of distances: the most that servers deal, and refutations of it. Several rounds are
 * open side by side, so that one block has several of each. */

static void deal_round(struct bench *bench, struct share_round *out, uint64_t model)
{
    struct round round = load_round(bench, model);
    *out = (struct share_round){.context = round.context,
                                .dimension = DEAL_DIMENSION,
                                .server_count = DEALERS,
                                .degree = DEGREE};
    for (size_t i = 0; i < DEALERS; i++) {
        point_of(&out->servers[i], &bench->secrets[FIRST_DEALER + i]);
    }
}

/* The first dealer gives the last server other keys than it commits to. Returns the bytes of the keys. */
static size_t deal_one(struct bench *bench, uint64_t model, unsigned dealer)
{
    struct share_round shares;
    struct share_commitment commitment;
    struct buffer keys = {0};
    const uint8_t seed[XOF_SEED_SIZE] = {3, (uint8_t)dealer, (uint8_t)model};
    const struct zero_deal about = {.round = &shares,
                                    .active = (1U << DEALERS) - 1,
                                    .server = dealer,
                                    .dealer = bench->keys[FIRST_DEALER + dealer - 1]};
    deal_round(bench, &shares, model);
    if (dealer == 1) {
        shares.servers[DEALERS - 1] = shares.servers[1];
    }
    size_t size = zero_deal_size(&shares, dealer, about.active);
    if (size > 0) {
        zero_deal_make(&keys, &commitment, &about, seed, seed);
        const struct batch_deal_operand operand = {model, 1, commitment.ephemeral, commitment.proof,
                                                   buffer_bytes(&keys)};
        send(bench, FIRST_DEALER + dealer - 1, NATIVE_BATCH_DEAL, &operand, (struct bytes){0});
    }
    buffer_close(&keys);
    return size;
}

static void refute_one(struct bench *bench, uint64_t model)
{
    static const uint8_t zeros[32];
    struct share_round shares;
    struct market_key key;
    struct deal record;
    struct zero_sharing sharing;
    struct zero_deal_opening opening = {.member = DEALERS};
    const struct secret_key *secret = &bench->secrets[FIRST_DEALER + DEALERS - 1];
    deal_round(bench, &shares, model);
    key_deal(&key, model, 1, 1);
    bool good = record_load(bench->state, &key, &deal_schema, &record);
    const struct zero_deal deal = {.round = &shares,
                                   .active = (1U << DEALERS) - 1,
                                   .server = 1,
                                   .dealer = record.dealer_key,
                                   .ephemeral = record.ephemeral,
                                   .keys = record.keys};
    zero_sharing_init(&sharing, DEALERS, DEGREE);
    good = good && zero_deal_open(&sharing, &opening.set, &deal, DEALERS, secret) &&
           opening.set != 0 && zero_deal_show(&opening, &deal, secret, zeros);
    assert(good);
    (void)good;
    struct deal_refute_operand operand = {.model = model,
                                          .round = 1,
                                          .dealer = 1,
                                          .set = (uint16_t)opening.set,
                                          .shared = opening.shared};
    memcpy(operand.challenge, opening.proof.challenge, sizeof(operand.challenge));
    memcpy(operand.response, opening.proof.response, sizeof(operand.response));
    send(bench, FIRST_DEALER + DEALERS - 1, NATIVE_DEAL_REFUTE, &operand, (struct bytes){0});
}

static void bench_deals(struct bench *bench)
{
    uint64_t first = 0;
    uint64_t last = 0;
    printf("-- keys of the masks of %d servers, degree %d\n", DEALERS, DEGREE);
    struct model_terms terms = terms_of(bench, DEAL_DIMENSION, FIRST_DEALER, DEALERS);
    terms.modes = MODE_PAIRS;
    terms.threshold = DEGREE;
    terms.owners_max = MARKET_PAIRS_OWNERS_MAX;
    for (unsigned i = 0; i < DEAL_ROUNDS; i++) {
        publish(bench, &terms, i == 0 ? &first : &last);
    }
    for (unsigned dealer = 1; dealer <= DEALERS; dealer++) {
        char name[64];
        size_t size = 0;
        for (uint64_t model = first; model <= last; model++) {
            size = deal_one(bench, model, dealer);
        }
        (void)snprintf(name, sizeof(name), "BATCH_DEAL, %zu bytes", size);
        if (size > 0) {
            report(bench, name, DEAL_ROUNDS, run_block(bench));
        }
    }
    for (uint64_t model = first; model <= last; model++) {
        assert(load_round(bench, model).phase == PHASE_CONFIRM);
        refute_one(bench, model);
    }
    report(bench, "DEAL_REFUTE", DEAL_ROUNDS, run_block(bench));
}

int main(void)
{
    static const uint32_t dimensions[] = {1000, 10000, 100000, 1000000};
    static struct bench bench;
    init(&bench);
    bench_transfers(&bench);
    register_servers(&bench);
    for (size_t i = 0; i < ARRAY_COUNT(dimensions); i++) {
        bench_round(&bench, dimensions[i], false);
    }
    bench_round(&bench, dimensions[2], true);
    bench_deals(&bench);
    state_free(bench.state);
    blob_memory_free(bench.blobs);
    buffer_close(&bench.body);
    ledger_results_close(&bench.results);
    return 0;
}
