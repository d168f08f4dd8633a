#include "tools/wallet/deliver.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/share_reader.h"

#define DELIVERY_TIMEOUT_MS 300000L

void ciphertexts_close(struct ciphertexts *ciphertexts)
{
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&ciphertexts->blobs[i]);
    }
    memset(ciphertexts, 0, sizeof(*ciphertexts));
}

uint32_t delivery_takers(const struct round_setting *setting)
{
    return setting->round.active & ~((UINT32_C(1) << setting->terms.threshold) - 1);
}

static bool is_due(const struct delivery *delivery, const struct round_setting *setting, unsigned i)
{
    unsigned server = setting->terms.threshold + 1U + i;
    return shamir_set_has(delivery_takers(setting) & ~delivery->held & ~delivery->refused,
                          server) &&
           delivery->couriers[i] == NULL;
}

bool delivery_due(const struct delivery *delivery, const struct round_setting *setting)
{
    for (unsigned i = 0; i < share_blob_count(&setting->share); i++) {
        if (is_due(delivery, setting, i)) {
            return true;
        }
    }
    return false;
}

void delivery_send(struct delivery *delivery, const struct round_setting *setting,
                   const char *owner, const struct ciphertexts *ciphertexts)
{
    unsigned count = share_blob_count(&setting->share);
    for (unsigned i = 0; i < count; i++) {
        struct buffer body = {0};
        struct buffer url = {0};
        if (!is_due(delivery, setting, i)) {
            continue;
        }
        share_sealed_write(&body, ciphertexts->roots, count, buffer_bytes(&ciphertexts->blobs[i]));
        buffer_format(&url, "%s/%s/%" PRIu64 "/%" PRIu32 "/%s",
                      setting->endpoints[setting->terms.threshold + i], delivery->path,
                      setting->round.model, setting->round.number, owner);
        delivery->couriers[i] = courier_send(&url, &body, DELIVERY_TIMEOUT_MS);
    }
}

static void tell(struct delivery *delivery, unsigned server, enum courier_state state, bool quiet,
                 const struct fault *fault)
{
    bool patient = state == COURIER_LATER && !shamir_set_has(delivery->later, server);
    delivery->later |= state == COURIER_LATER ? shamir_set_of(server) : 0;
    if (!patient && !quiet && !shamir_set_has(delivery->told, server)) {
        delivery->told |= shamir_set_of(server);
        (void)fprintf(stderr, "server %u: %s\n", server, fault->text);
    }
}

bool delivery_collect(struct delivery *delivery, const struct round_setting *setting, bool quiet,
                      struct fault *fault)
{
    bool away = false;
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        unsigned server = setting->terms.threshold + 1U + i;
        if (delivery->couriers[i] == NULL) {
            continue;
        }
        enum courier_state state = courier_state(delivery->couriers[i], fault);
        if (state == COURIER_AWAY) {
            away = true;
            continue;
        }
        courier_close(delivery->couriers[i]);
        delivery->couriers[i] = NULL;
        if (state == COURIER_DONE) {
            delivery->held |= shamir_set_of(server);
            continue;
        }
        if (state == COURIER_REFUSED) {
            delivery->refused |= shamir_set_of(server);
        }
        tell(delivery, server, state, quiet, fault);
        delivery->failed |= shamir_set_of(server);
    }
    return away;
}

bool delivery_hopeful(const struct delivery *delivery, const struct round_setting *setting)
{
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        unsigned server = setting->terms.threshold + 1U + i;
        if (delivery->couriers[i] != NULL && !shamir_set_has(delivery->failed, server)) {
            return true;
        }
    }
    return false;
}

bool delivery_whole(const struct delivery *delivery, const struct round_setting *setting)
{
    return (delivery_takers(setting) & ~delivery->held) == 0;
}

void delivery_close(struct delivery *delivery)
{
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        courier_close(delivery->couriers[i]);
        delivery->couriers[i] = NULL;
    }
}
