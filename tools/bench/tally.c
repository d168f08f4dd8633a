#include "tools/bench/tally.h"

#include <stdlib.h>

#include "base/memory.h"

static uint32_t account_count(const struct load *load)
{
    uint32_t count = 0;
    for (size_t i = 0; i < load->count; i++) {
        count = load->items[i].account >= count ? load->items[i].account + 1 : count;
    }
    return count;
}

/* The items of an account are in the order of their nonces. */
void tally_load(struct tally *out, const struct load *load)
{
    bool *gap = memory_new((account_count(load) + 1) * sizeof(*gap)); /* zeroed */
    *out = (struct tally){0};
    for (size_t i = 0; i < load->count; i++) {
        const struct load_item *item = &load->items[i];
        if (item->committed_us > 0) {
            out->committed++;
            out->failed += item->ok ? 0 : 1;
        } else if (gap[item->account]) {
            out->behind++;
        } else if (item->outcome == LOAD_ACCEPTED) {
            out->lost++;
        } else {
            out->refused++;
            gap[item->account] = true;
        }
    }
    free(gap);
}
