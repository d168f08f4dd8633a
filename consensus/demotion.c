#include "consensus/demotion.h"

#include <string.h>

static const struct field demotion_fields[] = {
    SCHEMA_ARRAY(struct demotion, key, FORM_HEX),
    SCHEMA_U32(struct demotion, failures),
    SCHEMA_U64(struct demotion, from),
    SCHEMA_U64(struct demotion, until),
};
const struct schema demotion_schema = SCHEMA("demotion", struct demotion, demotion_fields);

static const struct field demotions_fields[] = {
    SCHEMA_LIST(struct demotions, list, count, &demotion_schema, FORM_HEX),
};
const struct schema demotions_schema = SCHEMA("demotions", struct demotions, demotions_fields);

void demotions_hash(struct hash *out, const struct demotions *demotions)
{
    struct buffer encoded = {0};
    schema_write(&encoded, &demotions_schema, demotions);
    hash_tagged(out, "souk/demotions/v1", buffer_bytes(&encoded));
    buffer_close(&encoded);
}

uint64_t demotion_term(uint32_t count, uint32_t failures)
{
    assert(failures >= 1 && failures <= DEMOTION_FAILURES_MAX);
    return (uint64_t)count << failures;
}

/* How many of a set may be demoted, where so many may lead. */
static uint32_t demoted_max(uint32_t count, uint32_t eligible)
{
    uint32_t faults = validators_fault_count(count);
    uint32_t spare = eligible - (faults + 1);
    return spare < faults ? spare : faults;
}

void demotions_mask(uint8_t out[VALIDATORS_MASK_SIZE], const struct demotions *demotions,
                    const struct validators *validators, uint64_t height)
{
    uint8_t eligible[VALIDATORS_MASK_SIZE];
    uint32_t left = demoted_max(validators->count, validators_eligible(eligible, validators));
    memset(out, 0, VALIDATORS_MASK_SIZE);
    for (uint32_t i = 0; i < demotions->count && left > 0; i++) {
        const struct demotion *demotion = &demotions->list[i];
        if (height < demotion->from || height >= demotion->until) {
            continue;
        }
        uint32_t index = validators_find(validators, &demotion->key);
        if (index != VALIDATORS_NONE && validators_masked(eligible, index)) {
            out[index / 8] |= (uint8_t)(1U << index % 8);
            left--;
        }
    }
}

static uint32_t find(const struct demotions *demotions, const struct public_key *key)
{
    uint32_t i = 0;
    while (i < demotions->count && memcmp(&demotions->list[i].key, key, sizeof(*key)) != 0) {
        i++;
    }
    return i;
}

const struct demotion *demotions_find(const struct demotions *demotions,
                                      const struct public_key *key)
{
    uint32_t index = find(demotions, key);
    return index < demotions->count ? &demotions->list[index] : NULL;
}

static void drop(struct demotions *demotions, uint32_t index)
{
    demotions->count--;
    memmove(&demotions->list[index], &demotions->list[index + 1],
            (demotions->count - index) * sizeof(demotions->list[0]));
    demotions->list[demotions->count] = (struct demotion){0};
}

static bool is_room(const struct demotions *demotions, const struct validators *coming,
                    uint64_t height)
{
    uint8_t mask[VALIDATORS_MASK_SIZE];
    uint32_t eligible = validators_eligible(mask, coming);
    uint32_t demoted = 0;
    demotions_mask(mask, demotions, coming, height);
    for (uint32_t i = 0; i < coming->count; i++) {
        demoted += validators_masked(mask, i) ? 1 : 0;
    }
    return demoted < demoted_max(coming->count, eligible);
}

/* Was its term over when it led? Another one may be to come, or was cut by the bound of f. */
static bool is_over(const struct demotion *demotion, const struct demotion_evidence *evidence)
{
    return demotion->until < evidence->height;
}

/* Who may lead at `height`, and is not demoted there. */
static bool leads(const struct demotions *demotions, const struct validators *set,
                  const struct public_key *key, uint64_t height)
{
    uint8_t eligible[VALIDATORS_MASK_SIZE];
    uint8_t demoted[VALIDATORS_MASK_SIZE];
    uint32_t index = validators_find(set, key);
    (void)validators_eligible(eligible, set);
    demotions_mask(demoted, demotions, set, height);
    return index != VALIDATORS_NONE && validators_masked(eligible, index) &&
           !validators_masked(demoted, index);
}

static bool has_signed(const struct demotion_evidence *evidence, const struct public_key *key)
{
    uint32_t index = validators_find(evidence->last, key);
    return index != VALIDATORS_NONE && validators_masked(evidence->signers, index);
}

/* SPEC 3.2: Where no place is left, the one that has been demoted for longest of those that signed the
 * certificate leads again from h + 2 on, and the term that ends so is not counted among its failures. */
static bool release(struct demotions *demotions, const struct demotion_evidence *evidence,
                    uint64_t from)
{
    /* Who signs is not dead. At most f did not sign, so one of f demoted did where the one that failed did
     * not. At one bad height more than f leaders may fail: whom this very block demotes gives way to none. */
    struct demotion *oldest = NULL;
    uint8_t demoted[VALIDATORS_MASK_SIZE];
    demotions_mask(demoted, demotions, evidence->coming, from);
    for (uint32_t i = 0; i < demotions->count; i++) {
        struct demotion *demotion = &demotions->list[i];
        uint32_t index = validators_find(evidence->coming, &demotion->key);
        bool is_demoted = index != VALIDATORS_NONE && validators_masked(demoted, index);
        if (is_demoted && demotion->from < from && has_signed(evidence, &demotion->key) &&
            (oldest == NULL || demotion->from < oldest->from)) {
            oldest = demotion;
        }
    }
    if (oldest == NULL) {
        return false;
    }
    oldest->until = from;
    oldest->failures--;
    return true;
}

/* SPEC 3.2: Who failed leads no height from h + 2 on for n times 2 to the number of its failures, of
 * which ten count. Never are more than f demoted, nor so many that fewer than f + 1 lead. */
static void strike(struct demotions *demotions, const struct demotion_evidence *evidence,
                   const struct public_key *key)
{
    const struct validators *coming = evidence->coming;
    const uint64_t from = evidence->height + DEMOTION_DELAY;
    uint32_t index = find(demotions, key);
    bool known = index < demotions->count;
    if (index == VALIDATORS_MAX) {
        return;
    }
    struct demotion *demotion = &demotions->list[index];
    if (known && !is_over(demotion, evidence)) {
        /* The bound of f may have cut it. */
        if (demotion->until > from && leads(demotions, coming, key, from)) {
            (void)release(demotions, evidence, from);
        }
        return;
    }
    while (!is_room(demotions, coming, from)) {
        if (!leads(demotions, coming, key, from) || !release(demotions, evidence, from)) {
            return;
        }
    }
    demotions->count += known ? 0 : 1;
    demotion->key = *key;
    demotion->failures += demotion->failures < DEMOTION_FAILURES_MAX ? 1 : 0;
    demotion->from = from;
    demotion->until = from + demotion_term(coming->count, demotion->failures);
}

static void clear(struct demotions *demotions, const struct demotion_evidence *evidence,
                  const struct public_key *key)
{
    uint32_t index = find(demotions, key);
    if (index < demotions->count && is_over(&demotions->list[index], evidence)) {
        drop(demotions, index);
    }
}

static void drop_strangers(struct demotions *demotions, const struct demotion_evidence *evidence)
{
    for (uint32_t i = demotions->count; i > 0; i--) {
        const struct public_key *key = &demotions->list[i - 1].key;
        if (validators_find(evidence->set, key) == VALIDATORS_NONE &&
            validators_find(evidence->coming, key) == VALIDATORS_NONE) {
            drop(demotions, i - 1);
        }
    }
}

void demotions_update(struct demotions *demotions, const struct demotion_evidence *evidence)
{
    const struct validators *last = evidence->last;
    const uint64_t height = evidence->height - 1;
    uint8_t mask[VALIDATORS_MASK_SIZE];
    demotions_mask(mask, demotions, last, height);
    /* After n rounds the same ones lead again. */
    for (uint32_t round = 0; round < evidence->round && round < last->count; round++) {
        strike(demotions, evidence, &last->list[validators_leader(last, mask, height, round)].key);
    }
    clear(demotions, evidence,
          &last->list[validators_leader(last, mask, height, evidence->round)].key);
    drop_strangers(demotions, evidence);
}
