#include "consensus/certificate.h"

#include <stdio.h>
#include <string.h>

static const struct field certificate_fields[] = {
    SCHEMA_U64(struct certificate, height),
    SCHEMA_U32(struct certificate, round),
    SCHEMA_ARRAY(struct certificate, digest, FORM_HEX),
    SCHEMA_ARRAY(struct certificate, signers, FORM_HEX),
    SCHEMA_LIST(struct certificate, signatures, signature_count, NULL, FORM_HEX),
};
const struct schema certificate_schema =
    SCHEMA("certificate", struct certificate, certificate_fields);

void certificate_init(struct certificate *certificate, uint64_t height, uint32_t round,
                      const struct hash *digest)
{
    *certificate = (struct certificate){.height = height, .round = round, .digest = *digest};
}

void certificate_add(struct certificate *certificate, uint32_t signer,
                     const struct signature *signature)
{
    assert(signer < VALIDATORS_MAX);
    for (uint32_t i = signer; i < VALIDATORS_MAX; i++) {
        assert(!certificate_has(certificate, i));
    }
    certificate->signers[signer / 8] |= (uint8_t)(1U << signer % 8);
    certificate->signatures[certificate->signature_count] = *signature;
    certificate->signature_count++;
}

bool certificate_has(const struct certificate *certificate, uint32_t signer)
{
    return signer < VALIDATORS_MAX && (certificate->signers[signer / 8] >> signer % 8 & 1) != 0;
}

/* Counts every bit of the bitmap, those that name no possible validator too. */
static uint32_t signer_count(const struct certificate *certificate)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CERTIFICATE_BITMAP_SIZE * 8; i++) {
        count += certificate->signers[i / 8] >> i % 8 & 1;
    }
    return count;
}

static bool signers_fit(const struct certificate *certificate, const struct validators *validators,
                        char *error, size_t error_size)
{
    uint32_t signers = signer_count(certificate);
    uint32_t known = 0;
    for (uint32_t i = 0; i < validators->count; i++) {
        known += certificate_has(certificate, i) ? 1 : 0;
    }
    if (signers != certificate->signature_count) {
        (void)snprintf(error, error_size, "certificate: %u signers but %u signatures", signers,
                       certificate->signature_count);
        return false;
    }
    if (known != signers) {
        (void)snprintf(error, error_size, "certificate: a signer outside the set of %u",
                       validators->count);
        return false;
    }
    if (known < validators_quorum(validators->count)) {
        (void)snprintf(error, error_size, "certificate: %u signers, expected at least %u", known,
                       validators_quorum(validators->count));
        return false;
    }
    return true;
}

static const struct signature *signature_of(const struct certificate *certificate, uint32_t signer)
{
    uint32_t place = 0;
    for (uint32_t i = 0; i < signer; i++) {
        place += certificate_has(certificate, i) ? 1 : 0;
    }
    return certificate_has(certificate, signer) ? &certificate->signatures[place] : NULL;
}

/* Of the same vote: `known` holds this very signature. */
static bool is_known(const struct certificate *known, const struct certificate *certificate,
                     uint32_t signer, const struct signature *signature)
{
    if (known == NULL || known->height != certificate->height ||
        known->round != certificate->round || !hash_equal(&known->digest, &certificate->digest)) {
        return false;
    }
    const struct signature *same = signature_of(known, signer);
    return same != NULL && bytes_equal(BYTES_OF(same->bytes), BYTES_OF(signature->bytes));
}

bool certificate_verify(const struct certificate *certificate, enum vote_type type,
                        const struct hash *chain_id, const struct validators *validators,
                        char *error, size_t error_size)
{
    const struct certificate_check check = {type, chain_id, validators, NULL};
    return certificate_verify_known(certificate, &check, error, error_size);
}

bool certificate_verify_known(const struct certificate *certificate,
                              const struct certificate_check *check, char *error, size_t error_size)
{
    const struct validators *validators = check->validators;
    const struct certificate *known = check->known;
    const enum vote_type type = check->type;
    if (!signers_fit(certificate, validators, error, error_size)) {
        return false;
    }
    struct vote vote = {.type = (uint8_t)type,
                        .height = certificate->height,
                        .round = certificate->round,
                        .digest = certificate->digest};
    struct hash message;
    vote_hash(&message, check->chain_id, &vote);
    uint32_t next = 0;
    for (uint32_t i = 0; i < validators->count; i++) {
        if (!certificate_has(certificate, i)) {
            continue;
        }
        const struct signature *signature = &certificate->signatures[next++];
        if (!is_known(known, certificate, i, signature) &&
            !signature_check(signature, &validators->list[i].key, &message)) {
            (void)snprintf(error, error_size, "certificate: wrong %s signature of validator %u",
                           vote_type_text(type), i);
            return false;
        }
    }
    return true;
}

void certificate_hash(struct hash *out, const struct certificate *certificate)
{
    struct buffer encoded = {0};
    certificate_encode(&encoded, certificate);
    hash_tagged(out, "souk/certificate/v1", buffer_bytes(&encoded));
    buffer_close(&encoded);
}

bool certificate_decode(struct certificate *out, struct bytes input, char *error, size_t error_size)
{
    return schema_decode(&certificate_schema, out, input, error, error_size);
}

void certificate_encode(struct buffer *out, const struct certificate *certificate)
{
    schema_write(out, &certificate_schema, certificate);
}
