/* Bodies of PROVE: what is accepted has one encoding, and is replayed without a fault. */
#include "crypto/norm_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses among layouts; a proof follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct norm_params params = {
        .dimension = 64,
        .bound = 1,
        .server_count = 3,
        .degree = 1,
        .rows = 1,
        .sketch_rows = 1,
        .owners_min = 3,
        .owners_max = 3,
    };
    struct norm_layout layout;
    struct norm_proof proof;
    if (size < 1) {
        return 0;
    }
    params.dimension <<= data[0] % 4;
    enum norm_status status = norm_layout_init(&layout, &params);
    assert(status == NORM_OK);
    struct bytes input = {data + 1, size - 1};
    enum norm_proof_status read = norm_proof_read(&proof, &layout, input);
    assert((read == NORM_PROOF_SIZE) == (input.size != norm_proof_size(&layout)));
    if (read != NORM_PROOF_OK) {
        static const struct norm_proof zero;
        assert(memcmp(&proof, &zero, sizeof(zero)) == 0);
        return 0;
    }
    uint8_t written[NORM_PROOF_SIZE_MAX];
    norm_proof_write(written, &proof, &layout);
    assert(memcmp(written, input.data, input.size) == 0);
    struct norm_statement statement = {{{1}}, {{2}}, {{3}}, {{4}}};
    struct norm_replay replay;
    norm_replay(&replay, &layout, &statement, &proof);
    assert(replay.claim.a < FIELD_MODULUS && replay.claim.b < FIELD_MODULUS);
    return 0;
}
