#include "market/features.h"

#include "market/events.h"
#include "market/governance.h"
#include "market/operands.h"

static const char *const known[] = {FEATURE_REHEARSAL};

void features_load(struct state *state, struct features *out)
{
    struct market_key key;
    key_features(&key);
    (void)record_load(state, &key, &features_schema, out);
}

/* Index in the list; count where it is not there. */
static uint32_t find(const struct features *features, struct bytes name)
{
    uint32_t i = 0;
    while (i < features->count && !bytes_equal(features->list[i].name, name)) {
        i++;
    }
    return i;
}

bool feature_active(struct state *state, struct bytes name, uint64_t height)
{
    struct features features;
    features_load(state, &features);
    uint32_t i = find(&features, name);
    return i < features.count && features.list[i].activation_height <= height;
}

bool feature_known(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (bytes_equal(name, bytes_of_text(known[i]))) {
            return true;
        }
    }
    return false;
}

uint64_t features_end(const struct features *features, struct bytes *name)
{
    uint64_t first = 0;
    for (uint32_t i = 0; i < features->count; i++) {
        const struct feature *feature = &features->list[i];
        if (!feature_known(feature->name) && (first == 0 || feature->activation_height < first)) {
            first = feature->activation_height;
            if (name != NULL) {
                *name = feature->name;
            }
        }
    }
    return first;
}

/* Lower case letters, digits and dashes, so that two names cannot look alike. 0: right. */
static uint64_t wrong_character(struct bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return i + 1;
        }
    }
    return 0;
}

static bool check(struct native_call *call, const void *action)
{
    const struct feature_action *change = action;
    struct features features;
    features_load(call->state, &features);
    uint32_t place = find(&features, change->name);
    uint64_t height = call->block->height;
    if (change->name.size == 0 || wrong_character(change->name) != 0) {
        return refuse(call, REFUSAL_FEATURE_NAME, wrong_character(change->name), 0);
    }
    if (place < features.count && features.list[place].activation_height <= height + 1) {
        return refuse(call, REFUSAL_FEATURE_ACTIVE, features.list[place].activation_height, height);
    }
    if (change->activation_height == 0) {
        return place < features.count || refuse(call, REFUSAL_FEATURE_UNKNOWN, 0, features.count);
    }
    if (change->activation_height < height + FEATURE_DELAY) {
        return refuse(call, REFUSAL_FEATURE_HEIGHT, change->activation_height,
                      height + FEATURE_DELAY);
    }
    if (place == features.count && features.count == GOVERNANCE_FEATURES_MAX) {
        return refuse(call, REFUSAL_FEATURES_TOO_MANY, features.count, GOVERNANCE_FEATURES_MAX);
    }
    return true;
}

static void perform(struct native_call *call, const void *action)
{
    const struct feature_action *change = action;
    struct features features;
    struct market_key key;
    features_load(call->state, &features);
    uint32_t place = find(&features, change->name);
    if (change->activation_height == 0) {
        features.count--;
        for (uint32_t i = place; i < features.count; i++) {
            features.list[i] = features.list[i + 1];
        }
    } else {
        features.list[place] = (struct feature){change->name, change->activation_height};
        features.count += place == features.count ? 1 : 0;
    }
    key_features(&key);
    record_store(call->state, &key, &features_schema, &features);
    struct event_feature event = {change->name, change->activation_height};
    events_add(call->events, EVENT_FEATURE_SCHEDULED, &event);
}

const struct proposal_rules feature_rules = {&feature_action_schema, check, perform};
