/* The checkers of what execution makes of a chain: all hosts have the same state and the same sets, and who
 * signs two values is jailed, soon and nobody else. */
#include <string.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

static bool may_sign_twice(const struct sim *sim, uint32_t number)
{
    return number < sim->options.twin_count || (sim->options.stolen >> number & 1) != 0;
}

/* Blocks that a report may take: each faulty leader leaves it out, and the body of the first may be older. */
static uint64_t blocks_to_jail(const struct sim *sim)
{
    return 2 * (uint64_t)sim->membership.faulty + 4;
}

static const struct validator *find(const struct sim *sim, const struct sim_set *set,
                                    uint32_t number)
{
    uint32_t index = validators_find(&set->set->validators, &sim->membership.keys.list[number].key);
    return index == VALIDATORS_NONE ? NULL : &set->set->validators.list[index];
}

/* An honest host that votes holds two votes of this validator: it has to be jailed. */
static void owe(struct sim *sim, const struct host *host, uint32_t number)
{
    struct checker *checker = &sim->checker;
    const struct validator *accused =
        find(sim, &sim->membership.sets[sim->membership.known - 1], number);
    struct sim_due *due = &checker->due[number];
    const uint64_t height = host->accusations[number].conflict.height;
    if (sim->app.members == NULL || due->open || accused == NULL || accused->jailed ||
        height <= due->pardoned ||
        membership_index(&sim->membership, host->height + 1, host->validator) == VALIDATORS_NONE) {
        return;
    }
    due->open = true;
    due->height = height;
    due->deadline = checker->decided_count + blocks_to_jail(sim);
}

void checker_healed(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->host_count; i++) {
        const struct host *host = &sim->hosts[i];
        for (uint32_t j = 0; j < sim->membership.keys.count; j++) {
            if (host->up && host->behaviour == HONEST && host->accusations[j].held) {
                owe(sim, host, j);
            }
        }
    }
}

bool checker_owes(const struct sim *sim)
{
    bool owes = false;
    for (uint32_t i = 0; i < sim->membership.keys.count; i++) {
        owes = owes || sim->checker.due[i].open;
    }
    return owes;
}

/* What block `height` made of one validator. */
static void check_member(struct sim *sim, uint64_t height, uint32_t number)
{
    const struct validator *before = find(sim, membership_at(&sim->membership, height + 1), number);
    const struct validator *after = find(sim, membership_at(&sim->membership, height + 2), number);
    struct sim_due *due = &sim->checker.due[number];
    if (before == NULL && after != NULL) {
        sim_met(sim, SIM_ADDED);
    } else if (before != NULL && after == NULL) {
        sim_met(sim, SIM_REMOVED);
    } else if (before != NULL && !before->jailed && after->jailed) {
        sim_met(sim, SIM_JAILED);
        if (sim->app.members != NULL && !may_sign_twice(sim, number)) {
            sim_fail(sim, "height %llu jails validator %u, which is honest",
                     (unsigned long long)height, number);
        }
    } else if (before != NULL && before->jailed && !after->jailed) {
        sim_met(sim, SIM_PARDONED);
        due->pardoned = height;
    }
    if (after == NULL || after->jailed || due->height <= due->pardoned) {
        due->open = false;
    } else if (due->open && height >= due->deadline) {
        sim_fail(sim,
                 "validator %u, which signed two values at height %llu, is free at height %llu",
                 number, (unsigned long long)due->height, (unsigned long long)height);
    }
}

static void check_members(struct sim *sim, const struct host *host, uint64_t height,
                          const struct validators *governed)
{
    struct hash hash;
    if (governed != NULL) {
        validators_hash(&hash, governed);
        if (!hash_equal(&hash, &membership_at(&sim->membership, height + 2)->set->hash)) {
            sim_fail(sim, "host %u has other validators for height %llu than the others",
                     host->index, (unsigned long long)height + 2);
        }
    }
}

void checker_executed(struct sim *sim, const struct host *host, uint64_t height,
                      const struct validators *governed)
{
    struct checker *checker = &sim->checker;
    check_members(sim, host, height, governed);
    if (height == checker->root_count + 1) {
        checker->roots = memory_resize(checker->roots, height * sizeof(*checker->roots));
        checker->roots[height - 1] = host->roots;
        checker->root_count = height;
        sim->report.met[SIM_REPORT_LATE] += host->roots.reports_late;
        sim->report.met[SIM_REPORT_FALSE] += host->roots.reports_false;
        for (uint32_t i = 0; i < sim->membership.keys.count; i++) {
            check_member(sim, height, i);
        }
        return;
    }
    const struct sim_roots *first = &checker->roots[height - 1];
    if (!hash_equal(&first->state_root, &host->roots.state_root) ||
        !hash_equal(&first->receipts_root, &host->roots.receipts_root)) {
        sim_fail(sim, "host %u has another state after height %llu than the others", host->index,
                 (unsigned long long)height);
    }
}

void checker_evidence(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    const struct vote *votes = action->votes;
    sim->report.evidence++;
    uint32_t number = membership_number(&sim->membership, votes[0].height, votes[0].sender);
    struct block_rules rules;
    if (number == VALIDATORS_NONE ||
        !membership_rules(&sim->membership, &sim->rules, votes[0].height, &rules)) {
        sim_fail(sim, "host %u has evidence against nobody", host->index);
        return;
    }
    uint64_t *accused = &host->accused[number];
    if (*accused == votes[0].height) {
        sim_fail(sim, "host %u reports validator %u twice at height %llu", host->index, number,
                 (unsigned long long)votes[0].height);
    }
    *accused = votes[0].height;
    struct conflict conflict;
    vote_conflict(&conflict, &votes[0], &votes[1]);
    const struct public_key *key = &rules.validators->list[votes[0].sender].key;
    if (memcmp(&action->signed_by, key, sizeof(*key)) != 0) {
        sim_fail(sim, "host %u reports another validator than %u, whose votes it has", host->index,
                 number);
    } else if (!conflict_verify(&conflict, &rules.chain_id, key, NULL, 0)) {
        sim_fail(sim, "host %u reports evidence that proves nothing", host->index);
    } else if (!may_sign_twice(sim, number)) {
        sim_fail(sim, "host %u has evidence against honest validator %u", host->index, number);
    }
    accuse_hold(sim, host, number, action);
    if (sim->healed) {
        owe(sim, host, number);
    }
}

void checker_conflict(struct sim *sim, const struct host *host, const struct vote *vote)
{
    uint32_t number = membership_number(&sim->membership, vote->height, vote->sender);
    if (number == VALIDATORS_NONE || host->accused[number] != vote->height) {
        sim_fail(sim, "host %u saw two votes of validator %u for height %llu and does not say so",
                 host->index, number, (unsigned long long)vote->height);
    }
}
