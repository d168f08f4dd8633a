#include "tools/client/submit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/client/blob.h"
#include "tools/client/random.h"
#include "vm/opcodes.h"
#include "vm/program.h"

#define PASSING_STEP_MS    200
#define GAS_MARGIN_PERCENT 20 /* the state may change between simulation and block */

void submit_program(struct buffer *out, const struct submit_native *natives, size_t count)
{
    struct buffer code = {0};
    struct buffer operand = {0};
    for (size_t i = 0; i < count; i++) {
        const struct native *row = native_find(&market_natives, natives[i].id);
        assert(row != NULL && "natives are named by enum native_id");
        buffer_clear(&operand);
        schema_write(&operand, row->operand, natives[i].operand);
        bcs_write_u8(&code, OP_NATIVE);
        bcs_write_u8(&code, natives[i].id);
        bcs_write_bytes(&code, buffer_bytes(&operand));
    }
    bcs_write_u8(&code, OP_STOP);
    struct program program = {.version = 1, .memory_size = 0, .code = buffer_bytes(&code)};
    schema_write(out, &program_schema, &program);
    buffer_close(&operand);
    buffer_close(&code);
}

static char *hex_text(struct bytes bytes)
{
    struct buffer text = {0};
    buffer_reserve(&text, 2 * bytes.size + 1);
    hex_encode((char *)text.data, bytes);
    return (char *)text.data;
}

/* What a transaction depends on that changes while a command waits for the chain. */
struct sender {
    uint64_t nonce;   /* the next, counting what waits in the node's pool */
    uint64_t balance; /* units */
    uint64_t height;  /* of the node */
};

static bool load_sender(struct rpc *rpc, const struct chain_info *chain,
                        const struct secret_key *key, struct sender *out, struct fault *fault)
{
    struct public_key public_key;
    struct address address;
    char text[ADDRESS_TEXT_MAX];
    public_key_of(&public_key, key);
    address_of(&address, &public_key);
    address_print(text, chain->prefix, &address);
    json_t *answer = rpc_call(rpc, "state_account", json_pack("{s:s}", "address", text), fault);
    bool good = answer != NULL && rpc_u64(&out->nonce, answer, "pending_nonce", fault) &&
                rpc_u64(&out->height, answer, "height", fault) &&
                rpc_u64(&out->balance, json_object_get(answer, "account"), "balance", fault);
    json_decref(answer);
    return good;
}

/* Run the transaction on the committed state: its gas with a margin, or why it would be refused. */
static bool simulate(struct rpc *rpc, struct bytes envelope, uint64_t *gas, struct fault *fault)
{
    char *hex = hex_text(envelope);
    json_t *answer = rpc_call(rpc, "tx_simulate", json_pack("{s:s}", "envelope", hex), fault);
    free(hex);
    uint64_t used = 0;
    if (answer == NULL || !rpc_u64(&used, answer, "gas_used", fault)) {
        json_decref(answer);
        return false;
    }
    const json_t *refusal = json_object_get(json_object_get(answer, "receipt"), "refusal");
    const char *sentence = json_string_value(json_object_get(refusal, "sentence"));
    const char *name = json_string_value(json_object_get(refusal, "name"));
    bool good = !json_is_object(refusal) ||
                fault_set(fault, "%s (%s)", sentence == NULL ? "refused" : sentence,
                          name == NULL ? "?" : name);
    json_decref(answer);
    *gas = used + used * GAS_MARGIN_PERCENT / 100;
    return good;
}

static void seal(struct buffer *envelope, struct transaction *transaction,
                 const struct submit_request *request)
{
    uint8_t random32[32];
    random_fill(random32, sizeof(random32));
    transaction_sign_named(transaction, request->key, random32);
    buffer_clear(envelope);
    transaction_write_envelope(envelope, transaction, request->sidecar);
}

/* Name the sidecar in the transaction, and put a large one to the node. */
static bool name_sidecar(struct rpc *rpc, const struct submit_request *request,
                         struct transaction *transaction, struct fault *fault)
{
    struct source sidecar =
        request->large == NULL ? source_of_bytes(request->sidecar) : *request->large;
    assert(request->large == NULL || sidecar.size > TRANSACTION_INLINE_MAX);
    assert(sidecar.size <= TRANSACTION_SIDECAR_MAX);
    transaction->sidecar_size = (uint32_t)sidecar.size;
    return sidecar.size == 0 || (source_root(&transaction->sidecar_root, &sidecar, fault) &&
                                 (sidecar.size <= TRANSACTION_INLINE_MAX ||
                                  blob_put(rpc, &transaction->sidecar_root, &sidecar, fault)));
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

bool submit_sign(struct rpc *rpc, const struct chain_info *chain,
                 const struct submit_request *request, struct buffer *envelope, struct fault *fault)
{
    struct parameters parameters;
    struct transaction transaction = {
        .chain_id = chain->chain_id,
        .nonce = request->nonce,
        .gas_price = request->gas_price,
        .gas_limit = request->gas_limit,
        .program = request->program,
    };
    struct sender sender = {0};
    if (!chain_parameters_load(rpc, &parameters, fault) ||
        !load_sender(rpc, chain, request->key, &sender, fault)) {
        return false;
    }
    transaction.expires_at = sender.height + SUBMIT_EXPIRY_BLOCKS;
    if (!name_sidecar(rpc, request, &transaction, fault)) {
        return false;
    }
    if (!request->nonce_given) {
        transaction.nonce = sender.nonce;
    }
    if (transaction.gas_price == 0) {
        transaction.gas_price = parameters.gas_price_min;
    }
    if (transaction.gas_limit > 0) {
        seal(envelope, &transaction, request);
        return true;
    }
    /* A simulation lends the fee, so it may ask with all the gas there is. */
    transaction.gas_limit = parameters.gas_limit_max;
    seal(envelope, &transaction, request);
    if (!simulate(rpc, buffer_bytes(envelope), &transaction.gas_limit, fault)) {
        return false;
    }
    transaction.gas_limit = smaller(transaction.gas_limit, parameters.gas_limit_max);
    if (transaction.gas_price > 0 &&
        sender.balance / transaction.gas_price < transaction.gas_limit) {
        return fault_set(fault,
                         "the balance is %" PRIu64 ", and %" PRIu64 " gas at a price of %" PRIu64
                         " must be paid for",
                         sender.balance, transaction.gas_limit, transaction.gas_price);
    }
    seal(envelope, &transaction, request);
    return true;
}

static bool read_receipt(const json_t *answer, struct submit_receipt *out, struct fault *fault)
{
    const json_t *receipt = json_object_get(answer, "receipt");
    if (!rpc_u64(&out->height, answer, "block_height", fault) ||
        !rpc_u64(&out->gas_used, receipt, "gas_used", fault) ||
        !rpc_u64(&out->fee, receipt, "fee", fault)) {
        return false;
    }
    const json_t *refusal = json_object_get(receipt, "refusal");
    if (!json_is_object(refusal)) {
        return true;
    }
    const char *name = json_string_value(json_object_get(refusal, "name"));
    const char *sentence = json_string_value(json_object_get(refusal, "sentence"));
    return fault_set(fault, "refused in block %" PRIu64 ": %s (%s, fee %" PRIu64 ")", out->height,
                     sentence == NULL ? "no reason" : sentence, name == NULL ? "?" : name,
                     out->fee);
}

bool submit_envelope(struct rpc *rpc, struct bytes envelope, struct submit_receipt *out,
                     struct fault *fault)
{
    memset(out, 0, sizeof(*out));
    char *hex = hex_text(envelope);
    json_t *params = json_pack("{s:s, s:s, s:i}", "envelope", hex, "wait", "commit", "timeout_ms",
                               (int)SUBMIT_WAIT_MS);
    free(hex);
    json_t *answer = rpc_call_within(rpc, "tx_send", params, SUBMIT_WAIT_MS + 10000, fault);
    const char *id = NULL;
    const char *status = NULL;
    bool good = answer != NULL && rpc_text(&id, answer, "id", fault) &&
                rpc_text(&status, answer, "status", fault);
    if (good && !hex_decode(out->id.bytes, sizeof(out->id.bytes), id)) {
        good = fault_set(fault, "tx_send: the node's answer has no transaction id");
    }
    if (good && strcmp(status, "committed") != 0) {
        good =
            fault_set(fault, "transaction %s is in no block after %ld s; 'souk tx %s' asks again",
                      id, SUBMIT_WAIT_MS / 1000, id);
    }
    good = good && read_receipt(answer, out, fault);
    if (!good) {
        json_decref(answer);
        return false;
    }
    out->json = answer;
    return true;
}

bool submit_and_wait(struct rpc *rpc, const struct chain_info *chain,
                     const struct submit_request *request, struct submit_receipt *out,
                     struct fault *fault)
{
    struct buffer envelope = {0};
    memset(out, 0, sizeof(*out));
    bool good = submit_sign(rpc, chain, request, &envelope, fault) &&
                submit_envelope(rpc, buffer_bytes(&envelope), out, fault);
    buffer_close(&envelope);
    return good;
}

bool submit_patiently(struct rpc *rpc, const struct chain_info *chain,
                      const struct submit_request *request, struct submit_receipt *out,
                      struct fault *fault)
{
    const struct timespec step = {.tv_nsec = PASSING_STEP_MS * 1000000L};
    for (int tries = SUBMIT_PASSING_MS / PASSING_STEP_MS;; tries--) {
        if (submit_and_wait(rpc, chain, request, out, fault)) {
            return true;
        }
        if (!rpc_passing(rpc) || tries <= 0) {
            return false;
        }
        (void)nanosleep(&step, NULL);
    }
}
