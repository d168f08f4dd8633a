#include "tests/lib/proof_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/executor.h"

void proof_fixture_trust(struct trust *out)
{
    struct chain chain;
    chain_init(&chain, PROOF_USERS);
    trust_of(out, chain.genesis);
    chain_close(&chain);
}

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void open_stores(struct proof_fixture *fixture)
{
    char error[512] = "";
    char path[2][FIXTURE_PATH_MAX];
    fixture_directory(fixture->home);
    fixture_path(path[0], fixture->home, "blocks");
    fixture_path(path[1], fixture->home, "state");
    struct block_store_options blocks = {.directory = path[0]};
    struct state_store_options states = {
        .directory = path[1], .genesis = fixture->chain.genesis, .map_size = 16u << 20};
    must(block_store_open(&fixture->blocks, &blocks, error, sizeof(error)) == BLOCK_STORE_OK &&
             state_store_open(&fixture->states, &states, error, sizeof(error)) == STATE_STORE_OK,
         error);
}

static void run_block(struct proof_fixture *fixture, struct executor *executor, struct bytes body)
{
    char error[512];
    struct block *block = memory_new(sizeof(*block));
    const struct executor_report *report = NULL;
    executor_head(executor, &fixture->chain.head);
    chain_block(&fixture->chain, block, &fixture->certificate, body);
    must(executor_run(executor, block, &fixture->certificate, &report, error, sizeof(error)),
         error);
    for (size_t i = 0; i < ARRAY_COUNT(fixture->ids); i++) {
        fixture->ids[i] = report->transactions[i].id;
    }
    fixture->headers[0] = block->header;
    chain_advance(&fixture->chain, &report->head, &fixture->certificate);
    /* The next block is decided, and not executed. */
    chain_block(&fixture->chain, block, &fixture->certificate, (struct bytes){0});
    fixture->headers[1] = block->header;
    free(block);
}

void proof_fixture_init(struct proof_fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    chain_init(&fixture->chain, PROOF_USERS);
    trust_of(&fixture->trust, fixture->chain.genesis);
    open_stores(fixture);
    struct executor_options options = {.state_store = fixture->states,
                                       .block_store = fixture->blocks,
                                       .chain_id = fixture->chain.chain_id};
    struct executor *executor = executor_new(&options);
    struct buffer body = {0};
    for (uint32_t i = 0; i < PROOF_TRANSFERS; i++) {
        chain_transfer(&fixture->chain, &body, i, i + 1, 100 + i, (struct bytes){0});
    }
    run_block(fixture, executor, buffer_bytes(&body));
    buffer_close(&body);
    executor_close(executor, NULL, NULL);
}

void proof_fixture_close(struct proof_fixture *fixture)
{
    state_store_close(fixture->states);
    block_store_close(fixture->blocks);
    fixture_remove(fixture->home);
    trust_close(&fixture->trust);
    chain_close(&fixture->chain);
}

void proof_fixture_claim_key(struct proof_fixture *fixture, struct bytes key, struct buffer *out)
{
    struct buffer value = {0};
    struct trie_proof *path = memory_new(sizeof(*path));
    struct state_snapshot *snapshot = state_snapshot_open(fixture->states);
    bool found = state_snapshot_get(snapshot, key, &value);
    state_snapshot_prove(snapshot, key, path);
    claim_make_state(out, key, found, buffer_bytes(&value), path);
    state_snapshot_close(snapshot);
    free(path);
    buffer_close(&value);
}

void proof_fixture_claim_transaction(struct proof_fixture *fixture, uint32_t index,
                                     struct buffer *out)
{
    struct claim_block block = {0};
    struct buffer receipt = {0};
    struct buffer own = {0};
    struct state_snapshot *snapshot = state_snapshot_open(fixture->states);
    for (uint32_t i = 0; state_snapshot_receipt(snapshot, 1, i, &receipt); i++) {
        must(claim_block_add(&block, buffer_bytes(&receipt)), "a receipt does not decode");
        if (i == index) {
            buffer_append(&own, buffer_bytes(&receipt));
        }
        buffer_clear(&receipt);
    }
    claim_make_transaction(out, &block, index, buffer_bytes(&own));
    state_snapshot_close(snapshot);
    claim_block_close(&block);
    buffer_close(&receipt);
    buffer_close(&own);
}

void proof_fixture_encode(const struct proof_fixture *fixture, enum light_kind kind,
                          struct bytes claim, const struct certificate *certificate,
                          struct buffer *out)
{
    struct buffer encoded = {0};
    certificate_encode(&encoded, certificate);
    struct light_proof proof = {.version = LIGHT_VERSION,
                                .kind = (uint8_t)kind,
                                .chain_id = fixture->headers[0].chain_id,
                                .claim = claim,
                                .certificate = buffer_bytes(&encoded)};
    if (kind == LIGHT_TRANSACTION) {
        proof.headers[proof.header_count++] = fixture->headers[0];
    }
    proof.headers[proof.header_count++] = fixture->headers[1];
    schema_write(out, &light_proof_schema, &proof);
    buffer_close(&encoded);
}

void proof_fixture_key(struct proof_fixture *fixture, struct bytes key, struct buffer *out)
{
    struct buffer claim = {0};
    proof_fixture_claim_key(fixture, key, &claim);
    proof_fixture_encode(fixture, LIGHT_STATE, buffer_bytes(&claim), &fixture->certificate, out);
    buffer_close(&claim);
}

void proof_fixture_account(struct proof_fixture *fixture, uint32_t user, struct buffer *out)
{
    struct market_key key;
    key_account(&key, &fixture->chain.addresses[user]);
    proof_fixture_key(fixture, key_bytes(&key), out);
}

void proof_fixture_transaction(struct proof_fixture *fixture, uint32_t index, struct buffer *out)
{
    struct buffer claim = {0};
    proof_fixture_claim_transaction(fixture, index, &claim);
    proof_fixture_encode(fixture, LIGHT_TRANSACTION, buffer_bytes(&claim), &fixture->certificate,
                         out);
    buffer_close(&claim);
}

void proof_fixture_certify(const struct proof_fixture *fixture, struct certificate *out,
                           const struct block_header *header, enum vote_type type, uint32_t mask)
{
    struct vote vote = {.type = (uint8_t)type, .height = header->height};
    block_digest(&vote.digest, header);
    certificate_init(out, vote.height, 0, &vote.digest);
    for (uint32_t i = 0; i < CHAIN_VALIDATORS; i++) {
        if ((mask >> i & 1) != 0) {
            vote.sender = i;
            vote_sign(&vote, &fixture->chain.chain_id, &fixture->chain.validator_keys[i]);
            certificate_add(out, i, &vote.signature);
        }
    }
}
