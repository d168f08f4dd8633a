/* How trust in one validator set leads to a later one.
 *
 * The last block of a set names the next set in its header, and the set itself decides that block. So a
 * chain of such headers, each with its certificate and the set that it names, leads from the set of the
 * genesis to that of any later height, and nothing in between is needed. */
#ifndef CONSENSUS_HANDOVER_H
#define CONSENSUS_HANDOVER_H

#include "consensus/block.h"

#define HANDOVERS_SIZE_MAX                                                                         \
    (1u << 20) /* bytes of an encoded chain; one of 100 validators has 17 kB */

/* Append one link: header and certificate of a block that hands over, and the set of the next height. */
void handover_write(struct buffer *out, const struct block_header *header,
                    const struct certificate *certificate, const struct validators *next);

/* Follow a chain of links from the set in *validators, which is trusted, to the last; *validators is then
 * that one, its names borrowed from `links` or as they were, and *since the first height known to have it
 * (1 where there is no link). False with one line in `error` where a link is not the one encoding, is of
 * another chain, is not above the one before, hands over to its own set, or is not decided by the set
 * before. Pure; about 40 us per signature. */
NODISCARD bool handovers_follow(struct validators *validators, uint64_t *since,
                                const struct hash *chain_id, struct bytes links, char *error,
                                size_t error_size);

/* Cut from *links, the chain since the genesis or any part of it, what leads to the trusted header: the links of
 * lower heights, which are not looked at but for their encoding. False with one line in `error` where a link is
 * not the one encoding, or is of the trusted height and has another header. Pure. */
NODISCARD bool handovers_after(struct bytes *links, const struct block_header *trusted, char *error,
                               size_t error_size);

/* The set that one link brings, as in handovers_follow(), where the set before it is not known: only that the link
 * agrees with itself is checked, not who signed it. */
NODISCARD bool handover_begin(struct validators *validators, uint64_t *since,
                              const struct hash *chain_id, struct bytes link, char *error,
                              size_t error_size);

/* The next link of a chain that was followed: its bytes, borrowed, and the first height of the set that it
 * brings. *offset is 0 at first; false behind the last link. */
NODISCARD bool handovers_next(struct bytes links, size_t *offset, struct bytes *link,
                              uint64_t *since);

#endif /* CONSENSUS_HANDOVER_H */
