/* Who signed two values, as this node has seen it, and what became of its reports. Pure data.
 *
 * A report that was refused, expired or gave way to another transaction is made again, after 1, 2, 4 ..
 * ACCUSATION_WAIT_MAX blocks, for as long as the caller finds that the validator is still to be jailed. */
#ifndef NODE_ACCUSATIONS_H
#define NODE_ACCUSATIONS_H

#include "consensus/validators.h"
#include "crypto/conflict.h"

#define ACCUSATION_WAIT_MAX 128 /* blocks between two reports of the same validator */

struct accusation {
    bool held;
    struct public_key validator; /* signed both votes of the conflict */
    struct conflict conflict;    /* the newest that can be reported: a pardon forgives older ones */
    bool checking;               /* a report is on its way to the pool */
    bool reported;               /* the pool has taken one */
    uint64_t nonce;              /* of it */
    uint64_t due_height;         /* no report before this one is committed */
    uint64_t wait_blocks;        /* after the next report */
};

struct accusations {
    uint32_t count;
    struct accusation list[VALIDATORS_MAX];
};

/* Keep what `validator` did, seen while `height` is committed. Returns its accusation; NULL where there is no
 * room, until one is forgotten. A newer conflict takes the place of an older one, unless that still waits
 * for its height: else who signs two values at every height would never be reported. */
struct accusation *accusations_hold(struct accusations *accusations,
                                    const struct public_key *validator,
                                    const struct conflict *conflict, uint64_t height);
/* False for one that is `checking`: it is kept for accusation_checked(). */
bool accusations_forget(struct accusations *accusations, struct accusation *accusation);

/* Is a report to be made while `height` is committed? `committed_nonce` is the next one of the own
 * account there, `pool_nonce` the one after those in the pool and in decided blocks: in between lies
 * what may still be executed. */
bool accusation_due(const struct accusation *accusation, uint64_t height, uint64_t committed_nonce,
                    uint64_t pool_nonce);

/* A report with this nonce leaves now; and whether the pool took it. */
void accusation_report(struct accusation *accusation, uint64_t height, uint64_t nonce);
void accusation_checked(struct accusation *accusation, bool pooled);

#endif /* NODE_ACCUSATIONS_H */
