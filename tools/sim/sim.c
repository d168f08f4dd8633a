#include "tools/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/sim/ledger_app.h"
#include "tools/sim/sim_state.h"

#define SIM_BRANCH_TEXT(name, text) text,
static const char *const branch_texts[] = {SIM_BRANCH_LIST(SIM_BRANCH_TEXT)};
#undef SIM_BRANCH_TEXT

const char *sim_branch_text(enum sim_branch branch)
{
    return (size_t)branch < ARRAY_COUNT(branch_texts) ? branch_texts[branch] : "unknown branch";
}

void sim_options_quiet(struct sim_options *out, uint32_t validator_count)
{
    *out = (struct sim_options){.validator_count = validator_count,
                                .heights = 1,
                                .delay_min_us = 1000,
                                .delay_max_us = 1000,
                                .disk_max_us = 100,
                                .collect_above = VALIDATORS_COLLECT_ABOVE,
                                .make_app = sim_app_chain,
                                .round_timeout_ms = 500,
                                .keep_trace = true};
}

void sim_options_storm(struct sim_options *out, uint64_t seed, uint32_t validator_count,
                       uint64_t heights)
{
    struct sim_random random = {seed};
    uint32_t faults = validators_fault_count(validator_count);
    uint32_t twins = (uint32_t)random_below(&random, faults + 1);
    *out = (struct sim_options){
        .seed = seed,
        .validator_count = validator_count,
        .spare_count = (uint32_t)random_below(&random, 4),
        .change_per_mille = (uint32_t)random_below(&random, 400),
        .heights = heights,
        .twin_count = twins,
        .mute_count = (uint32_t)random_below(&random, faults - twins + 1),
        .delay_min_us = 200,
        .delay_max_us = 200 + (uint32_t)random_below(&random, 60000),
        .loss_per_mille = (uint32_t)random_below(&random, 300),
        .double_per_mille = (uint32_t)random_below(&random, 300),
        .forge_per_mille = (uint32_t)random_below(&random, 300),
        .recall_per_mille = 50,
        .cut_per_mille = (uint32_t)random_below(&random, 40),
        .disk_max_us = 100 + (uint32_t)random_below(&random, 30000),
        .skew_max_ms = 150,
        .round_timeout_ms = 300,
        .make_app = sim_app_ledger,
        .chance = true,
        .fault_interval_us = 200000 + random_below(&random, 3000000),
        .work = true,
        .shorts = true,
        .guarded = random_chance(&random, 500),
        .collect_above = VALIDATORS_COLLECT_ABOVE,
    };
    /* In most storms a size at hand stands for the protocol's 32: sets are above it, or cross it. */
    switch (random_below(&random, 4)) {
    case 0:
        break;
    case 1:
        out->collect_above = validator_count - (uint32_t)random_below(&random, 2);
        break;
    default:
        out->collect_above = 0;
        break;
    }
}

void sim_secret(uint32_t validator, struct secret_key *out)
{
    struct hash seed;
    uint8_t number[1] = {(uint8_t)validator};
    hash_tagged(&seed, "souk/sim-key/v1", BYTES_OF(number));
    bool made = secret_key_init(out, seed.bytes);
    assert(made);
}

static enum behaviour behaviour_of(const struct sim_options *options, uint32_t validator)
{
    if (validator < options->twin_count) {
        return TWIN;
    }
    return validator < options->twin_count + options->mute_count ? MUTE : HONEST;
}

struct sim *sim_new(const struct sim_options *options)
{
    const uint32_t keys = options->validator_count + options->spare_count;
    assert(options->validator_count >= 1 && keys <= SIM_VALIDATORS_MAX);
    struct sim *sim = memory_new(sizeof(*sim));
    sim->options = *options;
    sim->random.state = options->seed ^ 0x736F756BU;
    sim->brief_random.state = options->seed ^ 0x62726965U;
    sim->goal = options->heights;
    sha256_init_tagged(&sim->trace_hash, "souk/sim-trace/v1");
    membership_init(&sim->membership, keys, options->validator_count);
    sim->membership.faulty = options->twin_count + options->mute_count;
    sim->host_count = keys + options->twin_count;
    options->make_app(&sim->app, options, sim->host_count);
    block_rules_init(&sim->rules, &sim->app.chain_id,
                     &membership_at(&sim->membership, 1)->set->validators, sim->app.body_digest,
                     sim->app.data);
    sim->rules.collect_above = options->collect_above;
    for (uint32_t i = 0; i < sim->host_count; i++) {
        uint32_t validator = i % keys;
        host_open(sim, i, validator, behaviour_of(options, validator));
    }
    for (uint32_t i = 0; i < sim->host_count; i++) {
        host_start(sim, &sim->hosts[i]);
    }
    if (options->fault_interval_us > 0) {
        sim_schedule(sim, NULL, options->fault_interval_us, (struct event){.kind = EVENT_FAULT});
    }
    return sim;
}

void sim_free(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->host_count; i++) {
        host_close(&sim->hosts[i]);
    }
    queue_close(&sim->queue);
    checker_close(&sim->checker);
    membership_close(&sim->membership);
    buffer_close(&sim->trace);
    sim->app.close(sim->app.data);
    free(sim);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    if (sim->failed) {
        return;
    }
    sim->failed = true;
    va_list arguments;
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): version 14 loses track of va_start here
    (void)vsnprintf(sim->report.failure, sizeof(sim->report.failure), format, arguments);
    va_end(arguments);
}

void sim_schedule(struct sim *sim, const struct host *host, uint64_t delay_us, struct event event)
{
    event.time_us = sim->time_us + delay_us;
    event.host = host == NULL ? 0 : host->index;
    event.epoch = host == NULL ? 0 : host->epoch;
    queue_add(&sim->queue, &event);
}

uint64_t sim_some_us(struct sim *sim, uint64_t max_us)
{
    return sim->options.chance ? random_below(&sim->random, max_us + 1) : max_us;
}

static void happen(struct sim *sim, const struct event *event)
{
    struct host *host = &sim->hosts[event->host];
    sha256_add_u64(&sim->trace_hash, event->time_us);
    sha256_add_u32(&sim->trace_hash, (uint32_t)event->kind << 8 | event->host);
    if (event->kind == EVENT_FAULT) {
        if (!sim->healed) {
            net_fault(sim);
        }
    } else if (event->kind == EVENT_RETURN) {
        host_start(sim, host);
    } else if (host->up && host->epoch == event->epoch) {
        host_event(sim, host, event);
    }
}

static bool sim_next(struct sim *sim, uint64_t limit_us)
{
    struct event event;
    if (sim->failed || sim->queue.count == 0 || sim->queue.heap[0].time_us > limit_us ||
        !queue_take(&sim->queue, &event)) {
        return false;
    }
    sim->time_us = event.time_us;
    happen(sim, &event);
    payload_release(event.payload);
    return true;
}

bool sim_run(struct sim *sim, uint64_t time_ms)
{
    while (sim_next(sim, time_ms * 1000)) {
    }
    if (!sim->failed) {
        sim->time_us = time_ms * 1000;
    }
    return !sim->failed;
}

static uint64_t lowest_height(const struct sim *sim)
{
    uint64_t lowest = UINT64_MAX;
    for (uint32_t i = 0; i < sim->host_count; i++) {
        const struct host *host = &sim->hosts[i];
        if (host->behaviour == HONEST && host->height < lowest) {
            lowest = host->height;
        }
    }
    return lowest;
}

bool sim_run_until_height(struct sim *sim, uint64_t height, uint64_t limit_ms)
{
    while (lowest_height(sim) < height && sim_next(sim, limit_ms * 1000)) {
    }
    return !sim->failed && lowest_height(sim) >= height;
}

void sim_stop(struct sim *sim, uint32_t host)
{
    host_stop(sim, &sim->hosts[host]);
}

void sim_start(struct sim *sim, uint32_t host)
{
    host_start(sim, &sim->hosts[host]);
}

void sim_work(struct sim *sim, uint32_t host)
{
    sim_schedule(sim, &sim->hosts[host], 0, (struct event){.kind = EVENT_WORK});
}

void sim_heal(struct sim *sim)
{
    sim->healed = true;
    memset(sim->blocked, 0, sizeof(sim->blocked));
    for (uint32_t i = 0; i < sim->host_count; i++) {
        sim->hosts[i].skew_ms = 0;
        sim_signer_leave(sim, &sim->hosts[i], 0);
        host_start(sim, &sim->hosts[i]);
    }
    net_peers(sim);
    checker_healed(sim);
}

void sim_plan_change(struct sim *sim, uint64_t height, enum sim_change change, uint32_t validator)
{
    struct membership *membership = &sim->membership;
    assert(height + 2 > membership->known && membership->plan_count < SIM_PLANS_MAX);
    membership->plans[membership->plan_count++] = (struct sim_plan){height, change, validator};
}

void sim_link(struct sim *sim, uint32_t from, uint32_t to, bool open)
{
    sim->blocked[from][to] = !open;
}

void sim_inject(struct sim *sim, uint32_t host, struct bytes wire)
{
    struct event event = {.kind = EVENT_DELIVER, .payload = payload_new(wire)};
    sim_schedule(sim, &sim->hosts[host], 0, event);
}

void sim_set_filter(struct sim *sim,
                    bool (*filter)(void *data, uint32_t from, uint32_t to, const struct vote *vote),
                    void *data)
{
    sim->filter = filter;
    sim->filter_data = data;
}

void sim_report(const struct sim *sim, struct sim_report *out)
{
    *out = sim->report;
    out->passed = !sim->failed;
    out->time_ms = sim->time_us / 1000;
    out->height = lowest_height(sim);
    struct sha256 trace = sim->trace_hash;
    sha256_finish(&trace, &out->trace);
}

static bool reach(struct sim *sim, uint64_t height, uint64_t limit_ms)
{
    sim->goal = height;
    for (uint32_t i = 0; i < sim->host_count; i++) {
        sim_work(sim, i);
    }
    bool reached = sim_run_until_height(sim, height, limit_ms);
    if (!reached) {
        sim_fail(sim, "no progress: height %llu of %llu after %llu ms",
                 (unsigned long long)lowest_height(sim), (unsigned long long)height,
                 (unsigned long long)limit_ms);
    }
    return reached;
}

void sim_seed(const struct sim_options *options, struct sim_report *out)
{
    struct sim *sim = sim_new(options);
    uint64_t storm_ms = 5000 + random_below(&sim->random, 25000);
    /* Something is left to decide when the storm is over. */
    sim->goal = options->heights - options->heights / 4;
    bool calm = sim_run(sim, storm_ms);
    sim_heal(sim);
    bool reached = calm && reach(sim, options->heights, storm_ms + 60000 + 2000 * options->heights);
    /* Nobody gets away because the run is over. */
    while (reached && checker_owes(sim)) {
        reached = reach(sim, sim->goal + 1, sim->time_us / 1000 + 60000);
    }
    checker_handovers(sim);
    sim_report(sim, out);
    sim_free(sim);
}

const char *sim_trace(struct sim *sim)
{
    return buffer_text(&sim->trace);
}

void sim_trace_clear(struct sim *sim)
{
    buffer_clear(&sim->trace);
}

uint64_t sim_height(const struct sim *sim, uint32_t host)
{
    return sim->hosts[host].height;
}

void sim_digest(const struct sim *sim, uint32_t host, uint64_t height, struct hash *out)
{
    assert(height >= 1 && height <= sim->hosts[host].height);
    *out = sim->hosts[host].chain[height - 1].digest;
}

uint64_t sim_evidence_count(const struct sim *sim)
{
    return sim->report.evidence;
}

const struct block_rules *sim_rules(const struct sim *sim)
{
    return &sim->rules;
}

void sim_summary(const struct sim *sim, uint32_t host, struct pbft_summary *out)
{
    pbft_summarize(sim->hosts[host].pbft, out);
}
