#include "market/aggregate_store.h"

static uint16_t chunk_count(const struct round_work *work)
{
    uint32_t size = work->round.aggregate_size;
    return (uint16_t)((size + AGGREGATE_CHUNK_SIZE - 1) / AGGREGATE_CHUNK_SIZE);
}

void aggregate_store_put(const struct round_work *work, struct bytes aggregate)
{
    assert(aggregate.size == work->round.aggregate_size);
    for (uint16_t i = 0; i < chunk_count(work); i++) {
        struct market_key key;
        size_t start = (size_t)i * AGGREGATE_CHUNK_SIZE;
        size_t left = aggregate.size - start;
        struct bytes chunk = {aggregate.data + start,
                              left < AGGREGATE_CHUNK_SIZE ? left : AGGREGATE_CHUNK_SIZE};
        key_aggregate(&key, work->round.model, work->round.number, i);
        state_put(work->state, key_bytes(&key), chunk);
    }
}

void aggregate_store_get(const struct round_work *work, struct buffer *out)
{
    for (uint16_t i = 0; i < chunk_count(work); i++) {
        struct market_key key;
        struct bytes chunk;
        key_aggregate(&key, work->round.model, work->round.number, i);
        bool known = state_get(work->state, key_bytes(&key), &chunk);
        assert(known && "the state is corrupt");
        (void)known;
        buffer_append(out, chunk);
    }
}

void aggregate_store_erase(const struct round_work *work)
{
    for (uint16_t i = 0; i < chunk_count(work); i++) {
        struct market_key key;
        key_aggregate(&key, work->round.model, work->round.number, i);
        record_erase(work->state, &key);
    }
}
