/* A snapshot's manifest, base and chunks: one encoding for one value, everything else is refused. */
#include <stdlib.h>

#include "base/memory.h"
#include "node/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_manifest(struct bytes input)
{
    struct snapshot_manifest manifest;
    if (snapshot_manifest_decode(&manifest, input, NULL, 0)) {
        struct buffer again = {0};
        schema_write(&again, &snapshot_manifest_schema, &manifest);
        assert(bytes_equal(buffer_bytes(&again), input));
        assert(snapshot_chunk_count(&manifest) >= 2);
        assert(!snapshot_chunk_fits(&manifest, snapshot_chunk_count(&manifest) - 1, input));
        buffer_close(&again);
    }
}

static void read_base(struct bytes input)
{
    struct snapshot_base *base = memory_new(sizeof *base);
    if (snapshot_base_read(base, input, NULL, 0)) {
        struct buffer again = {0};
        const struct validators *sets[] = {&base->sets[0], &base->sets[1], &base->sets[2]};
        snapshot_base_write(&again, base->block_bytes, base->certificate_bytes, &base->next,
                            &base->next_certificate, sets);
        assert(bytes_equal(buffer_bytes(&again), input));
        buffer_close(&again);
    }
    free(base);
}

static void read_chunk(struct bytes input)
{
    struct buffer again = {0};
    size_t offset = 0;
    bool malformed;
    struct bytes key;
    struct bytes value;
    while (snapshot_next_pair(input, &offset, &key, &value, &malformed)) {
        snapshot_write_pair(&again, key, value);
    }
    assert(malformed || bytes_equal(buffer_bytes(&again), input));
    buffer_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    read_manifest(input);
    read_base(input);
    read_chunk(input);
    return 0;
}
