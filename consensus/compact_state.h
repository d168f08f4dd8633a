/* The inside of compact.h, shared by the compact_*.c files; nobody else includes it. */
#ifndef CONSENSUS_COMPACT_STATE_H
#define CONSENSUS_COMPACT_STATE_H

#include "consensus/compact.h"
#include "crypto/siphash.h"

/* A PROPOSE message of round 0, taken apart around its body. */
struct compact_parts {
    struct vote vote;
    struct bytes head; /* up to the length of the body */
    struct bytes body;
    struct bytes tail; /* after the body; not read */
};

/* False where the bytes do not begin like such a message. */
NODISCARD bool compact_split(struct compact_parts *out, struct bytes wire);

/* A SHORT, taken apart. */
struct compact_short {
    struct compact_parts parts;
    uint32_t count;
    struct bytes ids; /* u64 each */
};
NODISCARD bool compact_short_read(struct compact_short *out, struct bytes payload);
uint64_t compact_short_id(const struct compact_short *brief, uint32_t place);

/* What ASK and ITEMS begin with. */
struct compact_head {
    struct hash digest;
    uint64_t height;
};
extern const struct schema compact_head_schema;

/* The key of a proposal's short ids, and an item's. */
void compact_key(struct siphash_key *out, const struct hash *digest);
uint64_t compact_id(const struct siphash_key *key, const struct hash *id);

#endif /* CONSENSUS_COMPACT_STATE_H */
