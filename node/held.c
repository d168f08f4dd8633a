#include "node/held.h"

#include "base/memory.h"

#include <stdlib.h>

void held_add(struct held *held, uint32_t peer, uint8_t type, uint64_t height, struct bytes wire)
{
    size_t count = 0;
    size_t size = wire.size;
    struct held_message **at = &held->first;
    for (; *at != NULL; at = &(*at)->next) {
        count += (*at)->peer == peer ? 1 : 0;
        size += (*at)->peer == peer ? (*at)->wire.size : 0;
    }
    if (count >= HELD_COUNT_MAX || size > HELD_BYTES_MAX) {
        return;
    }
    struct held_message *message = memory_new(sizeof(*message));
    message->peer = peer;
    message->type = type;
    message->height = height;
    buffer_append(&message->wire, wire);
    *at = message;
}

struct held_message *held_take(struct held *held, uint64_t height)
{
    for (struct held_message **at = &held->first; *at != NULL; at = &(*at)->next) {
        if ((*at)->height <= height) {
            struct held_message *message = *at;
            *at = message->next;
            return message;
        }
    }
    return NULL;
}

void held_free(struct held_message *message)
{
    buffer_close(&message->wire);
    free(message);
}

void held_close(struct held *held)
{
    struct held_message *message;
    while ((message = held_take(held, UINT64_MAX)) != NULL) {
        held_free(message);
    }
}
