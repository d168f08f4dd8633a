#include "market/publishers.h"

uint32_t publisher_rounds(struct state *state, const struct address *publisher)
{
    struct market_key key;
    struct bytes value;
    key_publisher(&key, publisher);
    if (!state_get(state, key_bytes(&key), &value)) {
        return 0;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    uint32_t count = bcs_read_u32(&reader);
    bool whole = bcs_reader_done(&reader);
    assert(whole && count > 0 && "the state is corrupt");
    (void)whole;
    return count;
}

void publisher_count_round(struct state *state, const struct address *publisher, bool opened)
{
    struct market_key key;
    uint32_t count = publisher_rounds(state, publisher);
    assert(opened || count > 0);
    count = opened ? count + 1 : count - 1;
    key_publisher(&key, publisher);
    if (count == 0) {
        record_erase(state, &key);
        return;
    }
    struct buffer value = {0};
    bcs_write_u32(&value, count);
    state_put(state, key_bytes(&key), buffer_bytes(&value));
    buffer_close(&value);
}
