#include "tools/bench/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"

#define TRANSFERS_MAX 40 /* in one transaction: a receipt holds at most 64 events */
#define GAS_MARGIN    2  /* times what one transfer used when it was simulated */

static void derive(struct bench_account *out, const struct secret_key *wallet, uint32_t index)
{
    struct buffer seed = {0};
    struct hash scalar;
    struct public_key key;
    buffer_append(&seed, BYTES_OF(wallet->bytes));
    buffer_append(&seed, BYTES_OF(index));
    hash_tagged(&scalar, "souk/bench-account/v1", buffer_bytes(&seed));
    explicit_bzero(seed.data, seed.size);
    buffer_close(&seed);
    bool valid = secret_key_init(&out->key, scalar.bytes);
    assert(valid && "a hash is no scalar with probability 2^-128");
    public_key_of(&key, &out->key);
    address_of(&out->address, &key);
}

void accounts_derive(struct bench_accounts *out, const struct secret_key *wallet, uint32_t count)
{
    memset(out, 0, sizeof(*out));
    out->list = memory_new(count * sizeof(*out->list));
    out->count = count;
    for (uint32_t i = 0; i < count; i++) {
        derive(&out->list[i], wallet, i);
    }
}

void accounts_close(struct bench_accounts *accounts)
{
    for (uint32_t i = 0; i < accounts->count; i++) {
        secret_key_close(&accounts->list[i].key);
    }
    free(accounts->list);
    memset(accounts, 0, sizeof(*accounts));
}

/* What a transfer costs: by signing one of the wallet's without sending it. */
static bool learn_prices(struct bench_accounts *accounts, struct rpc *rpc,
                         const struct chain_info *chain, const struct secret_key *wallet,
                         struct fault *fault)
{
    const struct transfer_operand operand = {.to = accounts->list[0].address, .amount = 1};
    struct buffer program = {0};
    struct buffer envelope = {0};
    struct transaction transaction;
    struct bytes sidecar;
    submit_program(&program, &(struct submit_native){NATIVE_TRANSFER, &operand}, 1);
    const struct submit_request request = {.program = buffer_bytes(&program), .key = wallet};
    bool good = submit_sign(rpc, chain, &request, &envelope, fault);
    if (good) {
        enum transaction_status status =
            transaction_decode(&transaction, &sidecar, buffer_bytes(&envelope), NULL, 0);
        assert(status == TRANSACTION_OK);
        accounts->gas_limit = GAS_MARGIN * transaction.gas_limit;
        accounts->gas_price = transaction.gas_price;
    }
    buffer_close(&program);
    buffer_close(&envelope);
    return good;
}

/* Nonce and balance of an account that may not exist yet. */
static bool load_account(struct bench_account *account, uint64_t *balance, struct rpc *rpc,
                         const char *prefix, struct fault *fault)
{
    char text[ADDRESS_TEXT_MAX];
    address_print(text, prefix, &account->address);
    json_t *answer = rpc_call(rpc, "state_account", json_pack("{s:s}", "address", text), fault);
    bool good = answer != NULL && rpc_u64(&account->nonce, answer, "pending_nonce", fault) &&
                rpc_u64(balance, json_object_get(answer, "account"), "balance", fault);
    json_decref(answer);
    return good;
}

static bool send_transfers(struct rpc *rpc, const struct chain_info *chain,
                           const struct secret_key *wallet, const struct submit_native *natives,
                           size_t count, struct fault *fault)
{
    struct buffer program = {0};
    struct submit_receipt receipt;
    submit_program(&program, natives, count);
    const struct submit_request request = {.program = buffer_bytes(&program), .key = wallet};
    bool good = submit_patiently(rpc, chain, &request, &receipt, fault);
    if (good) {
        json_decref(receipt.json);
    }
    buffer_close(&program);
    return good;
}

bool accounts_fund(struct bench_accounts *accounts, struct rpc *rpc, const struct chain_info *chain,
                   const struct secret_key *wallet, uint64_t each, struct fault *fault)
{
    struct transfer_operand operands[TRANSFERS_MAX];
    struct submit_native natives[TRANSFERS_MAX];
    size_t waiting = 0;
    uint64_t need = 0;
    if (!learn_prices(accounts, rpc, chain, wallet, fault)) {
        return false;
    }
    if (!checked_mul(&need, accounts->gas_limit, accounts->gas_price) ||
        !checked_add(&need, need, 1) || !checked_mul(&need, need, each)) {
        return fault_set(fault, "so many transfers cost more than 64 bits hold");
    }
    bool good = true;
    for (uint32_t i = 0; good && i < accounts->count; i++) {
        uint64_t balance = 0;
        good = load_account(&accounts->list[i], &balance, rpc, chain->prefix, fault);
        if (good && balance < need) {
            operands[waiting] = (struct transfer_operand){.to = accounts->list[i].address,
                                                          .amount = need - balance};
            natives[waiting] = (struct submit_native){NATIVE_TRANSFER, &operands[waiting]};
            waiting++;
        }
        if (good && (waiting == TRANSFERS_MAX || (waiting > 0 && i + 1 == accounts->count))) {
            good = send_transfers(rpc, chain, wallet, natives, waiting, fault);
            waiting = 0;
        }
    }
    return good;
}
