#include "crypto/norm_equations.h"

void norm_transcript_start(struct transcript *out, struct field_ext chi[NORM_CHI_MAX],
                           const struct norm_layout *layout, const struct norm_statement *statement,
                           const struct hash *root2)
{
    uint8_t data[5 * sizeof(struct hash)];
    memcpy(data, statement->context.bytes, 32);
    memcpy(data + 32, statement->owner.bytes, 32);
    memcpy(data + 64, statement->root.bytes, 32);
    memcpy(data + 96, statement->beacon.bytes, 32);
    memcpy(data + 128, root2->bytes, 32);
    transcript_init(out);
    transcript_absorb(out, "PVS1/prove", BYTES_OF(data));
    for (unsigned i = 0; i < layout->chi_count; i++) {
        chi[i] = transcript_challenge(out);
    }
}

void norm_weights(struct field_ext *out, const struct norm_layout *layout,
                  const struct field_ext chi[NORM_CHI_MAX])
{
    size_t count = layout->product_count;
    out[0] = chi[0];
    unsigned bit = 0;
    for (size_t width = 1; width < count; width *= 2, bit++) {
        for (size_t k = 0; k < width && width + k < count; k++) {
            out[width + k] = field_ext_mul(out[k], chi[bit + 1]);
        }
    }
}

uint64_t norm_mask_total(const struct norm_layout *layout, unsigned index)
{
    return UINT64_C(1) << (index == 0 ? layout->variables : layout->variables - 1);
}

void norm_mask_monomials(struct field_ext out[NORM_MASKS_MAX], const struct norm_layout *layout,
                         const struct field_ext *rho)
{
    out[0] = field_ext_of(1);
    for (unsigned power = 1; power <= 4; power++) {
        out[power] = field_ext_mul(out[power - 1], rho[0]);
    }
    for (unsigned i = 1; i < layout->variables; i++) {
        out[3 + 2 * i] = rho[i];
        out[4 + 2 * i] = field_ext_mul(rho[i], rho[i]);
    }
}

struct field_ext norm_blind_weight(struct field_ext rho)
{
    return field_ext_mul(rho, field_ext_sub(field_ext_of(1), rho));
}
