#include "market/publishers.h"

uint32_t publisher_rounds(struct state *state, const struct address *publisher)
{
    struct market_key key;
    key_publisher(&key, publisher);
    return record_load_count(state, &key);
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
    } else {
        record_store_count(state, &key, count);
    }
}
