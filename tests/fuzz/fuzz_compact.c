#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "consensus/compact_state.h"

/* Proposals in short form and what is asked and answered about them. The first byte says which; ids of the
 * pool are what the proposal names, so that it is put together. */

static const struct compact_short *pooled;

static void walk(void *context, void (*each)(void *data, const struct hash *id, struct bytes item),
                 void *data)
{
    (void)context;
    for (uint8_t i = 0; i < 40; i++) {
        struct hash id = {{i}};
        each(data, &id, (struct bytes){id.bytes, i});
    }
}

static const struct compact_pool pool = {NULL, walk};

/* What is given out as whole goes into the short form that it came from. */
static void check_whole(const struct compact_result *result)
{
    struct compact_parts parts;
    if (result->outcome == COMPACT_WHOLE) {
        assert(compact_split(&parts, result->bytes));
        assert(bytes_equal(parts.head, pooled->parts.head));
        assert(bytes_equal(parts.tail, pooled->parts.tail));
    }
}

static void check_short(struct bytes input)
{
    struct compact_short brief;
    struct compact_result result;
    struct vote vote;
    struct compact *compact = compact_new();
    bool good = compact_short_read(&brief, input);
    assert(good == compact_peek(&vote, input));
    pooled = &brief;
    compact_receive(compact, 1, input, &pool, &result);
    assert((result.outcome == COMPACT_MALFORMED) == !good);
    check_whole(&result);
    while (result.outcome == COMPACT_ASK) {
        compact_expire(compact, vote.height, 2, &result);
    }
    compact_free(compact);
}

/* The rest is an answer to a proposal of 40 items of which the pool has all but some. */
static void check_items(struct bytes input)
{
    struct compact_short brief;
    struct compact_result result;
    struct compact *compact = compact_new();
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    struct bytes proposal = bcs_read_bytes(&reader, 1 << 16);
    struct bytes answer = {input.data + reader.offset, input.size - reader.offset};
    if (reader.status == BCS_OK && compact_short_read(&brief, proposal)) {
        pooled = &brief;
        compact_receive(compact, 1, proposal, &pool, &result);
        compact_take(compact, 1, answer, &result);
        check_whole(&result);
    }
    compact_free(compact);
}

static void check_ask(struct bytes input)
{
    struct compact_result result;
    struct compact *compact = compact_new();
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    compact_keep(compact, bcs_read_bytes(&reader, 1 << 16), true);
    compact_answer(compact, (struct bytes){input.data + reader.offset, input.size - reader.offset},
                   &result);
    compact_free(compact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct bytes input = {data + 1, size - 1};
    switch (data[0] % 3) {
    case 0:
        check_short(input);
        break;
    case 1:
        check_items(input);
        break;
    default:
        check_ask(input);
    }
    return 0;
}
