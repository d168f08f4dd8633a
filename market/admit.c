#include "market/admit.h"

#include "base/checked.h"
#include "market/ledger.h"
#include "market/operands.h"

/* Bytes of an envelope around a program: all other fields and the lengths. */
#define ENVELOPE_OVERHEAD 256

static bool no(struct refusal *refusal, enum vm_refusal_code code, uint64_t got, uint64_t want)
{
    *refusal = (struct refusal){(uint16_t)code, got, want};
    return false;
}

uint64_t ledger_sidecar_bytes(uint64_t size)
{
    return size > TRANSACTION_INLINE_MAX ? size / LEDGER_BLOB_BYTES_PER_BYTE : size;
}

uint64_t ledger_intrinsic_gas(const struct parameters *parameters,
                              const struct transaction *transaction)
{
    uint64_t size = ENVELOPE_OVERHEAD + transaction->program.size +
                    ledger_sidecar_bytes(transaction->sidecar_size);
    uint64_t gas;
    if (!checked_mul(&gas, size, parameters->gas_per_byte) ||
        !checked_add(&gas, gas, parameters->gas_per_transaction)) {
        return UINT64_MAX;
    }
    return gas;
}

static bool check_gas(struct admission *out, const struct transaction *transaction,
                      const struct parameters *parameters, struct refusal *refusal)
{
    if (transaction->gas_price < parameters->gas_price_min) {
        return no(refusal, VM_GAS_PRICE, transaction->gas_price, parameters->gas_price_min);
    }
    if (transaction->gas_limit > parameters->gas_limit_max) {
        return no(refusal, VM_GAS_LIMIT, transaction->gas_limit, parameters->gas_limit_max);
    }
    out->intrinsic_gas = ledger_intrinsic_gas(parameters, transaction);
    if (transaction->gas_limit < out->intrinsic_gas) {
        return no(refusal, VM_GAS, out->intrinsic_gas, transaction->gas_limit);
    }
    return true;
}

static bool check_account(struct admission *out, struct state *state,
                          const struct transaction *transaction, uint64_t nonce_window,
                          struct refusal *refusal)
{
    const struct account *account = &out->account;
    account_load(state, &out->sender, &out->account);
    uint64_t ahead;
    if (!checked_sub(&ahead, transaction->nonce, account->nonce) || ahead >= nonce_window) {
        return no(refusal, VM_NONCE, transaction->nonce, account->nonce);
    }
    if (!checked_mul(&out->fee_max, transaction->gas_limit, transaction->gas_price)) {
        return no(refusal, VM_BALANCE, account->balance, UINT64_MAX);
    }
    if (account->balance < out->fee_max) {
        return no(refusal, VM_BALANCE, account->balance, out->fee_max);
    }
    return true;
}

bool admit_transaction(struct admission *out, struct state *state,
                       const struct transaction *transaction, uint64_t height,
                       uint64_t nonce_window, struct refusal *refusal)
{
    struct parameters parameters;
    parameters_load(state, &parameters);
    *out = (struct admission){0};
    *refusal = (struct refusal){0};
    address_of(&out->sender, &transaction->sender);
    if (transaction->expires_at < height) {
        return no(refusal, VM_EXPIRED, height, transaction->expires_at);
    }
    if (!check_gas(out, transaction, &parameters, refusal) ||
        !check_account(out, state, transaction, nonce_window, refusal)) {
        return false;
    }
    size_t offset = 0;
    enum program_status status =
        program_load(&out->program, transaction->program, &market_natives, &offset);
    if (status != PROGRAM_OK) {
        return no(refusal, VM_PROGRAM, offset, (uint64_t)status);
    }
    return true;
}

bool ledger_admit(struct state *state, const struct transaction *transaction, uint64_t height,
                  uint64_t nonce_window, struct refusal *refusal)
{
    struct admission admission;
    return admit_transaction(&admission, state, transaction, height, nonce_window, refusal);
}
