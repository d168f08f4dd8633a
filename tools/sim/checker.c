/* The checkers stand outside the replicas: they see what leaves honest hosts and nothing else. */
#include <stdlib.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

void checker_close(struct checker *checker)
{
    for (size_t i = 0; i < SIM_VALIDATORS_MAX; i++) {
        free(checker->votes[i]);
    }
    free(checker->decided);
}

static void remember(struct checker *checker, const struct vote *vote)
{
    size_t count = checker->vote_count[vote->sender]++;
    struct seen_vote **votes = &checker->votes[vote->sender];
    *votes = memory_resize(*votes, (count + 1) * sizeof(**votes));
    (*votes)[count] = (struct seen_vote){vote->type, vote->height, vote->round, vote->digest};
}

/* No key signs two values for one height, round and type, in all the lives of its host. */
void checker_sent(struct sim *sim, const struct host *host, struct bytes wire)
{
    struct vote vote;
    if (!message_peek(&vote, wire) || vote.sender != host->validator) {
        sim_fail(sim, "host %u sent what is no message of its own", host->index);
        return;
    }
    if (vote.type > VOTE_ROUND_CHANGE) {
        return;
    }
    const struct seen_vote *votes = sim->checker.votes[vote.sender];
    for (size_t i = sim->checker.vote_count[vote.sender]; i > 0; i--) {
        const struct seen_vote *seen = &votes[i - 1];
        if (seen->type != vote.type || seen->height != vote.height || seen->round != vote.round) {
            continue;
        }
        if (!hash_equal(&seen->digest, &vote.digest)) {
            sim_fail(sim, "host %u signed two values: %s at height %llu round %u", host->index,
                     vote_type_text((enum vote_type)vote.type), (unsigned long long)vote.height,
                     vote.round);
        }
        return;
    }
    remember(&sim->checker, &vote);
}

void checker_decided(struct sim *sim, const struct host *host, const struct block *block,
                     const struct certificate *certificate)
{
    struct checker *checker = &sim->checker;
    char error[160];
    struct hash digest;
    uint64_t height = block->header.height;
    block_digest(&digest, &block->header);
    if (!block_verify_decided(block, certificate, &sim->rules, error, sizeof(error))) {
        sim_fail(sim, "host %u: %s", host->index, error);
    } else if (!sim->app.check(sim->app.data, host->index, block)) {
        sim_fail(sim, "host %u decided a body that nobody may accept", host->index);
    } else if (height > checker->decided_count + 1) {
        sim_fail(sim, "host %u decided height %llu before height %llu", host->index,
                 (unsigned long long)height, (unsigned long long)checker->decided_count + 1);
    } else if (height == checker->decided_count + 1) {
        checker->decided = memory_resize(checker->decided, height * sizeof(*checker->decided));
        checker->decided[height - 1] = digest;
        checker->decided_count = height;
        const struct hash *parent =
            height == 1 ? &sim->rules.chain_id : &checker->decided[height - 2];
        if (!hash_equal(parent, &block->header.parent)) {
            sim_fail(sim, "height %llu does not follow the block before",
                     (unsigned long long)height);
        }
    } else if (!hash_equal(&checker->decided[height - 1], &digest)) {
        sim_fail(sim, "host %u: a fork at height %llu", host->index, (unsigned long long)height);
    }
    if (certificate->round > sim->report.round_max) {
        sim->report.round_max = certificate->round;
    }
}

void checker_evidence(struct sim *sim, const struct host *host, const struct vote *votes)
{
    sim->report.evidence++;
    bool proof = votes[0].sender == votes[1].sender && votes[0].height == votes[1].height &&
                 votes[0].round == votes[1].round && votes[0].type == votes[1].type &&
                 !hash_equal(&votes[0].digest, &votes[1].digest) &&
                 vote_verify(&votes[0], &sim->rules.chain_id, sim->rules.validators) &&
                 vote_verify(&votes[1], &sim->rules.chain_id, sim->rules.validators);
    if (!proof) {
        sim_fail(sim, "host %u reports evidence that proves nothing", host->index);
    } else if (votes[0].sender >= sim->options.twin_count &&
               (sim->options.stolen >> votes[0].sender & 1) == 0) {
        sim_fail(sim, "host %u has evidence against honest validator %u", host->index,
                 votes[0].sender);
    }
}
