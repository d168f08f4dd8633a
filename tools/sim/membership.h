/* The validator sets of a simulated chain: what its application makes of them, block by block.
 *
 * A validator of the simulation is a key, known by its number; a set lists some of them. The set of
 * height h + 2 is what governance made of it in the state after block h, or what a test planned, and so
 * is the same on every host. Votes and certificates name validators by their index in the set
 * of the height: membership_number() says who that is. */
#ifndef TOOLS_SIM_MEMBERSHIP_H
#define TOOLS_SIM_MEMBERSHIP_H

#include "consensus/block.h"
#include "tools/sim/sim.h"

struct sim_set {
    struct validator_set *set;
    uint32_t numbers[SIM_VALIDATORS_MAX];  /* of its members, in order */
    uint8_t demoted[VALIDATORS_MASK_SIZE]; /* of them */
};

struct sim_plan {
    uint64_t height;
    enum sim_change change;
    uint32_t validator;
};

struct membership {
    struct validators keys; /* of everybody, by number */
    char names[SIM_VALIDATORS_MAX][SIM_NAME_SIZE];
    uint32_t faulty;      /* so many of the first: never more than f of a set */
    struct sim_set *sets; /* of height h at h - 1 */
    uint64_t known;       /* heights */
    struct sim_plan plans[SIM_PLANS_MAX];
    uint32_t plan_count;
};

/* `count` keys, of which the first `members` are the set of heights 1 and 2. */
void membership_init(struct membership *membership, uint32_t count, uint32_t members);
void membership_close(struct membership *membership);

/* `block` was executed, and `governed` votes two above it; NULL: who is planned to. The first to say so
 * settles the set of that height. */
void membership_executed(struct membership *membership, const struct block *block,
                         const struct validators *governed);

/* The set of a height, or NULL where no block has settled it yet. Height 0 has the set of height 1. */
const struct sim_set *membership_at(const struct membership *membership, uint64_t height);

/* Index of who leads a round of a settled height. */
uint32_t membership_leader(const struct membership *membership, uint64_t height, uint32_t round);

/* Who has this index at this height, or VALIDATORS_NONE. */
uint32_t membership_number(const struct membership *membership, uint64_t height, uint32_t index);

/* Index of a validator at this height, or VALIDATORS_NONE. */
uint32_t membership_index(const struct membership *membership, uint64_t height, uint32_t number);

/* The rules of a height, from those of the chain. False where the set is not settled. */
NODISCARD bool membership_rules(const struct membership *membership,
                                const struct block_rules *chain, uint64_t height,
                                struct block_rules *out);

#endif /* TOOLS_SIM_MEMBERSHIP_H */
