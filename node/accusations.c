#include "node/accusations.h"

#include <assert.h>
#include <string.h>

static struct accusation *find(struct accusations *accusations, const struct public_key *validator)
{
    struct accusation *room = NULL;
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        struct accusation *one = &accusations->list[i];
        if (one->held && memcmp(&one->validator, validator, sizeof(*validator)) == 0) {
            return one;
        }
        if (!one->held && room == NULL) {
            room = one;
        }
    }
    return room;
}

struct accusation *accusations_hold(struct accusations *accusations,
                                    const struct public_key *validator,
                                    const struct conflict *conflict, uint64_t height)
{
    struct accusation *accusation = find(accusations, validator);
    if (accusation == NULL) {
        return NULL;
    }
    if (!accusation->held) {
        *accusation = (struct accusation){.held = true, .validator = *validator, .wait_blocks = 1};
        accusations->count++;
    }
    const uint64_t held = accusation->conflict.height;
    if (held == 0 || (conflict->height > held && held <= height + 1)) {
        accusation->conflict = *conflict;
    }
    return accusation;
}

bool accusations_forget(struct accusations *accusations, struct accusation *accusation)
{
    if (accusation->checking) {
        return false;
    }
    accusation->held = false;
    accusations->count--;
    return true;
}

bool accusation_due(const struct accusation *accusation, uint64_t height, uint64_t committed_nonce,
                    uint64_t pool_nonce)
{
    bool waits = accusation->reported && accusation->nonce >= committed_nonce &&
                 accusation->nonce < pool_nonce;
    return !accusation->checking && !waits && height >= accusation->due_height;
}

void accusation_report(struct accusation *accusation, uint64_t height, uint64_t nonce)
{
    assert(!accusation->checking);
    accusation->checking = true;
    accusation->reported = false;
    accusation->nonce = nonce;
    accusation->due_height = height + accusation->wait_blocks;
    if (accusation->wait_blocks < ACCUSATION_WAIT_MAX) {
        accusation->wait_blocks *= 2;
    }
}

void accusation_checked(struct accusation *accusation, bool pooled)
{
    accusation->checking = false;
    accusation->reported = pooled;
}
