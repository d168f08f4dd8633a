#include "market/signing.h"

#include <stdio.h>

#include "market/heartbeats.h"
#include "vm/opcodes.h"
#include "vm/program.h"

static const struct field heartbeat_fields[] = {
    SCHEMA_U8(struct signing_heartbeat, version),
    SCHEMA_U8(struct signing_heartbeat, call),
    SCHEMA_ARRAY(struct signing_heartbeat, chain_id, FORM_HEX),
    SCHEMA_ARRAY(struct signing_heartbeat, node_key, FORM_HEX),
    SCHEMA_U64(struct signing_heartbeat, height),
    SCHEMA_ARRAY(struct signing_heartbeat, digest, FORM_HEX),
};
const struct schema signing_heartbeat_schema =
    SCHEMA("signing_heartbeat", struct signing_heartbeat, heartbeat_fields);

static const struct field evidence_fields[] = {
    SCHEMA_U8(struct signing_evidence, version),
    SCHEMA_U8(struct signing_evidence, call),
    SCHEMA_ARRAY(struct signing_evidence, chain_id, FORM_HEX),
    SCHEMA_U64(struct signing_evidence, nonce),
    SCHEMA_U64(struct signing_evidence, gas_limit),
    SCHEMA_U64(struct signing_evidence, gas_price),
    SCHEMA_U64(struct signing_evidence, expires_at),
    SCHEMA_ARRAY(struct signing_evidence, validator, FORM_HEX),
    SCHEMA_STRUCT(struct signing_evidence, conflict, &conflict_schema),
};
const struct schema signing_evidence_schema =
    SCHEMA("signing_evidence", struct signing_evidence, evidence_fields);

static bool is_call(uint8_t version, uint8_t call, enum signer_call expected, char *error,
                    size_t error_size)
{
    if (version == SIGNER_VERSION && call == expected) {
        return true;
    }
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s",
                       version == SIGNER_VERSION ? "the request is for another call"
                                                 : "version of the request is not 1");
    }
    return false;
}

bool signing_heartbeat_decode(struct signing_heartbeat *out, struct bytes input, char *error,
                              size_t error_size)
{
    return schema_decode(&signing_heartbeat_schema, out, input, error, error_size) &&
           is_call(out->version, out->call, SIGNER_HEARTBEAT, error, error_size);
}

bool signing_evidence_decode(struct signing_evidence *out, struct bytes input, char *error,
                             size_t error_size)
{
    return schema_decode(&signing_evidence_schema, out, input, error, error_size) &&
           is_call(out->version, out->call, SIGNER_EVIDENCE, error, error_size);
}

void signing_heartbeat_hash(struct hash *out, const struct signing_heartbeat *wanted)
{
    const struct checkpoint checkpoint = {.height = wanted->height, .digest = wanted->digest};
    heartbeat_hash(out, &wanted->chain_id, &wanted->node_key, &checkpoint);
}

void signing_transaction(struct transaction *out, struct buffer *program,
                         const struct signing_evidence *wanted)
{
    struct buffer encoded = {0};
    struct buffer code = {0};
    const struct evidence_operand evidence = {wanted->validator, wanted->conflict};
    schema_write(&encoded, &evidence_schema, &evidence);
    bcs_write_u8(&code, OP_NATIVE);
    bcs_write_u8(&code, NATIVE_EVIDENCE);
    bcs_write_bytes(&code, buffer_bytes(&encoded));
    bcs_write_u8(&code, OP_STOP);
    const struct program whole = {1, 0, buffer_bytes(&code)};
    schema_write(program, &program_schema, &whole);
    *out = (struct transaction){.chain_id = wanted->chain_id,
                                .nonce = wanted->nonce,
                                .gas_limit = wanted->gas_limit,
                                .gas_price = wanted->gas_price,
                                .expires_at = wanted->expires_at,
                                .program = buffer_bytes(program)};
    buffer_close(&encoded);
    buffer_close(&code);
}
