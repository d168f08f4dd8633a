#include "tools/client/proof.h"

#include <string.h>

#include "tools/client/file.h"

static bool claim_holds(struct proof *proof, struct fault *fault)
{
    const struct light_proof *light = &proof->light;
    const struct block_header *last = light_certifying_header(light);
    if (light->kind == LIGHT_STATE) {
        return claim_check_state(&proof->state, light->claim, &last->state_root, fault->text,
                                 sizeof(fault->text));
    }
    const struct claim_roots roots = {light->headers[0].tx_root, last->receipts_root};
    return claim_check_transaction(&proof->transaction, &proof->receipt, light->claim, &roots,
                                   fault->text, sizeof(fault->text));
}

bool proof_verify(struct proof *out, struct bytes encoded, const struct trust *trust,
                  struct fault *fault)
{
    memset(out, 0, sizeof(*out));
    out->validators = trust->validators;
    const struct light_trust begin = {&trust->chain_id,
                                      trust->header.height == 0 ? NULL : &trust->header};
    return schema_decode(&light_proof_schema, &out->light, encoded, fault->text,
                         sizeof(fault->text)) &&
           light_verify(&out->light, &begin, &out->validators, &out->certificate, fault->text,
                        sizeof(fault->text)) &&
           claim_holds(out, fault);
}

uint64_t proof_height(const struct proof *proof)
{
    return light_certifying_header(&proof->light)->height - 1;
}

bool proof_is_of_key(const struct proof *proof, struct bytes key, struct fault *fault)
{
    return (proof->light.kind == LIGHT_STATE && bytes_equal(proof->state.key, key)) ||
           fault_set(fault, "key: the proof is of something else than what was asked for");
}

bool proof_is_of_transaction(const struct proof *proof, const struct hash *id, struct fault *fault)
{
    return (proof->light.kind == LIGHT_TRANSACTION && hash_equal(&proof->transaction.id, id)) ||
           fault_set(fault, "id: the proof is of something else than what was asked for");
}

bool proof_from_hex(struct buffer *out, const char *hex, struct fault *fault)
{
    size_t digits = strlen(hex);
    buffer_reserve(out, digits / 2 + 1);
    if (digits == 0 || digits % 2 != 0 || !hex_decode(out->data + out->size, digits / 2, hex)) {
        return fault_set(fault, "the proof is neither binary nor hexadecimal");
    }
    out->size += digits / 2;
    return true;
}

bool proof_read(struct buffer *out, const char *path, struct fault *fault)
{
    struct buffer content = {0};
    if (!file_read(&content, path, (size_t)2 * LIGHT_PROOF_MAX + 2, fault)) {
        buffer_close(&content);
        return false;
    }
    bool good = true;
    /* The encoding begins with the version, which is no digit. */
    if (content.size > 0 && content.data[0] == '0') {
        while (content.size > 0 && content.data[content.size - 1] <= ' ') {
            content.size--;
        }
        good = proof_from_hex(out, buffer_text(&content), fault);
    } else {
        buffer_append(out, buffer_bytes(&content));
    }
    buffer_close(&content);
    return good;
}
