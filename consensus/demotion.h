/* Leaders that failed lose their turns for a while: each such turn costs everybody a time-out.
 *
 * What counts is on the chain. Block h + 1 holds the certificate that decided block h; its round says
 * that the leaders of the lower rounds did not get their block through. So every replica keeps the same
 * list. It names validators by key, for indices change with the set. A block carries the list that it
 * leaves, so whoever has the last block knows all there is to know. Nobody can be sure why a leader failed:
 * a demoted validator keeps its vote, never are more than f demoted, and f + 1 always lead. Where f are
 * demoted already, one whose signature shows that it is alive gives way to who fails. Compare the leader
 * reputation of DiemBFT v4 and the blacklist of SmartBFT. */
#ifndef CONSENSUS_DEMOTION_H
#define CONSENSUS_DEMOTION_H

#include "consensus/validators.h"

enum {
    DEMOTION_DELAY = 2,         /* heights until what a block leaves counts, as with sets */
    DEMOTION_FAILURES_MAX = 10, /* the term doubles no more after so many */
};

struct demotion {
    struct public_key key; /* of the validator */
    uint32_t failures;     /* terms since it led a block but those cut short, 0 to 10 */
    uint64_t from;         /* it leads no height from this one on */
    uint64_t until;        /* below this one */
};

/* In the order in which they failed first; each validator once. */
struct demotions {
    uint32_t count;
    struct demotion list[VALIDATORS_MAX];
};

extern const struct schema demotion_schema;
extern const struct schema demotions_schema;

/* Digest of the list, tag souk/demotions/v1, over its BCS encoding: the header's demotions_hash. */
void demotions_hash(struct hash *out, const struct demotions *demotions);

/* Heights for which a validator does not lead after so many failures (1 to DEMOTION_FAILURES_MAX), in a
 * set of `count`. */
uint64_t demotion_term(uint32_t count, uint32_t failures);

/* Who of the set of `height` is demoted there: bit i % 8 of byte i / 8. At most f, only who may lead
 * (validators_eligible()), and of those f + 1 are left. Right for lists that blocks height - 2, height - 1
 * and height leave. */
void demotions_mask(uint8_t out[VALIDATORS_MASK_SIZE], const struct demotions *demotions,
                    const struct validators *validators, uint64_t height);

/* What a block shows. */
struct demotion_evidence {
    uint64_t height;                 /* of the block, at least 2 */
    uint32_t round;                  /* in which the block before was decided */
    const uint8_t *signers;          /* whose COMMITs its certificate holds: mask over `last` */
    const struct validators *last;   /* the set of height - 1 */
    const struct validators *set;    /* of height */
    const struct validators *coming; /* of height + 1 */
};

/* Turn the list that block height - 1 leaves into the one that block height leaves. Pure.
 * The round and the signers must be those of block `height` itself: true certificates of one block differ. */
void demotions_update(struct demotions *demotions, const struct demotion_evidence *evidence);

/* The entry of the validator with this key, or NULL. */
const struct demotion *demotions_find(const struct demotions *demotions,
                                      const struct public_key *key);

#endif /* CONSENSUS_DEMOTION_H */
