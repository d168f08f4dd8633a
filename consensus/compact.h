/* Proposals in short form: in place of the body, short ids of its items, which the receivers hold already
 * in their pools of what waits to be ordered (after BIP 152, compact blocks).
 *
 * To consensus a body is opaque; here it is a list of items, each a BCS byte string. A receiver puts the
 * body together out of its pool, asks for the items that it lacks, and gets the whole proposal, byte for
 * byte as it was signed: only that is verified and voted on, so nothing here needs to be believed. Whatever
 * fails - ids that collide, items nobody has, answers that lie or do not come - ends in asking the proposer
 * for the whole proposal, once; and what then does not come either is sent again by STATUS, as every lost
 * proposal is, or ends with the round.
 *
 * Short ids are keyed by the proposal's digest, which covers the items: nobody can make an item that
 * collides with another before the block is made. docs/decisions/0196-short-proposals.md
 *
 * Bytes, also in docs/wire-format.md:
 *   SHORT  the proposal with an empty body, as BCS bytes; list of u64 short ids
 *   ASK    digest of the block, u64 height, list of u32 places in the body, ascending; none: the whole
 *   ITEMS  digest of the block, u64 height, list of the items asked for, in that order */
#ifndef CONSENSUS_COMPACT_H
#define CONSENSUS_COMPACT_H

#include "consensus/message.h"

enum {
    COMPACT_COUNT_MAX = 32768,   /* items of a proposal in short form */
    COMPACT_REST_MAX = 64 << 10, /* bytes of a proposal without its body */
    COMPACT_SHORT_MAX = COMPACT_REST_MAX + 16 + 8 * COMPACT_COUNT_MAX,
    COMPACT_ASK_MAX = 48 + 4 * COMPACT_COUNT_MAX,
    COMPACT_ITEMS_MAX = BLOCK_BODY_SIZE_MAX + 64,
    COMPACT_WAIT_MS = 100, /* for an answer, before somebody else is asked */
    COMPACT_ASKS_MAX = 8,  /* times that one proposal is asked for */
};

/* Write a PROPOSE message of round 0 in short form; `ids` are those of its items. False, with nothing
 * written, where it has another round or no such body. */
NODISCARD bool compact_write(struct buffer *out, struct bytes wire, const struct hash *ids,
                             size_t count);

/* The signed head of a proposal in short form, nothing checked. False where it is not the one encoding of
 * a proposal of round 0 without its body and of at most COMPACT_COUNT_MAX ids. */
NODISCARD bool compact_peek(struct vote *out, struct bytes payload);

/* What waits to be ordered: `walk` calls `each` once for every item, which is borrowed for that call of
 * the machine. */
struct compact_pool {
    void *context;
    void (*walk)(void *context, void (*each)(void *data, const struct hash *id, struct bytes item),
                 void *data);
};

enum compact_outcome {
    COMPACT_NOTHING, /* of no open question */
    COMPACT_WHOLE,   /* `bytes`: the proposal; take it like one that came whole from its proposer */
    COMPACT_ASK, /* send `bytes`, an ASK, to `peer`; call compact_expire() after COMPACT_WAIT_MS */
    COMPACT_GIVE_UP,   /* nobody is asked any more */
    COMPACT_MALFORMED, /* no honest peer sends this */
};

struct compact_result {
    enum compact_outcome outcome;
    uint32_t peer;      /* ASK: whom; WHOLE: the proposer */
    uint64_t height;    /* of the proposal, where there is one */
    bool all;           /* ASK: for the whole proposal */
    uint32_t count;     /* WHOLE: items of the body, */
    uint32_t fetched;   /* of which so many were not in the pool */
    struct bytes bytes; /* borrowed until the next call */
};

/* The proposals in short form that a replica is putting together: of two heights, one each, of at most
 * BLOCK_BODY_SIZE_MAX bytes and COMPACT_COUNT_MAX items. One owner, no I/O, no clock. */
struct compact;
struct compact *compact_new(void);
void compact_free(struct compact *compact); /* NULL is allowed. */

/* A SHORT of `peer`. The caller has seen that it is of the leader of its height and round and wanted: it costs a
 * walk through the pool. */
void compact_receive(struct compact *compact, uint32_t peer, struct bytes payload,
                     const struct compact_pool *pool, struct compact_result *out);

/* An ITEMS of `peer`. */
void compact_take(struct compact *compact, uint32_t peer, struct bytes payload,
                  struct compact_result *out);

/* No answer came in time for `height`, or it was wrong: ask the proposer for all, and then `next`, who is
 * any peer that may hold the block, for what is missing. */
void compact_expire(struct compact *compact, uint64_t height, uint32_t next,
                    struct compact_result *out);

/* What was given out as WHOLE for `height` does not verify: ask for it once more, whole. */
void compact_refuse(struct compact *compact, uint64_t height, struct compact_result *out);

/* Is something of this height asked for? */
bool compact_waits(const struct compact *compact, uint64_t height);

void compact_close(struct compact *compact, uint64_t height); /* A proposal of it has come. */

/* The height is decided: forget what is open up to it. */
void compact_forget(struct compact *compact, uint64_t height);

/* Keep a verified PROPOSE message, for those who will ask for its items. Where it is `own`, for its whole,
 * too. Two are kept, of two heights. */
void compact_keep(struct compact *compact, struct bytes wire, bool own);

/* An ASK. Gives COMPACT_WHOLE with the own proposal, COMPACT_ASK with an ITEMS to send back (`peer` is not
 * set), COMPACT_NOTHING where it is not here, or COMPACT_MALFORMED. */
void compact_answer(struct compact *compact, struct bytes payload, struct compact_result *out);

#endif /* CONSENSUS_COMPACT_H */
