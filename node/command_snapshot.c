#include "node/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "node/config.h"
#include "node/main_ask.h"
#include "node/offline.h"
#include "node/snapshot_load.h"
#include "node/snapshot_write.h"
#include "node/state_freeze.h"

static const char usage[] = "soukd snapshot list | create | verify HEIGHT|DIR [TRUST] | restore "
                            "HEIGHT|DIR [TRUST], --home DIR";

#define LISTED_MAX 64

struct request {
    struct offline offline;
    const char *home;
    char snapshots[HOME_PATH_MAX];
    char error[OFFLINE_ERROR_SIZE];
};

static bool fail(struct request *request, const char *what)
{
    (void)snprintf(request->error, sizeof request->error, "%s", what);
    return false;
}

/* One line of JSON; `trust` is ready to be pasted as the setting sync.trust of a new node. */
static bool print_snapshot(struct request *request, const char *directory)
{
    struct snapshot_opened opened;
    bool good = snapshot_open(&opened, directory, request->error, sizeof request->error);
    if (good) {
        char name[65];
        char block[65];
        char root[65];
        hex_encode(name, BYTES_OF(opened.hash));
        hex_encode(block, BYTES_OF(opened.manifest.block));
        hex_encode(root, BYTES_OF(opened.manifest.state_root));
        (void)printf(
            "{\"height\":\"%" PRIu64 "\",\"hash\":\"%s\",\"state_root\":\"%s\",\"keys\":\"%" PRIu64
            "\",\"chunks\":%u,\"trust\":\"%" PRIu64 ":%s\",\"directory\":\"%s\"}\n",
            opened.manifest.height, name, root, opened.manifest.key_count,
            snapshot_chunk_count(&opened.manifest), opened.manifest.height, block, directory);
    }
    snapshot_close(&opened);
    return good;
}

static bool list(struct request *request)
{
    uint64_t heights[LISTED_MAX];
    char directory[DISK_PATH_MAX];
    uint32_t count = snapshot_list(request->snapshots, heights, LISTED_MAX);
    uint32_t damaged = 0;
    for (uint32_t i = 0; i < count; i++) {
        snapshot_directory(directory, request->snapshots, heights[i]);
        if (!print_snapshot(request, directory)) {
            (void)fprintf(stderr, "soukd: %s\n", request->error);
            damaged++;
        }
    }
    return damaged == 0 || fail(request, "a damaged snapshot is of no use: remove its directory");
}

/* Of a stopped node the last header is the newest that a quorum certified: it certifies the state
 * before its block. Where the block changed nothing, as the last one of a chain at rest, that is the
 * state that is there. */
static bool find_certified(struct request *request, const struct state_head *head,
                           struct state_head *out)
{
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = memory_new(sizeof *block);
    bool good = head->height >= 2 &&
                block_store_read(request->offline.blocks, head->height, &storage, &record) ==
                    BLOCK_STORE_OK &&
                block_decode(block, record.block, NULL, 0) &&
                hash_equal(&block->header.state_root, &head->state_root);
    *out = (struct state_head){
        .height = head->height - 1, .digest = block->header.parent, .state_root = head->state_root};
    buffer_close(&storage);
    free(block);
    return good || fail(request, "no header certifies the last state yet: start the node, let it "
                                 "make one more block, and try again");
}

static bool write_snapshot(struct request *request, const struct state_head *head,
                           const struct state_head *certified)
{
    char directory[DISK_PATH_MAX];
    struct snapshot_writer writer;
    struct state_store *states = request->offline.states;
    bool good = state_freeze_begin(states, head) &&
                snapshot_writer_begin(&writer, request->snapshots, certified, request->error,
                                      sizeof request->error);
    while (good && !writer.done) {
        good = snapshot_writer_chunk(&writer, states, request->error, sizeof request->error);
    }
    good = good && snapshot_writer_finish(
                       &writer, request->snapshots, &request->offline.genesis->chain_id, states,
                       request->offline.blocks, request->error, sizeof request->error);
    if (good) {
        writer.directory[0] = '\0';
    }
    snapshot_writer_close(&writer);
    snapshot_directory(directory, request->snapshots, certified->height);
    return good && print_snapshot(request, directory);
}

static bool create(struct request *request)
{
    struct state_head head;
    struct state_head certified;
    if (!offline_open(&request->offline, request->home, true, request->error,
                      sizeof request->error)) {
        return false;
    }
    struct state_snapshot *snapshot = state_snapshot_open(request->offline.states);
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    return find_certified(request, &head, &certified) && write_snapshot(request, &head, &certified);
}

/* Of a running node: two blocks have to come, and at rest none does. */
static int ask(const char *home)
{
    int code = main_ask(home, "node_snapshot");
    if (code == EXIT_SUCCESS) {
        (void)fprintf(stderr, "soukd: it will be of the state after the next block, and complete "
                              "when the block after that, which certifies it, is on the disk; a "
                              "chain at rest makes them at its next transaction. The log says "
                              "event=snapshot then\n");
    }
    return code;
}

/* A height names a snapshot of this home; anything else is a directory. */
static void find_directory(const struct request *request, const char *which,
                           char out[DISK_PATH_MAX])
{
    if (which[0] != '\0' && strspn(which, "0123456789") == strlen(which)) {
        snapshot_directory(out, request->snapshots, strtoull(which, NULL, 10));
    } else {
        (void)snprintf(out, DISK_PATH_MAX, "%.4000s", which);
    }
}

/* The word `trust` of the list, or NULL: then the genesis is trusted alone. */
static bool find_trust(struct request *request, const char *word, struct snapshot_trust *out)
{
    snapshot_trust_genesis(out, request->offline.genesis);
    return word == NULL ||
           (config_parse_trust(word, &out->height, out->block.bytes) && out->height != 0) ||
           fail(request, "HEIGHT:HASH is expected after the snapshot, as the list has it");
}

static bool verify(struct request *request, const char *which, const char *trusted)
{
    struct snapshot_trust trust;
    char directory[DISK_PATH_MAX];
    find_directory(request, which, directory);
    return offline_lock(&request->offline, request->home, request->error, sizeof request->error) &&
           find_trust(request, trusted, &trust) &&
           snapshot_verify(request->home, request->offline.genesis, &trust, directory,
                           request->error, sizeof request->error) &&
           print_snapshot(request, directory);
}

/* Blocks and state are never overwritten by what may be older. */
static bool is_empty(struct request *request)
{
    char state[HOME_PATH_MAX];
    char blocks[HOME_PATH_MAX];
    struct stat status;
    struct buffer names = {0};
    if (!home_path(state, request->home, HOME_STATE "/data.mdb", request->error,
                   sizeof request->error) ||
        !home_path(blocks, request->home, HOME_BLOCKS, request->error, sizeof request->error)) {
        return false;
    }
    int failure = disk_list(blocks, "", ".seg", &names);
    bool none = names.size == 0 && (failure == 0 || failure == ENOENT);
    buffer_close(&names);
    return (none && stat(state, &status) != 0 && errno == ENOENT) ||
           fail(request, "the home has a state or blocks already: remove data/state and "
                         "data/blocks, and keep data/wal");
}

static bool restore(struct request *request, const char *which, const char *trusted)
{
    struct snapshot_trust trust;
    char directory[DISK_PATH_MAX];
    bool found;
    find_directory(request, which, directory);
    return offline_lock(&request->offline, request->home, request->error, sizeof request->error) &&
           is_empty(request) && find_trust(request, trusted, &trust) &&
           snapshot_restore(request->home, request->offline.genesis, &trust, directory,
                            request->error, sizeof request->error) &&
           restore_finish(request->home, &found, request->error, sizeof request->error) &&
           print_snapshot(request, directory);
}

static int run(struct request *request, const char *verb, const char *which, const char *trusted)
{
    bool good;
    if (!home_path(request->snapshots, request->home, HOME_SNAPSHOTS, request->error,
                   sizeof request->error)) {
        good = false;
    } else if (strcmp(verb, "list") == 0) {
        good = list(request);
    } else if (strcmp(verb, "create") == 0) {
        if (home_lock_held(request->home)) {
            return ask(request->home);
        }
        good = create(request);
    } else if (strcmp(verb, "verify") == 0) {
        good = verify(request, which, trusted);
    } else {
        good = restore(request, which, trusted);
    }
    if (!good) {
        (void)fprintf(stderr, "soukd: %s\n", request->error);
    }
    return good ? 0 : 1;
}

static bool usage_good(const char *const *rest, int count)
{
    if (count == 1) {
        return strcmp(rest[0], "list") == 0 || strcmp(rest[0], "create") == 0;
    }
    return count >= 2 && count <= 3 &&
           (strcmp(rest[0], "verify") == 0 || strcmp(rest[0], "restore") == 0);
}

int command_snapshot(int argc, char **argv)
{
    const char **rest = memory_new((size_t)argc * sizeof *rest);
    int rest_count = 0;
    struct request *request = memory_new(sizeof *request);
    request->home = offline_arguments(argc, argv, usage, rest, &rest_count);
    int code = 2;
    if (request->home != NULL && usage_good(rest, rest_count)) {
        code =
            run(request, rest[0], rest_count > 1 ? rest[1] : "", rest_count > 2 ? rest[2] : NULL);
        offline_close(&request->offline);
    } else if (request->home != NULL) {
        (void)fprintf(stderr, "usage: %s\n", usage);
    }
    free(request);
    free(rest);
    return code;
}
