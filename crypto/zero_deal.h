/* How the keys of crypto/zero_sharing.h come to the servers (pv-snip 6c): in public, so that a dealer has
 * either dealt to all or to none, and whoever got another key than the one committed to can show it.
 *
 * A dealer makes a fresh key pair (ek, EK) for one round, as an owner does, and K_jm with every other
 * server m. For each set T that it deals, numerically ascending, `keys` has
 *
 *     H("PVS1/kt" || ctx || LE16 T || k_T), then for each server m outside T but the dealer, ascending,
 *     k_T XOR the first 32 bytes of XOF(K_jm, "PVS1/deal", LE16 T)
 *
 * and its commitment is to H("PVS1/deals" || keys), with the proof that it has ek. */
#ifndef CRYPTO_ZERO_DEAL_H
#define CRYPTO_ZERO_DEAL_H

#include "base/buffer.h"
#include "crypto/dleq.h"
#include "crypto/share.h"
#include "crypto/zero_sharing.h"

/* A dealing, as it is on the chain. */
struct zero_deal {
    const struct share_round *round; /* borrowed */
    uint32_t active;                 /* servers that were to deal, mask */
    unsigned server;                 /* j of the dealer, of `active` */
    struct public_key dealer;        /* its account's key */
    struct public_key ephemeral;     /* EK */
    struct bytes keys;               /* borrowed; of zero_deal_size() bytes */
};

/* Bytes of `keys`. */
size_t zero_deal_size(const struct share_round *round, unsigned server, uint32_t active);

void zero_deal_root(struct hash *out, struct bytes keys);

/* k_T of a dealer: a function of its seed, which it keeps before it deals. */
void zero_deal_key(uint8_t out[XOF_SEED_SIZE], const struct hash *context,
                   const uint8_t seed[XOF_SEED_SIZE], uint32_t set);

/* Deal: append `keys` and fill the commitment. round, active, server and dealer of `about` are read.
 * The same seed gives the same bytes; the proof takes `random32` besides. */
void zero_deal_make(struct buffer *keys, struct share_commitment *commitment,
                    const struct zero_deal *about, const uint8_t seed[XOF_SEED_SIZE],
                    const uint8_t random32[32]);

/* What server `member` got: put the keys of the sets that this dealer deals and that `member` is outside
 * into `into`. *wrong is the first set whose key is not the one committed to, 0 where there is none. False
 * where EK is no point. */
NODISCARD bool zero_deal_open(struct zero_sharing *into, uint32_t *wrong,
                              const struct zero_deal *deal, unsigned member,
                              const struct secret_key *member_key);

/* A member shows what it got. */
struct zero_deal_opening {
    uint32_t set;        /* T */
    unsigned member;     /* m */
    struct point shared; /* D_jm */
    struct dleq_proof proof;
};

/* `random32` is fresh. False where EK is no point. */
NODISCARD bool zero_deal_show(struct zero_deal_opening *out, const struct zero_deal *deal,
                              const struct secret_key *member_key, const uint8_t random32[32]);

/* Does the dealer deal T, to this member? */
bool zero_deal_concerns(const struct zero_deal *deal, uint32_t set, unsigned member);

enum zero_deal_verdict {
    ZERO_DEAL_RIGHT, /* the key is the one committed to */
    ZERO_DEAL_WRONG, /* the dealer lied */
    ZERO_DEAL_PROOF, /* D is not proven to be that of the two */
};

/* For an opening that zero_deal_concerns() (asserted). About 0.2 ms. */
enum zero_deal_verdict zero_deal_judge(const struct zero_deal *deal,
                                       const struct zero_deal_opening *opening);

#endif /* CRYPTO_ZERO_DEAL_H */
