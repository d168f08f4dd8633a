#include "tools/sim/membership.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void add_set(struct membership *membership, const uint32_t *numbers, const bool *jailed,
                    uint32_t count, const struct demotions *demotions)
{
    struct validators validators = {.count = count};
    membership->sets =
        memory_resize(membership->sets, (membership->known + 1) * sizeof(*membership->sets));
    struct sim_set *added = &membership->sets[membership->known++];
    for (uint32_t i = 0; i < count; i++) {
        added->numbers[i] = numbers[i];
        validators.list[i] = membership->keys.list[numbers[i]];
        validators.list[i].jailed = jailed[i];
    }
    added->set = validator_set_new(&validators);
    demotions_mask(added->demoted, demotions, &validators, membership->known);
}

void sim_validators(struct validators *out, uint32_t count, char (*names)[SIM_NAME_SIZE])
{
    *out = (struct validators){.count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct validator *validator = &out->list[i];
        struct secret_key secret;
        sim_secret(i, &secret);
        public_key_of(&validator->key, &secret);
        point_of(&validator->node_key, &secret);
        (void)snprintf(names[i], SIM_NAME_SIZE, "validator %u", i);
        validator->name = bytes_of_text(names[i]);
    }
}

void membership_init(struct membership *membership, uint32_t count, uint32_t members)
{
    uint32_t numbers[SIM_VALIDATORS_MAX];
    const bool jailed[SIM_VALIDATORS_MAX] = {false};
    const struct demotions nobody = {0};
    sim_validators(&membership->keys, count, membership->names);
    for (uint32_t i = 0; i < count; i++) {
        numbers[i] = i;
    }
    add_set(membership, numbers, jailed, members, &nobody);
    add_set(membership, numbers, jailed, members, &nobody);
}

void membership_close(struct membership *membership)
{
    for (uint64_t i = 0; i < membership->known; i++) {
        validator_set_release(membership->sets[i].set);
    }
    free(membership->sets);
}

/* A set while it changes. */
struct draft {
    uint32_t count;
    uint32_t numbers[SIM_VALIDATORS_MAX];
    bool jailed[SIM_VALIDATORS_MAX];
};

static uint32_t find(const struct draft *draft, uint32_t number)
{
    for (uint32_t i = 0; i < draft->count; i++) {
        if (draft->numbers[i] == number) {
            return i;
        }
    }
    return VALIDATORS_NONE;
}

static void drop(struct draft *draft, uint32_t index)
{
    draft->count--;
    for (uint32_t i = index; i < draft->count; i++) {
        draft->numbers[i] = draft->numbers[i + 1];
        draft->jailed[i] = draft->jailed[i + 1];
    }
}

/* Returns whether it changed anything and leaves a set that bears its faulty members. */
static bool change(const struct membership *membership, struct draft *draft, enum sim_change kind,
                   uint32_t validator)
{
    uint32_t index = find(draft, validator);
    uint32_t faulty = 0;
    if ((index == VALIDATORS_NONE) != (kind == SIM_CHANGE_ADD)) {
        return false;
    }
    switch (kind) {
    case SIM_CHANGE_ADD:
        draft->jailed[draft->count] = false;
        draft->numbers[draft->count++] = validator;
        break;
    case SIM_CHANGE_REMOVE:
        drop(draft, index);
        break;
    case SIM_CHANGE_JAIL:
        draft->jailed[index] = !draft->jailed[index];
        break;
    case SIM_CHANGE_NONE:
        return false;
    }
    for (uint32_t i = 0; i < draft->count; i++) {
        faulty += draft->numbers[i] < membership->faulty ? 1 : 0;
    }
    return draft->count > 0 && faulty <= validators_fault_count(draft->count);
}

static void change_as_planned(const struct membership *membership, struct draft *draft,
                              uint64_t height)
{
    const struct sim_set *before = &membership->sets[height];
    draft->count = before->set->validators.count;
    for (uint32_t i = 0; i < draft->count; i++) {
        draft->numbers[i] = before->numbers[i];
        draft->jailed[i] = before->set->validators.list[i].jailed;
    }
    for (uint32_t i = 0; i < membership->plan_count; i++) {
        const struct sim_plan *plan = &membership->plans[i];
        if (plan->height == height) {
            bool changed = change(membership, draft, plan->change, plan->validator);
            assert(changed && "a plan fits its chain");
        }
    }
}

static void follow(const struct membership *membership, struct draft *draft,
                   const struct validators *governed)
{
    draft->count = governed->count;
    for (uint32_t i = 0; i < draft->count; i++) {
        draft->numbers[i] = validators_find(&membership->keys, &governed->list[i].key);
        draft->jailed[i] = governed->list[i].jailed;
        assert(draft->numbers[i] != VALIDATORS_NONE);
    }
}

void membership_executed(struct membership *membership, const struct block *block,
                         const struct validators *governed)
{
    const uint64_t height = block->header.height;
    struct draft draft;
    if (height + 2 <= membership->known) {
        return;
    }
    assert(height + 1 == membership->known);
    if (governed != NULL) {
        follow(membership, &draft, governed);
    } else {
        change_as_planned(membership, &draft, height);
    }
    add_set(membership, draft.numbers, draft.jailed, draft.count, &block->demotions);
}

const struct sim_set *membership_at(const struct membership *membership, uint64_t height)
{
    uint64_t index = height == 0 ? 0 : height - 1;
    return index < membership->known ? &membership->sets[index] : NULL;
}

uint32_t membership_leader(const struct membership *membership, uint64_t height, uint32_t round)
{
    const struct sim_set *found = membership_at(membership, height);
    assert(found != NULL);
    return validators_leader(&found->set->validators, found->demoted, height, round);
}

uint32_t membership_number(const struct membership *membership, uint64_t height, uint32_t index)
{
    const struct sim_set *found = membership_at(membership, height);
    return found == NULL || index >= found->set->validators.count ? VALIDATORS_NONE
                                                                  : found->numbers[index];
}

uint32_t membership_index(const struct membership *membership, uint64_t height, uint32_t number)
{
    const struct sim_set *found = membership_at(membership, height);
    for (uint32_t i = 0; found != NULL && i < found->set->validators.count; i++) {
        if (found->numbers[i] == number) {
            return i;
        }
    }
    return VALIDATORS_NONE;
}

bool membership_rules(const struct membership *membership, const struct block_rules *chain,
                      uint64_t height, struct block_rules *out)
{
    const struct sim_set *found = membership_at(membership, height);
    const struct sim_set *last = height == 0 ? NULL : membership_at(membership, height - 1);
    if (found == NULL || last == NULL) {
        return false;
    }
    block_rules_at(out, chain, found->set, last->set);
    memcpy(out->demoted, found->demoted, sizeof(out->demoted));
    return true;
}
