#include "tools/server/intake.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/server/sum_message.h"

static void refuse(struct intake_answer *answer, uint16_t status, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void refuse(struct intake_answer *answer, uint16_t status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(answer->line, sizeof(answer->line), format, arguments);
    va_end(arguments);
    answer->status = status;
}

/* Tells a round that does not exist from a node that cannot say: the sender tries again only then. */
static bool node_answers(struct rpc *rpc)
{
    struct fault fault;
    struct chain_info chain;
    return chain_info_load(rpc, &chain, &fault);
}

/* Load the round and our place in it; false with the answer set. */
static bool open_round(const struct aggregation_server *server, struct rpc *rpc,
                       const struct vault_round *name, struct duty_round *duty,
                       struct intake_answer *answer)
{
    struct fault fault;
    duty->name = *name;
    if (!round_setting_load(rpc, &server->chain, name->model, name->round, &duty->setting,
                            &fault)) {
        refuse(answer, node_answers(rpc) ? 404 : 503, "%s", fault.text);
        return false;
    }
    for (uint32_t i = 0; i < duty->setting.terms.server_count; i++) {
        if (address_equal(&duty->setting.terms.servers[i], &server->address)) {
            duty->self = i + 1;
        }
    }
    if (duty->self == 0) {
        refuse(answer, 403, "this server does not serve model %" PRIu64, name->model);
        round_setting_close(&duty->setting);
        return false;
    }
    return true;
}

/* Whose delivery it is, as the chain shows it. */
static bool find_sharer(struct rpc *rpc, const struct duty_round *duty, const char *owner,
                        const char *prefix, struct sharer *out, struct intake_answer *answer)
{
    struct fault fault;
    struct address address;
    struct chain_seat seat;
    char error[160];
    if (strcmp(owner, "pad") == 0) {
        if (!duty_padded(duty)) {
            refuse(answer, 404, "the model has no pad");
            return false;
        }
        if (!sharer_of_pad(out, rpc, &duty->setting, &fault)) {
            refuse(answer, 503, "%s", fault.text);
            return false;
        }
        return true;
    }
    if (!address_parse(&address, prefix, owner, error, sizeof(error))) {
        refuse(answer, 400, "owner: %s", error);
        return false;
    }
    if (!chain_seat_load(rpc, &duty->setting.round, &address, &seat, &fault)) {
        refuse(answer, 503, "%s", fault.text);
        return false;
    }
    if (!seat.seated || seat.participant.status == PARTICIPANT_JOINED) {
        refuse(answer, 409, "the chain shows no commitment of this owner in this round yet");
        return false;
    }
    if (!sharer_of_owner(out, rpc, &duty->setting, &seat.participant, seat.index, &fault)) {
        refuse(answer, 503, "%s", fault.text);
        return false;
    }
    return true;
}

static bool take_sealed(void *context, struct bytes piece, struct fault *fault)
{
    struct share_sealed *sealed = context;
    return share_sealed_add(sealed, piece) == SHARE_OK ||
           fault_set(fault, "element %" PRIu64 ": %s", sealed->index,
                     share_status_text(SHARE_ELEMENT));
}

static_assert(SOURCE_PIECE % FIELD_SIZE == 0, "pieces are whole elements");

/* Read the whole file, past the list of roots. 400 where an element is not below p, 503 where the file
 * cannot be read. */
static bool read_sealed(struct share_sealed *sealed, const struct share_round *share,
                        const struct spool_file *body, struct intake_answer *answer)
{
    struct fault fault;
    struct hash roots[SHARE_BLOBS_MAX];
    size_t list = sizeof(struct hash) * share_blob_count(share);
    struct source ciphertext = source_of_file(body->descriptor, list, body->size - list);
    if (!spool_read(body, 0, roots, list)) {
        refuse(answer, 503, "the share could not be read again");
        return false;
    }
    share_sealed_init(sealed, share, (struct bytes){roots[0].bytes, list});
    if (!source_each(&ciphertext, take_sealed, sealed, &fault)) {
        bool element = strncmp(fault.text, "element", 7) == 0;
        refuse(answer, element ? 400 : 503, "%s", fault.text);
        return false;
    }
    return true;
}

/* Is the delivery what the chain says it must be? */
static bool check_delivery(const struct duty_round *duty, const struct sharer *sharer, bool aux,
                           const struct spool_file *body, struct intake_answer *answer)
{
    const struct share_round *share = &duty->setting.share;
    struct share_sealed sealed;
    size_t count = aux ? sharer->aux_count : duty->setting.terms.dimension;
    if (body->size != share_sealed_size(share, count)) {
        refuse(answer, 400, "the delivery has %" PRIu64 " bytes, %zu are expected", body->size,
               share_sealed_size(share, count));
        return false;
    }
    if (!read_sealed(&sealed, share, body, answer)) {
        return false;
    }
    enum share_status status =
        aux ? share_sealed_check_aux(&sealed, share, &sharer->owner, &sharer->auxiliary, duty->self)
            : share_sealed_check_x(&sealed, share, &sharer->owner, &sharer->commitment, duty->self);
    if (status != SHARE_OK) {
        refuse(answer, 400, "%s", share_status_text(status));
    }
    return status == SHARE_OK;
}

/* Deliveries end when this server has said what it holds. */
static bool still_taken(const struct duty_round *duty, bool pad)
{
    const struct round *round = &duty->setting.round;
    uint8_t last = pad ? PHASE_PAD : PHASE_ACK;
    return round->phase < last ||
           (round->phase == last && !shamir_set_has(round->posted, duty->self));
}

static void take_delivery(struct aggregation_server *server, const struct duty_round *duty,
                          const struct sharer *sharer, bool aux, struct spool_file *body,
                          struct intake_answer *answer)
{
    struct fault fault;
    bool pad = sharer->seat == MARKET_PAD_SEAT;
    enum vault_kind kind = (pad ? VAULT_PAD_X : VAULT_X) + (aux ? 1 : 0);
    if (vault_has_delivery(server, &duty->name, kind, &sharer->address)) {
        answer->status = 200; /* only what fits the commitment is ever kept: it is this one */
    } else if (!still_taken(duty, pad)) {
        refuse(answer, 410, "deliveries are over: the round's phase is '%s'",
               round_phase_name(duty->setting.round.phase));
    } else if (aux && !sharer->proved) {
        refuse(answer, 409, "the chain shows no proof of this owner in this round yet");
    } else if (check_delivery(duty, sharer, aux, body, answer)) {
        if (vault_keep_delivery(server, &duty->name, kind, &sharer->address, body, &fault)) {
            answer->status = 200;
        } else {
            refuse(answer, 503, "the share could not be stored: %s", fault.text);
        }
    }
}

void intake_share(struct aggregation_server *server, struct rpc *rpc,
                  const struct vault_round *round, const struct intake_delivery *delivery,
                  struct intake_answer *answer)
{
    struct duty_round duty = {0};
    struct sharer sharer;
    if (open_round(server, rpc, round, &duty, answer)) {
        if (duty.self <= duty.setting.share.degree) {
            refuse(answer, 403, "server %u derives its shares and takes no delivery", duty.self);
        } else if (find_sharer(rpc, &duty, delivery->owner, server->chain.prefix, &sharer,
                               answer)) {
            take_delivery(server, &duty, &sharer, delivery->aux, delivery->body, answer);
        }
        round_setting_close(&duty.setting);
    }
    atomic_fetch_add(answer->status == 200 ? &server->counters.deliveries_held
                                           : &server->counters.deliveries_refused,
                     1);
}

static void keep_sum(struct aggregation_server *server, const struct duty_round *duty, unsigned j,
                     struct spool_file *body, struct intake_answer *answer)
{
    struct fault fault;
    bool broken = false;
    const struct source message = source_of_file(body->descriptor, 0, body->size);
    const struct sum_message_expected expected = {
        .context = &duty->setting.share.context,
        .server = j,
        .sender = &duty->setting.terms.servers[j - 1],
        .size = (uint64_t)duty->setting.terms.dimension * FIELD_SIZE,
    };
    if (!sum_message_check(&message, &expected, &broken, &fault)) {
        refuse(answer, broken ? 503 : 400, "%s", fault.text);
    } else if (!vault_keep_sum(server, &duty->name, j, body, &fault)) {
        refuse(answer, 503, "the sum could not be stored: %s", fault.text);
    } else {
        answer->status = 200;
    }
}

void intake_sum(struct aggregation_server *server, struct rpc *rpc, const struct vault_round *round,
                unsigned j, struct spool_file *body, struct intake_answer *answer)
{
    struct duty_round duty = {0};
    if (open_round(server, rpc, round, &duty, answer)) {
        const struct round *state = &duty.setting.round;
        if (j < 1 || j > duty.setting.terms.server_count || !shamir_set_has(state->active, j)) {
            refuse(answer, 403, "server %u takes no part in this round", j);
        } else if (state->phase < PHASE_DECIDE || state->phase > PHASE_AGGREGATE) {
            /* A sender's node may be a block ahead of ours: its phase is 'aggregate' by then. */
            refuse(answer, 409, "sums are not taken: the round's phase is '%s'",
                   round_phase_name(state->phase));
        } else {
            keep_sum(server, &duty, j, body, answer);
        }
        round_setting_close(&duty.setting);
    }
    atomic_fetch_add(
        answer->status == 200 ? &server->counters.sums_held : &server->counters.sums_refused, 1);
}
