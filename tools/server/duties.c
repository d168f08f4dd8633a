#include "tools/server/duties.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client/log.h"
#include "tools/client/submit.h"

void duty_memory_close(struct duty_memory *memory)
{
    for (size_t i = 0; i < ARRAY_COUNT(memory->couriers); i++) {
        courier_close(memory->couriers[i]);
    }
    free(memory->sum);
    memset(memory, 0, sizeof(*memory));
}

bool duty_post(struct aggregation_server *server, struct rpc *rpc, uint8_t native,
               const void *operand, struct bytes sidecar, struct fault *fault)
{
    struct submit_receipt receipt;
    struct chain_info chain;
    struct buffer program = {0};
    const char *name = native_find(&market_natives, native)->name;
    submit_program(&program, &(struct submit_native){native, operand}, 1);
    struct submit_request request = {
        .program = buffer_bytes(&program),
        .sidecar = sidecar,
        .key = &server->identity,
    };
    bool good = chain_info_load(rpc, &chain, fault) &&
                submit_and_wait(rpc, &chain, &request, &receipt, fault);
    buffer_close(&program);
    if (!good) {
        atomic_fetch_add(&server->counters.transactions_failed, 1);
        return false;
    }
    atomic_fetch_add(&server->counters.transactions_done, 1);
    log_info("posted", "instruction=%s height=%" PRIu64 " fee=%" PRIu64, name, receipt.height,
             receipt.fee);
    json_decref(receipt.json);
    return true;
}

/* j of this server in a model, 0 where it does not serve it. */
static unsigned find_self(const struct aggregation_server *server, const struct model_terms *terms)
{
    for (uint32_t i = 0; i < terms->server_count; i++) {
        if (address_equal(&terms->servers[i], &server->address)) {
            return i + 1;
        }
    }
    return 0;
}

static bool phase_asks(uint8_t phase)
{
    return phase == PHASE_ACK || phase == PHASE_DECIDE || phase == PHASE_FALLBACK ||
           phase == PHASE_AGGREGATE || phase == PHASE_CHECK;
}

static bool run_phase(struct aggregation_server *server, struct rpc *rpc,
                      const struct duty_round *duty, struct duty_memory *memory,
                      struct fault *fault)
{
    switch ((enum round_phase)duty->setting.round.phase) {
    case PHASE_ACK:
        return duty_acknowledge(server, rpc, duty, fault);
    case PHASE_DECIDE:
        return duty_decide(server, rpc, duty, fault);
    case PHASE_FALLBACK:
        return duty_fallback(server, rpc, duty, fault);
    case PHASE_AGGREGATE:
        return duty_aggregate(server, rpc, duty, memory, fault);
    case PHASE_CHECK:
        return duty_check(server, rpc, duty, memory, fault);
    case PHASE_COMMIT:
    case PHASE_PAD:
    case PHASE_PROVE_BEACON:
    case PHASE_PROVE:
    case PHASE_PUBLISH:
    case PHASE_CLAIM:
    case PHASE_JUSTIFY:
    case PHASE_VALUES:
    case PHASE_CREDITS:
    case PHASE_DECIDE_BEACON:
    case PHASE_CHECK_BEACON:
    case PHASE_SETTLED:
    case PHASE_ABORTED:
        break;
    }
    return true;
}

static void note_phase(struct duty_memory *memory, const struct round *round)
{
    if (memory->phase != round->phase) {
        memory->phase = round->phase;
        log_info("phase", "model=%" PRIu64 " round=%" PRIu32 " phase=\"%s\" deadline=%" PRIu64,
                 round->model, round->number, round_phase_name(round->phase),
                 round->deadline_height);
    }
}

static void note_end(struct aggregation_server *server, const struct round *round)
{
    if (round->phase == PHASE_SETTLED) {
        atomic_fetch_add(&server->counters.rounds_settled, 1);
        log_info("settled", "model=%" PRIu64 " round=%" PRIu32 " accepted=%u", round->model,
                 round->number, round->accepted);
    } else {
        atomic_fetch_add(&server->counters.rounds_aborted, 1);
        log_warn("aborted", "model=%" PRIu64 " round=%" PRIu32 " reason=\"%s\"", round->model,
                 round->number, abort_reason_name(round->abort_reason));
    }
}

bool duties_run(struct aggregation_server *server, struct rpc *rpc, struct duty_memory *memory,
                bool *ended, struct fault *fault)
{
    struct duty_round duty = {.name = memory->name};
    *ended = false;
    if (!round_setting_load(rpc, &server->chain, memory->name.model, memory->name.round,
                            &duty.setting, fault)) {
        return false;
    }
    const struct round *round = &duty.setting.round;
    bool good = true;
    duty.self = find_self(server, &duty.setting.terms);
    note_phase(memory, round);
    if (round->phase == PHASE_SETTLED || round->phase == PHASE_ABORTED) {
        note_end(server, round);
        vault_erase(server, &memory->name);
        *ended = true;
    } else if (duty.self > 0 && shamir_set_has(round->active, duty.self) &&
               phase_asks(round->phase)) {
        good = roster_load(rpc, round, &duty.roster, fault) &&
               run_phase(server, rpc, &duty, memory, fault);
        roster_close(&duty.roster);
    }
    round_setting_close(&duty.setting);
    return good;
}
