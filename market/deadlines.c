#include "market/deadlines.h"

#include <string.h>

uint32_t deadlines_count(struct state *state, uint64_t height)
{
    struct market_key key;
    struct bytes value;
    key_deadline_count(&key, height);
    if (!state_get(state, key_bytes(&key), &value)) {
        return 0;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    uint32_t count = bcs_read_u32(&reader);
    bool whole = bcs_reader_done(&reader);
    assert(whole && "the state is corrupt");
    return count;
}

void deadlines_add(struct state *state, uint64_t height, uint64_t model, uint32_t round)
{
    struct market_key key;
    struct deadline entry = {model, round};
    uint32_t count = deadlines_count(state, height);
    key_deadline(&key, height, count);
    record_store(state, &key, &deadline_schema, &entry);
    struct buffer value = {0};
    bcs_write_u32(&value, count + 1);
    key_deadline_count(&key, height);
    state_put(state, key_bytes(&key), buffer_bytes(&value));
    buffer_close(&value);
}

void deadlines_begin_block(struct state *state, const struct block_context *block,
                           struct event_log *events)
{
    (void)state;
    (void)block;
    (void)events;
}

void deadlines_end_block(struct state *state, const struct block_context *block,
                         struct event_log *events)
{
    (void)state;
    (void)block;
    (void)events;
}
