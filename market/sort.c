#include "market/sort.h"

#include <string.h>

struct heap {
    uint8_t *items;
    size_t item_size;
    size_t key_offset;
    size_t key_size;
};

static bool below(const struct heap *heap, size_t a, size_t b)
{
    const uint8_t *first = heap->items + a * heap->item_size + heap->key_offset;
    const uint8_t *second = heap->items + b * heap->item_size + heap->key_offset;
    return memcmp(first, second, heap->key_size) < 0;
}

static void swap(const struct heap *heap, size_t a, size_t b)
{
    uint8_t item[SORT_ITEM_MAX];
    memcpy(item, heap->items + a * heap->item_size, heap->item_size);
    memmove(heap->items + a * heap->item_size, heap->items + b * heap->item_size, heap->item_size);
    memcpy(heap->items + b * heap->item_size, item, heap->item_size);
}

/* Moves the item at `root` down until no child is above it. */
static void sift(const struct heap *heap, size_t root, size_t count)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && below(heap, child, child + 1)) {
            child++;
        }
        if (!below(heap, root, child)) {
            return;
        }
        swap(heap, root, child);
        root = child;
    }
}

void sort_items(void *items, size_t count, size_t item_size, size_t key_offset, size_t key_size)
{
    assert(item_size <= SORT_ITEM_MAX && key_offset + key_size <= item_size);
    const struct heap heap = {items, item_size, key_offset, key_size};
    for (size_t i = count / 2; i > 0; i--) {
        sift(&heap, i - 1, count);
    }
    for (size_t left = count; left > 1; left--) {
        swap(&heap, 0, left - 1);
        sift(&heap, 0, left - 1);
    }
}
