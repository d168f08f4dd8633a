#include <stdlib.h>

#include "base/memory.h"
#include "market/operands.h"
#include "market/participants.h"
#include "market/rounds.h"

static bool check_values(struct native_call *call, struct bytes values)
{
    for (size_t i = 0; i < values.size / FIELD_EXT_SIZE; i++) {
        struct field_ext value;
        if (!field_ext_read(&value, values.data + i * FIELD_EXT_SIZE)) {
            return refuse(call, REFUSAL_FALLBACK_NOT_CANONICAL, i, 0);
        }
    }
    return true;
}

static bool fallback(struct round_work *work, struct native_call *call)
{
    const struct batch_fallback_operand *operand = call->operand;
    const struct round *round = &work->round;
    size_t size = (size_t)round->accepted * FIELD_EXT_SIZE;
    unsigned server;
    if (!work_sender(work, call, PHASE_FALLBACK, &server)) {
        return false;
    }
    if (operand->values.size != size) {
        return refuse(call, REFUSAL_FALLBACK_SIZE, operand->values.size, size);
    }
    if (!native_charge(call, (uint64_t)round->accepted * ROUND_OWNER_GAS) ||
        !check_values(call, operand->values)) {
        return false;
    }
    struct market_key key;
    key_values(&key, round->model, round->number, (uint8_t)server);
    state_put(call->state, key_bytes(&key), operand->values);
    work_posted(work, server);
    return true;
}

bool round_fallback(struct native_call *call)
{
    const struct batch_fallback_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = fallback(&work, call);
    work_close(&work);
    return done;
}

/* e_ij of all servers that posted, in order of owner: values[server - 1][owner]. */
struct opened {
    struct owner_set owners;
    struct field_ext *gammas;
    struct field_ext *values[MARKET_SERVERS_MAX]; /* NULL: did not post */
};

static void read_values(struct opened *opened, const struct round_work *work, unsigned server)
{
    struct market_key key;
    struct bytes bytes;
    key_values(&key, work->round.model, work->round.number, (uint8_t)server);
    bool posted = state_get(work->state, key_bytes(&key), &bytes);
    assert(posted && bytes.size == opened->owners.count * (size_t)FIELD_EXT_SIZE);
    (void)posted;
    struct field_ext *values = memory_new(opened->owners.count * sizeof(*values));
    for (uint32_t i = 0; i < opened->owners.count; i++) {
        bool canonical = field_ext_read(&values[i], bytes.data + i * (size_t)FIELD_EXT_SIZE);
        assert(canonical && "the instruction refuses others");
        (void)canonical;
    }
    opened->values[server - 1] = values;
}

static void open_values(struct opened *opened, const struct round_work *work)
{
    *opened = (struct opened){0};
    owner_set_load(&opened->owners, work);
    opened->gammas = memory_new(opened->owners.count * sizeof(*opened->gammas));
    for (uint32_t i = 0; i < opened->owners.count; i++) {
        opened->gammas[i] = aggregate_gamma(&work->round.decide_beacon, &opened->owners.keys[i]);
    }
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (work_active(work, server)) {
            read_values(opened, work, server);
        }
    }
}

static void close_values(struct opened *opened)
{
    for (size_t i = 0; i < MARKET_SERVERS_MAX; i++) {
        free(opened->values[i]);
    }
    free(opened->gammas);
    owner_set_close(&opened->owners);
}

/* A server whose opened values do not give what it posted in DECIDE lied in one of the two. */
static void convict_liars(struct round_work *work, const struct opened *opened)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        struct field_ext posted;
        if (!work_active(work, server)) {
            continue;
        }
        bool canonical = field_ext_read(&posted, work->round.values[server - 1]);
        assert(canonical && "the instruction refuses others");
        (void)canonical;
        if (!aggregate_values_match(posted, opened->gammas, opened->values[server - 1],
                                    opened->owners.count)) {
            work_convict(work, server, PENALTY_DECIDE);
        }
    }
}

/* An owner whose shares fit no polynomial goes, and gets its stake back: before there are disputes
 * nobody can prove whether the owner or a server is at fault. */
static void drop_inconsistent(struct round_work *work, const struct opened *opened)
{
    for (uint32_t i = 0; i < opened->owners.count; i++) {
        struct shamir_values values = {0};
        for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
            if (work_active(work, server)) {
                shamir_values_set(&values, server, opened->values[server - 1][i]);
            }
        }
        if (aggregate_decide(&values, work->view.terms.threshold, work->round.liars) ==
            AGGREGATE_ACCEPTED) {
            continue;
        }
        struct participant participant;
        participant_load(work, opened->owners.indexes[i], &participant);
        participant_drop(work, opened->owners.indexes[i], &participant);
        work->round.accepted--;
    }
}

static void erase_values(struct round_work *work)
{
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        struct market_key key;
        key_values(&key, work->round.model, work->round.number, (uint8_t)server);
        record_erase(work->state, &key);
    }
}

void round_close_fallback(struct round_work *work)
{
    struct opened opened;
    /* Twice the penalty: silence here hides who made the fallback necessary. */
    work_drop_silent(work, 2);
    open_values(&opened, work);
    convict_liars(work, &opened);
    erase_values(work);
    if (work_check_servers(work)) {
        drop_inconsistent(work, &opened);
        if (work->round.accepted < work->view.terms.owners_min) {
            round_abort(work, ABORT_TOO_FEW_OWNERS);
        } else {
            round_enter_aggregate(work);
        }
    }
    close_values(&opened);
}
