#include "node/rpc_prove.h"
#include "node/consensus_glue.h"

#include "base/memory.h"
#include "consensus/light.h"
#include "market/claim.h"
#include "node/rpc.h"

#include <inttypes.h>
#include <stdlib.h>

#define WAIT_MS_DEFAULT 2000

struct rpc_proof {
    enum light_kind kind;
    json_t *result;         /* LIGHT_STATE: the answer, but for the proof */
    struct buffer claim;    /* LIGHT_STATE: made from the snapshot of `head` */
    struct state_head head; /* LIGHT_STATE */
    uint64_t certifier;     /* LIGHT_STATE: height of the header with the root */
    struct hash id;         /* LIGHT_TRANSACTION */
};

void rpc_proof_free(struct rpc_proof *proof)
{
    if (proof != NULL) {
        json_decref(proof->result);
        buffer_close(&proof->claim);
        free(proof);
    }
}

/* Headers, and the certificate of the last one. */

struct stored {
    struct buffer storage; /* owns the certificate */
    struct block_header header;
    struct bytes certificate;
};

enum stored_status { STORED_OK, STORED_ABSENT, STORED_FAULT };

static enum stored_status read_stored(struct rpc_call *call, uint64_t height, struct stored *out)
{
    struct block_store *blocks = call->node->blocks;
    struct block_record record;
    if (height > block_store_last_height(blocks)) {
        return STORED_ABSENT;
    }
    if (height < block_store_first_height(blocks)) {
        (void)rpc_refuse(call, RPC_PRUNED,
                         "block %" PRIu64 " is needed, blocks are kept from %" PRIu64, height,
                         block_store_first_height(blocks));
        return STORED_FAULT;
    }
    struct bcs_reader reader;
    bool good = block_store_read(blocks, height, &out->storage, &record) == BLOCK_STORE_OK;
    if (good) {
        bcs_reader_init(&reader, record.block);
        schema_read(&reader, &block_header_schema, &out->header);
        out->certificate = record.certificate;
        good = reader.status == BCS_OK;
    }
    if (!good) {
        (void)rpc_refuse(call, RPC_INTERNAL_ERROR, "block %" PRIu64 " cannot be read", height);
    }
    return good ? STORED_OK : STORED_FAULT;
}

/* Put `proof` and `proven_height` into the answer. */
static bool add_proof(struct rpc_call *call, json_t *result, struct light_proof *proof,
                      const struct stored *last, uint64_t proven_height)
{
    struct buffer encoded = {0};
    struct buffer handovers = {0};
    state_snapshot_handovers(call->snapshot, last->header.height, &handovers);
    if (handovers.size > HANDOVERS_SIZE_MAX) {
        buffer_close(&handovers);
        (void)rpc_refuse(
            call, RPC_INTERNAL_ERROR,
            "prove: the changes of the validators since the genesis are too many for a proof");
        return false;
    }
    proof->handovers = buffer_bytes(&handovers);
    proof->version = LIGHT_VERSION;
    proof->chain_id = last->header.chain_id;
    proof->headers[proof->header_count++] = last->header;
    proof->certificate = last->certificate;
    schema_write(&encoded, &light_proof_schema, proof);
    (void)json_object_set_new(result, "proof", json_hex(buffer_bytes(&encoded)));
    (void)json_object_set_new(result, "proven_height", json_u64(proven_height));
    buffer_close(&encoded);
    buffer_close(&handovers);
    return true;
}

/* State. */

static bool finish_state(struct rpc_proof *proof, struct rpc_call *call, json_t **result)
{
    struct stored next = {0};
    enum stored_status status = read_stored(call, proof->certifier, &next);
    call->head = proof->head;
    if (status == STORED_OK && !hash_equal(&next.header.state_root, &proof->head.state_root)) {
        (void)rpc_refuse(call, RPC_INTERNAL_ERROR, "block %" PRIu64 " certifies another state",
                         proof->certifier);
        status = STORED_FAULT;
    }
    if (status == STORED_OK) {
        struct light_proof light = {.kind = LIGHT_STATE, .claim = buffer_bytes(&proof->claim)};
        if (add_proof(call, proof->result, &light, &next, proof->certifier - 1)) {
            *result = json_incref(proof->result);
        }
    }
    buffer_close(&next.storage);
    return status != STORED_ABSENT;
}

/* Which header has this state's root? The head's own where its block changed nothing, as that block has
 * not which closes a burst of work; so an idle chain answers at once. Else the next. */
static bool find_certifier(struct rpc_call *call, uint64_t *certifier)
{
    struct stored own = {0};
    *certifier = call->head.height + 1;
    if (call->head.height == 0) {
        return true;
    }
    bool good = read_stored(call, call->head.height, &own) == STORED_OK;
    if (good && hash_equal(&own.header.state_root, &call->head.state_root)) {
        *certifier = call->head.height;
    }
    buffer_close(&own.storage);
    return good;
}

static void make_claim(struct rpc_call *call, struct bytes key, struct buffer *out)
{
    struct buffer value = {0};
    struct trie_proof *path = memory_new(sizeof(*path));
    bool found = state_snapshot_get(call->snapshot, key, &value);
    state_snapshot_prove(call->snapshot, key, path);
    claim_make_state(out, key, found, buffer_bytes(&value), path);
    free(path);
    buffer_close(&value);
}

/* Transactions. */

/* The claim about what stands at `place`, from all receipts of its block. */
static bool make_transaction_claim(struct rpc_call *call, const struct transaction_place *place,
                                   struct buffer *out)
{
    struct claim_block block = {0};
    struct buffer receipt = {0};
    struct buffer own = {0};
    bool good = true;
    for (uint32_t i = 0; good; i++) {
        buffer_clear(&receipt);
        if (!state_snapshot_receipt(call->snapshot, place->height, i, &receipt)) {
            break;
        }
        good = claim_block_add(&block, buffer_bytes(&receipt));
        if (i == place->index) {
            buffer_append(&own, buffer_bytes(&receipt));
        }
    }
    good = good && place->index + 1 < block.count;
    if (good) {
        claim_make_transaction(out, &block, place->index, buffer_bytes(&own));
    } else {
        (void)rpc_refuse(call, RPC_INTERNAL_ERROR, "the receipts of block %" PRIu64 " are damaged",
                         place->height);
    }
    claim_block_close(&block);
    buffer_close(&receipt);
    buffer_close(&own);
    return good;
}

static json_t *refuse_unknown(struct rpc_call *call)
{
    return rpc_refuse(call, RPC_NOT_FOUND, "id: no such transaction is pending or committed");
}

/* May a transaction that the state does not have get there? Those of a decided block are in the pool no
 * more, and in the state not yet. */
static bool is_coming(struct rpc_call *call, const struct hash *id)
{
    struct bytes envelope;
    return mempool_find(call->node->pool, id, &envelope) ||
           glue_decided(call->node->glue) > call->node->committed.height;
}

static bool finish_transaction(struct rpc_proof *proof, struct rpc_call *call, json_t **result)
{
    struct transaction_place place;
    if (!state_snapshot_transaction(call->snapshot, &proof->id, &place)) {
        bool coming = is_coming(call, &proof->id);
        if (!coming) {
            (void)refuse_unknown(call);
        }
        return !coming;
    }
    struct stored own = {0};
    struct stored next = {0};
    struct buffer claim = {0};
    enum stored_status status = read_stored(call, place.height + 1, &next);
    if (status == STORED_OK) {
        status = read_stored(call, place.height, &own);
    }
    if (status == STORED_OK && !make_transaction_claim(call, &place, &claim)) {
        status = STORED_FAULT;
    }
    if (status == STORED_OK) {
        struct light_proof light = {.kind = LIGHT_TRANSACTION,
                                    .claim = buffer_bytes(&claim),
                                    .headers = {own.header},
                                    .header_count = 1};
        *result = rpc_tx_status(call, &proof->id);
        if (!add_proof(call, *result, &light, &next, place.height)) {
            json_decref(*result);
            *result = NULL;
        }
    }
    buffer_close(&claim);
    buffer_close(&own.storage);
    buffer_close(&next.storage);
    return status != STORED_ABSENT;
}

/* Both. */

static void refuse_uncertified(struct rpc_call *call, const struct rpc_proof *proof)
{
    struct transaction_place place;
    if (proof->kind == LIGHT_STATE) {
        (void)rpc_refuse(call, RPC_NOT_CERTIFIED_YET,
                         "prove: the state of height %" PRIu64 " is certified by block %" PRIu64
                         ", which is not there yet; ask again, or with a larger timeout_ms",
                         proof->head.height, proof->certifier);
    } else if (state_snapshot_transaction(call->snapshot, &proof->id, &place)) {
        (void)rpc_refuse(call, RPC_NOT_CERTIFIED_YET,
                         "prove: the receipt is certified by block %" PRIu64
                         ", which is not there yet; ask again, or with a larger timeout_ms",
                         place.height + 1);
    } else {
        (void)rpc_refuse(call, RPC_NOT_CERTIFIED_YET,
                         "prove: the transaction is in no block yet; ask again, or with a larger "
                         "timeout_ms");
    }
}

bool rpc_proof_try(struct rpc_proof *proof, struct rpc_call *call, bool over, json_t **result)
{
    *result = NULL;
    bool done = proof->kind == LIGHT_STATE ? finish_state(proof, call, result)
                                           : finish_transaction(proof, call, result);
    if (!done && over) {
        refuse_uncertified(call, proof);
    }
    return done || over;
}

static bool take_prove(struct rpc_call *call, bool *prove, uint64_t *timeout_ms)
{
    const json_t *json = json_object_get(call->params, "prove");
    *prove = json_is_true(json);
    if (json != NULL && !json_is_boolean(json)) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "prove: true or false is expected");
        return false;
    }
    return rpc_take_u64_or(call, "timeout_ms", timeout_ms, RPC_WAIT_MS_MAX, WAIT_MS_DEFAULT);
}

/* Answer now, or when the certifying block is there. The proof is taken. */
static json_t *answer(struct rpc_call *call, struct rpc_proof *proof, uint64_t timeout_ms)
{
    json_t *result;
    bool done = rpc_proof_try(proof, call, timeout_ms == 0, &result);
    if (!done && rpc_wait_proof(call, proof, timeout_ms)) {
        return NULL;
    }
    rpc_proof_free(proof);
    return result;
}

json_t *rpc_prove_state(struct rpc_call *call, struct bytes key, json_t *result)
{
    bool prove;
    uint64_t timeout_ms;
    uint64_t certifier = 0;
    bool good = take_prove(call, &prove, &timeout_ms);
    if (good && !prove) {
        return result;
    }
    if (!good || !find_certifier(call, &certifier)) {
        json_decref(result);
        return NULL;
    }
    struct rpc_proof *proof = memory_new(sizeof(*proof));
    *proof = (struct rpc_proof){
        .kind = LIGHT_STATE, .result = result, .head = call->head, .certifier = certifier};
    make_claim(call, key, &proof->claim);
    return answer(call, proof, timeout_ms);
}

json_t *rpc_prove_transaction(struct rpc_call *call, const struct hash *id, json_t *result)
{
    bool prove;
    uint64_t timeout_ms;
    bool good = take_prove(call, &prove, &timeout_ms);
    if (good && !prove) {
        return result != NULL ? result : refuse_unknown(call);
    }
    json_decref(result);
    if (!good) {
        return NULL;
    }
    struct rpc_proof *proof = memory_new(sizeof(*proof));
    *proof = (struct rpc_proof){.kind = LIGHT_TRANSACTION, .id = *id};
    return answer(call, proof, timeout_ms);
}
