/* Validators with known keys, and what they sign, for tests of consensus. */
#ifndef TESTS_LIB_COMMITTEE_H
#define TESTS_LIB_COMMITTEE_H

#include "consensus/message.h"

struct committee {
    struct validators validators;
    char names[VALIDATORS_MAX][24];
    struct secret_key keys[VALIDATORS_MAX];
    struct block_rules rules;
};

/* Bodies are any bytes that do not begin with 0xEE. */
void committee_init(struct committee *committee, uint32_t count);

/* A vote of `sender`, signed. */
struct vote committee_vote(const struct committee *committee, enum vote_type type, uint32_t sender,
                           uint64_t height, uint32_t round, const struct hash *digest);

/* Votes of the first `count` validators from `first` on, for what `like` names. */
void committee_certify(const struct committee *committee, struct certificate *out,
                       const struct vote *like, uint32_t first, uint32_t count);

/* The block of height 1 by `proposer` with this text as its body, and its digest. */
void committee_block(const struct committee *committee, struct block *out, struct hash *digest,
                     uint32_t proposer, const char *body);

/* The block of height 2 on `parent`, with a commit certificate of round 0. */
void committee_next_block(const struct committee *committee, struct block *out, struct hash *digest,
                          const struct block *parent, uint32_t proposer);

/* The encoding of a proposal of round 0. */
void committee_propose(const struct committee *committee, struct buffer *out,
                       const struct block *block, uint32_t sender);

/* A round change; `certificate` may be NULL. `out` is a message to be encoded or quoted. */
void committee_change(const struct committee *committee, struct message *out, uint32_t sender,
                      uint64_t height, uint32_t round, const struct certificate *certificate);

/* Quote a round change in a proposal. */
void committee_quote(struct message *proposal, const struct message *change);

/* Verify the encoding of `message`. Asserts that it passes; message_free() the result. */
struct message *committee_accept(const struct committee *committee, const struct message *message);

#endif /* TESTS_LIB_COMMITTEE_H */
