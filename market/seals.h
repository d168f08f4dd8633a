/* Ciphertexts on the chain: what SHARE_PUBLISH and DISPUTE_JUSTIFY bring, checked against what the
 * owner committed to. */
#ifndef MARKET_SEALS_H
#define MARKET_SEALS_H

#include "crypto/justify.h"
#include "market/participants.h"

/* One owner's, or the pad's, public side: everything that binds the shares of one server. */
struct sealed {
    struct share_round shares;
    struct norm_layout layout;
    struct justify_case about; /* borrows `shares` */
};

/* Of a seat that proved, or of the pad (MARKET_PAD_SEAT; the round has one). */
void sealed_load(struct sealed *out, const struct round_work *work, uint16_t index,
                 unsigned server);

/* Bytes of C_ij || C2_ij; 0 for a server that derives its share. */
size_t sealed_size(const struct sealed *sealed);

/* Copy the operand's list of S - t roots. False where it has another size. */
NODISCARD bool sealed_roots(const struct sealed *sealed, struct bytes list, struct hash *out);

/* Is `ciphertexts` C_ij || C2_ij of the two lists, and are those the committed ones? Refused with a
 * code PUBLISH_.... Gas is the caller's to charge. */
NODISCARD bool sealed_check(const struct sealed *sealed, struct native_call *call,
                            struct bytes ciphertexts, struct bytes roots, struct bytes roots2);

#endif /* MARKET_SEALS_H */
