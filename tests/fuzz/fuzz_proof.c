/* Any bytes as a light proof: what decodes is the one encoding of its value, and checking it, whole or
 * each claim alone, never fails but by saying no. */
#include <stdlib.h>

#include "tests/lib/proof_fixture.h"
#include "tools/client/proof_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const struct schema *schema, const void *value, struct bytes input)
{
    struct buffer again = {0};
    schema_write(&again, schema, value);
    if (!bytes_equal(buffer_bytes(&again), input)) {
        abort();
    }
    buffer_close(&again);
}

/* Without the signatures, which a fuzzer does not get past. */
static void try_claims(struct bytes input)
{
    static struct claim_state state;
    static struct claim_transaction transaction;
    static const struct hash zero;
    static const struct claim_roots roots;
    struct receipt receipt;
    char error[200];
    if (schema_decode(&claim_state_schema, &state, input, error, sizeof(error))) {
        expect_same(&claim_state_schema, &state, input);
    }
    if (schema_decode(&claim_transaction_schema, &transaction, input, error, sizeof(error))) {
        expect_same(&claim_transaction_schema, &transaction, input);
    }
    /* Only the absence of a key in an empty trie follows from a root of zeros. */
    if (claim_check_state(&state, input, &zero, error, sizeof(error)) && state.found) {
        abort();
    }
    if (claim_check_transaction(&transaction, &receipt, input, &roots, error, sizeof(error))) {
        abort();
    }
}

static void try_show(const struct proof *proof, const struct trust *trust)
{
    struct buffer sentence = {0};
    proof_show_sentence(&sentence, proof, trust);
    json_decref(proof_show_json(proof, trust));
    buffer_close(&sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trust trust;
    static struct light_proof light;
    static struct proof proof;
    struct bytes input = {data, size};
    struct fault fault;
    if (trust.validators.count == 0) {
        proof_fixture_trust(&trust);
    }
    if (schema_decode(&light_proof_schema, &light, input, NULL, 0)) {
        expect_same(&light_proof_schema, &light, input);
        try_claims(light.claim);
    }
    try_claims(input);
    if (proof_verify(&proof, input, &trust, &fault)) {
        try_show(&proof, &trust);
    }
    return 0;
}
