#include "node/outbox.h"

#include "base/memory.h"

#include <stdlib.h>

struct outbox_entry *outbox_add(struct outbox *outbox, enum outbox_kind kind, uint64_t stamp)
{
    struct outbox_entry *entry = memory_new(sizeof(*entry));
    assert(outbox->last == NULL || outbox->last->stamp <= stamp);
    entry->kind = kind;
    entry->stamp = stamp;
    *(outbox->last == NULL ? &outbox->first : &outbox->last->next) = entry;
    outbox->last = entry;
    outbox->count++;
    return entry;
}

static size_t size_of(const struct outbox_entry *entry)
{
    return entry->bytes.size + entry->extra.size;
}

void outbox_note_block(struct outbox *outbox, const struct outbox_entry *entry)
{
    assert(entry->kind == OUTBOX_DECIDED);
    outbox->block_bytes += size_of(entry);
}

bool outbox_full(const struct outbox *outbox)
{
    return outbox->block_bytes > OUTBOX_BLOCKS_MAX;
}

struct outbox_entry *outbox_front(struct outbox *outbox, uint64_t durable)
{
    struct outbox_entry *front = outbox->first;
    return front != NULL && front->stamp <= durable ? front : NULL;
}

void outbox_pop(struct outbox *outbox)
{
    struct outbox_entry *front = outbox->first;
    assert(front != NULL);
    outbox->first = front->next;
    outbox->last = outbox->first == NULL ? NULL : outbox->last;
    outbox->count--;
    outbox->block_bytes -= front->kind == OUTBOX_DECIDED ? size_of(front) : 0;
    buffer_close(&front->bytes);
    buffer_close(&front->extra);
    free(front);
}

void outbox_close(struct outbox *outbox)
{
    while (outbox->first != NULL) {
        outbox_pop(outbox);
    }
}
