#include "tools/server/duties.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client/log.h"

void duty_memory_close(struct duty_memory *memory)
{
    for (size_t i = 0; i < ARRAY_COUNT(memory->couriers); i++) {
        courier_close(memory->couriers[i]);
    }
    computed_close(&memory->computed);
    memset(memory, 0, sizeof(*memory));
}

bool duty_posted(const struct duty *duty)
{
    return shamir_set_has(duty->round->setting.round.posted, duty->round->self);
}

bool duty_settled_before(const struct duty *duty, uint8_t native, bool *good, struct fault *fault)
{
    char name[POST_NAME_MAX];
    *good = true;
    if (duty_posted(duty)) {
        return true;
    }
    post_name(name, duty->round, native);
    if (!post_kept(duty->server, duty->round, name)) {
        return false;
    }
    *good = post_send(duty->server, duty->rpc, duty->round, name, fault);
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

/* The duty of a phase; NULL where there is none. */
static bool (*duty_of(uint8_t phase))(const struct duty *, struct fault *)
{
    switch ((enum round_phase)phase) {
    case PHASE_PAD:
        return duty_pad;
    case PHASE_DEAL:
        return duty_deal;
    case PHASE_CONFIRM:
        return duty_confirm;
    case PHASE_ACK:
        return duty_acknowledge;
    case PHASE_DECIDE:
        return duty_decide;
    case PHASE_FALLBACK:
        return duty_fallback;
    case PHASE_JUSTIFY:
        return duty_justify;
    case PHASE_VALUES:
        return duty_functionals;
    case PHASE_AGGREGATE:
        return duty_aggregate;
    case PHASE_CHECK:
        return duty_check;
    case PHASE_CREDITS:
        return duty_credits;
    case PHASE_COMMIT:
    case PHASE_PROVE_BEACON:
    case PHASE_PROVE:
    case PHASE_PUBLISH:
    case PHASE_DECIDE_BEACON:
    case PHASE_CLAIM:
    case PHASE_CHECK_BEACON:
    case PHASE_SETTLED:
    case PHASE_ABORTED:
        break;
    }
    return NULL;
}

static void note_phase(struct duty_memory *memory, const struct round *round)
{
    if (memory->phase_height != round->phase_height || memory->phase != round->phase) {
        memory->phase = round->phase;
        memory->phase_height = round->phase_height;
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

static bool run_phase(const struct duty *duty, struct duty_round *name, struct fault *fault)
{
    bool (*run)(const struct duty *, struct fault *) = duty_of(name->setting.round.phase);
    if (run == NULL) {
        return true;
    }
    bool good =
        roster_load(duty->rpc, &duty->server->chain, &name->setting.round, &name->roster, fault) &&
        run(duty, fault);
    roster_close(&name->roster);
    return good;
}

bool duties_run(struct aggregation_server *server, struct rpc *rpc, struct duty_memory *memory,
                bool *ended, struct fault *fault)
{
    struct duty_round name = {.name = memory->name};
    const struct duty duty = {server, rpc, &name, memory};
    *ended = false;
    if (!round_setting_load(rpc, &server->chain, memory->name.model, memory->name.round,
                            &name.setting, fault)) {
        return false;
    }
    const struct round *round = &name.setting.round;
    bool good = true;
    name.self = find_self(server, &name.setting.terms);
    note_phase(memory, round);
    if (round->phase == PHASE_SETTLED || round->phase == PHASE_ABORTED) {
        note_end(server, round);
        vault_erase(server, &memory->name);
        *ended = true;
    } else if (name.self > 0 && shamir_set_has(round->active, name.self)) {
        good = run_phase(&duty, &name, fault);
    }
    round_setting_close(&name.setting);
    return good;
}
