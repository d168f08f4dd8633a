#include "tools/server/intake.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/share_server.h"
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

static bool find_participant(struct rpc *rpc, const struct duty_round *duty,
                             const struct address *owner, struct participant *out,
                             struct intake_answer *answer)
{
    struct fault fault;
    bool found = false;
    if (!chain_owner_load(rpc, &duty->setting.round, owner, out, &found, &fault)) {
        refuse(answer, 503, "%s", fault.text);
        return false;
    }
    if (!found || out->status == PARTICIPANT_JOINED) {
        refuse(answer, 409, "the chain shows no commitment of this owner in this round yet");
        return false;
    }
    return true;
}

static void keep_share(struct aggregation_server *server, const struct duty_round *duty,
                       const struct participant *owner, struct bytes body,
                       struct intake_answer *answer)
{
    struct fault fault;
    struct share_delivery delivery;
    uint64_t index = 0;
    const struct share_commitment commitment = {.ephemeral = owner->ephemeral, .root = owner->root};
    enum share_status status = share_delivery_read(&delivery, &duty->setting.share, body, &index);
    if (status == SHARE_SIZE) {
        refuse(answer, 400, "the delivery has %zu bytes, %zu are expected", body.size,
               share_delivery_size(&duty->setting.share));
    } else if (status == SHARE_ELEMENT) {
        refuse(answer, 400, "element %" PRIu64 ": %s", index, share_status_text(status));
    } else {
        status = share_delivery_check(&delivery, &duty->setting.share, &owner->owner_key,
                                      &commitment, duty->self);
        if (status != SHARE_OK) {
            refuse(answer, 400, "%s", share_status_text(status));
        } else if (!vault_put_share(server, &duty->name, &owner->owner, delivery.ciphertext,
                                    &fault)) {
            refuse(answer, 503, "the share could not be stored: %s", fault.text);
        } else {
            answer->status = 200;
        }
    }
}

void intake_share(struct aggregation_server *server, struct rpc *rpc,
                  const struct vault_round *round, const char *owner, struct bytes body,
                  struct intake_answer *answer)
{
    struct duty_round duty = {0};
    struct participant participant;
    struct address address;
    char error[160];
    if (!address_parse(&address, server->chain.prefix, owner, error, sizeof(error))) {
        refuse(answer, 400, "owner: %s", error);
    } else if (open_round(server, rpc, round, &duty, answer)) {
        const struct round *state = &duty.setting.round;
        if (duty.self <= duty.setting.share.degree) {
            refuse(answer, 403, "server %u derives its shares and takes no delivery", duty.self);
        } else if (vault_has_share(server, round, &address)) {
            answer->status = 200; /* only what fits the commitment is ever kept: it is this one */
        } else if (state->phase > PHASE_ACK ||
                   (state->phase == PHASE_ACK && shamir_set_has(state->posted, duty.self))) {
            refuse(answer, 410, "deliveries are over: the round's phase is '%s'",
                   round_phase_name(state->phase));
        } else if (find_participant(rpc, &duty, &address, &participant, answer)) {
            keep_share(server, &duty, &participant, body, answer);
        }
        round_setting_close(&duty.setting);
    }
    atomic_fetch_add(answer->status == 200 ? &server->counters.deliveries_held
                                           : &server->counters.deliveries_refused,
                     1);
}

static void keep_sum(struct aggregation_server *server, const struct duty_round *duty, unsigned j,
                     struct bytes body, struct intake_answer *answer)
{
    struct fault fault;
    struct sum_message message;
    char error[200];
    const struct sum_message_expected expected = {
        .context = &duty->setting.share.context,
        .server = j,
        .sender = &duty->setting.terms.servers[j - 1],
        .size = (size_t)duty->setting.terms.dimension * FIELD_SIZE,
    };
    if (!sum_message_read(&message, body, &expected, error, sizeof(error))) {
        refuse(answer, 400, "%s", error);
    } else if (!vault_put_sum(server, &duty->name, j, message.sum, &fault)) {
        refuse(answer, 503, "the sum could not be stored: %s", fault.text);
    } else {
        answer->status = 200;
    }
}

void intake_sum(struct aggregation_server *server, struct rpc *rpc, const struct vault_round *round,
                unsigned j, struct bytes body, struct intake_answer *answer)
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
