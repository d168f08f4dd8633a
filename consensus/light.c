#include "consensus/light.h"

#include <stdio.h>

static const char *const kind_names[] = {"state", "transaction"};
_Static_assert(ARRAY_COUNT(kind_names) == LIGHT_KIND_COUNT, "every kind has a name");

static const struct field light_proof_fields[] = {
    SCHEMA_U8(struct light_proof, version),
    SCHEMA_ENUM(struct light_proof, kind, kind_names),
    SCHEMA_ARRAY(struct light_proof, chain_id, FORM_HEX),
    SCHEMA_BYTES(struct light_proof, handovers, HANDOVERS_SIZE_MAX),
    SCHEMA_BYTES(struct light_proof, claim, LIGHT_CLAIM_MAX),
    SCHEMA_LIST(struct light_proof, headers, header_count, &block_header_schema, FORM_HEX),
    SCHEMA_BYTES(struct light_proof, certificate, LIGHT_CERTIFICATE_MAX),
};
const struct schema light_proof_schema =
    SCHEMA("light_proof", struct light_proof, light_proof_fields);

const char *light_kind_text(enum light_kind kind)
{
    return kind < LIGHT_KIND_COUNT ? kind_names[kind] : "unknown";
}

const struct block_header *light_certifying_header(const struct light_proof *proof)
{
    assert(proof->header_count >= 1 && proof->header_count <= LIGHT_HEADERS_MAX);
    return &proof->headers[proof->header_count - 1];
}

static bool fail(char *error, size_t error_size, const char *field, const char *what)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s: %s", field, what);
    }
    return false;
}

static bool frame_holds(const struct light_proof *proof, const struct hash *chain_id, char *error,
                        size_t error_size)
{
    if (proof->version != LIGHT_VERSION) {
        return fail(error, error_size, "version", "not 1, the one this program knows");
    }
    if (!hash_equal(&proof->chain_id, chain_id)) {
        return fail(error, error_size, "chain_id", "the proof is of another chain");
    }
    uint32_t expected = proof->kind == LIGHT_STATE ? 1 : 2;
    if (proof->header_count != expected) {
        return fail(error, error_size, "headers", "not as many as a proof of this kind has");
    }
    return true;
}

static const char *header_fault(const struct block_header *header, const struct hash *chain_id)
{
    if (header->version != BLOCK_VERSION) {
        return "its version is not the one this program knows";
    }
    if (!hash_equal(&header->chain_id, chain_id)) {
        return "it is of another chain";
    }
    return header->height == 0 ? "its height is 0, at least 1 is expected" : NULL;
}

static bool headers_hold(const struct light_proof *proof, const struct hash *chain_id,
                         const struct validators *validators, char *error, size_t error_size)
{
    struct hash set;
    for (uint32_t i = 0; i < proof->header_count; i++) {
        const struct block_header *header = &proof->headers[i];
        const char *fault = header_fault(header, chain_id);
        if (fault != NULL) {
            return fail(error, error_size, "header", fault);
        }
        if (i == 0) {
            continue;
        }
        struct hash parent;
        block_digest(&parent, &proof->headers[i - 1]);
        if (header->height != proof->headers[i - 1].height + 1 ||
            !hash_equal(&header->parent, &parent)) {
            return fail(error, error_size, "header", "it does not follow the header before it");
        }
    }
    /* The headers before the last are its ancestors, whoever decided them. */
    validators_hash(&set, validators);
    return hash_equal(&light_certifying_header(proof)->validators_hash, &set) ||
           fail(error, error_size, "header", "it names another set of validators");
}

/* The handovers that lead from what is trusted. */
static bool handovers_hold(const struct light_proof *proof, const struct light_trust *trust,
                           struct validators *validators, uint64_t *since, char *error,
                           size_t error_size)
{
    struct bytes links = proof->handovers;
    return (trust->header == NULL || handovers_after(&links, trust->header, error, error_size)) &&
           handovers_follow(validators, since, trust->chain_id, links, error, error_size);
}

/* No proof from before the trusted header, and none with another block of its height. */
static bool trusted_header_holds(const struct light_proof *proof, const struct light_trust *trust,
                                 char *error, size_t error_size)
{
    struct hash ours;
    struct hash theirs;
    if (trust->header == NULL) {
        return true;
    }
    if (light_certifying_header(proof)->height < trust->header->height) {
        return fail(error, error_size, "header",
                    "it is below the trusted one; only the genesis, or trust in an earlier header, "
                    "leads to it");
    }
    block_digest(&ours, trust->header);
    for (uint32_t i = 0; i < proof->header_count; i++) {
        block_digest(&theirs, &proof->headers[i]);
        if (proof->headers[i].height == trust->header->height && !hash_equal(&ours, &theirs)) {
            return fail(error, error_size, "header", "it is not the trusted one of its height");
        }
    }
    return true;
}

bool light_verify(const struct light_proof *proof, const struct light_trust *trust,
                  struct validators *validators, struct certificate *certificate, char *error,
                  size_t error_size)
{
    const struct hash *chain_id = trust->chain_id;
    uint64_t since;
    *certificate = (struct certificate){0};
    if (!frame_holds(proof, chain_id, error, error_size) ||
        !trusted_header_holds(proof, trust, error, error_size) ||
        !handovers_hold(proof, trust, validators, &since, error, error_size) ||
        !headers_hold(proof, chain_id, validators, error, error_size) ||
        !certificate_decode(certificate, proof->certificate, error, error_size)) {
        return false;
    }
    const struct block_header *last = light_certifying_header(proof);
    struct hash digest;
    block_digest(&digest, last);
    if (last->height < since) {
        return fail(error, error_size, "header", "it is below the last handover");
    }
    if (certificate->height != last->height || !hash_equal(&certificate->digest, &digest)) {
        return fail(error, error_size, "certificate", "it decides another block than the header's");
    }
    return certificate_verify(certificate, VOTE_COMMIT, chain_id, validators, error, error_size);
}
