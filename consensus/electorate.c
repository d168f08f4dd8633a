#include <string.h>

#include "consensus/pbft_state.h"

/* SPEC 1: The validator set is a function of the height. A change that block h makes is effective at
 * height h + 2. */

static void elect(struct pbft *p, struct electorate *out, uint64_t height,
                  struct validator_set *set)
{
    *out = (struct electorate){.set = set, .count = set->validators.count};
    out->faults = validators_fault_count(out->count);
    out->quorum = validators_quorum(out->count);
    out->self = VALIDATORS_NONE;
    if (p->config.signer != NULL) {
        out->self = validators_find(&set->validators, &p->config.signer->key);
    }
    demotions_mask(out->demoted, &p->demotions, &set->validators, height);
}

/* `validators` NULL: as those before. */
static void elect_next(struct pbft *p, struct electorate *out, uint64_t height,
                       const struct electorate *before, const struct validators *validators)
{
    elect(p, out, height,
          validators == NULL ? validator_set_share(before->set) : validator_set_new(validators));
}

static void forget(struct electorate *electorate)
{
    validator_set_release(electorate->set);
    *electorate = (struct electorate){.self = VALIDATORS_NONE};
}

static void set_coming(struct pbft *p, uint64_t height, const struct validators *validators)
{
    assert(p->coming.set == NULL);
    elect_next(p, &p->coming, height, &p->present, validators);
    p->next.count = p->coming.count;
}

void electorate_init(struct pbft *p)
{
    elect(p, &p->last, 0, validator_set_new(p->config.rules.validators));
    elect_next(p, &p->present, 1, &p->last, NULL);
    forget(&p->coming);
    p->log.count = p->present.count;
    /* From here on the sets are the replica's own. */
    p->config.rules.validators = NULL;
    p->config.rules.last_validators = NULL;
}

void electorate_close(struct pbft *p)
{
    forget(&p->last);
    forget(&p->present);
    forget(&p->coming);
}

const struct electorate *electorate_of(const struct pbft *p, uint64_t height)
{
    const struct electorate *found = height == p->decided       ? &p->last
                                     : height == p->decided + 1 ? &p->present
                                     : height == p->decided + 2 ? &p->coming
                                                                : NULL;
    return found == NULL || found->set == NULL ? NULL : found;
}

void electorate_start(struct pbft *p, const struct pbft_start *start)
{
    if (start->demotions != NULL) {
        p->demotions = *start->demotions;
    }
    if (start->last_validators != NULL) {
        forget(&p->last);
        elect(p, &p->last, start->height, validator_set_new(start->last_validators));
    }
    demotions_mask(p->last.demoted, &p->demotions, &p->last.set->validators, start->height);
    forget(&p->present);
    elect_next(p, &p->present, start->height + 1, &p->last, start->validators);
    p->log.count = p->present.count;
    if (start->executed_height == start->height) {
        set_coming(p, start->height + 2, start->next_validators);
    }
}

void electorate_executed(struct pbft *p, const struct pbft_executed *executed)
{
    if (executed->height == p->decided && p->coming.set == NULL) {
        set_coming(p, p->decided + 2, executed->validators);
    }
}

bool electorate_follows(const struct pbft *p, const struct block_header *header)
{
    return p->coming.set != NULL ||
           hash_equal(&header->next_validators_hash, &p->present.set->hash);
}

/* What was heard of a validator stays with it when its index changes. */
static void keep_heights(struct pbft *p)
{
    uint64_t heights[VALIDATORS_MAX] = {0};
    const struct validators *before = &p->last.set->validators;
    for (uint32_t i = 0; i < before->count; i++) {
        heights[i] = p->seen_height[i];
    }
    for (uint32_t i = 0; i < p->present.count; i++) {
        uint32_t old = validators_find(before, &p->present.set->validators.list[i].key);
        p->seen_height[i] = old == VALIDATORS_NONE ? 0 : heights[old];
    }
}

/* SPEC 1: A replica decides a block only where it knows the set that follows: by its own execution, or
 * because the block's header names the set of the block's own height. */
void electorate_advance(struct pbft *p, const struct demotions *demotions)
{
    if (p->coming.set == NULL) {
        set_coming(p, p->decided + 1, NULL);
    }
    p->demotions = *demotions;
    forget(&p->last);
    p->last = p->present;
    p->present = p->coming;
    p->coming = (struct electorate){.self = VALIDATORS_NONE};
    if (!validator_set_equal(p->last.set, p->present.set)) {
        keep_heights(p);
    }
}

uint32_t electorate_leader(const struct pbft *p)
{
    return validators_leader(&p->present.set->validators, p->present.demoted, pbft_height(p),
                             p->round);
}

void electorate_demote(const struct pbft *p, struct demotions *out,
                       const struct certificate *last_commit)
{
    *out = p->demotions;
    if (last_commit != NULL) {
        demotions_update(out, &(struct demotion_evidence){.height = pbft_height(p),
                                                          .round = last_commit->round,
                                                          .signers = last_commit->signers,
                                                          .last = &p->last.set->validators,
                                                          .set = &p->present.set->validators,
                                                          .coming = &p->coming.set->validators});
    }
}

const struct demotions *pbft_demotions(const struct pbft *p)
{
    return &p->demotions;
}

struct validator_set *pbft_validators(const struct pbft *p, uint64_t height)
{
    const struct electorate *electorate = electorate_of(p, height);
    return electorate == NULL ? NULL : electorate->set;
}

uint64_t pbft_rules_height(const struct pbft *p, const struct vote *vote)
{
    return vote->type == VOTE_STATUS ? pbft_height(p) : vote->height;
}

bool pbft_rules(const struct pbft *p, uint64_t height, struct block_rules *out)
{
    const struct electorate *electorate = electorate_of(p, height);
    if (electorate == NULL) {
        return false;
    }
    block_rules_at(out, &p->config.rules, electorate->set,
                   height > p->decided ? pbft_validators(p, height - 1) : NULL);
    memcpy(out->demoted, electorate->demoted, sizeof(out->demoted));
    return true;
}
