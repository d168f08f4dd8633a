#include "consensus/pbft_state.h"

struct stored_block *slot_find(struct pbft *p, const struct hash *digest)
{
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        if (p->blocks[i].used && hash_equal(&p->blocks[i].digest, digest)) {
            return &p->blocks[i];
        }
    }
    return NULL;
}

struct stored_block *slot_store(struct pbft *p, enum slot slot, const struct hash *digest,
                                const struct block *block)
{
    struct stored_block *stored = &p->blocks[slot];
    slot_clear(stored);
    buffer_append(&stored->body, block->body);
    stored->used = true;
    stored->digest = *digest;
    stored->block = *block;
    stored->block.body = buffer_bytes(&stored->body);
    return stored;
}

/* Exchange, so that both buffers stay in use and no body is copied. */
void slot_move(struct pbft *p, struct stored_block *from, enum slot to)
{
    struct stored_block *target = &p->blocks[to];
    if (from == target) {
        return;
    }
    struct stored_block moved = *from;
    *from = *target;
    *target = moved;
    slot_clear(from);
}

void slot_clear(struct stored_block *stored)
{
    stored->used = false;
    stored->verdict = VERDICT_NONE;
    buffer_clear(&stored->body);
}
