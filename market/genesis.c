#include "market/genesis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "market/accounts.h"
#include "market/members.h"
#include "market/parameter_rules.h"
#include "market/sort.h"
#include "vm/transaction.h"

static const struct field validator_fields[] = {
    SCHEMA_TEXT(struct genesis_validator, name, GENESIS_NAME_MAX),
    SCHEMA_ARRAY(struct genesis_validator, public_key, FORM_HEX),
    SCHEMA_ARRAY(struct genesis_validator, node_key, FORM_HEX),
};
static const struct schema genesis_validator_schema =
    SCHEMA("validator", struct genesis_validator, validator_fields);

static const struct field account_fields[] = {
    SCHEMA_ARRAY(struct genesis_account, address, FORM_ADDRESS),
    SCHEMA_U64(struct genesis_account, balance),
    SCHEMA_U8(struct genesis_account, roles),
};
static const struct schema genesis_account_schema =
    SCHEMA("genesis_account", struct genesis_account, account_fields);

static const struct field genesis_fields[] = {
    SCHEMA_U32(struct genesis, version),
    SCHEMA_TEXT(struct genesis, network, GENESIS_NAME_MAX),
    SCHEMA_TEXT(struct genesis, address_prefix, ADDRESS_PREFIX_MAX),
    SCHEMA_U64(struct genesis, time_ms),
    SCHEMA_ARRAY(struct genesis, base_chain_id, FORM_HEX),
    SCHEMA_U64(struct genesis, base_height),
    SCHEMA_ARRAY(struct genesis, base_state_root, FORM_HEX),
    SCHEMA_STRUCT(struct genesis, parameters, &parameters_schema),
    SCHEMA_LIST(struct genesis, validators, validator_count, &genesis_validator_schema, FORM_TEXT),
    SCHEMA_LIST(struct genesis, accounts, account_count, &genesis_account_schema, FORM_TEXT),
};
const struct schema genesis_schema = SCHEMA("genesis", struct genesis, genesis_fields);

/* Where a check writes its one line. */
struct report {
    char *text;
    size_t size;
};

static bool fail(const struct report *report, const char *field, uint64_t got, const char *want)
{
    if (report->size > 0) {
        (void)snprintf(report->text, report->size, "genesis: %s is %llu, expected %s", field,
                       (unsigned long long)got, want);
    }
    return false;
}

static bool fail_entry(const struct report *report, const char *list, size_t index,
                       const char *problem)
{
    if (report->size > 0) {
        (void)snprintf(report->text, report->size, "genesis: %s[%zu] %s", list, index, problem);
    }
    return false;
}

static bool in_range(const struct report *report, const char *field, uint64_t got, uint64_t low,
                     uint64_t high)
{
    if (got >= low && got <= high) {
        return true;
    }
    char want[64];
    (void)snprintf(want, sizeof(want), "%llu to %llu", (unsigned long long)low,
                   (unsigned long long)high);
    return fail(report, field, got, want);
}

static bool check_parameters(const struct parameters *p, const struct report *report)
{
    struct parameter_fault fault;
    if (!parameters_valid(p, &fault)) {
        char field[64];
        (void)snprintf(field, sizeof(field), "parameters.%s", parameter_names[fault.parameter]);
        return in_range(report, field, fault.got, fault.low, fault.high);
    }
    if (address_is_zero(&p->treasury)) {
        return fail(report, "parameters.treasury", 0, "an account");
    }
    return true;
}

static bool check_header(const struct genesis *genesis, const struct report *report)
{
    struct bytes prefix = genesis->address_prefix;
    bool known =
        bytes_equal(prefix, bytes_of_text("souk")) || bytes_equal(prefix, bytes_of_text("tsouk"));
    if (!in_range(report, "version", genesis->version, 1, 1) ||
        !in_range(report, "length of network", genesis->network.size, 1, GENESIS_NAME_MAX) ||
        !in_range(report, "time_ms", genesis->time_ms, 1, UINT64_MAX)) {
        return false;
    }
    if (!known) {
        return fail(report, "length of address_prefix", prefix.size, "the text souk or tsouk");
    }
    return true;
}

static bool check_validator(const struct genesis *genesis, size_t index,
                            const struct report *report)
{
    const struct genesis_validator *validator = &genesis->validators[index];
    if (validator->name.size == 0 || validator->name.size > GENESIS_NAME_MAX) {
        return fail_entry(report, "validators", index, "has no name of 1 to 32 characters");
    }
    if (!public_key_valid(&validator->public_key)) {
        return fail_entry(report, "validators", index, "has a public_key that is not on the curve");
    }
    if (!point_valid(&validator->node_key)) {
        return fail_entry(report, "validators", index, "has a node_key that is not on the curve");
    }
    for (size_t i = 0; i < index; i++) {
        const struct genesis_validator *other = &genesis->validators[i];
        if (bytes_equal(other->name, validator->name)) {
            return fail_entry(report, "validators", index, "has the name of an earlier one");
        }
        if (memcmp(&other->public_key, &validator->public_key, sizeof(other->public_key)) == 0) {
            return fail_entry(report, "validators", index, "has the public_key of an earlier one");
        }
        if (memcmp(&other->node_key, &validator->node_key, sizeof(other->node_key)) == 0) {
            return fail_entry(report, "validators", index, "has the node_key of an earlier one");
        }
    }
    return true;
}

static bool check_validators(const struct genesis *genesis, const struct report *report)
{
    if (!in_range(report, "number of validators", genesis->validator_count, 1,
                  GENESIS_VALIDATORS_MAX)) {
        return false;
    }
    for (size_t i = 0; i < genesis->validator_count; i++) {
        if (!check_validator(genesis, i, report)) {
            return false;
        }
    }
    return true;
}

bool genesis_is_fork(const struct genesis *genesis)
{
    return !hash_is_zero(&genesis->base_chain_id);
}

static bool check_base(const struct genesis *genesis, const struct report *report)
{
    bool fork = genesis_is_fork(genesis);
    if (!in_range(report, "base_height", genesis->base_height, fork ? 1 : 0,
                  fork ? UINT64_MAX : 0)) {
        return false;
    }
    if (fork == hash_is_zero(&genesis->base_state_root)) {
        return fail(report, "whether base_state_root is zero", fork,
                    "the same as of base_chain_id");
    }
    return true;
}

static bool check_distinct_accounts(const struct genesis *genesis, const struct report *report)
{
    size_t size = sizeof(struct address);
    struct address *sorted = memory_new(genesis->account_count * size);
    for (size_t i = 0; i < genesis->account_count; i++) {
        sorted[i] = genesis->accounts[i].address;
    }
    sort_items(sorted, genesis->account_count, size, 0, size);
    size_t repeated = genesis->account_count;
    for (size_t i = 1; i < genesis->account_count; i++) {
        if (address_equal(&sorted[i - 1], &sorted[i])) {
            repeated = i;
        }
    }
    bool distinct = repeated == genesis->account_count;
    for (size_t i = 0; !distinct && i < genesis->account_count; i++) {
        if (address_equal(&genesis->accounts[i].address, &sorted[repeated])) {
            free(sorted);
            return fail_entry(report, "accounts", i, "has an address that occurs twice");
        }
    }
    free(sorted);
    return true;
}

static bool check_accounts(const struct genesis *genesis, const struct report *report)
{
    uint64_t supply = 0;
    uint64_t admins = 0;
    if (genesis_is_fork(genesis)) {
        return in_range(report, "number of accounts of a fork", genesis->account_count, 0, 0);
    }
    if (!in_range(report, "number of accounts", genesis->account_count, 1, GENESIS_ACCOUNTS_MAX)) {
        return false;
    }
    for (size_t i = 0; i < genesis->account_count; i++) {
        const struct genesis_account *account = &genesis->accounts[i];
        if (address_is_zero(&account->address)) {
            return fail_entry(report, "accounts", i, "has the zero address");
        }
        if (account->roles > ROLE_ALL) {
            return fail_entry(report, "accounts", i, "has an unknown role");
        }
        if (!checked_add(&supply, supply, account->balance)) {
            return fail_entry(report, "accounts", i, "makes the sum of balances exceed 64 bits");
        }
        admins += (account->roles & ROLE_ADMIN) != 0 ? 1 : 0;
    }
    if (!in_range(report, "sum of balances", supply, 1, UINT64_MAX) ||
        !in_range(report, "number of admins", admins, 1, GENESIS_ACCOUNTS_MAX)) {
        return false;
    }
    return check_distinct_accounts(genesis, report);
}

bool genesis_check(const struct genesis *genesis, char *error, size_t error_size)
{
    const struct report report = {error, error_size};
    if (error_size > 0) {
        error[0] = '\0';
    }
    return check_header(genesis, &report) && check_base(genesis, &report) &&
           check_parameters(&genesis->parameters, &report) && check_validators(genesis, &report) &&
           check_accounts(genesis, &report);
}

void genesis_chain_id(struct hash *out, const struct genesis *genesis)
{
    struct buffer encoded = {0};
    schema_write(&encoded, &genesis_schema, genesis);
    hash_tagged(out, "souk/genesis/v1", buffer_bytes(&encoded));
    buffer_close(&encoded);
}

void genesis_validators(struct validators *out, const struct genesis *genesis)
{
    *out = (struct validators){.count = genesis->validator_count};
    for (uint32_t i = 0; i < out->count; i++) {
        const struct genesis_validator *first = &genesis->validators[i];
        out->list[i] = (struct validator){
            .key = first->public_key, .node_key = first->node_key, .name = first->name};
    }
}

void genesis_found(const struct genesis *genesis, struct state *state)
{
    struct market_key key;
    key_parameters(&key);
    record_store(state, &key, &parameters_schema, &genesis->parameters);
    struct validators set;
    genesis_validators(&set, genesis);
    members_found(state, &set);
}

void genesis_apply(const struct genesis *genesis, struct state *state)
{
    assert(!genesis_is_fork(genesis));
    struct chain_record chain = {0};
    for (size_t i = 0; i < genesis->account_count; i++) {
        const struct genesis_account *first = &genesis->accounts[i];
        struct account account = {.balance = first->balance, .roles = first->roles};
        account_store(state, &first->address, &account);
        chain.supply += first->balance;
        chain.admin_count += (first->roles & ROLE_ADMIN) != 0 ? 1 : 0;
    }
    chain_store(state, &chain);
    genesis_found(genesis, state);
}
