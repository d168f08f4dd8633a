/* The keys of the zero sharings that mask pairwise distances: dealt, opened, confirmed or refuted.
 *
 * What is dealt is a function of a seed that is kept before anything leaves; the keys are kept before
 * they are confirmed. So a restart anywhere deals and masks with the same. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/operands.h"
#include "tools/client/log.h"
#include "tools/client/random.h"
#include "tools/server/duties.h"

#define SEED_NAME "seed"
#define KEYS_NAME "keys"

/* Of one server of the round: what is the same for every dealing. */
static struct zero_deal dealing_of(const struct duty *duty, unsigned server, uint32_t active)
{
    return (struct zero_deal){
        .round = &duty->round->setting.share, .active = active, .server = server};
}

static struct batch_deal_operand
operand_of(const struct duty *duty, const struct share_commitment *commitment, struct bytes keys)
{
    return (struct batch_deal_operand){
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .ephemeral = commitment->ephemeral,
        .proof = commitment->proof,
        .keys = keys,
    };
}

/* Draw a new seed: what an earlier one dealt is not used, as a server was silent beside us. */
static bool draw_seed(const struct duty *duty, uint8_t seed[XOF_SEED_SIZE], struct fault *fault)
{
    random_fill(seed, XOF_SEED_SIZE);
    return vault_put_post(duty->server, &duty->round->name, SEED_NAME,
                          (struct bytes){seed, XOF_SEED_SIZE}, fault);
}

bool duty_deal(const struct duty *duty, struct fault *fault)
{
    uint32_t active = duty->round->setting.round.active;
    struct zero_deal about = dealing_of(duty, duty->round->self, active);
    struct share_commitment commitment;
    struct buffer keys = {0};
    uint8_t seed[XOF_SEED_SIZE];
    uint8_t random32[32];
    bool good = true;
    if (zero_deal_size(about.round, about.server, active) == 0 ||
        duty_settled_before(duty, NATIVE_BATCH_DEAL, &good, fault)) {
        return good;
    }
    if (!draw_seed(duty, seed, fault)) {
        return false;
    }
    about.dealer = duty->server->public_key;
    random_fill(random32, sizeof(random32));
    zero_deal_make(&keys, &commitment, &about, seed, random32);
    const struct batch_deal_operand operand = operand_of(duty, &commitment, buffer_bytes(&keys));
    good = post_new(duty->server, duty->rpc, duty->round,
                    &(struct post){NATIVE_BATCH_DEAL, &operand, {0}}, fault);
    explicit_bzero(seed, sizeof(seed));
    buffer_close(&keys);
    return good;
}

/* ---- CONFIRM */

/* The keys of our own sets. */
static bool take_own(const struct duty *duty, struct zero_sharing *into, struct fault *fault)
{
    struct buffer seed = {0};
    uint32_t active = duty->round->setting.round.dealt;
    bool good = vault_get_post(duty->server, &duty->round->name, SEED_NAME, &seed, fault) &&
                (seed.size == XOF_SEED_SIZE || fault_set(fault, "the seed was changed on disk"));
    for (unsigned i = 0; good && i < into->count; i++) {
        if (zero_sharing_dealer(into->sets[i], active) == duty->round->self) {
            zero_deal_key(into->keys[i], &duty->round->setting.share.context, seed.data,
                          into->sets[i]);
        }
    }
    explicit_bzero(seed.data, seed.size);
    buffer_close(&seed);
    return good;
}

/* Show on the chain that a dealer gave us another key than it committed to. */
static bool refute(const struct duty *duty, const struct zero_deal *deal, uint32_t set,
                   struct fault *fault)
{
    char name[POST_NAME_MAX];
    uint8_t random32[32];
    struct zero_deal_opening opening = {.set = set, .member = duty->round->self};
    post_name_seat(name, duty->round, NATIVE_DEAL_REFUTE, (uint16_t)deal->server);
    if (post_kept(duty->server, duty->round, name)) {
        return post_send(duty->server, duty->rpc, duty->round, name, fault);
    }
    random_fill(random32, sizeof(random32));
    if (!zero_deal_show(&opening, deal, &duty->server->encryption, random32)) {
        return fault_set(fault, "a dealer's ephemeral key is no point");
    }
    struct deal_refute_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .dealer = (uint8_t)deal->server,
        .set = (uint16_t)set,
        .shared = opening.shared,
    };
    memcpy(operand.challenge, opening.proof.challenge, sizeof(operand.challenge));
    memcpy(operand.response, opening.proof.response, sizeof(operand.response));
    log_warn("false_key", "model=%" PRIu64 " round=%" PRIu32 " dealer=%u set=0x%x", operand.model,
             operand.round, deal->server, set);
    return post_keep(duty->server, duty->round, name,
                     &(struct post){NATIVE_DEAL_REFUTE, &operand, {0}}, fault) &&
           post_send(duty->server, duty->rpc, duty->round, name, fault);
}

/* The keys that another server dealt to us; its lie is refuted. *whole is false where it lied. */
static bool take_dealt(const struct duty *duty, unsigned dealer, struct zero_sharing *into,
                       bool *whole, struct fault *fault)
{
    const struct duty_round *round = duty->round;
    struct zero_deal deal = dealing_of(duty, dealer, round->setting.round.dealt);
    struct market_key key;
    struct deal record;
    struct buffer storage = {0};
    uint32_t wrong = 0;
    key_deal(&key, round->name.model, round->name.round, (uint8_t)dealer);
    bool good = chain_record_load(duty->rpc, &key, &deal_schema, &record, &storage, fault) &&
                (record.keys.size == zero_deal_size(deal.round, dealer, deal.active) ||
                 fault_set(fault, "the node shows no dealing of server %u", dealer));
    if (good) {
        deal.dealer = record.dealer_key;
        deal.ephemeral = record.ephemeral;
        deal.keys = record.keys;
        good = zero_deal_open(into, &wrong, &deal, round->self, &duty->server->encryption) ||
               fault_set(fault, "a dealer's ephemeral key is no point");
    }
    if (good && wrong != 0) {
        *whole = false;
        good = refute(duty, &deal, wrong, fault);
    }
    buffer_close(&storage);
    return good;
}

/* All keys we are to have, of dealers that were not refuted. */
static bool take_keys(const struct duty *duty, struct zero_sharing *into, bool *whole,
                      struct fault *fault)
{
    const struct round *round = &duty->round->setting.round;
    const struct share_round *share = &duty->round->setting.share;
    uint32_t dealers = zero_sharing_dealers(share->server_count, share->degree, round->dealt);
    bool good = true;
    *whole = true;
    zero_sharing_init(into, share->server_count, share->degree);
    for (unsigned j = 1; good && j <= share->server_count; j++) {
        if (!shamir_set_has(dealers & ~(uint32_t)round->misdealt, j)) {
            continue;
        }
        good = j == duty->round->self ? take_own(duty, into, fault)
                                      : take_dealt(duty, j, into, whole, fault);
    }
    return good;
}

static bool keep_keys(const struct duty *duty, const struct zero_sharing *sharing,
                      struct fault *fault)
{
    return vault_put_post(duty->server, &duty->round->name, KEYS_NAME,
                          (struct bytes){sharing->keys[0], (size_t)sharing->count * XOF_SEED_SIZE},
                          fault);
}

bool duty_confirm(const struct duty *duty, struct fault *fault)
{
    static const uint8_t held = 1;
    const struct batch_ack_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .bitmap = {&held, 1},
    };
    struct zero_sharing *sharing = NULL;
    bool whole = false;
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_ACK, &good, fault)) {
        return good;
    }
    sharing = memory_new(sizeof(*sharing));
    good = take_keys(duty, sharing, &whole, fault) &&
           (!whole || (keep_keys(duty, sharing, fault) &&
                       post_new(duty->server, duty->rpc, duty->round,
                                &(struct post){NATIVE_BATCH_ACK, &operand, {0}}, fault)));
    explicit_bzero(sharing, sizeof(*sharing));
    free(sharing);
    return good;
}

bool duty_keys_load(const struct duty *duty, struct zero_sharing *out, struct fault *fault)
{
    const struct round *round = &duty->round->setting.round;
    const struct share_round *share = &duty->round->setting.share;
    struct buffer keys = {0};
    zero_sharing_init(out, share->server_count, share->degree);
    bool good = vault_get_post(duty->server, &duty->round->name, KEYS_NAME, &keys, fault) &&
                (keys.size == (size_t)out->count * XOF_SEED_SIZE ||
                 fault_set(fault, "the keys of the masks were changed on disk"));
    if (good) {
        memcpy(out->keys, keys.data, keys.size);
        zero_sharing_skip(out, round->dealt, round->misdealt);
    }
    explicit_bzero(keys.data, keys.size);
    buffer_close(&keys);
    return good;
}
