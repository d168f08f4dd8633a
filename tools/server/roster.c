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
        .server = duty->self,
        .round = &duty->setting.share,
        .file = {.descriptor = -1},
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
    out->file.descriptor = -1;
}

void held_share_close(struct held_share *share)
{
    vault_reader_close(&share->file);
    explicit_bzero(share, sizeof(*share));
    share->file.descriptor = -1;
}

static size_t roots_size(const struct held_share *share)
{
    return share_blob_count(share->round) * sizeof(struct hash);
}

bool held_share_open(struct held_share *share, const struct aggregation_server *server,
                     const struct duty_round *duty, struct fault *fault)
{
    return share->server <= share->round->degree ||
           vault_reader_open(&share->file, server, &duty->name, share->kind, &share->owner, fault);
}

size_t held_share_pieces(const struct held_share *share)
{
    return (share->count + HELD_SHARE_PIECE - 1) / HELD_SHARE_PIECE;
}

bool held_share_piece(const struct held_share *share, size_t index, struct held_piece *out,
                      struct fault *fault)
{
    struct share_reader reader;
    struct bytes ciphertext = {0};
    size_t left = share->count - index * HELD_SHARE_PIECE;
    size_t count = left < HELD_SHARE_PIECE ? left : HELD_SHARE_PIECE;
    if (share->server > share->round->degree) {
        uint64_t offset = roots_size(share) + (uint64_t)index * HELD_SHARE_PIECE * FIELD_SIZE;
        ciphertext = (struct bytes){out->bytes, count * FIELD_SIZE};
        if (!vault_reader_at(&share->file, offset, out->bytes, ciphertext.size, fault)) {
            return false;
        }
    }
    share_reader_init(&reader, share->round, &share->key, &share->label, share->server,
                      (uint32_t)index);
    bool good = share_reader_next(&reader, out->elements, count, ciphertext);
    share_reader_close(&reader);
    return good || fault_set(fault, "%s was changed on disk", share->file.path);
}

bool held_share_roots(struct hash *roots, const struct held_share *share,
                      const struct aggregation_server *server, const struct duty_round *duty,
                      struct fault *fault)
{
    struct held_share opened = *share;
    bool good = held_share_open(&opened, server, duty, fault) &&
                vault_reader_at(&opened.file, 0, roots[0].bytes, roots_size(share), fault);
    held_share_close(&opened);
    return good;
}

bool held_share_read(const struct held_share *share, const struct aggregation_server *server,
                     const struct duty_round *duty, held_share_take *take, void *data,
                     struct fault *fault)
{
    struct held_share opened = *share;
    struct held_piece *piece = memory_new(sizeof(*piece));
    bool good = held_share_open(&opened, server, duty, fault);
    for (size_t i = 0; good && i < held_share_pieces(share); i++) {
        size_t first = i * HELD_SHARE_PIECE;
        size_t left = share->count - first;
        good = held_share_piece(&opened, i, piece, fault);
        if (good) {
            take(data, piece->elements, first, left < HELD_SHARE_PIECE ? left : HELD_SHARE_PIECE);
        }
    }
    held_share_close(&opened);
    explicit_bzero(piece->elements, sizeof(piece->elements));
    free(piece);
    return good;
}
