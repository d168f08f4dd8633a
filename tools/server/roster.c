#include "tools/server/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "p2p/json_schema.h"

#define PAGE 100

static int by_key(const void *left, const void *right, void *data)
{
    const struct participant *owners = data;
    return memcmp(owners[*(const uint16_t *)left].owner_key.bytes,
                  owners[*(const uint16_t *)right].owner_key.bytes, 32);
}

/* Take one page of participants; *next is the seat after it. */
static bool take_page(struct roster *roster, const json_t *page, const char *prefix, uint16_t *next,
                      struct fault *fault)
{
    size_t index;
    json_t *one;
    char error[200];
    struct json_arena arena = {0};
    bool good = true;
    json_array_foreach(json_object_get(page, "participants"), index, one)
    {
        (void)json_object_del(one, "index");
        good = good && *next < roster->count;
        if (good && !json_schema_read(&participant_schema, &roster->owners[*next], one, prefix,
                                      &arena, error, sizeof(error))) {
            good = fault_set(fault, "the node's answer: participant %u: %s", *next, error);
        }
        *next = (uint16_t)(*next + (good ? 1 : 0));
    }
    json_arena_close(&arena);
    return good &&
           (index > 0 || fault_set(fault, "the node names fewer owners than the round has"));
}

static bool load_owners(struct rpc *rpc, const struct chain_info *chain, const struct round *round,
                        struct roster *out, struct fault *fault)
{
    uint16_t next = 0;
    while (next < out->count) {
        json_t *page =
            rpc_call(rpc, "market_participants",
                     json_pack("{s:o, s:i, s:o, s:i}", "model", json_u64(round->model), "round",
                               (int)round->number, "from", json_u64(next), "count", PAGE),
                     fault);
        bool good = page != NULL && take_page(out, page, chain->prefix, &next, fault);
        json_decref(page);
        if (!good) {
            return false;
        }
    }
    return true;
}

bool roster_load(struct rpc *rpc, const struct chain_info *chain, const struct round *round,
                 struct roster *out, struct fault *fault)
{
    *out = (struct roster){.count = round->joined};
    out->owners = memory_new(out->count * sizeof(*out->owners));
    out->accepted = memory_new(out->count * sizeof(*out->accepted));
    if (!load_owners(rpc, chain, round, out, fault)) {
        roster_close(out);
        return false;
    }
    for (uint16_t i = 0; i < out->count; i++) {
        if (out->owners[i].status == PARTICIPANT_ACCEPTED) {
            out->accepted[out->accepted_count++] = i;
        }
    }
    qsort_r(out->accepted, out->accepted_count, sizeof(*out->accepted), by_key, out->owners);
    return true;
}

void roster_close(struct roster *roster)
{
    free(roster->owners);
    free(roster->accepted);
    *roster = (struct roster){0};
}

void roster_set_hash(struct hash *out, const struct roster *roster)
{
    struct public_key *keys = memory_new(roster->accepted_count * sizeof(*keys));
    for (uint16_t k = 0; k < roster->accepted_count; k++) {
        keys[k] = roster->owners[roster->accepted[k]].owner_key;
    }
    aggregate_set_hash(out, keys, roster->accepted_count);
    free(keys);
}

bool duty_padded(const struct duty_round *duty)
{
    return (duty->setting.terms.modes & MODE_PAD) != 0;
}

bool roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                  const struct address *owner, bool pad)
{
    enum vault_kind x = pad ? VAULT_PAD_X : VAULT_X;
    return duty->self <= duty->setting.share.degree ||
           (vault_has_delivery(server, &duty->name, x, owner) &&
            vault_has_delivery(server, &duty->name, x + 1, owner));
}

/* ---- Shares */

bool held_share_x(struct held_share *out, const struct aggregation_server *server,
                  const struct duty_round *duty, const struct sharer *sharer, struct fault *fault)
{
    *out = (struct held_share){
        .kind = sharer->seat == MARKET_PAD_SEAT ? VAULT_PAD_X : VAULT_X,
        .owner = sharer->address,
        .label = share_label_x(),
        .count = duty->setting.terms.dimension,
    };
    return share_key_of_server(&out->key, &duty->setting.share, &sharer->owner,
                               &sharer->commitment.ephemeral, duty->self, &server->encryption) ||
           fault_set(fault, "an owner's ephemeral key is no point");
}

void held_share_aux(struct held_share *out, const struct held_share *x, const struct sharer *sharer)
{
    *out = *x;
    out->kind = x->kind + 1;
    out->label = share_label_aux(sharer->auxiliary.nonce2);
    out->count = sharer->aux_count;
}

void held_share_close(struct held_share *share)
{
    explicit_bzero(share, sizeof(*share));
}

/* Open the file of a delivery and read the roots at its beginning. */
static bool open_delivery(struct vault_reader *file, struct hash *roots,
                          const struct held_share *share, const struct aggregation_server *server,
                          const struct duty_round *duty, struct fault *fault)
{
    unsigned count = share_blob_count(&duty->setting.share);
    if (!vault_reader_open(file, server, &duty->name, share->kind, &share->owner, fault)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!vault_reader_next(file, roots[i].bytes, sizeof(roots[i].bytes), fault)) {
            vault_reader_close(file);
            return false;
        }
    }
    return true;
}

bool held_share_roots(struct hash *roots, const struct held_share *share,
                      const struct aggregation_server *server, const struct duty_round *duty,
                      struct fault *fault)
{
    struct vault_reader file;
    bool good = open_delivery(&file, roots, share, server, duty, fault);
    if (good) {
        vault_reader_close(&file);
    }
    return good;
}

/* Room for one piece, and what is read from. */
struct reading {
    uint8_t bytes[HELD_SHARE_PIECE * FIELD_SIZE];
    uint64_t elements[HELD_SHARE_PIECE];
    struct vault_reader file;
    struct share_reader reader;
};

static bool read_pieces(struct reading *reading, const struct held_share *share,
                        held_share_take *take, void *data, struct fault *fault)
{
    for (size_t at = 0; at < share->count; at += HELD_SHARE_PIECE) {
        size_t left = share->count - at;
        size_t count = left < HELD_SHARE_PIECE ? left : HELD_SHARE_PIECE;
        struct bytes ciphertext = {0};
        if (!reading->reader.derived) {
            ciphertext = (struct bytes){reading->bytes, count * FIELD_SIZE};
            if (!vault_reader_next(&reading->file, reading->bytes, ciphertext.size, fault)) {
                return false;
            }
        }
        if (!share_reader_next(&reading->reader, reading->elements, count, ciphertext)) {
            return fault_set(fault, "%s was changed on disk", reading->file.path);
        }
        take(data, reading->elements, at, count);
    }
    return true;
}

bool held_share_read(const struct held_share *share, const struct aggregation_server *server,
                     const struct duty_round *duty, held_share_take *take, void *data,
                     struct fault *fault)
{
    struct hash roots[SHARE_BLOBS_MAX];
    struct reading *reading = memory_new(sizeof(*reading));
    bool derived = duty->self <= duty->setting.share.degree;
    reading->file.descriptor = -1;
    bool good = derived || open_delivery(&reading->file, roots, share, server, duty, fault);
    if (good) {
        share_reader_init(&reading->reader, &duty->setting.share, &share->key, &share->label,
                          duty->self);
        good = read_pieces(reading, share, take, data, fault);
        share_reader_close(&reading->reader);
        vault_reader_close(&reading->file);
    }
    explicit_bzero(reading->elements, sizeof(reading->elements));
    free(reading);
    return good;
}
