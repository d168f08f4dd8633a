/* Deliveries of owners to servers: whatever is accepted is canonical, and opens. */
#include "tests/lib/sharing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DIMENSION_MAX 64U

/* The first three bytes choose the round; a delivery follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct share_round round = {
        .dimension = 1U + data[0] % DIMENSION_MAX,
        .degree = (uint8_t)(1 + data[1] % 4),
    };
    unsigned least = 2U * round.degree + 1;
    round.server_count = (uint8_t)(least + data[2] % (SHAMIR_SERVERS_MAX - least + 1));
    struct share_sealed sealed;
    struct bytes input = {data + 3, size - 3};
    uint64_t index = UINT64_MAX;
    enum share_status status = sharing_read(&sealed, &round, round.dimension, input, &index);
    if (status != SHARE_OK) {
        assert((status == SHARE_SIZE) ==
               (input.size != share_sealed_size(&round, round.dimension)));
        assert(status == SHARE_SIZE || index < round.dimension);
        return 0;
    }
    size_t list = sizeof(struct hash) * share_blob_count(&round);
    struct bytes ciphertext = {input.data + list, input.size - list};
    assert(ciphertext.size == (size_t)FIELD_SIZE * round.dimension);
    uint64_t share[DIMENSION_MAX];
    struct hash key = {{1}};
    struct share_label label = share_label_x();
    struct share_reader reader;
    share_reader_init(&reader, &round, &key, &label, round.server_count, 0);
    bool opened = share_reader_next(&reader, share, round.dimension, ciphertext);
    share_reader_close(&reader);
    assert(opened);
    for (size_t i = 0; i < round.dimension; i++) {
        assert(share[i] < FIELD_MODULUS);
    }
    struct public_key owner = {{2}};
    struct share_commitment commitment = {{{3}}, {{4}}, {{5}}};
    status = share_sealed_check_x(&sealed, &round, &owner, &commitment, round.server_count);
    assert(status == SHARE_ROOT);
    share_root(&commitment.root, &round.context, &owner, &commitment.ephemeral, sealed.roots,
               share_blob_count(&round));
    status = share_sealed_check_x(&sealed, &round, &owner, &commitment, round.server_count);
    assert(status == SHARE_OK || status == SHARE_BLOB);
    return 0;
}
