/* The Fiat-Shamir transcript of a proof (pv-snip section 3).
 *
 * A state h = 0^32. To absorb: h = H(h || LE8 size of label || label || LE64 size of data || data),
 * and the challenges start anew at counter 0. A challenge is E(H(h || "C" || LE32 counter)). */
#ifndef CRYPTO_TRANSCRIPT_H
#define CRYPTO_TRANSCRIPT_H

#include "crypto/field.h"

struct transcript {
    struct hash state;
    uint32_t counter;
};

void transcript_init(struct transcript *transcript);
void transcript_absorb(struct transcript *transcript, const char *label, struct bytes data);
/* Absorb elements of K in their encoding; at most TRANSCRIPT_EXT_MAX (asserted). */
#define TRANSCRIPT_EXT_MAX 8
void transcript_absorb_ext(struct transcript *transcript, const char *label,
                           const struct field_ext *elements, size_t count);
struct field_ext transcript_challenge(struct transcript *transcript);

#endif /* CRYPTO_TRANSCRIPT_H */
