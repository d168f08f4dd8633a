#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/handover.h"
#include "node/command.h"
#include "node/offline.h"
#include "node/signer_mark.h"
#include "node/snapshot_load.h"
#include "node/wal.h"
#include "p2p/json_schema.h"

static const char usage[] =
    "soukd inspect --home DIR [status | block HEIGHT | account ADDRESS | state KEY | "
    "validators HEIGHT]";

/* One question. `answer` is NULL, and `error` says why, where there is none. */
struct inspection {
    struct offline offline;
    struct state_snapshot *snapshot;
    const char *prefix;
    const char *argument;
    char error[OFFLINE_ERROR_SIZE];
};

static json_t *refuse(struct inspection *inspection, const char *what)
{
    (void)snprintf(inspection->error, sizeof inspection->error, "%s: %s", inspection->argument,
                   what);
    return NULL;
}

static void set(json_t *object, const char *name, json_t *value)
{
    int failure = json_object_set_new(object, name, value);
    assert(failure == 0);
}

static bool count_record(void *context, const struct wal_record *record)
{
    uint64_t *count = context;
    (void)record;
    (*count)++;
    return true;
}

static json_t *inspect_wal(const struct inspection *inspection)
{
    char path[HOME_PATH_MAX];
    char error[OFFLINE_ERROR_SIZE] = "";
    uint64_t count = 0;
    uint64_t torn = 0;
    struct wal_options options = {.directory = path, .context = &count, .on_record = count_record};
    json_t *out = json_object();
    if (!home_path(path, inspection->offline.home, HOME_WAL, error, sizeof error) ||
        wal_scan(&options, &torn, error, sizeof error) != WAL_OK) {
        set(out, "error", json_string(error));
        return out;
    }
    set(out, "records", json_u64(count));
    set(out, "torn_bytes", json_u64(torn));
    return out;
}

/* What the validator key may have signed; null where there is no mark. */
static json_t *inspect_mark(const struct inspection *inspection)
{
    struct signer_mark mark;
    bool found;
    char error[OFFLINE_ERROR_SIZE] = "";
    if (!signer_mark_load(&mark, &found, inspection->offline.home, error, sizeof error)) {
        json_t *out = json_object();
        set(out, "error", json_string(error));
        return out;
    }
    return found ? json_schema_write(&signer_mark_schema, &mark, inspection->prefix) : json_null();
}

static json_t *inspect_snapshots(const struct inspection *inspection)
{
    uint64_t heights[64];
    char snapshots[HOME_PATH_MAX];
    char directory[DISK_PATH_MAX];
    char error[OFFLINE_ERROR_SIZE] = "";
    json_t *list = json_array();
    uint32_t count = 0;
    if (home_path(snapshots, inspection->offline.home, HOME_SNAPSHOTS, error, sizeof error)) {
        count = snapshot_list(snapshots, heights, ARRAY_COUNT(heights));
    }
    for (uint32_t i = 0; i < count; i++) {
        struct snapshot_opened opened;
        json_t *entry = json_object();
        snapshot_directory(directory, snapshots, heights[i]);
        set(entry, "height", json_u64(heights[i]));
        if (snapshot_open(&opened, directory, error, sizeof error)) {
            set(entry, "hash", json_hex(BYTES_OF(opened.hash.bytes)));
            set(entry, "keys", json_u64(opened.manifest.key_count));
        } else {
            set(entry, "error", json_string(error));
        }
        snapshot_close(&opened);
        (void)json_array_append_new(list, entry);
    }
    return list;
}

static json_t *inspect_blobs(const struct inspection *inspection)
{
    struct blob_usage blobs;
    json_t *out = json_object();
    blob_store_read_usage(inspection->offline.blobs, &blobs);
    set(out, "count", json_u64(blobs.count));
    set(out, "bytes", json_u64(blobs.bytes));
    return out;
}

static json_t *inspect_status(struct inspection *inspection)
{
    struct state_head head;
    struct state_store_usage usage_now;
    struct block_store *blocks = inspection->offline.blocks;
    const struct genesis_file *genesis = inspection->offline.genesis;
    state_snapshot_head(inspection->snapshot, &head);
    state_store_read_usage(inspection->offline.states, &usage_now);
    json_t *stored = json_object();
    set(stored, "first", json_u64(block_store_first_height(blocks)));
    set(stored, "last", json_u64(block_store_last_height(blocks)));
    set(stored, "bytes", json_u64(block_store_size(blocks)));
    json_t *out = json_object();
    set(out, "network", json_text(genesis->genesis.network));
    set(out, "chain_id", json_hex(BYTES_OF(genesis->chain_id.bytes)));
    struct validator_set *present =
        state_snapshot_validators(inspection->snapshot, head.height + 1);
    set(out, "validators", json_integer((json_int_t)present->validators.count));
    validator_set_release(present);
    set(out, "state", json_schema_write(&state_head_schema, &head, inspection->prefix));
    set(out, "state_used_bytes", json_u64(usage_now.used_bytes));
    set(out, "blocks", stored);
    set(out, "wal", inspect_wal(inspection));
    set(out, "signer_mark", inspect_mark(inspection));
    set(out, "snapshots", inspect_snapshots(inspection));
    set(out, "blobs", inspect_blobs(inspection));
    return out;
}

static json_t *list_transactions(const struct block *block)
{
    json_t *list = json_array();
    size_t offset = 0;
    bool malformed = false;
    struct bytes envelope;
    while (ledger_next_envelope(block->body, &offset, &envelope, &malformed)) {
        struct transaction transaction;
        struct bytes sidecar;
        struct hash id;
        if (transaction_decode(&transaction, &sidecar, envelope, NULL, 0) != TRANSACTION_OK) {
            break;
        }
        transaction_id(&id, &transaction);
        json_t *entry = json_object();
        set(entry, "id", json_hex(BYTES_OF(id.bytes)));
        set(entry, "sender", json_hex(BYTES_OF(transaction.sender.bytes)));
        set(entry, "nonce", json_u64(transaction.nonce));
        set(entry, "sidecar_size", json_integer((json_int_t)transaction.sidecar_size));
        int failure = json_array_append_new(list, entry);
        assert(failure == 0);
    }
    return list;
}

static json_t *show_block(struct inspection *inspection, const struct block_record *record,
                          struct block *block, struct certificate *certificate)
{
    char line[320];
    if (!block_decode(block, record->block, line, sizeof line) ||
        !certificate_decode(certificate, record->certificate, line, sizeof line)) {
        return refuse(inspection, line);
    }
    struct hash digest;
    block_digest(&digest, &block->header);
    json_t *signers = json_array();
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        if (certificate_has(certificate, i)) {
            (void)json_array_append_new(signers, json_integer((json_int_t)i));
        }
    }
    json_t *out = json_object();
    set(out, "digest", json_hex(BYTES_OF(digest.bytes)));
    set(out, "header", json_schema_write(&block_header_schema, &block->header, inspection->prefix));
    set(out, "round", json_integer((json_int_t)certificate->round));
    set(out, "signers", signers);
    set(out, "body_bytes", json_u64(block->body.size));
    set(out, "transactions", list_transactions(block));
    return out;
}

static bool read_height(struct inspection *inspection, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoull(inspection->argument, &end, 10);
    if (errno != 0 || *end != '\0' || inspection->argument[0] < '0' ||
        inspection->argument[0] > '9') {
        (void)refuse(inspection, "a height is a decimal number");
        return false;
    }
    return true;
}

/* Who votes on a block, and how the genesis leads to them. */
static json_t *inspect_validators(struct inspection *inspection)
{
    struct state_head head;
    uint64_t height;
    size_t offset = 0;
    struct bytes link;
    uint64_t since;
    if (!read_height(inspection, &height)) {
        return NULL;
    }
    state_snapshot_head(inspection->snapshot, &head);
    if (height == 0 || height > head.height + 2) {
        return refuse(inspection, "no set of validators is known for this height");
    }
    struct buffer links = {0};
    struct validator_set *validators = state_snapshot_validators(inspection->snapshot, height);
    state_snapshot_handovers(inspection->snapshot, height, &links);
    json_t *sets = json_array();
    while (handovers_next(buffer_bytes(&links), &offset, &link, &since)) {
        (void)json_array_append_new(sets, json_u64(since));
    }
    json_t *out =
        json_schema_write(&validators_schema, &validators->validators, inspection->prefix);
    set(out, "height", json_u64(height));
    set(out, "hash", json_hex(BYTES_OF(validators->hash.bytes)));
    set(out, "handovers", sets);
    buffer_close(&links);
    validator_set_release(validators);
    return out;
}

static json_t *inspect_block(struct inspection *inspection)
{
    uint64_t height;
    if (!read_height(inspection, &height)) {
        return NULL;
    }
    struct buffer storage = {0};
    struct block_record record;
    enum block_store_status status =
        block_store_read(inspection->offline.blocks, height, &storage, &record);
    json_t *out = NULL;
    if (status != BLOCK_STORE_OK) {
        block_store_explain(inspection->offline.blocks, height, status, inspection->error,
                            sizeof inspection->error);
    } else {
        struct block *block = memory_new(sizeof *block);
        struct certificate *certificate = memory_new(sizeof *certificate);
        out = show_block(inspection, &record, block, certificate);
        free(certificate);
        free(block);
    }
    buffer_close(&storage);
    return out;
}

static json_t *inspect_account(struct inspection *inspection)
{
    struct address address;
    char line[200];
    if (!address_parse(&address, inspection->prefix, inspection->argument, line, sizeof line)) {
        return refuse(inspection, line);
    }
    struct market_key key;
    struct buffer value = {0};
    struct account account;
    key_account(&key, &address);
    bool found =
        state_snapshot_get(inspection->snapshot, (struct bytes){key.data, key.size}, &value) &&
        schema_decode(&account_schema, &account, buffer_bytes(&value), NULL, 0);
    buffer_close(&value);
    return found ? json_schema_write(&account_schema, &account, inspection->prefix)
                 : refuse(inspection, "there is no such account");
}

static json_t *inspect_state(struct inspection *inspection)
{
    uint8_t key[STATE_KEY_MAX];
    const char *text = inspection->argument;
    size_t size = strlen(strncmp(text, "0x", 2) == 0 ? text + 2 : text) / 2;
    if (size == 0 || size > sizeof key || !hex_decode(key, size, text)) {
        return refuse(inspection, "a key is 1 to 64 bytes in hexadecimal");
    }
    struct buffer value = {0};
    json_t *out = NULL;
    if (state_snapshot_get(inspection->snapshot, (struct bytes){key, size}, &value)) {
        out = json_object();
        set(out, "key", json_hex((struct bytes){key, size}));
        set(out, "value", json_hex(buffer_bytes(&value)));
    } else {
        out = refuse(inspection, "the state has no such key");
    }
    buffer_close(&value);
    return out;
}

static const struct question {
    const char *name;
    int arguments;
    json_t *(*answer)(struct inspection *inspection);
} questions[] = {
    {"status", 0, inspect_status},         {"block", 1, inspect_block},
    {"account", 1, inspect_account},       {"state", 1, inspect_state},
    {"validators", 1, inspect_validators},
};

static const struct question *find_question(const char **words, int count)
{
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++) {
        if (count == 0 ||
            (strcmp(words[0], questions[i].name) == 0 && count == questions[i].arguments + 1)) {
            return &questions[i];
        }
    }
    return NULL;
}

static bool answer(struct inspection *inspection, const char *home, const struct question *question)
{
    if (!offline_open(&inspection->offline, home, true, inspection->error,
                      sizeof inspection->error)) {
        return false;
    }
    inspection->prefix = inspection->offline.genesis->prefix;
    inspection->snapshot = state_snapshot_open(inspection->offline.states);
    json_t *found = question->answer(inspection);
    if (found != NULL) {
        (void)json_dumpf(found, stdout, JSON_INDENT(2));
        (void)printf("\n");
        json_decref(found);
    }
    state_snapshot_close(inspection->snapshot);
    return found != NULL;
}

int command_inspect(int argc, char **argv)
{
    const char **words = memory_new((size_t)argc * sizeof *words);
    int count = 0;
    const char *home = offline_arguments(argc, argv, usage, words, &count);
    const struct question *question = home == NULL ? NULL : find_question(words, count);
    if (question == NULL) {
        if (home != NULL) {
            (void)fprintf(stderr, "soukd: %s: unknown question\nusage: %s\n", words[0], usage);
        }
        free(words);
        return 2;
    }
    struct inspection *inspection = memory_new(sizeof *inspection);
    inspection->argument = count > 1 ? words[1] : "";
    bool good = answer(inspection, home, question);
    if (!good) {
        (void)fprintf(stderr, "soukd: %s\n", inspection->error);
    }
    offline_close(&inspection->offline);
    free(inspection);
    free(words);
    return good ? 0 : 1;
}
