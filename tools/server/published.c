#include "tools/server/published.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/merkle.h"
#include "market/events.h"
#include "market/operands.h"
#include "p2p/json_schema.h"
#include "tools/client/blob.h"
#include "tools/client/log.h"
#include "vm/instruction.h"

#define PAGE 100

/* One event SHARE_PUBLISHED and where its transaction is. */
struct place {
    uint16_t seat;
    uint64_t height;
    uint64_t index;   /* of the transaction in its block */
    struct hash root; /* of the sidecar */
    uint32_t size;
};

/* Is this event a publication for us? */
static bool take_place(const struct duty_round *duty, const json_t *event, struct place *out)
{
    struct fault fault;
    uint64_t model = 0;
    uint64_t round = 0;
    uint64_t seat = 0;
    uint64_t number = 0;
    uint64_t size = 0;
    const char *root = NULL;
    const json_t *data = json_object_get(event, "data");
    bool good = json_integer_value(json_object_get(event, "kind")) == EVENT_SHARE_PUBLISHED &&
                rpc_u64(&model, data, "model", &fault) && rpc_u64(&round, data, "round", &fault) &&
                rpc_u64(&seat, data, "index", &fault) && rpc_u64(&number, data, "number", &fault) &&
                rpc_u64(&out->height, event, "block_height", &fault) &&
                rpc_u64(&out->index, event, "transaction_index", &fault) &&
                rpc_u64(&size, data, "size", &fault) && rpc_text(&root, data, "root", &fault) &&
                strlen(root) == 2 * sizeof(out->root) &&
                hex_decode(out->root.bytes, sizeof(out->root), root);
    out->size = (uint32_t)size;
    out->seat = (uint16_t)seat;
    return good && model == duty->name.model && round == duty->name.round && number == duty->self;
}

/* The bytes of hexadecimal digits, appended. */
static bool append_hex(struct buffer *out, const char *hex)
{
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = memory_new(size + 1);
    bool good = strlen(hex) % 2 == 0 && hex_decode(bytes, size, hex);
    buffer_append(out, (struct bytes){bytes, good ? size : 0});
    free(bytes);
    return good;
}

/* Find the operand of SHARE_PUBLISH for this server in a program; it borrows `program`. */
static bool find_operand(struct share_publish_operand *out, struct bytes program,
                         const struct duty_round *duty)
{
    struct program loaded;
    struct instruction instruction = {0};
    if (program_load(&loaded, program, &market_natives, NULL) != PROGRAM_OK) {
        return false;
    }
    for (size_t at = 0; at < loaded.code.size; at += instruction.size) {
        if (instruction_read(&instruction, loaded.code, at) != PROGRAM_OK) {
            return false;
        }
        if (instruction.row->byte == OP_NATIVE && instruction.number == NATIVE_SHARE_PUBLISH &&
            schema_decode(&share_publish_schema, out, instruction.data, NULL, 0) &&
            out->server == duty->self && out->model == duty->name.model &&
            out->round == duty->name.round) {
            return true;
        }
    }
    return false;
}

/* The sidecar C || C2 on its way into two deliveries. */
struct cut {
    struct spool_file *files[2];
    uint64_t left; /* bytes that still go to the first */
};

static bool take_cut(void *context, struct bytes piece, struct fault *fault)
{
    struct cut *cut = context;
    size_t part = piece.size < cut->left ? piece.size : (size_t)cut->left;
    cut->left -= part;
    return (spool_write(cut->files[0], (struct bytes){piece.data, part}) &&
            spool_write(cut->files[1], (struct bytes){piece.data + part, piece.size - part})) ||
           fault_set(fault, "a publication cannot be kept: %s", strerrordesc_np(errno));
}

static bool open_cut(struct cut *out, const struct aggregation_server *server,
                     const struct share_publish_operand *operand, struct fault *fault)
{
    const struct bytes roots[2] = {operand->roots, operand->roots2};
    bool good = true;
    for (size_t i = 0; i < 2; i++) {
        out->files[i] = spool_new(server->home);
        good = good && out->files[i] != NULL && spool_write(out->files[i], roots[i]);
    }
    return good || fault_set(fault, "a publication cannot be kept: %s", strerrordesc_np(errno));
}

/* Who published, and what about it is on the chain. */
struct publication {
    struct place place;
    struct sharer sharer;
    struct share_publish_operand operand; /* borrows the program */
};

/* Fetch the sidecar, and keep both deliveries once it has the root that is on the chain. */
static bool fetch_sidecar(const struct aggregation_server *server, struct rpc *rpc,
                          const struct duty_round *duty, const struct publication *publication,
                          struct fault *fault)
{
    const struct place *place = &publication->place;
    const struct sharer *sharer = &publication->sharer;
    const struct share_publish_operand *operand = &publication->operand;
    uint64_t first = (uint64_t)duty->setting.terms.dimension * FIELD_SIZE;
    size_t roots = share_blob_count(&duty->setting.share) * sizeof(struct hash);
    enum vault_kind kind = sharer->seat == MARKET_PAD_SEAT ? VAULT_PAD_X : VAULT_X;
    struct cut cut = {.left = first};
    if (place->size != first + sharer->aux_count * FIELD_SIZE || operand->roots.size != roots ||
        operand->roots2.size != roots) {
        return fault_set(fault, "a publication on the chain has another size");
    }
    bool good =
        open_cut(&cut, server, operand, fault) &&
        blob_each(rpc, &place->root, place->size, take_cut, &cut, fault) &&
        vault_keep_delivery(server, &duty->name, kind, &sharer->address, cut.files[0], fault) &&
        vault_keep_delivery(server, &duty->name, kind + 1, &sharer->address, cut.files[1], fault);
    spool_close(cut.files[0]);
    spool_close(cut.files[1]);
    return good;
}

/* The program of a transaction in a block. */
static bool load_program(struct rpc *rpc, const struct place *place, struct buffer *out,
                         struct fault *fault)
{
    json_t *block =
        rpc_call(rpc, "chain_block", json_pack("{s:o}", "height", json_u64(place->height)), fault);
    const json_t *transaction =
        json_array_get(json_object_get(block, "transactions"), place->index);
    const char *program = NULL;
    bool good = block != NULL && rpc_text(&program, transaction, "program", fault) &&
                (append_hex(out, program) || fault_set(fault, "the node's answer: no program"));
    json_decref(block);
    return good;
}

static bool fetch_one(const struct aggregation_server *server, struct rpc *rpc,
                      const struct duty_round *duty, struct publication *publication,
                      struct fault *fault)
{
    struct buffer program = {0};
    const struct place *place = &publication->place;
    bool good = load_program(rpc, place, &program, fault);
    if (good && !find_operand(&publication->operand, buffer_bytes(&program), duty)) {
        good = fault_set(fault, "block %" PRIu64 " has no such publication", place->height);
    }
    good = good && fetch_sidecar(server, rpc, duty, publication, fault);
    if (good) {
        log_info("fetched", "model=%" PRIu64 " round=%" PRIu32 " seat=%u size=%" PRIu32,
                 duty->name.model, duty->name.round, place->seat, place->size);
    }
    buffer_close(&program);
    return good;
}

static bool fetch_if_missing(const struct aggregation_server *server, struct rpc *rpc,
                             const struct duty_round *duty, const struct place *place,
                             struct fault *fault)
{
    struct publication publication = {.place = *place};
    struct sharer *sharer = &publication.sharer;
    bool pad = place->seat == MARKET_PAD_SEAT;
    if (!pad && place->seat >= duty->roster.count) {
        return true; /* of a later block than the roster */
    }
    bool good = pad ? sharer_of_pad(sharer, rpc, &duty->setting, fault)
                    : sharer_of_owner(sharer, rpc, &duty->setting,
                                      &duty->roster.owners[place->seat], place->seat, fault);
    return good && (roster_holds(server, duty, &sharer->address, pad) ||
                    fetch_one(server, rpc, duty, &publication, fault));
}

/* Does this server lack something that it will need? */
static bool lacks_something(const struct aggregation_server *server, const struct duty_round *duty)
{
    const struct roster *roster = &duty->roster;
    for (uint16_t k = 0; k < roster->accepted_count; k++) {
        if (!roster_holds(server, duty, &roster->owners[roster->accepted[k]].owner, false)) {
            return true;
        }
    }
    return duty_padded(duty) && !roster_holds(server, duty, &duty->setting.model.owner, true);
}

bool published_fetch(const struct aggregation_server *server, struct rpc *rpc,
                     const struct duty_round *duty, struct fault *fault)
{
    char cursor[RPC_CURSOR_MAX];
    bool good = true;
    bool more = lacks_something(server, duty);
    (void)snprintf(cursor, sizeof(cursor), "%" PRIu64 ".0.0", duty->setting.round.opened_height);
    while (good && more) {
        size_t i;
        json_t *event;
        const char *next = NULL;
        json_t *page = rpc_call(rpc, "events_list",
                                json_pack("{s:s, s:i}", "after", cursor, "limit", PAGE), fault);
        json_t *events = json_object_get(page, "events");
        good = page != NULL && rpc_text(&next, page, "cursor", fault);
        json_array_foreach(events, i, event)
        {
            struct place place;
            good = good && (!take_place(duty, event, &place) ||
                            fetch_if_missing(server, rpc, duty, &place, fault));
        }
        more = json_array_size(events) == PAGE;
        if (good) {
            (void)snprintf(cursor, sizeof(cursor), "%s", next);
        }
        json_decref(page);
    }
    return good;
}
