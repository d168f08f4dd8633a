#include "node/blob.h"

#include "crypto/merkle.h"
#include "market/ledger.h"

bool blob_read(struct state_snapshot *snapshot, struct block_store *blocks, const struct hash *root,
               struct buffer *out)
{
    buffer_clear(out);
    struct blob_place place;
    if (!state_snapshot_blob(snapshot, root, &place) || place.size > TRANSACTION_INLINE_MAX) {
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

void blob_reading_open(struct blob_reading *out, struct state_snapshot *snapshot,
                       struct block_store *blocks, struct blob_store *blobs)
{
    *out = (struct blob_reading){.snapshot = snapshot, .blocks = blocks, .blobs = blobs};
}

/* One blob or sidecar that is lent. */
struct lent {
    struct hash root;
    struct bytes bytes;
    struct buffer copy; /* of a sidecar; empty for a blob, which is mapped */
};

static bool lend(struct blob_reading *reading, const struct hash *root, struct bytes *out)
{
    struct lent lent = {.root = *root};
    if (reading->blobs != NULL && blob_store_map(reading->blobs, root, &lent.bytes)) {
    } else if (blob_read(reading->snapshot, reading->blocks, root, &lent.copy)) {
        lent.bytes = buffer_bytes(&lent.copy);
    } else {
        buffer_close(&lent.copy);
        return false;
    }
    buffer_append(&reading->lent, BYTES_OF(lent));
    *out = lent.bytes;
    return true;
}

static struct lent *lent_at(const struct blob_reading *reading, size_t index)
{
    struct lent *list = (struct lent *)(void *)reading->lent.data;
    return index < reading->lent.size / sizeof(*list) ? &list[index] : NULL;
}

/* What was read once stays, also where the store has let it go. */
static bool read_blob(void *context, const struct hash *root, uint32_t size, struct bytes *out)
{
    struct blob_reading *reading = context;
    const struct lent *lent;
    *out = (struct bytes){0};
    for (size_t i = 0; (lent = lent_at(reading, i)) != NULL; i++) {
        if (hash_equal(&lent->root, root)) {
            *out = lent->bytes;
            return out->size == size;
        }
    }
    return lend(reading, root, out) && out->size == size;
}

bool blob_reading_take(struct blob_reading *reading, struct bytes body, struct hash *missing,
                       uint32_t *size)
{
    size_t offset = 0;
    struct bytes bytes;
    while (ledger_next_blob(body, &offset, missing, size)) {
        if (!read_blob(reading, missing, *size, &bytes)) {
            return false;
        }
    }
    return true;
}

struct blob_source blob_reading_source(struct blob_reading *reading)
{
    return (struct blob_source){reading, read_blob};
}

void blob_reading_close(struct blob_reading *reading)
{
    struct lent *lent;
    for (size_t i = 0; (lent = lent_at(reading, i)) != NULL; i++) {
        if (lent->copy.size == 0) {
            blob_store_unmap(lent->bytes);
        }
        buffer_close(&lent->copy);
    }
    buffer_close(&reading->lent);
}
