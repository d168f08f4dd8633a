/* A header, and a whole block, that decode encode to the same bytes; the first byte chooses. */
#include <stdlib.h>

#include "consensus/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    hash_tagged(out, "souk/fuzz-body/v1", body);
    return true;
}

static void expect(struct buffer *encoded, struct bytes input)
{
    if (!bytes_equal(buffer_bytes(encoded), input)) {
        abort();
    }
    buffer_close(encoded);
}

static void try_header(struct bytes input)
{
    struct block_header header;
    struct buffer again = {0};
    if (schema_decode(&block_header_schema, &header, input, NULL, 0)) {
        schema_write(&again, &block_header_schema, &header);
        expect(&again, input);
    }
}

static void try_block(struct bytes input)
{
    static struct validators validators = {.count = 4};
    static const struct hash chain_id = {{1}};
    struct block block;
    struct block_rules rules;
    struct buffer again = {0};
    char error[160];
    if (block_decode(&block, input, error, sizeof(error))) {
        block_rules_init(&rules, &chain_id, &validators, body_digest, NULL);
        (void)!block_verify_proposed(&block, &rules, error, sizeof(error));
        block_encode(&again, &block);
        expect(&again, input);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct bytes input = {data + 1, size - 1};
    if (data[0] == 0) {
        try_header(input);
    } else {
        try_block(input);
    }
    return 0;
}
