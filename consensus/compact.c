/* Putting proposals together. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/compact_state.h"

#define NOWHERE UINT32_MAX
/* Places that one id may be at, a power of two: ids that are spread evenly, in a table a quarter full, need
 * some 20. */
#define PROBES_MAX 64

/* A place in the body. */
struct place {
    bool found;
    bool asked_for;    /* was not in the pool */
    struct bytes item; /* in the pool; once that may change, only its size counts */
    size_t offset;     /* in `store` */
};

/* A proposal under way. */
struct assembly {
    bool used;
    uint32_t proposer; /* peer */
    struct vote vote;
    struct buffer rest; /* the proposal with an empty body */
    size_t body_at;     /* in `rest` */
    uint32_t count;
    uint32_t missing;
    uint32_t fetched;
    struct place *places;
    bool by_items; /* what was found lies in `store`, so that items can be asked for */
    struct buffer store;
    uint32_t asks;
    uint32_t asked; /* peer that is to answer with items; NOWHERE: none */
    bool asked_all;
    bool given;   /* as WHOLE */
    bool doubled; /* another of this height was looked at */
};

/* A proposal for others. */
struct kept {
    bool used;
    bool own;
    struct vote vote;
    struct buffer wire;
};

struct compact {
    struct assembly open[2]; /* by height */
    struct kept kept[2];
    struct buffer out; /* what the last result points to */
};

struct compact *compact_new(void)
{
    return memory_new(sizeof(struct compact));
}

static void close_assembly(struct assembly *a)
{
    buffer_close(&a->rest);
    buffer_close(&a->store);
    free(a->places);
    *a = (struct assembly){0};
}

void compact_free(struct compact *compact)
{
    if (compact == NULL) {
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(compact->open); i++) {
        close_assembly(&compact->open[i]);
        buffer_close(&compact->kept[i].wire);
    }
    buffer_close(&compact->out);
    free(compact);
}

/* The table of short ids, while the pool is walked: places by id, open addressing. Ids are the leader's word: so
 * no look-up goes further than ids that are spread evenly ever need. */
struct matching {
    struct siphash_key key;
    const struct compact_short *brief;
    struct place *places;
    uint32_t *table; /* place + 1; 0: free */
    uint32_t mask;
    bool ambiguous; /* two places of the proposal have one id, or many fall close together */
};

/* The entry of `id`, or where it would be; NULL: it has no room, and is not there. */
static uint32_t *find_id(const struct matching *m, uint64_t id)
{
    for (uint32_t i = 0; i < PROBES_MAX; i++) {
        uint32_t *entry = &m->table[((uint32_t)id + i) & m->mask];
        if (*entry == 0 || compact_short_id(m->brief, *entry - 1) == id) {
            return entry;
        }
    }
    return NULL;
}

static void fill_table(struct matching *m)
{
    uint32_t size = PROBES_MAX;
    while (size < 4 * m->brief->count) {
        size *= 2;
    }
    m->mask = size - 1;
    m->table = memory_new(size * sizeof(*m->table));
    for (uint32_t i = 0; i < m->brief->count && !m->ambiguous; i++) {
        uint32_t *entry = find_id(m, compact_short_id(m->brief, i));
        m->ambiguous = entry == NULL || *entry != 0;
        if (entry != NULL) {
            *entry = i + 1;
        }
    }
}

/* Two items of the pool with one short id: then neither is taken. */
static void match(void *data, const struct hash *id, struct bytes item)
{
    struct matching *m = data;
    const uint32_t *entry = find_id(m, compact_id(&m->key, id));
    if (entry == NULL || *entry == 0) {
        return;
    }
    struct place *place = &m->places[*entry - 1];
    place->asked_for = place->found || place->asked_for;
    place->found = !place->asked_for;
    place->item = item;
}

static void match_pool(struct assembly *a, const struct compact_short *brief,
                       const struct compact_pool *pool, bool *ambiguous)
{
    struct matching m = {.brief = brief, .places = a->places};
    compact_key(&m.key, &a->vote.digest);
    fill_table(&m);
    if (!m.ambiguous) {
        pool->walk(pool->context, match, &m);
    }
    free(m.table);
    *ambiguous = m.ambiguous;
    for (uint32_t i = 0; i < a->count; i++) {
        a->places[i].asked_for = !a->places[i].found;
        a->missing += a->places[i].found ? 0 : 1;
    }
}

/* The pool may change: what it held stays in `store`. False where that is more than a body. */
static bool keep_found(struct assembly *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        struct place *place = &a->places[i];
        if (place->found && place->item.size > BLOCK_BODY_SIZE_MAX - a->store.size) {
            return false;
        }
        if (place->found) {
            place->offset = a->store.size;
            buffer_append(&a->store, place->item);
        }
    }
    return true;
}

static struct bytes item_of(const struct assembly *a, const struct place *place)
{
    return a->store.size == 0 ? place->item
                              : (struct bytes){a->store.data + place->offset, place->item.size};
}

static bool put_together(const struct assembly *a, struct buffer *out)
{
    struct buffer body = {0};
    bool fits = true;
    for (uint32_t i = 0; fits && i < a->count; i++) {
        bcs_write_bytes(&body, item_of(a, &a->places[i]));
        fits = body.size <= BLOCK_BODY_SIZE_MAX;
    }
    buffer_clear(out);
    if (fits) {
        buffer_append(out, (struct bytes){a->rest.data, a->body_at});
        bcs_write_bytes(out, buffer_bytes(&body));
        buffer_append(out,
                      (struct bytes){a->rest.data + a->body_at + 1, a->rest.size - a->body_at - 1});
    }
    buffer_close(&body);
    return fits;
}

static void write_ask(struct compact *compact, const struct assembly *a, bool all)
{
    const struct compact_head head = {a->vote.digest, a->vote.height};
    buffer_clear(&compact->out);
    schema_write(&compact->out, &compact_head_schema, &head);
    bcs_write_length(&compact->out, all ? 0 : a->missing);
    for (uint32_t i = 0; !all && i < a->count; i++) {
        if (!a->places[i].found) {
            bcs_write_u32(&compact->out, i);
        }
    }
}

static void ask(struct compact *compact, struct assembly *a, uint32_t peer, bool all,
                struct compact_result *out)
{
    write_ask(compact, a, all);
    a->asks++;
    a->asked = all ? NOWHERE : peer;
    a->asked_all = a->asked_all || all;
    *out = (struct compact_result){.outcome = COMPACT_ASK,
                                   .peer = peer,
                                   .height = a->vote.height,
                                   .all = all,
                                   .bytes = buffer_bytes(&compact->out)};
}

/* Its items are more than a body: no honest proposer's short form. */
static void distrust_ids(struct compact *compact, struct assembly *a, struct compact_result *out)
{
    a->by_items = false;
    ask(compact, a, a->proposer, true, out);
}

/* All items are there. */
static void give(struct compact *compact, struct assembly *a, struct compact_result *out)
{
    if (!put_together(a, &compact->out)) {
        distrust_ids(compact, a, out);
        return;
    }
    a->given = true;
    *out = (struct compact_result){.outcome = COMPACT_WHOLE,
                                   .peer = a->proposer,
                                   .height = a->vote.height,
                                   .count = a->count,
                                   .fetched = a->fetched,
                                   .bytes = buffer_bytes(&compact->out)};
}

/* What the pool lacks is asked for by its place, or all where that is hardly more. */
static void begin(struct compact *compact, struct assembly *a, const struct compact_short *brief,
                  const struct compact_pool *pool, struct compact_result *out)
{
    bool ambiguous;
    a->places = memory_new(((size_t)a->count + 1) * sizeof(*a->places));
    match_pool(a, brief, pool, &ambiguous);
    if (a->missing == 0) {
        give(compact, a, out);
        return;
    }
    a->by_items = !ambiguous && keep_found(a);
    ask(compact, a, a->proposer, !a->by_items || a->missing > a->count / 2, out);
}

static void open_assembly(struct assembly *a, uint32_t peer, const struct compact_short *brief)
{
    *a = (struct assembly){.used = true,
                           .proposer = peer,
                           .vote = brief->parts.vote,
                           .body_at = brief->parts.head.size,
                           .count = brief->count,
                           .asked = NOWHERE};
    buffer_append(&a->rest, brief->parts.head);
    bcs_write_bytes(&a->rest, (struct bytes){0});
    buffer_append(&a->rest, brief->parts.tail);
}

void compact_receive(struct compact *compact, uint32_t peer, struct bytes payload,
                     const struct compact_pool *pool, struct compact_result *out)
{
    struct compact_short brief;
    *out = (struct compact_result){.outcome = COMPACT_MALFORMED};
    if (!compact_short_read(&brief, payload)) {
        return;
    }
    struct assembly *slot = &compact->open[brief.parts.vote.height % 2];
    bool known = slot->used && slot->vote.height == brief.parts.vote.height;
    if (known && (slot->doubled || hash_equal(&slot->vote.digest, &brief.parts.vote.digest))) {
        out->outcome = COMPACT_NOTHING;
        return;
    }
    /* A second proposal of a height is a leader's lie: it is looked at, as two prove it, but the first keeps its
     * place. */
    struct assembly other = {0};
    if (known) {
        slot->doubled = true;
    } else {
        close_assembly(slot);
    }
    struct assembly *a = known ? &other : slot;
    open_assembly(a, peer, &brief);
    begin(compact, a, &brief, pool, out);
    if (a == &other && out->outcome == COMPACT_ASK && !out->all) {
        ask(compact, a, peer, true, out);
    }
    close_assembly(&other);
}

static bool read_head(struct compact_head *out, struct bcs_reader *reader, uint32_t *count)
{
    schema_read(reader, &compact_head_schema, out);
    *count = bcs_read_length(reader, COMPACT_COUNT_MAX);
    return reader->status == BCS_OK;
}

/* The items that were asked for, in their order. False where there are others than that. Where they are more
 * than a body with what was found, *fits is false: who answers cannot know what else is in it. */
static bool take_items(struct assembly *a, struct bcs_reader *reader, bool *fits)
{
    *fits = true;
    for (uint32_t i = 0; i < a->count; i++) {
        struct place *place = &a->places[i];
        if (place->found) {
            continue;
        }
        struct bytes item = bcs_read_bytes(reader, BLOCK_BODY_SIZE_MAX);
        *fits = *fits && item.size <= BLOCK_BODY_SIZE_MAX - a->store.size;
        if (reader->status != BCS_OK) {
            return false;
        }
        if (*fits) {
            place->offset = a->store.size;
            place->item = item;
            buffer_append(&a->store, item);
        }
    }
    return bcs_reader_done(reader);
}

static struct assembly *find_open(struct compact *compact, uint64_t height)
{
    struct assembly *a = &compact->open[height % 2];
    return a->used && a->vote.height == height ? a : NULL;
}

void compact_take(struct compact *compact, uint32_t peer, struct bytes payload,
                  struct compact_result *out)
{
    struct bcs_reader reader;
    struct compact_head head;
    uint32_t count;
    bcs_reader_init(&reader, payload);
    *out = (struct compact_result){.outcome = COMPACT_MALFORMED};
    if (!read_head(&head, &reader, &count)) {
        return;
    }
    out->outcome = COMPACT_NOTHING;
    struct assembly *a = find_open(compact, head.height);
    if (a == NULL || a->given || a->asked != peer || !hash_equal(&a->vote.digest, &head.digest)) {
        return;
    }
    size_t before = a->store.size;
    bool fits = false;
    bool good = count == a->missing && take_items(a, &reader, &fits);
    if (!good || !fits) {
        a->store.size = before;
        out->outcome = COMPACT_MALFORMED;
        if (good) {
            distrust_ids(compact, a, out);
        }
        return;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        a->places[i].found = true;
    }
    a->fetched = a->missing;
    a->missing = 0;
    give(compact, a, out);
}

void compact_expire(struct compact *compact, uint64_t height, uint32_t next,
                    struct compact_result *out)
{
    struct assembly *a = find_open(compact, height);
    *out = (struct compact_result){.outcome = COMPACT_NOTHING};
    if (a == NULL || a->given) {
        return;
    }
    if (!a->asked_all) {
        ask(compact, a, a->proposer, true, out);
    } else if (a->asks < COMPACT_ASKS_MAX && a->by_items) {
        ask(compact, a, next, false, out);
    } else {
        close_assembly(a);
        out->outcome = COMPACT_GIVE_UP;
    }
}

void compact_refuse(struct compact *compact, uint64_t height, struct compact_result *out)
{
    struct assembly *a = find_open(compact, height);
    *out = (struct compact_result){.outcome = COMPACT_NOTHING};
    if (a == NULL || !a->given) {
        return;
    }
    if (a->asked_all) {
        close_assembly(a);
        out->outcome = COMPACT_GIVE_UP;
        return;
    }
    ask(compact, a, a->proposer, true, out);
}

bool compact_waits(const struct compact *compact, uint64_t height)
{
    const struct assembly *a = &compact->open[height % 2];
    return a->used && a->vote.height == height && !a->given;
}

void compact_close(struct compact *compact, uint64_t height)
{
    struct assembly *a = find_open(compact, height);
    if (a != NULL) {
        close_assembly(a);
    }
}

void compact_forget(struct compact *compact, uint64_t height)
{
    for (size_t i = 0; i < ARRAY_COUNT(compact->open); i++) {
        if (compact->open[i].used && compact->open[i].vote.height <= height) {
            close_assembly(&compact->open[i]);
        }
    }
}

void compact_keep(struct compact *compact, struct bytes wire, bool own)
{
    struct compact_parts parts;
    if (!compact_split(&parts, wire)) {
        return;
    }
    struct kept *kept = &compact->kept[parts.vote.height % 2];
    kept->used = true;
    kept->own = own;
    kept->vote = parts.vote;
    buffer_clear(&kept->wire);
    buffer_append(&kept->wire, wire);
}

/* The items at the places that `asked` goes on with, which ascend, or it is malformed. A place outside of the body is
 * one of a false short form: who asks for it was lied to, and does not lie. */
static enum compact_outcome pick_items(struct bcs_reader *asked, uint32_t count, struct bytes body,
                                       struct buffer *out)
{
    struct bcs_reader reader;
    uint32_t at = 0;
    bcs_reader_init(&reader, body);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = bcs_read_u32(asked);
        struct bytes item = {0};
        if (asked->status != BCS_OK || place < at) {
            return COMPACT_MALFORMED;
        }
        for (; at <= place && reader.status == BCS_OK; at++) {
            item = bcs_read_bytes(&reader, BLOCK_BODY_SIZE_MAX);
        }
        if (reader.status != BCS_OK) {
            return COMPACT_NOTHING;
        }
        bcs_write_bytes(out, item);
    }
    return COMPACT_ASK;
}

void compact_answer(struct compact *compact, struct bytes payload, struct compact_result *out)
{
    struct bcs_reader reader;
    struct compact_head head;
    uint32_t count;
    struct compact_parts parts;
    bcs_reader_init(&reader, payload);
    *out = (struct compact_result){.outcome = COMPACT_MALFORMED};
    if (!read_head(&head, &reader, &count) ||
        payload.size - reader.offset != sizeof(uint32_t) * count) {
        return;
    }
    const struct kept *kept = &compact->kept[head.height % 2];
    out->outcome = COMPACT_NOTHING;
    if (!kept->used || kept->vote.height != head.height ||
        !hash_equal(&kept->vote.digest, &head.digest) || (count == 0 && !kept->own)) {
        return;
    }
    if (count == 0) {
        out->outcome = COMPACT_WHOLE;
        out->bytes = buffer_bytes(&kept->wire);
        return;
    }
    bool good = compact_split(&parts, buffer_bytes(&kept->wire));
    assert(good);
    buffer_clear(&compact->out);
    schema_write(&compact->out, &compact_head_schema, &head);
    bcs_write_length(&compact->out, count);
    out->outcome = pick_items(&reader, count, parts.body, &compact->out);
    out->bytes = buffer_bytes(&compact->out);
}
