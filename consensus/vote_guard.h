/* What one key has signed, and what it may sign next: the last line against two votes for one place.
 *
 * A replica remembers its votes in its log. The guard is for who holds the key and trusts no replica:
 * a signer in a process of its own, asked by a node whose log was lost, copied back or taken over, or by
 * two nodes at once. It remembers the newest vote of each type that binds (PROPOSE, PREPARE, COMMIT,
 * ROUND_CHANGE) at each of the last VOTE_GUARD_HEIGHTS heights, and never lets pass two that contradict
 * each other:
 *
 *   - within a height the rounds of a type only rise, and a round is signed for one digest;
 *   - nothing but ROUND_CHANGE is signed for a round below one that was changed to;
 *   - nothing is signed for a height that it does not remember any more.
 *
 * Other messages (STATUS, GET_BODY, BODY) bind nobody. A node that lost the end of its log with the
 * power asks again for heights of a moment ago, and must get what it said then: so the guard remembers
 * several. Protocol: docs/protocol.md, section 3. */
#ifndef CONSENSUS_VOTE_GUARD_H
#define CONSENSUS_VOTE_GUARD_H

#include "consensus/vote.h"

enum {
    VOTE_GUARD_TYPES = VOTE_ROUND_CHANGE + 1, /* the types that bind come first */
    VOTE_GUARD_HEIGHTS = 16,
    VOTE_GUARD_ENTRIES = VOTE_GUARD_HEIGHTS * VOTE_GUARD_TYPES,
};

/* The newest vote of one type at one height. */
struct vote_guard_entry {
    uint64_t height;
    uint8_t type; /* enum vote_type */
    uint32_t round;
    struct hash digest;
};

/* All zero: nothing was signed. */
struct vote_guard {
    uint64_t floor; /* lowest height for which something may still be signed */
    struct vote_guard_entry entries[VOTE_GUARD_ENTRIES];
    uint32_t count;
};

extern const struct schema vote_guard_schema;

#define VOTE_GUARD_VERDICT_LIST(X)                                                                 \
    X(VOTE_GUARD_NEW, "allowed")                                                                   \
    X(VOTE_GUARD_REPEATED, "allowed: signed before")                                               \
    X(VOTE_GUARD_FREE, "allowed: binds nobody")                                                    \
    X(VOTE_GUARD_HEIGHT_OVER, "of a height that is not remembered any more")                       \
    X(VOTE_GUARD_ROUND_OVER, "of a round below one that was signed")                               \
    X(VOTE_GUARD_ROUND_LEFT, "of a round that a round change left")                                \
    X(VOTE_GUARD_CONFLICT, "contradicts a vote that was signed")

#define VOTE_GUARD_VERDICT_ENUM(name, text) name,
enum vote_guard_verdict { VOTE_GUARD_VERDICT_LIST(VOTE_GUARD_VERDICT_ENUM) };
#undef VOTE_GUARD_VERDICT_ENUM

const char *vote_guard_verdict_text(enum vote_guard_verdict verdict); /* Static; never NULL. */

/* May `vote` be signed? Only its type (below VOTE_TYPE_COUNT: asserted), height, round and digest
 * count. After VOTE_GUARD_NEW the guard holds the vote and must be durable before the signature leaves;
 * after every other verdict it is unchanged. The verdicts after VOTE_GUARD_FREE refuse. */
NODISCARD enum vote_guard_verdict vote_guard_take(struct vote_guard *guard,
                                                  const struct vote *vote);

/* The lowest round of `height` for which nothing was signed, nor for any above it; UINT32_MAX where there
 * is none left. */
uint32_t vote_guard_free_round(const struct vote_guard *guard, uint64_t height);

/* Highest height for which something was signed, or its floor. */
uint64_t vote_guard_height(const struct vote_guard *guard);

/* Sign nothing below `height` any more: for a guard whose newest state may be lost. Does nothing
 * where it is there already. */
void vote_guard_raise(struct vote_guard *guard, uint64_t height);

/* False for what no guard writes: a list in disorder, an entry below the floor or of a free type. */
NODISCARD bool vote_guard_valid(const struct vote_guard *guard);

#endif /* CONSENSUS_VOTE_GUARD_H */
