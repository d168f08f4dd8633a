#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "market/members.h"
#include "market/parameter_rules.h"
#include "node/base_state.h"
#include "node/command.h"
#include "node/disk.h"
#include "node/offline.h"
#include "p2p/json_schema.h"

static const char usage[] = "soukd fork --home DIR OUT";

struct forking {
    struct offline offline;
    struct state_snapshot *snapshot;
    struct state *state;
    struct genesis *genesis; /* of the new chain */
    char error[OFFLINE_ERROR_SIZE];
};

static bool fail(struct forking *forking, const char *path, const char *what)
{
    (void)snprintf(forking->error, sizeof forking->error, "%.512s: %s", path, what);
    return false;
}

/* The old genesis with the present rules and validators, and no accounts: they are in the state. */
static void fill_genesis(struct forking *forking)
{
    struct state_head head;
    struct genesis *genesis = forking->genesis;
    struct validators *set = memory_new(sizeof *set);
    state_snapshot_head(forking->snapshot, &head);
    members_newest(forking->state, set);
    *genesis = forking->offline.genesis->genesis;
    parameters_at(forking->state, head.height + PARAMETER_DELAY, &genesis->parameters);
    genesis->time_ms = head.time_ms;
    genesis->base_chain_id = forking->offline.genesis->chain_id;
    genesis->base_height = head.height;
    genesis->base_state_root = head.state_root;
    genesis->account_count = 0;
    genesis->validator_count = set->count;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct validator *from = &set->list[i];
        genesis->validators[i] = (struct genesis_validator){
            .name = from->name, .public_key = from->key, .node_key = from->node_key};
    }
    free(set);
}

static bool write_genesis(struct forking *forking, const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL) {
        return fail(forking, path, strerrordesc_np(errno));
    }
    json_t *json =
        json_schema_write(&genesis_schema, forking->genesis, forking->offline.genesis->prefix);
    bool good = json_dumpf(json, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF;
    good = good && fflush(file) == 0 && fsync(descriptor) == 0;
    good = fclose(file) == 0 && good;
    json_decref(json);
    if (!good) {
        (void)unlink(path);
    }
    return good || fail(forking, path, "cannot be written");
}

/* A home, or what else is there, is not mixed with the files of another chain. */
static bool is_empty(struct forking *forking, const char *folder)
{
    struct buffer names = {0};
    int failure = disk_list(folder, "", "", &names);
    bool empty = true;
    for (size_t at = 0; at < names.size; at += strlen((const char *)names.data + at) + 1) {
        const char *name = (const char *)names.data + at;
        empty = empty && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0);
    }
    buffer_close(&names);
    if (failure != 0) {
        return fail(forking, folder, strerrordesc_np(failure));
    }
    return empty || fail(forking, folder, "not empty; name a folder that is new or empty");
}

static bool write_files(struct forking *forking, const char *folder)
{
    char genesis[HOME_PATH_MAX];
    char base[HOME_PATH_MAX];
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return fail(forking, folder, strerrordesc_np(errno));
    }
    if (!is_empty(forking, folder)) {
        return false;
    }
    if (!home_path(genesis, folder, "genesis.json", forking->error, sizeof forking->error) ||
        !home_path(base, folder, "base_state", forking->error, sizeof forking->error) ||
        !write_genesis(forking, genesis)) {
        return false;
    }
    bool good = base_state_write(base, forking->snapshot, forking->error, sizeof forking->error);
    if (!good) {
        (void)unlink(genesis);
    }
    return good;
}

static void report(const struct forking *forking, const char *folder)
{
    char root[65];
    hex_encode(root, BYTES_OF(forking->genesis->base_state_root.bytes));
    (void)printf("base_height = %llu\nbase_state_root = %s\n"
                 "written: %s/genesis.json, %s/base_state\n"
                 "next: edit the validators of genesis.json, give both files to every node of the "
                 "new chain\n",
                 (unsigned long long)forking->genesis->base_height, root, folder, folder);
}

static bool run(struct forking *forking, const char *home, const char *folder)
{
    if (!offline_open(&forking->offline, home, true, forking->error, sizeof forking->error)) {
        return false;
    }
    struct state_head head;
    forking->snapshot = state_snapshot_open(forking->offline.states);
    state_snapshot_head(forking->snapshot, &head);
    struct state_source source = state_snapshot_source(forking->snapshot);
    forking->state = state_new(&source);
    forking->genesis = memory_new(sizeof *forking->genesis);
    bool good = head.height > 0 || fail(forking, home, "the chain has no block to go on from");
    if (good) {
        fill_genesis(forking);
        good = write_files(forking, folder);
    }
    if (good) {
        report(forking, folder);
    }
    free(forking->genesis);
    state_free(forking->state);
    state_snapshot_close(forking->snapshot);
    return good;
}

int command_fork(int argc, char **argv)
{
    const char **words = memory_new((size_t)argc * sizeof *words);
    int count = 0;
    const char *home = offline_arguments(argc, argv, usage, words, &count);
    if (home == NULL || count != 1) {
        if (home != NULL) {
            (void)fprintf(stderr, "usage: %s\n", usage);
        }
        free(words);
        return 2;
    }
    struct forking *forking = memory_new(sizeof *forking);
    bool good = run(forking, home, words[0]);
    if (!good) {
        (void)fprintf(stderr, "soukd: %s\n", forking->error);
    }
    offline_close(&forking->offline);
    free(forking);
    free(words);
    return good ? 0 : 1;
}
