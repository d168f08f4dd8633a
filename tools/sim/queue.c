#include "tools/sim/queue.h"

#include <stdlib.h>

#include "base/memory.h"

struct payload *payload_new(struct bytes wire)
{
    struct payload *payload = memory_new(sizeof(*payload));
    payload->references = 1;
    buffer_append(&payload->wire, wire);
    return payload;
}

void payload_release(struct payload *payload)
{
    while (payload != NULL && --payload->references == 0) {
        struct payload *whole = payload->whole;
        message_free(payload->message);
        buffer_close(&payload->wire);
        free(payload);
        payload = whole;
    }
}

void queue_close(struct queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        payload_release(queue->heap[i].payload);
    }
    free(queue->heap);
    *queue = (struct queue){0};
}

static bool before(const struct event *a, const struct event *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->sequence < b->sequence;
}

static void swap(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

void queue_add(struct queue *queue, const struct event *event)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity == 0 ? 256 : queue->capacity * 2;
        queue->heap = memory_resize(queue->heap, queue->capacity * sizeof(*queue->heap));
    }
    size_t place = queue->count++;
    queue->heap[place] = *event;
    queue->heap[place].sequence = ++queue->sequence;
    while (place > 0 && before(&queue->heap[place], &queue->heap[(place - 1) / 2])) {
        swap(&queue->heap[place], &queue->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
}

static size_t first_child(const struct queue *queue, size_t place)
{
    size_t child = 2 * place + 1;
    if (child + 1 < queue->count && before(&queue->heap[child + 1], &queue->heap[child])) {
        child++;
    }
    return child;
}

bool queue_take(struct queue *queue, struct event *out)
{
    if (queue->count == 0) {
        return false;
    }
    *out = queue->heap[0];
    queue->heap[0] = queue->heap[--queue->count];
    size_t place = 0;
    size_t child = first_child(queue, place);
    while (child < queue->count && before(&queue->heap[child], &queue->heap[place])) {
        swap(&queue->heap[child], &queue->heap[place]);
        place = child;
        child = first_child(queue, place);
    }
    return true;
}
