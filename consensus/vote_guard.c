#include "consensus/vote_guard.h"

#define VOTE_GUARD_VERDICT_TEXT(name, text) text,
static const char *const verdict_texts[] = {VOTE_GUARD_VERDICT_LIST(VOTE_GUARD_VERDICT_TEXT)};
#undef VOTE_GUARD_VERDICT_TEXT

static const struct field entry_fields[] = {
    SCHEMA_U64(struct vote_guard_entry, height),
    SCHEMA_U8(struct vote_guard_entry, type),
    SCHEMA_U32(struct vote_guard_entry, round),
    SCHEMA_ARRAY(struct vote_guard_entry, digest, FORM_HEX),
};
static const struct schema entry_schema =
    SCHEMA("vote_guard_entry", struct vote_guard_entry, entry_fields);

static const struct field guard_fields[] = {
    SCHEMA_U64(struct vote_guard, floor),
    SCHEMA_LIST(struct vote_guard, entries, count, &entry_schema, FORM_NUMBER),
};
const struct schema vote_guard_schema = SCHEMA("vote_guard", struct vote_guard, guard_fields);

const char *vote_guard_verdict_text(enum vote_guard_verdict verdict)
{
    return (size_t)verdict < ARRAY_COUNT(verdict_texts) ? verdict_texts[verdict] : "unknown";
}

/* Where the entry of a height and type is in the ascending list, or would be. */
static uint32_t place_of(const struct vote_guard *guard, uint64_t height, uint8_t type)
{
    uint32_t place = 0;
    while (place < guard->count &&
           (guard->entries[place].height < height ||
            (guard->entries[place].height == height && guard->entries[place].type < type))) {
        place++;
    }
    return place;
}

static const struct vote_guard_entry *find(const struct vote_guard *guard, uint64_t height,
                                           uint8_t type)
{
    uint32_t place = place_of(guard, height, type);
    const struct vote_guard_entry *entry = &guard->entries[place];
    return place < guard->count && entry->height == height && entry->type == type ? entry : NULL;
}

static enum vote_guard_verdict judge(const struct vote_guard *guard, const struct vote *vote)
{
    const struct vote_guard_entry *same = find(guard, vote->height, vote->type);
    const struct vote_guard_entry *change = find(guard, vote->height, VOTE_ROUND_CHANGE);
    if (vote->height < guard->floor) {
        return VOTE_GUARD_HEIGHT_OVER;
    }
    if (same != NULL && vote->round < same->round) {
        return VOTE_GUARD_ROUND_OVER;
    }
    if (same != NULL && vote->round == same->round) {
        return hash_equal(&vote->digest, &same->digest) ? VOTE_GUARD_REPEATED : VOTE_GUARD_CONFLICT;
    }
    if (vote->type != VOTE_ROUND_CHANGE && change != NULL && vote->round < change->round) {
        return VOTE_GUARD_ROUND_LEFT;
    }
    return VOTE_GUARD_NEW;
}

static void keep(struct vote_guard *guard, const struct vote *vote)
{
    if (vote->height >= VOTE_GUARD_HEIGHTS) {
        vote_guard_raise(guard, vote->height - VOTE_GUARD_HEIGHTS + 1);
    }
    uint32_t place = place_of(guard, vote->height, vote->type);
    if (find(guard, vote->height, vote->type) == NULL) {
        assert(guard->count < VOTE_GUARD_ENTRIES);
        for (uint32_t i = guard->count++; i > place; i--) {
            guard->entries[i] = guard->entries[i - 1];
        }
    }
    guard->entries[place] =
        (struct vote_guard_entry){vote->height, vote->type, vote->round, vote->digest};
}

enum vote_guard_verdict vote_guard_take(struct vote_guard *guard, const struct vote *vote)
{
    assert(vote->type < VOTE_TYPE_COUNT);
    if (vote->type >= VOTE_GUARD_TYPES) {
        return VOTE_GUARD_FREE;
    }
    enum vote_guard_verdict verdict = judge(guard, vote);
    if (verdict == VOTE_GUARD_NEW) {
        keep(guard, vote);
    }
    return verdict;
}

uint32_t vote_guard_free_round(const struct vote_guard *guard, uint64_t height)
{
    uint32_t round = 0;
    for (uint32_t i = 0; i < guard->count; i++) {
        const struct vote_guard_entry *entry = &guard->entries[i];
        if (entry->height == height && entry->round >= round) {
            round = entry->round < UINT32_MAX ? entry->round + 1 : UINT32_MAX;
        }
    }
    return round;
}

uint64_t vote_guard_height(const struct vote_guard *guard)
{
    return guard->count == 0 ? guard->floor : guard->entries[guard->count - 1].height;
}

void vote_guard_raise(struct vote_guard *guard, uint64_t height)
{
    if (height <= guard->floor) {
        return;
    }
    uint32_t below = place_of(guard, height, 0);
    guard->floor = height;
    guard->count -= below;
    for (uint32_t i = 0; i < guard->count; i++) {
        guard->entries[i] = guard->entries[i + below];
    }
}

bool vote_guard_valid(const struct vote_guard *guard)
{
    for (uint32_t i = 0; i < guard->count; i++) {
        const struct vote_guard_entry *entry = &guard->entries[i];
        if (entry->type >= VOTE_GUARD_TYPES || entry->height < guard->floor ||
            entry->height - guard->floor >= VOTE_GUARD_HEIGHTS ||
            place_of(guard, entry->height, entry->type) != i) {
            return false;
        }
    }
    return true;
}
