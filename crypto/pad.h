/* The model owner's pad (pv-snip 6a): with it the public result is sum x_i + pad, and only the model
 * owner, who knows the pad, sees the sum.
 *
 * The pad is shared as owner 0's vector under SHARE_DST_X, and R0, two elements, under SHARE_DST_AUX;
 * there is no beacon yet, so root2 is over B1 = 0^32. After beacon 2 server j posts
 * f_0j = <eq(rho), pad_j> + rho_1 (1 - rho_1) R0_j, rho = XofField(B2, "PVS1/pad", ""). Its value at 0 is
 * uniform; that the values fit degree t is the whole check. A fresh pad for every round. The weight of
 * R0 is not 1: docs/decisions/0110-weight-of-the-pads-mask.md. */
#ifndef CRYPTO_PAD_H
#define CRYPTO_PAD_H

#include "crypto/multilinear.h"

#define PAD_AUX_COUNT 2 /* elements of R0 */

/* The next elements of a pad: XofField(seed, "PVS1/pad/x", ctx), PRG segments; the model owner keeps
 * the 32 byte seed, fresh for every round, to subtract the pad again. */
struct pad_stream {
    struct prg prg;
};
void pad_stream_init(struct pad_stream *stream, const uint8_t seed[XOF_SEED_SIZE],
                     const struct hash *context);
void pad_stream_next(struct pad_stream *stream, uint64_t *out, size_t count);
void pad_stream_close(struct pad_stream *stream);
/* R0 of the same seed. */
void pad_blind(uint64_t out[PAD_AUX_COUNT], const uint8_t seed[XOF_SEED_SIZE],
               const struct hash *context);

/* The form of beacon 2; end it with multilinear_close(). */
void pad_form(struct multilinear *out, const struct hash *beacon_2, uint32_t dimension);

/* f_0j of a share of the pad (dimension elements) and of R0. */
struct field_ext pad_value(const struct multilinear *form, const uint64_t *share,
                           const uint64_t blind[PAD_AUX_COUNT], uint32_t dimension);

#endif /* CRYPTO_PAD_H */
