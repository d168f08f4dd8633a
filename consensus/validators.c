#include "consensus/validators.h"

#include <stdio.h>
#include <string.h>

static const struct field validator_fields[] = {
    SCHEMA_ARRAY(struct validator, key, FORM_HEX),
    SCHEMA_ARRAY(struct validator, node_key, FORM_HEX),
    SCHEMA_TEXT(struct validator, name, VALIDATOR_NAME_SIZE_MAX),
    SCHEMA_BOOL(struct validator, jailed),
};
const struct schema validator_schema = SCHEMA("validator", struct validator, validator_fields);

static const struct field validators_fields[] = {
    SCHEMA_LIST(struct validators, list, count, &validator_schema, FORM_HEX),
};
const struct schema validators_schema = SCHEMA("validators", struct validators, validators_fields);

static const char *check_one(const struct validator *validator)
{
    if (!public_key_valid(&validator->key)) {
        return "its key is not on the curve";
    }
    if (!point_valid(&validator->node_key)) {
        return "its node key is not on the curve";
    }
    if (validator->name.size == 0 || validator->name.size > VALIDATOR_NAME_SIZE_MAX) {
        return "its name is not of 1 to 32 characters";
    }
    for (size_t i = 0; i < validator->name.size; i++) {
        if (validator->name.data[i] < ' ' || validator->name.data[i] > '~') {
            return "its name is not printable ASCII";
        }
    }
    return NULL;
}

static const char *check_pair(const struct validator *a, const struct validator *b)
{
    if (memcmp(&a->key, &b->key, sizeof(a->key)) == 0) {
        return "its key is that of an earlier one";
    }
    if (memcmp(&a->node_key, &b->node_key, sizeof(a->node_key)) == 0) {
        return "its node key is that of an earlier one";
    }
    if (bytes_equal(a->name, b->name)) {
        return "its name is that of an earlier one";
    }
    return NULL;
}

bool validators_check(const struct validators *validators, char *error, size_t error_size)
{
    if (validators->count == 0 || validators->count > VALIDATORS_MAX) {
        (void)snprintf(error, error_size, "validators: %u, expected 1 to %d", validators->count,
                       VALIDATORS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < validators->count; i++) {
        const char *fault = check_one(&validators->list[i]);
        for (uint32_t j = 0; j < i && fault == NULL; j++) {
            fault = check_pair(&validators->list[j], &validators->list[i]);
        }
        if (fault != NULL) {
            (void)snprintf(error, error_size, "validator %u: %s", i, fault);
            return false;
        }
    }
    return true;
}

void validators_hash(struct hash *out, const struct validators *validators)
{
    struct buffer encoded = {0};
    schema_write(&encoded, &validators_schema, validators);
    hash_tagged(out, "souk/validators/v1", buffer_bytes(&encoded));
    buffer_close(&encoded);
}

uint32_t validators_fault_count(uint32_t count)
{
    assert(count >= 1);
    return (count - 1) / 3;
}

uint32_t validators_quorum(uint32_t count)
{
    return count - validators_fault_count(count);
}

uint32_t validators_find(const struct validators *validators, const struct public_key *key)
{
    for (uint32_t i = 0; i < validators->count; i++) {
        if (memcmp(&validators->list[i].key, key, sizeof(*key)) == 0) {
            return i;
        }
    }
    return VALIDATORS_NONE;
}

bool validators_masked(const uint8_t mask[VALIDATORS_MASK_SIZE], uint32_t index)
{
    assert(index < VALIDATORS_MAX);
    return (mask[index / 8] & 1U << index % 8) != 0;
}

uint32_t validators_eligible(uint8_t out[VALIDATORS_MASK_SIZE], const struct validators *validators)
{
    uint32_t free = 0;
    for (uint32_t i = 0; i < validators->count; i++) {
        free += validators->list[i].jailed ? 0 : 1;
    }
    bool all = free <= validators_fault_count(validators->count);
    memset(out, 0, VALIDATORS_MASK_SIZE);
    for (uint32_t i = 0; i < validators->count; i++) {
        if (all || !validators->list[i].jailed) {
            out[i / 8] |= (uint8_t)(1U << i % 8);
        }
    }
    return all ? validators->count : free;
}

uint32_t validators_leader(const struct validators *validators, const uint8_t *demoted,
                           uint64_t height, uint32_t round)
{
    uint8_t eligible[VALIDATORS_MASK_SIZE];
    uint32_t leaders[VALIDATORS_MAX];
    uint64_t count = 0;
    (void)validators_eligible(eligible, validators);
    for (uint32_t i = 0; i < validators->count; i++) {
        bool passed_over = demoted != NULL && validators_masked(demoted, i);
        if (validators_masked(eligible, i) && !passed_over) {
            leaders[count++] = i;
        }
    }
    if (count == 0) {
        count = validators->count;
        assert(count > 0);
        return (uint32_t)((height % count + round % count) % count);
    }
    return leaders[(height % count + round % count) % count];
}
