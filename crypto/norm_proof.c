#include "crypto/norm_proof.h"

const char *norm_proof_status_text(enum norm_proof_status status)
{
#define NORM_PROOF_STATUS_CASE(name, text)                                                         \
    case name:                                                                                     \
        return text;
    switch (status) {
        NORM_PROOF_STATUS_LIST(NORM_PROOF_STATUS_CASE)
    }
#undef NORM_PROOF_STATUS_CASE
    return "unknown status";
}

size_t norm_proof_size(const struct norm_layout *layout)
{
    return 112 + 32 * (size_t)layout->variables;
}

void norm_proof_write(uint8_t *out, const struct norm_proof *proof,
                      const struct norm_layout *layout)
{
    memcpy(out, proof->root2.bytes, 32);
    memcpy(out + 32, proof->nonce2, NORM_NONCE_SIZE);
    out += 32 + NORM_NONCE_SIZE;
    field_ext_write(out, proof->sum);
    out += FIELD_EXT_SIZE;
    for (unsigned i = 0; i < 4; i++, out += FIELD_EXT_SIZE) {
        field_ext_write(out, proof->first[i]);
    }
    for (unsigned i = 0; i + 1 < layout->variables; i++, out += 2 * FIELD_EXT_SIZE) {
        field_ext_write(out, proof->rounds[i][0]);
        field_ext_write(out + FIELD_EXT_SIZE, proof->rounds[i][1]);
    }
    field_ext_write(out, proof->value);
}

static bool read_elements(struct norm_proof *out, const struct norm_layout *layout,
                          const uint8_t *in)
{
    bool good = field_ext_read(&out->sum, in);
    in += FIELD_EXT_SIZE;
    for (unsigned i = 0; i < 4; i++, in += FIELD_EXT_SIZE) {
        good = field_ext_read(&out->first[i], in) && good;
    }
    for (unsigned i = 0; i + 1 < layout->variables; i++, in += 2 * FIELD_EXT_SIZE) {
        good = field_ext_read(&out->rounds[i][0], in) && good;
        good = field_ext_read(&out->rounds[i][1], in + FIELD_EXT_SIZE) && good;
    }
    return field_ext_read(&out->value, in) && good;
}

enum norm_proof_status norm_proof_read(struct norm_proof *out, const struct norm_layout *layout,
                                       struct bytes input)
{
    *out = (struct norm_proof){0};
    if (input.size != norm_proof_size(layout)) {
        return NORM_PROOF_SIZE;
    }
    memcpy(out->root2.bytes, input.data, 32);
    memcpy(out->nonce2, input.data + 32, NORM_NONCE_SIZE);
    if (!read_elements(out, layout, input.data + 32 + NORM_NONCE_SIZE)) {
        *out = (struct norm_proof){0};
        return NORM_PROOF_ELEMENT;
    }
    return NORM_PROOF_OK;
}
