#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "crypto/pad.h"
#include "market/disputes.h"
#include "market/ledger.h"
#include "market/opened.h"
#include "market/operands.h"
#include "market/proofs.h"
#include "market/reference.h"
#include "market/rounds.h"
#include "market/seals.h"
#include "market/servers.h"
#include "market/terms.h"

/* One proof in a dispute. */
struct justification {
    uint16_t index; /* seat, or MARKET_PAD_SEAT */
    unsigned server;
    struct dispute dispute;
    struct sealed sealed;
    struct justify_opening opening;
    struct bytes ciphertexts; /* C || C2 */
    struct bytes reference;   /* g0; empty without a test */
    uint64_t gas;
};

static const struct address *owner_of(const struct round_work *work, uint16_t index,
                                      struct participant *participant)
{
    if (index == MARKET_PAD_SEAT) {
        return &work->view.model.owner;
    }
    participant_load(work, index, participant);
    return &participant->owner;
}

static bool find_dispute(const struct round_work *work, struct native_call *call,
                         struct justification *out)
{
    const struct dispute_justify_operand *operand = call->operand;
    const struct model_terms *terms = &work->view.terms;
    struct participant participant;
    out->index = operand->owner;
    out->server = operand->server;
    if (work->round.phase != PHASE_JUSTIFY) {
        return refuse(call, REFUSAL_JUSTIFY_LATE, work->round.phase, PHASE_JUSTIFY);
    }
    bool known = out->server >= 1 && out->server <= terms->server_count &&
                 dispute_load(work, out->index, &out->dispute) &&
                 shamir_set_has(dispute_waiting(work, &out->dispute), out->server);
    if (!known) {
        return refuse(call, REFUSAL_JUSTIFY_NO_DISPUTE, operand->owner, operand->server);
    }
    bool server = address_equal(&call->sender, &terms->servers[out->server - 1]);
    out->opening.by_owner = !server;
    return server || address_equal(&call->sender, owner_of(work, out->index, &participant)) ||
           refuse(call, REFUSAL_JUSTIFY_SENDER, operand->server, operand->owner);
}

static uint64_t gas_of(const struct round_work *work)
{
    return terms_justify_gas(&work->view.terms) + (uint64_t)work->round.joined * ROUND_OWNER_GAS;
}

/* The sidecar is C_ij || C2_ij, then g0 where the owner's test needs it. */
static bool split_sidecar(const struct round_work *work, struct native_call *call,
                          struct justification *about)
{
    const struct model_terms *terms = &work->view.terms;
    bool tested = terms->reference_test != NORM_REFERENCE_NONE && about->index != MARKET_PAD_SEAT;
    size_t first = sealed_size(&about->sealed);
    size_t second = tested ? terms->dimension * FIELD_SIZE : 0;
    if (call->sidecar.size != first + second) {
        return refuse(call, REFUSAL_PUBLISH_SIZE, call->sidecar.size, first + second);
    }
    about->ciphertexts = (struct bytes){call->sidecar.data, first};
    about->reference = (struct bytes){call->sidecar.data + first, second};
    if (tested) {
        struct hash root;
        merkle_blob_root(&root, about->reference);
        return hash_equal(&root, &terms->reference) ||
               refuse(call, REFUSAL_JUSTIFY_REFERENCE, 0, 0);
    }
    return true;
}

static bool read_opening(struct native_call *call, struct justification *about)
{
    const struct dispute_justify_operand *operand = call->operand;
    struct justify_opening *opening = &about->opening;
    opening->shared = operand->shared;
    memcpy(opening->proof.challenge, operand->challenge, sizeof(operand->challenge));
    memcpy(opening->proof.response, operand->response, sizeof(operand->response));
    if (sealed_size(&about->sealed) == 0) { /* derived: nobody gave this server a list */
        return operand->roots.size + operand->roots2.size == 0 ||
               refuse(call, REFUSAL_PUBLISH_ROOTS, 0, 0);
    }
    return (sealed_roots(&about->sealed, operand->roots, opening->roots) &&
            sealed_roots(&about->sealed, operand->roots2, opening->roots2)) ||
           refuse(call, REFUSAL_PUBLISH_ROOTS, 0, 0);
}

static bool refuse_opening(struct native_call *call, enum justify_status status)
{
    switch (status) {
    case JUSTIFY_OK:
        return true;
    case JUSTIFY_POINT:
    case JUSTIFY_DLEQ:
        return refuse(call, REFUSAL_JUSTIFY_PROOF, 0, 0);
    case JUSTIFY_ROOT:
    case JUSTIFY_ROOT2:
        return refuse(call, REFUSAL_PUBLISH_ROOTS, 0, 0);
    case JUSTIFY_SIZE:
        return refuse(call, REFUSAL_PUBLISH_SIZE, call->sidecar.size, 0);
    case JUSTIFY_ELEMENT:
        return refuse(call, REFUSAL_PUBLISH_NOT_CANONICAL, 0, 0);
    case JUSTIFY_BLOB:
        return refuse(call, REFUSAL_PUBLISH_BLOB, 1, 0);
    case JUSTIFY_BLOB2:
        return refuse(call, REFUSAL_PUBLISH_BLOB, 2, 0);
    }
    assert(false && "unknown status");
    return false;
}

static void take_pad(void *data, const uint64_t *elements, size_t count)
{
    pad_value_add(data, elements, count);
}

static enum justify_status open_pad(const struct justification *about, struct pad_value *value)
{
    struct justify check;
    enum justify_status status =
        justify_init(&check, &about->sealed.about, &about->opening, take_pad, value);
    if (status != JUSTIFY_OK) {
        return status;
    }
    status = justify_add(&check, about->ciphertexts);
    if (status != JUSTIFY_OK) {
        justify_close(&check);
        return status;
    }
    return justify_finish(&check);
}

static enum justify_status pad_value_of(const struct round_work *work,
                                        const struct justification *about, struct field_ext *out)
{
    uint32_t dimension = work->view.terms.dimension;
    struct multilinear form;
    struct pad_value value;
    pad_form(&form, &work->round.decide_beacon, dimension);
    pad_value_init(&value, &form, dimension);
    enum justify_status status = open_pad(about, &value);
    if (status == JUSTIFY_OK) {
        *out = pad_value_finish(&value);
    }
    multilinear_close(&form);
    return status;
}

static enum justify_status owner_value_of(const struct round_work *work,
                                          const struct justification *about, struct field_ext *out)
{
    const struct norm_layout *layout = &about->sealed.layout;
    struct participant participant;
    struct norm_proof proof;
    struct norm_replay replay;
    struct norm_round round;
    struct norm_form form;
    size_t first = (size_t)layout->params.dimension * FIELD_SIZE;
    struct bytes x = about->ciphertexts;
    struct bytes aux = {0};
    if (x.size > 0) {
        aux = (struct bytes){x.data + first, x.size - first};
        x.size = first;
    }
    participant_load(work, about->index, &participant);
    proof_load(&proof, NULL, work, layout, about->index);
    const struct norm_statement statement = proof_statement(work, &participant);
    int64_t *reference = about->reference.size > 0 ? reference_read(about->reference) : NULL;
    norm_replay(&replay, layout, &statement, &proof);
    norm_round_init(&round, layout, &work->round.prove_beacon, &work->round.decide_beacon,
                    reference, false);
    norm_form_init(&form, &round, &replay);
    enum justify_status status =
        justify_value(out, &about->sealed.about, &about->opening, x, aux, &form);
    norm_form_close(&form);
    norm_round_close(&round);
    free(reference);
    return status;
}

/* Who proved pays the block space of the proof; the loser gives it back out of its stake. */
static uint64_t cost_of(const struct round_work *work, const struct native_call *call, uint64_t gas)
{
    struct parameters parameters;
    uint64_t cost;
    parameters_load(work->state, &parameters);
    bool fits =
        checked_mul(&cost, ledger_sidecar_bytes(call->sidecar.size), parameters.gas_per_byte) &&
        checked_add(&cost, cost, gas) && checked_mul(&cost, cost, parameters.gas_price_min);
    return fits ? cost : UINT64_MAX;
}

/* Pv-snip 4.3, 3: the share gives what the server posted, then the owner shared what fits no
 * polynomial; or it does not, then the server lied. */
static void judge(struct round_work *work, struct native_call *call, struct justification *about,
                  struct field_ext value)
{
    struct round *round = &work->round;
    struct dispute *dispute = &about->dispute;
    struct field_ext posted;
    bool canonical = field_ext_read(&posted, dispute->values[about->server - 1]);
    assert(canonical && "instructions refuse others");
    (void)canonical;
    bool right = field_ext_equal(posted, value);
    if (right) {
        dispute->resolved = true;
        dispute_guilty(work, about->index, &call->sender, cost_of(work, call, about->gas));
        if (round->refuted[about->server - 1] < UINT8_MAX) {
            round->refuted[about->server - 1]++;
        }
    } else {
        work_convict(work, about->server, PENALTY_DISPUTE);
    }
    dispute_store(work, about->index, dispute);
    round->disputes = dispute_count(work, PHASE_JUSTIFY);
    struct event_dispute_justified event = {round->model, round->number, about->index,
                                            (uint8_t)about->server, right};
    events_add(call->events, EVENT_DISPUTE_JUSTIFIED, &event);
}

static bool justify(struct round_work *work, struct native_call *call)
{
    struct justification about = {0};
    struct field_ext value = {0};
    if (!find_dispute(work, call, &about)) {
        return false;
    }
    sealed_load(&about.sealed, work, about.index, about.server);
    about.gas = gas_of(work);
    if (!native_charge(call, about.gas) || !split_sidecar(work, call, &about) ||
        !read_opening(call, &about)) {
        return false;
    }
    enum justify_status status = about.index == MARKET_PAD_SEAT
                                     ? pad_value_of(work, &about, &value)
                                     : owner_value_of(work, &about, &value);
    if (!refuse_opening(call, status)) {
        return false;
    }
    judge(work, call, &about, value);
    if (work->round.disputes == 0) {
        work_end_phase(work);
    }
    work_store(work);
    return true;
}

bool round_justify(struct native_call *call)
{
    const struct dispute_justify_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = justify(&work, call);
    work_close(&work);
    return done;
}

/* ---- The end of the phase */

static void drop_owner(struct round_work *work, uint16_t index, struct dispute *dispute)
{
    struct participant participant;
    participant_load(work, index, &participant);
    participant_drop(work, index, &participant);
    work->round.accepted--;
    dispute->resolved = true;
    dispute_store(work, index, dispute);
}

/* Servers of the set that have shown often enough that owners are wrong about them. */
static uint32_t exhausted(const struct round_work *work, uint32_t set)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (work->round.refuted[server - 1] < MARKET_JUSTIFY_MAX) {
            set &= ~shamir_set_of(server);
        }
    }
    return set;
}

/* Pv-snip 4.3, 4 and 5: nothing is proven about a silent server. Where the owner named it, the owner
 * goes; so it does where the server has refuted enough owners already. */
static void drop_unproven(struct round_work *work, uint16_t index, struct dispute *dispute)
{
    uint32_t waiting = dispute_waiting(work, dispute);
    if (waiting != 0 && index != MARKET_PAD_SEAT &&
        (!dispute->named || exhausted(work, waiting) != 0)) {
        drop_owner(work, index, dispute);
    }
}

/* One that need not answer any more does not excuse another that is silent about the same owner. */
static void remove_silent(struct round_work *work, uint16_t index, struct dispute *dispute)
{
    uint32_t waiting = dispute_waiting(work, dispute) & work->round.active;
    if (index != MARKET_PAD_SEAT) {
        waiting &= ~exhausted(work, waiting);
    }
    for (unsigned server = 1; dispute->named && server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(waiting, server)) {
            work_penalise(work, server, PENALTY_UNJUSTIFIED, 1);
        }
    }
}

/* A claim about the pad that a server neither confirms nor refutes: nobody is proven wrong. */
static bool pad_unproven(const struct round_work *work)
{
    struct dispute pad;
    return dispute_load(work, MARKET_PAD_SEAT, &pad) && !pad.named &&
           dispute_waiting(work, &pad) != 0;
}

void round_close_justify(struct round_work *work)
{
    if (pad_unproven(work)) {
        round_abort(work, ABORT_PAD);
        return;
    }
    dispute_each(work, remove_silent);
    dispute_each(work, drop_unproven);
    /* A guilty model owner pays, also where a silent server leaves too few. */
    if (work->round.pad_guilty || work_check_servers(work)) {
        round_end_disputes(work);
    }
}

/* 5.5 once more for an owner that stays: what the servers of Q posted about it. */
static void judge_again(struct round_work *work, uint16_t index, struct dispute *dispute)
{
    struct shamir_values values;
    if (dispute->resolved || index == MARKET_PAD_SEAT) {
        return;
    }
    dispute_values(dispute, &values);
    values.servers &= work->round.active;
    switch (norm_decide(&values, work->view.terms.threshold, work->round.liars,
                        opened_constant(work, index))) {
    case NORM_ACCEPTED:
        return;
    case NORM_FALSE:
        dispute_guilty(work, index, NULL, 0);
        return;
    case NORM_TOO_FEW:
    case NORM_INCONSISTENT:
        break;
    }
    assert(false && "whoever was off the polynomial has left");
}

/* I and Q are final. No sum is shown for fewer owners than the model's least. */
void round_end_disputes(struct round_work *work)
{
    if (work_servers_suffice(work)) {
        dispute_each(work, judge_again);
    }
    disputes_erase(work);
    if (work->round.pad_guilty) {
        round_abort_pad(work);
    } else if (work->round.accepted < work->view.terms.owners_min) {
        round_abort(work, ABORT_TOO_FEW_OWNERS);
    } else if (round_has_values(&work->round, &work->view.terms)) {
        work_enter(work, PHASE_VALUES, work->view.terms.values_window);
    } else {
        round_enter_aggregate(work);
    }
}
