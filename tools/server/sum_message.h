/* The sum of shares that a server sends to the leader: signed, because the leader posts what it makes
 * of it and answers for it.
 *
 *     BCS {public_key 32, signature 64, bytes sum}, with sum = 8 bytes for each element and the
 *     signature over H_souk/sum/v1(ctx || LE8 j || sum) by the key of server j's account. */
#ifndef TOOLS_SERVER_SUM_MESSAGE_H
#define TOOLS_SERVER_SUM_MESSAGE_H

#include "base/schema.h"
#include "crypto/address.h"
#include "tools/client/source.h"

/* What goes before the bytes of the sum and their length. */
struct sum_message {
    struct public_key public_key;
    struct signature signature;
};

/* Of the whole message, for the tables of the documents. */
extern const struct schema sum_message_schema;

/* Who signs a sum of what. */
struct sum_message_signer {
    const struct hash *context;   /* ctx of the round */
    unsigned server;              /* j */
    const struct secret_key *key; /* of the account of server j */
};

/* Append what goes before the sum, which is to follow. False where the sum cannot be read. */
NODISCARD bool sum_message_write(struct buffer *out, const struct sum_message_signer *signer,
                                 const struct source *sum, const uint8_t random32[32],
                                 struct fault *fault);

/* Whose sum of what is awaited. */
struct sum_message_expected {
    const struct hash *context;   /* ctx of the round */
    unsigned server;              /* j */
    const struct address *sender; /* account of server j */
    uint64_t size;                /* bytes of the sum */
};

/* Read and check a message: canonical, canonical elements, and all that is expected. False with one line
 * in `fault`; *broken is true where that is about this machine and not the message. */
NODISCARD bool sum_message_check(const struct source *message,
                                 const struct sum_message_expected *expected, bool *broken,
                                 struct fault *fault);

/* Where the sum of `size` bytes begins in its message. */
size_t sum_message_offset(uint64_t size);

#endif /* TOOLS_SERVER_SUM_MESSAGE_H */
