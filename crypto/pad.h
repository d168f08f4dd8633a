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

/* f_0j of a share in pieces of any size: `dimension` elements of the pad, then the two of R0. */
struct pad_value {
    struct multilinear_sum sum;
    uint32_t dimension;
    uint64_t index;
    uint64_t blind[PAD_AUX_COUNT];
};
void pad_value_init(struct pad_value *value, const struct multilinear *form, uint32_t dimension);
void pad_value_add(struct pad_value *value, const uint64_t *elements, size_t count);
struct field_ext pad_value_finish(struct pad_value *value); /* After all of them (asserted). */

#endif /* CRYPTO_PAD_H */
