#include "vm/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"

/* Gas for a round's policy: what a few hundred plain instructions for each owner cost. */
#define POLICY_GAS_BASE  10000
#define POLICY_GAS_OWNER 400

size_t policy_memory_size(uint32_t owner_count)
{
    assert(owner_count <= POLICY_OWNERS_MAX);
    return POLICY_HEADER_SIZE + (size_t)owner_count * POLICY_OWNER_SIZE;
}

bool policy_check(struct bytes input, uint32_t owners_max, char *error, size_t error_size)
{
    struct program program;
    size_t offset;
    enum program_status status = program_load(&program, input, NULL, &offset);
    if (status != PROGRAM_OK) {
        (void)snprintf(error, error_size, "policy: at byte %zu: %s", offset,
                       program_status_text(status));
        return false;
    }
    if (owners_max > POLICY_OWNERS_MAX) {
        (void)snprintf(error, error_size,
                       "policy: rounds of up to %u owners, at most %u can be had",
                       (unsigned)owners_max, (unsigned)POLICY_OWNERS_MAX);
        return false;
    }
    size_t needed = policy_memory_size(owners_max);
    if (program.memory_size < needed) {
        (void)snprintf(error, error_size,
                       "policy: memory is %u bytes, %zu are needed for up to %u owners",
                       (unsigned)program.memory_size, needed, (unsigned)owners_max);
        return false;
    }
    return true;
}

uint64_t policy_gas_limit(uint32_t owner_count)
{
    return POLICY_GAS_BASE + (uint64_t)owner_count * POLICY_GAS_OWNER;
}

static void store(uint8_t *out, uint64_t word)
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(word >> (8 * i));
    }
}

static uint64_t load(const uint8_t *data)
{
    uint64_t word = 0;
    for (size_t i = 0; i < 8; i++) {
        word |= (uint64_t)data[i] << (8 * i);
    }
    return word;
}

static void write_input(uint8_t *memory, const struct policy_round *round)
{
    store(memory, round->owner_count);
    store(memory + 8, round->reward);
    store(memory + 16, round->number);
    for (uint32_t i = 0; i < round->owner_count; i++) {
        uint8_t *slot = memory + policy_memory_size(i);
        store(slot, round->owners[i].stake);
        store(slot + 8, round->owners[i].blocks);
        store(slot + 16, round->owners[i].score);
    }
}

/* The payments; false where they sum to more than the reward. */
static bool read_output(const uint8_t *memory, const struct policy_round *round)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < round->owner_count; i++) {
        round->owners[i].payment = load(memory + policy_memory_size(i));
        if (!checked_add(&sum, sum, round->owners[i].payment)) {
            return false;
        }
    }
    return sum <= round->reward;
}

static void clear_payments(const struct policy_round *round)
{
    for (uint32_t i = 0; i < round->owner_count; i++) {
        round->owners[i].payment = 0;
    }
}

bool policy_run(struct vm_outcome *out, struct bytes input, const struct policy_round *round)
{
    struct program program;
    enum program_status status = program_load(&program, input, NULL, NULL);
    assert(status == PROGRAM_OK);
    assert(round->owner_count > 0 && policy_memory_size(round->owner_count) <= program.memory_size);
    uint8_t *memory = memory_new(program.memory_size);
    write_input(memory, round);
    vm_run_policy(out, &program, memory, policy_gas_limit(round->owner_count));
    bool good = out->refusal.code == 0 && read_output(memory, round);
    free(memory);
    if (!good) {
        clear_payments(round);
    }
    return good;
}
