#include "node/snapshot_maker.h"

#include "base/memory.h"
#include "node/home.h"
#include "node/node_state.h"
#include "node/snapshot_load.h"
#include "node/snapshot_write.h"
#include "node/state_freeze.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ERROR_MAX 512

struct snapshot_maker {
    struct node *node;
    char directory[HOME_PATH_MAX];
    uv_work_t work;
    struct snapshot_writer writer;
    bool under_way; /* from the freeze until the snapshot is there, or given up */
    bool working;   /* a worker has it */
    bool finishing; /* what it does is the end */
    bool good;
    bool stopped;
    char error[ERROR_MAX];
    uint64_t begun_ms;
    struct frame_snapshot offers[FRAME_SNAPSHOTS_COUNT]; /* ascending */
    uint32_t offer_count;
};

/* Look again which snapshots there are. */
static void list(struct snapshot_maker *maker)
{
    uint64_t heights[64];
    char error[ERROR_MAX];
    char path[DISK_PATH_MAX];
    uint32_t count = snapshot_list(maker->directory, heights, 64);
    maker->offer_count = 0;
    for (uint32_t i = count > FRAME_SNAPSHOTS_COUNT ? count - FRAME_SNAPSHOTS_COUNT : 0; i < count;
         i++) {
        struct snapshot_opened opened;
        snapshot_directory(path, maker->directory, heights[i]);
        if (snapshot_open(&opened, path, error, sizeof(error))) {
            maker->offers[maker->offer_count++] =
                (struct frame_snapshot){opened.manifest.height, opened.hash};
        }
        snapshot_close(&opened);
    }
}

bool snapshot_maker_open(struct snapshot_maker **out, struct node *node, char *error,
                         size_t error_size)
{
    struct snapshot_maker *maker = memory_new(sizeof(*maker));
    *out = maker;
    maker->node = node;
    maker->work.data = maker;
    if (!home_path(maker->directory, node->home, HOME_SNAPSHOTS, error, error_size)) {
        return false;
    }
    list(maker);
    return true;
}

void snapshot_maker_stop(struct snapshot_maker *maker)
{
    maker->stopped = true;
}

void snapshot_maker_free(struct snapshot_maker *maker)
{
    if (maker != NULL) {
        snapshot_writer_close(&maker->writer);
        free(maker);
    }
}

uint64_t snapshot_maker_last(const struct snapshot_maker *maker)
{
    return maker->offer_count == 0 ? 0 : maker->offers[maker->offer_count - 1].height;
}

uint32_t snapshot_maker_offers(const struct snapshot_maker *maker,
                               const struct frame_snapshot **out)
{
    *out = maker->offers;
    return maker->offer_count;
}

const char *snapshot_maker_directory(const struct snapshot_maker *maker)
{
    return maker->directory;
}

static void end(struct snapshot_maker *maker)
{
    state_freeze_end(maker->node->store);
    snapshot_writer_close(&maker->writer);
    maker->under_way = false;
}

/* A snapshot is not worth the node's life: a full disk costs the snapshot alone. */
static void give_up(struct snapshot_maker *maker)
{
    char quoted[ERROR_MAX + 2];
    log_write(LOG_LEVEL_WARN, "snapshot_failed", "height=%" PRIu64 " text=%s",
              maker->writer.head.height, log_quote(quoted, sizeof(quoted), maker->error));
    end(maker);
}

static void run(uv_work_t *work)
{
    struct snapshot_maker *maker = work->data;
    if (maker->finishing) {
        maker->good = snapshot_writer_finish(
            &maker->writer, maker->directory, &maker->node->genesis->chain_id, maker->node->store,
            maker->node->blocks, maker->error, sizeof(maker->error));
        if (maker->good) {
            snapshot_keep(maker->directory, maker->node->config->snapshot_keep);
        }
        return;
    }
    maker->good = snapshot_writer_chunk(&maker->writer, maker->node->store, maker->error,
                                        sizeof(maker->error));
}

static void after(uv_work_t *work, int status);

static void queue(struct snapshot_maker *maker)
{
    maker->working = true;
    int status = uv_queue_work(&maker->node->loop, &maker->work, run, after);
    assert(status == 0);
}

static void go_on(struct snapshot_maker *maker)
{
    if (!maker->writer.done) {
        queue(maker);
        return;
    }
    if (!maker->finishing) {
        state_freeze_end(maker->node->store); /* nothing need be put aside any more */
    }
    if (block_store_durable_height(maker->node->blocks) > maker->writer.head.height) {
        maker->finishing = true;
        queue(maker);
    }
}

static void after(uv_work_t *work, int status)
{
    struct snapshot_maker *maker = work->data;
    maker->working = false;
    if (maker->stopped || status != 0) {
        return;
    }
    if (!maker->good) {
        give_up(maker);
        return;
    }
    if (!maker->finishing) {
        go_on(maker);
        return;
    }
    list(maker);
    log_write(LOG_LEVEL_INFO, "snapshot",
              "height=%" PRIu64 " keys=%" PRIu64 " chunks=%zu took_ms=%" PRIu64,
              maker->writer.head.height, maker->writer.key_count,
              maker->writer.hashes.size / sizeof(struct hash) + 1, node_now_ms() - maker->begun_ms);
    maker->writer.directory[0] = '\0'; /* it has its name now */
    end(maker);
}

void snapshot_maker_committed(struct snapshot_maker *maker)
{
    struct state_head head;
    if (maker->stopped || maker->working) {
        return;
    }
    if (maker->under_way) {
        return;
    }
    if (!state_freeze_head(maker->node->store, &head) ||
        head.height > maker->node->committed.height) {
        return;
    }
    maker->under_way = true;
    maker->finishing = false;
    maker->begun_ms = node_now_ms();
    if (!snapshot_writer_begin(&maker->writer, maker->directory, &head, maker->error,
                               sizeof(maker->error))) {
        give_up(maker);
        return;
    }
    queue(maker);
}

/* Not when they are committed: a chain may come to rest with the block that the snapshot waits for, which is
 * durable a little later. */
void snapshot_maker_kept(struct snapshot_maker *maker)
{
    if (!maker->stopped && !maker->working && maker->under_way && maker->writer.done) {
        go_on(maker);
    }
}
