/* Blocks: a header, an opaque body, the certificate that decided the block before, and the leaders that
 * are demoted after it.
 *
 * The header's digest names all of them: the body by tx_root, the certificate by last_commit_hash, the
 * demoted by demotions_hash. It does not cover the round, so a block keeps its name when a later leader proposes it again. */
#ifndef CONSENSUS_BLOCK_H
#define CONSENSUS_BLOCK_H

#include "consensus/certificate.h"
#include "consensus/demotion.h"
#include "consensus/validator_set.h"

enum {
    BLOCK_VERSION = 1,
    BLOCK_BODY_SIZE_MAX = 4 << 20,
};

struct block_header {
    uint32_t version;
    struct hash chain_id;
    uint64_t height;                  /* from 1; height 0 is the genesis and has no block */
    uint64_t time_ms;                 /* Unix time; later than the parent's */
    uint32_t proposer;                /* index of the validator that built the block */
    struct hash parent;               /* digest of the header before; at height 1 the chain id */
    struct hash tx_root;              /* digest of the body, as the application defines it */
    struct hash state_root;           /* after block height - 1 */
    struct hash receipts_root;        /* of block height - 1 */
    struct hash validators_hash;      /* of the set that votes on this block */
    struct hash next_validators_hash; /* of the set of height + 1, as block height - 1 left it */
    struct hash last_commit_hash;     /* certificate_hash() of last_commit; zero at height 1 */
    struct hash demotions_hash;       /* demotions_hash() of demotions */
};

struct block {
    struct block_header header;
    bool has_last_commit;           /* false at height 1 only */
    struct certificate last_commit; /* decided height - 1 */
    struct demotions demotions;     /* as this block leaves them */
    struct bytes body;              /* borrowed */
};

/* What the blocks of one height are checked against. Plain data: copy it. The sets are borrowed and
 * must outlive every copy. */
struct block_rules {
    struct hash chain_id;
    const struct validators *validators; /* of the height */
    struct hash validators_hash;
    uint8_t demoted[VALIDATORS_MASK_SIZE]; /* who of the set is demoted: demotions_mask() */
    uint32_t collect_above; /* VALIDATORS_COLLECT_ABOVE; a simulation may have less, all the same */
    const struct validators *last_validators; /* of the height before; NULL: not known */
    const struct certificate *known; /* of the height before, COMMITs checked already; or NULL */
    /* Compute the tx_root of a body. Pure and thread-safe. False where the bytes are no body. */
    bool (*body_digest)(void *data, struct hash *out, struct bytes body);
    void *data;
};

extern const struct schema block_header_schema;

/* The rules of a chain whose validators stay the same; those of heights 1 and 2 of every chain. */
void block_rules_init(struct block_rules *out, const struct hash *chain_id,
                      const struct validators *validators,
                      bool (*body_digest)(void *data, struct hash *out, struct bytes body),
                      void *data);

/* The same chain at a height with the set `set`, of which nobody is demoted, after one with the set `last`
 * (NULL: not known; then no block passes that has a last_commit). Both are borrowed. */
void block_rules_at(struct block_rules *out, const struct block_rules *chain,
                    const struct validator_set *set, const struct validator_set *last);

/* Does the leader of this round collect its votes, with a set of this size? */
NODISCARD bool block_rules_collect(const struct block_rules *rules, uint32_t count, uint32_t round);

/* The name of a block: tag souk/block/v1 over the header's encoding. */
void block_digest(struct hash *out, const struct block_header *header);

/* Encoding: header, the body as BCS bytes, last_commit as a BCS option, demotions. */
void block_encode(struct buffer *out, const struct block *block);

/* Read a whole encoding. `out->body` is borrowed from `input`. False with one line in `error` where
 * it is not the one encoding of a block. */
NODISCARD bool block_decode(struct block *out, struct bytes input, char *error, size_t error_size);
void block_read(struct bcs_reader *reader, struct block *out); /* As a part of something larger. */

/* True where the block is well made by itself: version, chain, set and proposer are right, the body
 * has the tx_root, last_commit is the one the header names, for the parent, and so are the demotions.
 * Signatures of last_commit are not checked, and demotions not recomputed. Otherwise one line in `error` (may be NULL with size 0). Pure. */
NODISCARD bool block_verify(const struct block *block, const struct block_rules *rules, char *error,
                            size_t error_size);

/* True where, besides, a quorum of the set of the height before signed last_commit. For proposals. */
NODISCARD bool block_verify_proposed(const struct block *block, const struct block_rules *rules,
                                     char *error, size_t error_size);

/* True where, besides block_verify(), `certificate` proves that the set of the block's height decided it. Whether it
 * continues a known chain (header.parent) is for the caller to see. For catching up. */
NODISCARD bool block_verify_decided(const struct block *block,
                                    const struct certificate *certificate,
                                    const struct block_rules *rules, char *error,
                                    size_t error_size);

#endif /* CONSENSUS_BLOCK_H */
