/* One host's disk: the log of consensus records, and the store of decided blocks. A sync covers the
 * records written before it began; the store lags, so a power cut may also lose the newest blocks. */
#include <stdlib.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

enum { STORE_LAG_MAX = 4 }; /* blocks that a power cut may take back */

static void begin_sync(struct sim *sim, struct host *host)
{
    host->disk_busy = true;
    uint64_t delay_us = sim_some_us(sim, sim->options.disk_max_us);
    /* The moment that matters most: something was written and is not durable yet. */
    if (sim->options.cut_per_mille > 0 && !sim->healed &&
        random_chance(&sim->random, sim->options.cut_per_mille)) {
        sim_schedule(sim, host, random_below(&sim->random, delay_us + 1),
                     (struct event){.kind = EVENT_CUT});
    }
    sim_schedule(sim, host, delay_us,
                 (struct event){.kind = EVENT_SYNCED, .detail = host->written});
}

void disk_append(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    host->records = memory_resize(host->records, (host->record_count + 1) * sizeof(*host->records));
    struct disk_record *record = &host->records[host->record_count++];
    *record = (struct disk_record){.sequence = action->sequence, .height = action->height};
    buffer_append(&record->bytes, action->bytes);
    host->written = action->sequence;
    if (!host->disk_busy) {
        begin_sync(sim, host);
    }
}

void disk_synced(struct sim *sim, struct host *host, uint64_t sequence)
{
    host->durable = sequence;
    host->disk_busy = false;
    if (host->written > host->durable) {
        begin_sync(sim, host);
    }
}

static void drop_records(struct host *host, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        buffer_close(&host->records[i].bytes);
    }
    for (size_t i = first + count; i < host->record_count; i++) {
        host->records[i - count] = host->records[i];
    }
    host->record_count -= count;
}

void disk_cut(struct sim *sim, struct host *host)
{
    size_t kept = 0;
    while (kept < host->record_count && host->records[kept].sequence <= host->durable) {
        kept++;
    }
    kept += random_below(&sim->random, host->record_count - kept + 1);
    drop_records(host, kept, host->record_count - kept);
    for (size_t i = 0; i < host->record_count; i++) {
        host->records[i].sequence = 0;
    }
    uint64_t lost = random_below(&sim->random, host->height - host->stored + 1);
    for (; lost > 0; lost--) {
        host->height--;
        sim_met(sim, SIM_LOST_BLOCK);
        buffer_close(&host->chain[host->height].encoded);
    }
    host->stored = host->height;
}

/* Records are forgotten only once the store cannot lose the block of their height any more. */
static void forget_records(struct host *host)
{
    size_t count = 0;
    while (count < host->record_count && host->records[count].height <= host->stored &&
           host->records[count].sequence <= host->durable) {
        count++;
    }
    drop_records(host, 0, count);
}

void disk_store(struct sim *sim, struct host *host, const struct outgoing *decided)
{
    struct block block;
    char error[160];
    struct bytes encoded = buffer_bytes(&decided->payload->wire);
    if (!block_decode(&block, encoded, error, sizeof(error))) {
        sim_fail(sim, "host %u decided a block that does not decode: %s", host->index, error);
        return;
    }
    if (host->behaviour == HONEST) {
        checker_decided(sim, host, &block, &decided->certificate);
    }
    if (block.header.height != host->height + 1) {
        sim_fail(sim, "host %u decided height %llu after %llu", host->index,
                 (unsigned long long)block.header.height, (unsigned long long)host->height);
        return;
    }
    host->chain = memory_resize(host->chain, (host->height + 1) * sizeof(*host->chain));
    if (host->height - host->stored >= STORE_LAG_MAX || random_chance(&sim->random, 300)) {
        host->stored = host->height;
    }
    struct disk_block *stored = &host->chain[host->height++];
    *stored =
        (struct disk_block){.certificate = decided->certificate, .time_ms = block.header.time_ms};
    buffer_append(&stored->encoded, encoded);
    block_digest(&stored->digest, &block.header);
    if (decided->logged && host->shown + 1 == host->height) {
        host->shown = host->height;
    }
    host->shown = host->stored > host->shown ? host->stored : host->shown;
    forget_records(host);
}

void disk_close(struct host *host)
{
    drop_records(host, 0, host->record_count);
    free(host->records);
    for (uint64_t i = 0; i < host->height; i++) {
        buffer_close(&host->chain[i].encoded);
    }
    free(host->chain);
}
