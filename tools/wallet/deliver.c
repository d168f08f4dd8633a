#include "tools/wallet/deliver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/share_reader.h"
#include "tools/client/file.h"

#define DELIVERY_TIMEOUT_MS 300000L

bool ciphertexts_open_files(struct ciphertexts *out, const char *folder, unsigned count,
                            struct fault *fault)
{
    *out = (struct ciphertexts){0};
    while (out->file_count < count) {
        int file = file_unnamed(folder, fault);
        if (file < 0) {
            return false;
        }
        out->files[out->file_count++] = file;
    }
    return true;
}

bool ciphertexts_flush(struct ciphertexts *ciphertexts, struct fault *fault)
{
    uint64_t added = ciphertexts->blobs[0].size;
    for (unsigned i = 0; i < ciphertexts->file_count; i++) {
        struct buffer *blob = &ciphertexts->blobs[i];
        assert(blob->size == added);
        if (!file_write_at(ciphertexts->files[i], ciphertexts->size, buffer_bytes(blob))) {
            return fault_set(fault, "a ciphertext cannot be kept: %s", strerrordesc_np(errno));
        }
        buffer_clear(blob);
    }
    ciphertexts->size += added;
    return true;
}

struct source ciphertexts_source(const struct ciphertexts *ciphertexts, unsigned i)
{
    return ciphertexts->file_count == 0
               ? source_of_bytes(buffer_bytes(&ciphertexts->blobs[i]))
               : source_of_file(ciphertexts->files[i], 0, ciphertexts->size);
}

bool ciphertexts_load(struct buffer *out, const struct ciphertexts *ciphertexts, unsigned i,
                      struct fault *fault)
{
    struct source source = ciphertexts_source(ciphertexts, i);
    buffer_reserve(out, (size_t)source.size);
    bool good = source_read(&source, 0, out->data + out->size, (size_t)source.size, fault);
    out->size += good ? (size_t)source.size : 0;
    return good;
}

void ciphertexts_close(struct ciphertexts *ciphertexts)
{
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&ciphertexts->blobs[i]);
    }
    for (unsigned i = 0; i < ciphertexts->file_count; i++) {
        (void)close(ciphertexts->files[i]);
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
        const bool filed = ciphertexts->file_count > 0;
        struct source rest = {0};
        if (filed) {
            rest = ciphertexts_source(ciphertexts, i);
        }
        share_sealed_write(&body, ciphertexts->roots, count, buffer_bytes(&ciphertexts->blobs[i]));
        buffer_format(&url, "%s/%s/%" PRIu64 "/%" PRIu32 "/%s",
                      setting->endpoints[setting->terms.threshold + i], delivery->path,
                      setting->round.model, setting->round.number, owner);
        delivery->couriers[i] =
            courier_send(&url, &body, filed ? &rest : NULL, DELIVERY_TIMEOUT_MS);
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
