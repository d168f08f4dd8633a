/* The messages of consensus, from bytes to something the core may believe.
 *
 * A message is a signed head (struct vote) and, by its type, a payload:
 *   PROPOSE       a block; for rounds above 0 a quorum of round changes and, where one of them had
 *                 prepared a block, the certificate of the highest
 *   ROUND_CHANGE  what the sender had prepared, with the certificate
 *   STATUS        the sender's key, and whether it holds the proposal of its round
 *   BODY          a block
 *   PREPARED, COMMITTED   the certificate of the votes that the leader collected
 *   PREPARE, COMMIT, GET_BODY   nothing
 * A sender is named by its index in the set of the message's height. STATUS alone is for those who are
 * at other heights, whose sets the receiver may not know: it names its sender by key, and counts where
 * that key is in the receiver's own set.
 *
 * message_verify() is the only source of struct message, so a core that takes nothing else never
 * sees an unchecked signature. */
#ifndef CONSENSUS_MESSAGE_H
#define CONSENSUS_MESSAGE_H

#include "consensus/block.h"

enum {
    /* Bounds of a whole encoded message: a block, or a vote with its certificate. */
    MESSAGE_VOTE_SIZE_MAX = 8 << 10,
    MESSAGE_SIZE_MAX = BLOCK_BODY_SIZE_MAX + (64 << 10),
};

/* What a replica had prepared when it left a round. All zero where nothing. */
struct message_prepared {
    bool present;
    uint32_t round;
    struct hash digest;
};

/* A round change as a proposal quotes it; height and round are those of the proposal. */
struct message_change {
    uint32_t sender;
    bool prepared;
    uint32_t prepared_round;
    struct hash prepared_digest;
    struct signature signature;
};

/* A message whose signatures and inner consistency are checked. Read only. */
struct message {
    struct vote vote;      /* of a STATUS, `sender` is the key's index in the rules' set */
    struct public_key key; /* STATUS: of the sender */
    bool has_proposal;     /* STATUS */
    struct message_prepared prepared; /* ROUND_CHANGE; PROPOSE: the highest of the changes */
    bool has_certificate;             /* PREPARED, COMMITTED; else where `prepared.present` */
    struct certificate certificate;   /* COMMITTED: of COMMITs; else of PREPAREs */
    bool has_block;
    struct block block; /* PROPOSE, BODY; the body is borrowed from `wire` */
    uint32_t change_count;
    struct message_change changes[VALIDATORS_MAX]; /* PROPOSE in rounds above 0 */
    struct buffer wire;                            /* the encoding */
};

/* Read only the signed head of a message, nothing checked, so that a caller can drop what nobody
 * wants before paying for signatures (pbft_wants()). False where the bytes are too short. */
NODISCARD bool message_peek(struct vote *out, struct bytes wire);

/* The key of a STATUS, nothing checked. False where the message is none or too short. */
NODISCARD bool message_peek_key(struct public_key *out, struct bytes wire);

/* Turn bytes into a message. `rules` are those of the message's height, and of a STATUS those of the
 * height that the receiver is deciding: pbft_rules(). On success *out is owned by the caller: message_free(). On failure
 * returns false, *out is NULL and one line in `error` says which field, what, and what was expected.
 * Checked: canonical encoding and bounds of the type, sender in the set, its signature, and
 *   PROPOSE       sender leads (height, round); block_verify_proposed(); above round 0 a quorum of
 *                 distinct signed round changes to exactly this round, and the block is the one of
 *                 the highest prepared certificate among them where there is one
 *   ROUND_CHANGE  round above 0; the certificate proves what the sender says it had prepared, in a
 *                 lower round
 *   BODY          block_verify()
 *   PREPARED, COMMITTED   sender leads the round, whose votes it collects: block_rules_collect(); the
 *                 certificate is of what the head names, and holds
 * Pure and thread-safe: meant for worker threads. Copies `wire`. */
NODISCARD bool message_verify(struct message **out, const struct block_rules *rules,
                              struct bytes wire, char *error, size_t error_size);
void message_free(struct message *message); /* NULL is allowed. */

extern const struct schema message_prepared_schema, message_change_schema;

/* What a ROUND_CHANGE signs as its digest: tag souk/round-change/v1. */
void message_prepared_hash(struct hash *out, const struct message_prepared *prepared);

/* Append the encoding of a message, of the fields its type has; the vote is already signed. */
void message_encode(struct buffer *out, const struct message *message);

#endif /* CONSENSUS_MESSAGE_H */
