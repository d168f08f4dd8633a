/* souk share: contribute a secret-shared update to a round. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/quantise.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/owner.h"

#define STEP_MS        250 /* longest wait for an event between two looks at deliveries */
#define DELIVER_STEPS  40 /* such waits before a command gives up a server that cannot be reached */
#define EVENT_WAIT_MS  2000
#define PROVE_WAIT_MAX 86400

const struct cli_option share_options[] = {
    {"update", "FILE", "what training changed, .npy or .safetensors, of the model's dimension"},
    {"no-clip", NULL, "refuse an update beyond the model's bound, instead of scaling it down"},
};
const size_t share_option_count = ARRAY_COUNT(share_options);

/* Read and quantise the update; *out is to be freed. */
static bool load_update(const struct cli *cli, const struct model_terms *terms, int64_t **out,
                        struct fault *fault)
{
    struct tensors update;
    const char *path = cli_value(cli, "update");
    const struct quantise_rule rule = {
        .scale_bits = terms->scale_bits,
        .norm_bound = terms->norm_bound,
        .overflow = cli_flag(cli, "no-clip") ? QUANTISE_REFUSE : QUANTISE_SCALE,
    };
    double factor = 1;
    if (!tensors_read(&update, path, fault)) {
        return false;
    }
    bool good = update.count == terms->dimension ||
                fault_set(fault, "%s has %zu elements, the model's dimension is %" PRIu32, path,
                          update.count, terms->dimension);
    *out = NULL;
    good = good && quantise(out, &update, &rule, &factor, fault);
    if (good && factor < 1) {
        (void)fprintf(stderr, "souk: the update was scaled by %.4g to the model's bound\n", factor);
    }
    tensors_close(&update);
    return good;
}

/* Take up what is kept, or begin with --update. */
static bool begin(struct owner *owner, struct fault *fault)
{
    const struct cli *cli = owner->session->cli;
    int64_t *vector = NULL;
    if (cli_value(cli, "update") == NULL) {
        return file_exists(owner->path) ? owner_resume(owner, fault)
                                        : fault_set(fault, "--update is needed: nothing was begun "
                                                           "in this round yet");
    }
    return load_update(cli, &owner->setting.terms, &vector, fault) &&
           owner_begin(owner, vector, fault);
}

static unsigned count_servers(const struct delivery *delivery)
{
    return shamir_set_count(delivery->held);
}

/* Deliver until every server holds what is due, or those that do not cannot be reached for long. */
static void deliver_all(struct owner *owner, struct delivery *delivery, struct fault *fault)
{
    uint32_t acknowledged = 0;
    struct fault failed;
    unsigned tries = 0;
    while (owner_deliver(owner, fault) && tries < DELIVER_STEPS) {
        if (!owner_await(owner, STEP_MS, &failed)) {
            *fault = failed;
            break;
        }
        tries += delivery_hopeful(delivery, &owner->setting) ? 0 : 1;
    }
    if (owner_acknowledged(owner, &acknowledged, &failed)) {
        delivery->held |= acknowledged;
    }
}

static int deliver_and_report(struct owner *owner, struct delivery *delivery)
{
    struct fault fault;
    struct cli *cli = owner->session->cli;
    unsigned servers = share_blob_count(&owner->setting.share);
    if (owner->setting.round.phase > PHASE_ACK) {
        (void)fault_set(&fault, "deliveries are over: round %" PRIu32 " is in phase '%s'",
                        owner->name.round, round_phase_name(owner->setting.round.phase));
        return cli_fail(cli, &fault);
    }
    deliver_all(owner, delivery, &fault);
    if (cli_json(cli)) {
        show_json(json_pack("{s:I, s:I, s:I, s:I, s:I}", "model", (json_int_t)owner->name.model,
                            "round", (json_int_t)owner->name.round, "servers", (json_int_t)servers,
                            "held", (json_int_t)count_servers(delivery), "fees",
                            (json_int_t)owner->fees));
    } else {
        printf("delivered to %u of %u servers\n", count_servers(delivery), servers);
    }
    if (delivery_whole(delivery, &owner->setting)) {
        return 0;
    }
    bool late = owner->setting.round.phase > PHASE_ACK;
    (void)fault_set(&fault,
                    "not every server holds its share: 'souk share %s %" PRIu64 " %" PRIu32 "' %s",
                    late ? "run" : "deliver", owner->name.model, owner->name.round,
                    late ? "publishes what they miss" : "tries again, before the phase 'ack' ends");
    return cli_fail(cli, &fault);
}

/* Open the session and the round, and go on with `next`. */
static int with_owner(struct cli *cli, int (*next)(struct owner *))
{
    struct fault fault;
    struct session session;
    struct owner owner;
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = CLI_FAILED;
    if (owner_open(&owner, &session, &fault)) {
        code = next(&owner);
        owner_close(&owner);
    } else {
        code = cli_fail(cli, &fault);
    }
    session_close(&session);
    return code;
}

/* Hold until the round takes commitments: the pad and the keys of distances come before. */
static bool await_commit(struct owner *owner, struct fault *fault)
{
    while (owner->setting.round.phase < PHASE_COMMIT) {
        if (!owner_await(owner, EVENT_WAIT_MS, fault)) {
            return false;
        }
    }
    return true;
}

static int commit(struct owner *owner)
{
    struct fault fault;
    if (!begin(owner, &fault) || !await_commit(owner, &fault) || !owner_commit(owner, &fault)) {
        return cli_fail(owner->session->cli, &fault);
    }
    return deliver_and_report(owner, &owner->x);
}

/* Hold until the round takes proofs. */
static bool await_prove(struct owner *owner, struct fault *fault)
{
    while (owner->setting.round.phase < PHASE_PROVE) {
        if (!owner_await(owner, EVENT_WAIT_MS, fault)) {
            return false;
        }
    }
    return owner->seat.participant.status == PARTICIPANT_PROVED ||
           (owner->seat.participant.status == PARTICIPANT_COMMITTED &&
            owner->setting.round.phase == PHASE_PROVE) ||
           fault_set(fault,
                     "round %" PRIu32 " takes no proof of this account: the round is in phase "
                     "'%s', the owner is '%s'",
                     owner->name.round, round_phase_name(owner->setting.round.phase),
                     owner->seat.seated ? participant_status_name(owner->seat.participant.status)
                                        : "not in it");
}

static int prove(struct owner *owner)
{
    struct fault fault;
    if (!owner_resume(owner, &fault) || !await_prove(owner, &fault) ||
        !owner_prove(owner, &fault)) {
        return cli_fail(owner->session->cli, &fault);
    }
    return deliver_and_report(owner, &owner->aux);
}

static int deliver(struct owner *owner)
{
    struct fault fault;
    if (!owner_resume(owner, &fault)) {
        return cli_fail(owner->session->cli, &fault);
    }
    bool proved = owner->seat.participant.status == PARTICIPANT_PROVED;
    return deliver_and_report(owner, proved ? &owner->aux : &owner->x);
}

/* ---- The whole round */

/* All that is due now. */
static bool step(struct owner *owner, struct fault *fault)
{
    struct fault delivery;
    if (!owner_committed(owner) && owner->setting.round.phase == PHASE_COMMIT &&
        !owner_commit(owner, fault)) {
        return false;
    }
    if (!owner_prove(owner, fault)) {
        return false;
    }
    (void)owner_deliver(owner, &delivery);
    return owner_publish(owner, fault) && owner_claim(owner, fault) && owner_justify(owner, fault);
}

static bool is_over(const struct owner *owner)
{
    return owner->setting.round.phase >= PHASE_SETTLED ||
           (!owner_committed(owner) && owner->setting.round.phase > PHASE_COMMIT);
}

/* Step until the round is over. A step that fails is tried again when something happens; its reason is
 * told once. */
static bool run_through(struct owner *owner, struct fault *fault)
{
    struct fault last = {""};
    while (!is_over(owner)) {
        if (!step(owner, fault)) {
            if (!owner_committed(owner)) {
                return false; /* nothing was begun that should be gone on with */
            }
            if (strcmp(last.text, fault->text) != 0) {
                (void)fprintf(stderr, "souk: %s; trying again\n", fault->text);
                last = *fault;
            }
        }
        if (!owner_await(owner, EVENT_WAIT_MS, fault)) {
            struct fault again;
            const struct timespec pause = {.tv_sec = 1};
            (void)fprintf(stderr, "souk: %s; trying again\n", fault->text);
            do { /* the node is away: there is no event to wait for */
                (void)nanosleep(&pause, NULL);
            } while (!owner_refresh(owner, &again));
        }
    }
    return true;
}

static int report(struct owner *owner)
{
    struct fault fault;
    struct cli *cli = owner->session->cli;
    const struct round *round = &owner->setting.round;
    const char *status =
        owner->seat.seated ? participant_status_name(owner->seat.participant.status) : "not in it";
    if (!owner_end(owner, &fault)) {
        return cli_fail(cli, &fault);
    }
    if (cli_json(cli)) {
        show_json(json_pack("{s:I, s:I, s:s, s:s, s:I, s:I}", "model",
                            (json_int_t)owner->name.model, "round", (json_int_t)owner->name.round,
                            "phase", round_phase_name(round->phase), "status", status, "paid",
                            (json_int_t)owner->seat.participant.paid, "fees",
                            (json_int_t)owner->fees));
    } else if (owner->seat.participant.status == PARTICIPANT_PAID) {
        printf("settled with %u owners: paid %" PRIu64 "\n", round->accepted,
               owner->seat.participant.paid);
    }
    if (owner->seat.participant.status == PARTICIPANT_PAID) {
        return 0;
    }
    if (round->phase == PHASE_ABORTED) {
        (void)fault_set(&fault, "the round was aborted: %s; this owner was %s",
                        abort_reason_name(round->abort_reason), status);
    } else {
        (void)fault_set(&fault, "the round ended without this owner: it was %s", status);
    }
    return cli_fail(cli, &fault);
}

static int run(struct owner *owner)
{
    struct fault fault;
    if (!is_over(owner) && (!begin(owner, &fault) || !run_through(owner, &fault))) {
        return cli_fail(owner->session->cli, &fault);
    }
    return report(owner);
}

int run_share_run(struct cli *cli)
{
    return with_owner(cli, run);
}

int run_share_commit(struct cli *cli)
{
    return with_owner(cli, commit);
}

int run_share_prove(struct cli *cli)
{
    return with_owner(cli, prove);
}

int run_share_deliver(struct cli *cli)
{
    return with_owner(cli, deliver);
}
