#include "tests/lib/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"

static void random_key(struct secret_key *out, uint64_t *state)
{
    uint8_t random[32];
    do {
        check_random_fill(state, random, sizeof(random));
    } while (!secret_key_init(out, random));
}

static void make_servers(struct sharing *sharing, uint64_t *state)
{
    for (unsigned i = 0; i < sharing->round.server_count; i++) {
        random_key(&sharing->server_keys[i], state);
        point_of(&sharing->round.servers[i], &sharing->server_keys[i]);
    }
}

static void make_shares(struct sharing *sharing, struct sharing_owner *owner)
{
    const struct share_round *round = &sharing->round;
    struct share_label label = share_label_x();
    for (unsigned server = 1; server <= round->server_count; server++) {
        struct hash key;
        struct share_reader reader;
        struct bytes blob = {0};
        bool good = share_key_of_server(&key, round, &owner->id, &owner->commitment.ephemeral,
                                        server, &sharing->server_keys[server - 1]);
        uint64_t *share = memory_new(sizeof(*share) * round->dimension);
        owner->shares[server - 1] = share;
        if (server > round->degree) {
            blob = buffer_bytes(&owner->blobs[server - round->degree - 1]);
        }
        share_reader_init(&reader, round, &key, &label, server, 0);
        good = share_reader_next(&reader, share, round->dimension, blob) && good;
        share_reader_close(&reader);
        assert(good);
    }
}

static void make_owner(struct sharing *sharing, struct sharing_owner *owner, uint64_t *state)
{
    static const uint8_t zeros[32];
    const struct share_round *round = &sharing->round;
    struct share_label label = share_label_x();
    random_key(&owner->ephemeral, state);
    owner->vector = memory_new(sizeof(*owner->vector) * round->dimension);
    for (size_t k = 0; k < round->dimension; k++) {
        owner->vector[k] = (int64_t)(check_random(state) >> 43) - (1 << 20);
    }
    struct share_writer *writer = memory_new(sizeof(*writer));
    share_keys_make(&owner->keys, round, &owner->id, &owner->ephemeral);
    share_writer_init(writer, round, &owner->keys, &label);
    share_writer_add_signed(writer, owner->vector, round->dimension, owner->blobs);
    share_writer_finish(writer, owner->roots);
    share_commit(&owner->commitment, round, &owner->id, &owner->ephemeral, owner->roots, zeros);
    free(writer);
    make_shares(sharing, owner);
}

void sharing_init(struct sharing *sharing, unsigned server_count, unsigned degree,
                  uint32_t dimension, unsigned owner_count, uint64_t seed)
{
    assert(owner_count <= SHARING_OWNERS_MAX);
    uint64_t state = seed;
    *sharing = (struct sharing){.round_number = 7, .owner_count = owner_count};
    check_random_fill(&state, sharing->chain_id.bytes, 32);
    check_random_fill(&state, sharing->task.bytes, 32);
    check_random_fill(&state, sharing->params_hash.bytes, 32);
    struct share_round *round = &sharing->round;
    share_context(&round->context, &sharing->chain_id, &sharing->task, sharing->round_number,
                  &sharing->params_hash);
    round->dimension = dimension;
    round->server_count = (uint8_t)server_count;
    round->degree = (uint8_t)degree;
    make_servers(sharing, &state);
    for (unsigned i = 0; i < owner_count; i++) {
        struct sharing_owner *owner = &sharing->owners[i];
        struct secret_key identity;
        random_key(&identity, &state);
        public_key_of(&owner->id, &identity);
        owner->id.bytes[0] = (uint8_t)i; /* Ids in order; they need not be points here. */
        make_owner(sharing, owner, &state);
    }
}

void sharing_close(struct sharing *sharing)
{
    for (unsigned i = 0; i < sharing->owner_count; i++) {
        struct sharing_owner *owner = &sharing->owners[i];
        free(owner->vector);
        for (unsigned k = 0; k < SHARE_BLOBS_MAX; k++) {
            buffer_close(&owner->blobs[k]);
        }
        for (unsigned k = 0; k < SHAMIR_SERVERS_MAX; k++) {
            free(owner->shares[k]);
        }
    }
    *sharing = (struct sharing){0};
}

uint64_t *sharing_sum_new(const struct sharing *sharing, unsigned server, uint32_t owner_set)
{
    uint32_t dimension = sharing->round.dimension;
    uint64_t *sum = memory_new(sizeof(*sum) * dimension);
    for (unsigned i = 0; i < sharing->owner_count; i++) {
        if ((owner_set >> i & 1) != 0) {
            aggregate_add(sum, sharing->owners[i].shares[server - 1], dimension);
        }
    }
    return sum;
}

void sharing_plain_sum(struct buffer *out, const struct sharing *sharing, uint32_t owner_set)
{
    for (size_t k = 0; k < sharing->round.dimension; k++) {
        int64_t sum = 0;
        for (unsigned i = 0; i < sharing->owner_count; i++) {
            sum += (owner_set >> i & 1) != 0 ? sharing->owners[i].vector[k] : 0;
        }
        uint8_t element[FIELD_SIZE];
        field_write(element, field_from_signed(sum));
        buffer_append(out, BYTES_OF(element));
    }
}

enum share_status sharing_read(struct share_sealed *out, const struct share_round *round,
                               size_t count, struct bytes delivery, uint64_t *index)
{
    size_t list = sizeof(struct hash) * share_blob_count(round);
    if (delivery.size != share_sealed_size(round, count)) {
        return SHARE_SIZE;
    }
    share_sealed_init(out, round, (struct bytes){delivery.data, list});
    enum share_status status =
        share_sealed_add(out, (struct bytes){delivery.data + list, delivery.size - list});
    if (status == SHARE_ELEMENT && index != NULL) {
        *index = out->index;
    }
    return status;
}
