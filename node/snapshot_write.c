#include "node/snapshot_write.h"

#include "base/bcs.h"
#include "base/memory.h"
#include "node/state_freeze.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE    (SNAPSHOT_CHUNK_TARGET / 4) /* read at once: blocks wait no longer than that */
#define SNAPSHOTS_MAX 64

static bool fail(const char *path, const char *what, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "%.300s: %s", path, what);
    return false;
}

bool snapshot_writer_begin(struct snapshot_writer *writer, const char *snapshots,
                           const struct state_head *head, char *error, size_t error_size)
{
    *writer = (struct snapshot_writer){.head = *head};
    int size = snprintf(writer->directory, sizeof writer->directory, "%s/%" PRIu64 ".part",
                        snapshots, head->height);
    assert(size > 0 && (size_t)size < sizeof writer->directory);
    snapshot_remove(writer->directory);
    int failure = disk_make_directory(snapshots);
    failure = failure == 0 ? disk_make_directory(writer->directory) : failure;
    return failure == 0 || fail(writer->directory, strerrordesc_np(failure), error, error_size);
}

static bool write_file(const char *path, const struct buffer *content, char *error,
                       size_t error_size)
{
    int failure = disk_create(path, buffer_bytes(content), 0);
    return failure == 0 || fail(path, strerrordesc_np(failure), error, error_size);
}

bool snapshot_writer_chunk(struct snapshot_writer *writer, struct state_store *store, char *error,
                           size_t error_size)
{
    bool more = true;
    buffer_clear(&writer->chunk);
    for (size_t size = PIECE_SIZE; more && size <= SNAPSHOT_CHUNK_TARGET; size += PIECE_SIZE) {
        if (!state_freeze_read(store, &writer->from, size, &writer->chunk, &writer->key_count,
                               &more)) {
            return fail(writer->directory, "too much changed while the snapshot was made", error,
                        error_size);
        }
    }
    char path[DISK_PATH_MAX];
    struct hash hash;
    uint32_t index = (uint32_t)(writer->hashes.size / sizeof hash) + 1;
    if (index >= SNAPSHOT_CHUNKS_MAX) {
        return fail(writer->directory, "the state has too many chunks", error, error_size);
    }
    snapshot_file(path, writer->directory, index);
    snapshot_chunk_hash(&hash, buffer_bytes(&writer->chunk));
    buffer_append(&writer->hashes, BYTES_OF(hash.bytes));
    writer->done = !more;
    return write_file(path, &writer->chunk, error, error_size);
}

/* The base, and what it borrows from. */
struct base_parts {
    struct buffer first_storage;
    struct buffer next_storage;
    struct buffer handovers;
    struct validator_set *sets[SNAPSHOT_SETS];
    struct block next; /* decoded */
    struct snapshot_base base;
};

static void close_parts(struct base_parts *parts)
{
    for (size_t i = 0; i < SNAPSHOT_SETS; i++) {
        validator_set_release(parts->sets[i]);
    }
    buffer_close(&parts->first_storage);
    buffer_close(&parts->next_storage);
    buffer_close(&parts->handovers);
    free(parts);
}

static bool read_blocks(struct base_parts *parts, struct block_store *blocks, uint64_t height,
                        char *error, size_t error_size)
{
    struct snapshot_base *base = &parts->base;
    struct block_record first;
    struct block_record next;
    if (block_store_read(blocks, height, &parts->first_storage, &first) != BLOCK_STORE_OK ||
        block_store_read(blocks, height + 1, &parts->next_storage, &next) != BLOCK_STORE_OK ||
        !block_decode(&parts->next, next.block, NULL, 0) ||
        !certificate_decode(&base->next_certificate, next.certificate, NULL, 0)) {
        return fail("blocks", "a block cannot be read", error, error_size);
    }
    base->block_bytes = first.block;
    base->certificate_bytes = first.certificate;
    base->next = parts->next.header;
    return true;
}

/* The handovers to who decides the next header; nothing where this node has not all of them, because it
 * began from a snapshot without, or where they are too long. */
static void gather_handovers(struct base_parts *parts, struct state_snapshot *snapshot)
{
    uint64_t since;
    struct hash hash;
    const struct block_header *next = &parts->base.next;
    struct validator_set *first = state_snapshot_validators(snapshot, 1);
    struct validators *set = memory_new(sizeof *set);
    *set = first->validators;
    state_snapshot_handovers(snapshot, next->height, &parts->handovers);
    bool whole =
        handovers_follow(set, &since, &next->chain_id, buffer_bytes(&parts->handovers), NULL, 0);
    validators_hash(&hash, set);
    if (!whole || !hash_equal(&hash, &next->validators_hash)) {
        buffer_clear(&parts->handovers);
    }
    parts->base.handovers = buffer_bytes(&parts->handovers);
    free(set);
    validator_set_release(first);
}

static void read_sets(struct base_parts *parts, struct state_store *store, uint64_t height)
{
    struct state_snapshot *snapshot = state_snapshot_open(store);
    for (size_t i = 0; i < SNAPSHOT_SETS; i++) {
        parts->sets[i] = state_snapshot_validators(snapshot, height + i);
        parts->base.sets[i] = parts->sets[i]->validators;
    }
    gather_handovers(parts, snapshot);
    state_snapshot_close(snapshot);
}

static bool write_base(struct snapshot_writer *writer, struct state_store *store,
                       struct block_store *blocks, char *error, size_t error_size)
{
    uint64_t height = writer->head.height;
    struct base_parts *parts = memory_new(sizeof *parts);
    bool good = read_blocks(parts, blocks, height, error, error_size);
    if (good && !hash_equal(&parts->base.next.state_root, &writer->head.state_root)) {
        good = fail(writer->directory, "the next block certifies another state root", error,
                    error_size);
    }
    if (good) {
        char path[DISK_PATH_MAX];
        read_sets(parts, store, height);
        buffer_clear(&writer->chunk);
        snapshot_base_write(&writer->chunk, &parts->base);
        snapshot_file(path, writer->directory, 0);
        good = write_file(path, &writer->chunk, error, error_size);
    }
    close_parts(parts);
    return good;
}

static bool write_manifest(struct snapshot_writer *writer, const struct hash *chain_id, char *error,
                           size_t error_size)
{
    char path[DISK_PATH_MAX];
    const struct snapshot_manifest manifest = {.version = SNAPSHOT_VERSION,
                                               .chain_id = *chain_id,
                                               .height = writer->head.height,
                                               .block = writer->head.digest,
                                               .state_root = writer->head.state_root,
                                               .key_count = writer->key_count,
                                               .chunks = buffer_bytes(&writer->hashes)};
    buffer_clear(&writer->chunk);
    schema_write(&writer->chunk, &snapshot_manifest_schema, &manifest);
    snapshot_manifest_file(path, writer->directory);
    return write_file(path, &writer->chunk, error, error_size);
}

// NOLINTNEXTLINE(readability-function-size): two stores, and where the error goes
bool snapshot_writer_finish(struct snapshot_writer *writer, const char *snapshots,
                            const struct hash *chain_id, struct state_store *store,
                            struct block_store *blocks, char *error, size_t error_size)
{
    char path[DISK_PATH_MAX];
    bool good = write_base(writer, store, blocks, error, error_size) &&
                write_manifest(writer, chain_id, error, error_size);
    snapshot_directory(path, snapshots, writer->head.height);
    if (good) {
        snapshot_remove(path);
        int failure = rename(writer->directory, path) == 0 ? 0 : errno;
        failure = failure == 0 ? disk_sync_directory(snapshots) : failure;
        good = failure == 0 || fail(path, strerrordesc_np(failure), error, error_size);
    }
    return good;
}

void snapshot_writer_close(struct snapshot_writer *writer)
{
    if (writer->directory[0] != '\0') {
        snapshot_remove(writer->directory);
    }
    buffer_close(&writer->hashes);
    buffer_close(&writer->from);
    buffer_close(&writer->chunk);
    *writer = (struct snapshot_writer){0};
}

void snapshot_keep(const char *snapshots, uint32_t count)
{
    uint64_t heights[SNAPSHOTS_MAX];
    char path[DISK_PATH_MAX];
    uint32_t found = snapshot_list(snapshots, heights, SNAPSHOTS_MAX);
    for (uint32_t i = 0; i + count < found; i++) {
        snapshot_directory(path, snapshots, heights[i]);
        snapshot_remove(path);
    }
}
