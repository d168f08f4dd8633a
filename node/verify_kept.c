#include "node/verify_kept.h"

#include "base/memory.h"
#include "consensus/block.h"
#include "market/ledger.h"
#include "node/prune.h"
#include "node/state_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE_SIZE (4u << 20) /* bytes of keys and values that are hashed at once */

struct kept {
    const struct offline *offline;
    struct state_store *scratch;
    struct state_snapshot *snapshot; /* of the stored state */
    struct state_head head;
    struct hash root;      /* of the keys so far */
    struct buffer storage; /* keys and values of the piece at hand */
    struct buffer lengths; /* two size_t for each */
    struct block_rules rules;
    struct hash parent; /* digest of the block before; zero: not here */
    struct block *block;
    struct certificate *certificate;
    char *error;
    size_t error_size;
};

/* The state. */

static void hash_piece(struct kept *kept)
{
    struct buffer changes = {0};
    const size_t *lengths = (const void *)kept->lengths.data;
    const uint8_t *data = kept->storage.data;
    for (size_t i = 0; i < kept->lengths.size / sizeof *lengths; i += 2) {
        struct state_change change = {.key = {data, lengths[i]},
                                      .value = {data + lengths[i], lengths[i + 1]}};
        buffer_append(&changes, BYTES_OF(change));
        data += lengths[i] + lengths[i + 1];
    }
    if (changes.size > 0) {
        struct state_batch *batch = state_batch_new(state_snapshot_open(kept->scratch));
        state_batch_state(batch, (const void *)changes.data,
                          changes.size / sizeof(struct state_change), &kept->root);
        state_store_commit(kept->scratch, batch);
    }
    buffer_close(&changes);
    buffer_clear(&kept->storage);
    buffer_clear(&kept->lengths);
}

static bool take_pair(void *context, struct bytes key, struct bytes value)
{
    struct kept *kept = context;
    const size_t lengths[] = {key.size, value.size};
    buffer_append(&kept->storage, key);
    buffer_append(&kept->storage, value);
    buffer_append(&kept->lengths, BYTES_OF(lengths));
    if (kept->storage.size >= PIECE_SIZE) {
        hash_piece(kept);
    }
    return true;
}

static bool check_state(struct kept *kept)
{
    state_snapshot_head(kept->snapshot, &kept->head);
    state_snapshot_walk(kept->snapshot, (struct bytes){0}, take_pair, kept);
    hash_piece(kept);
    if (!hash_equal(&kept->root, &kept->head.state_root)) {
        (void)snprintf(kept->error, kept->error_size,
                       "data/state: its keys do not lead to its state root: begin anew from a "
                       "snapshot");
        return false;
    }
    struct state_snapshot *computed = state_snapshot_open(kept->scratch);
    bool good = state_compare_trie(kept->snapshot, computed, kept->error, kept->error_size);
    state_snapshot_close(computed);
    return good;
}

static bool check_handovers(struct kept *kept, uint64_t first)
{
    const struct genesis_file *genesis = kept->offline->genesis;
    const struct state_origin origin = {&genesis->chain_id, &genesis->validators, first};
    return state_compare_handovers(kept->snapshot, &origin, kept->error, kept->error_size);
}

/* The blocks. */

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    return ledger_body_root(body, out);
}

static bool follows(struct kept *kept, char *line, size_t line_size)
{
    struct hash digest;
    const struct block_header *header = &kept->block->header;
    bool good = hash_is_zero(&kept->parent) || hash_equal(&kept->parent, &header->parent);
    block_digest(&digest, header);
    kept->parent = digest;
    if (!good) {
        (void)snprintf(line, line_size, "it does not follow the block before");
    } else if (header->height == kept->head.height && !hash_equal(&digest, &kept->head.digest)) {
        (void)snprintf(line, line_size, "it is not the one that data/state comes from");
        good = false;
    }
    return good;
}

static bool check_record(struct kept *kept, uint64_t height, const struct block_record *record)
{
    char line[320] = "";
    struct block_rules rules;
    struct validator_set *set = state_snapshot_validators(kept->snapshot, height);
    struct validator_set *last = state_snapshot_validators(kept->snapshot, height - 1);
    block_rules_at(&rules, &kept->rules, set, last);
    bool good = block_decode(kept->block, record->block, line, sizeof line) &&
                certificate_decode(kept->certificate, record->certificate, line, sizeof line) &&
                block_verify_proposed(kept->block, &rules, line, sizeof line) &&
                block_verify_decided(kept->block, kept->certificate, &rules, line, sizeof line) &&
                follows(kept, line, sizeof line);
    if (!good) {
        (void)snprintf(kept->error, kept->error_size, "block %" PRIu64 ": %s", height, line);
    }
    validator_set_release(set);
    validator_set_release(last);
    return good;
}

static bool check_block(struct kept *kept, uint64_t height)
{
    struct buffer storage = {0};
    struct block_record record;
    enum block_store_status status =
        block_store_read(kept->offline->blocks, height, &storage, &record);
    if (status != BLOCK_STORE_OK) {
        block_store_explain(kept->offline->blocks, height, status, kept->error, kept->error_size);
    }
    bool good = status == BLOCK_STORE_OK && check_record(kept, height, &record);
    buffer_close(&storage);
    return good;
}

static bool check_range(struct kept *kept, uint64_t first, uint64_t last)
{
    if (kept->head.height >= first && kept->head.height <= last) {
        return true;
    }
    (void)snprintf(kept->error, kept->error_size,
                   "data/state is at height %" PRIu64 ", the stored blocks are %" PRIu64
                   " to %" PRIu64,
                   kept->head.height, first, last);
    return false;
}

bool verify_kept(const struct offline *offline, struct state_store *scratch,
                 void (*progress)(void *context, uint64_t height, uint64_t last), void *context,
                 char *error, size_t error_size)
{
    struct kept kept = {
        .offline = offline, .scratch = scratch, .error = error, .error_size = error_size};
    const uint64_t first = block_store_first_height(offline->blocks);
    const uint64_t last = block_store_last_height(offline->blocks);
    if (offline->states == NULL) {
        (void)snprintf(error, error_size, "blocks begin at %" PRIu64 " and there is no data/state",
                       first);
        return false;
    }
    block_rules_init(&kept.rules, &offline->genesis->chain_id, &offline->genesis->validators,
                     body_digest, NULL);
    kept.block = memory_new(sizeof *kept.block);
    kept.certificate = memory_new(sizeof *kept.certificate);
    kept.snapshot = state_snapshot_open(offline->states);
    bool good = prune_blocks_fit(offline->states, offline->blocks, error, error_size) &&
                check_state(&kept) && check_range(&kept, first, last) &&
                check_handovers(&kept, first);
    /* The state does not know the validators of higher ones yet; the next start executes them. */
    const uint64_t known = last < kept.head.height + 2 ? last : kept.head.height + 2;
    for (uint64_t height = first; good && height <= known; height++) {
        good = check_block(&kept, height);
        progress(context, height, known);
    }
    state_snapshot_close(kept.snapshot);
    buffer_close(&kept.storage);
    buffer_close(&kept.lengths);
    free(kept.certificate);
    free(kept.block);
    return good;
}
