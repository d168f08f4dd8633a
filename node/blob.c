#include "node/blob.h"

#include "crypto/merkle.h"

bool blob_read(struct state_snapshot *snapshot, struct block_store *blocks, const struct hash *root,
               struct buffer *out)
{
    buffer_clear(out);
    struct blob_place place;
    if (!state_snapshot_blob(snapshot, root, &place)) {
        return false;
    }
    struct buffer storage = {0};
    struct block_record record;
    bool good = block_store_read(blocks, place.height, &storage, &record) == BLOCK_STORE_OK &&
                place.offset <= record.block.size && place.size <= record.block.size - place.offset;
    if (good) {
        struct bytes blob = {record.block.data + place.offset, place.size};
        struct hash found;
        merkle_blob_root(&found, blob);
        good = hash_equal(&found, root);
        if (good) {
            buffer_append(out, blob);
        }
    }
    buffer_close(&storage);
    return good;
}
