/* The sum of shares that a server sends to the leader: signed, because the leader posts what it makes
 * of it and answers for it.
 *
 *     BCS {public_key 32, signature 64, bytes sum}, with sum = 8 bytes for each element and the
 *     signature over H_souk/sum/v1(ctx || LE8 j || sum) by the key of server j's account. */
#ifndef TOOLS_SERVER_SUM_MESSAGE_H
#define TOOLS_SERVER_SUM_MESSAGE_H

#include "base/schema.h"
#include "crypto/address.h"

struct sum_message {
    struct public_key public_key;
    struct signature signature;
    struct bytes sum; /* borrowed from the input */
};

extern const struct schema sum_message_schema;

void sum_message_write(struct buffer *out, const struct hash *context, unsigned j, struct bytes sum,
                       const struct secret_key *key, const uint8_t random32[32]);

/* Whose sum of what is awaited. */
struct sum_message_expected {
    const struct hash *context;   /* ctx of the round */
    unsigned server;              /* j */
    const struct address *sender; /* account of server j */
    size_t size;                  /* bytes of the sum */
};

/* Read and check: canonical, canonical elements, and all that is expected. False with one line in
 * `error`. */
NODISCARD bool sum_message_read(struct sum_message *out, struct bytes input,
                                const struct sum_message_expected *expected, char *error,
                                size_t error_size);

#endif /* TOOLS_SERVER_SUM_MESSAGE_H */
