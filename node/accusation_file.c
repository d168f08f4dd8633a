#include "node/accusation_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "market/operands.h"
#include "node/disk.h"
#include "node/home.h"

#define VERSION 1u

static bool fail(const char *path, const char *what, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "%.300s: %s", path, what);
    return false;
}

void accusations_encode(struct buffer *out, const struct accusations *accusations)
{
    bcs_write_u32(out, VERSION);
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        const struct accusation *one = &accusations->list[i];
        if (one->held) {
            const struct evidence_operand entry = {one->validator, one->conflict};
            schema_write(out, &evidence_schema, &entry);
        }
    }
}

bool accusations_decode(struct accusations *out, struct bytes content)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, content);
    *out = (struct accusations){0};
    if (bcs_read_u32(&reader) != VERSION) {
        return false;
    }
    while (reader.status == BCS_OK && reader.offset < content.size) {
        struct evidence_operand entry;
        const uint32_t before = out->count;
        schema_read(&reader, &evidence_schema, &entry);
        if (reader.status != BCS_OK || entry.conflict.height == 0 ||
            accusations_hold(out, &entry.validator, &entry.conflict, 0) == NULL ||
            out->count == before) {
            return false;
        }
    }
    return bcs_reader_done(&reader);
}

/* Returns how many were dropped. */
static uint32_t drop_false(struct accusations *accusations, const struct hash *chain_id)
{
    uint32_t dropped = 0;
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        struct accusation *one = &accusations->list[i];
        if (one->held && !conflict_verify(&one->conflict, chain_id, &one->validator, NULL, 0)) {
            dropped += accusations_forget(accusations, one) ? 1 : 0;
        }
    }
    return dropped;
}

bool accusations_load(struct accusations *out, const char *home, const struct hash *chain_id,
                      char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    struct buffer content = {0};
    *out = (struct accusations){0};
    if (!home_path(path, home, HOME_EVIDENCE, error, error_size)) {
        return false;
    }
    int failure = disk_read_file(path, &content);
    bool good = failure != 0 || accusations_decode(out, buffer_bytes(&content));
    buffer_close(&content);
    if (failure != 0) {
        return failure == ENOENT || fail(path, strerrordesc_np(failure), error, error_size);
    }
    if (!good) {
        *out = (struct accusations){0};
        return fail(path, "is damaged, or of another version", error, error_size);
    }
    return drop_false(out, chain_id) == 0 ||
           fail(path, "holds what proves nothing on this chain", error, error_size);
}

bool accusations_store(const char *home, struct bytes content, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, home, HOME_EVIDENCE, error, error_size)) {
        return false;
    }
    int failure = content.size > 0 ? disk_create(path, content, 0) : disk_remove(path);
    return failure == 0 || (content.size == 0 && failure == ENOENT) ||
           fail(path, strerrordesc_np(failure), error, error_size);
}
