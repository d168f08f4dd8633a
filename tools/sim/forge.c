/* What a faulty validator can sign with its own key: votes for other rounds and blocks, certificates
 * that prove nothing, proposals that break a rule. Everything but the content is in order, so only
 * the rule that is broken can stop it. */
#include <string.h>

#include "tools/sim/sim_state.h"

struct forger {
    struct sim *sim;
    uint32_t number; /* of the validator */
    struct secret_key key;
};

static uint64_t pick(const struct forger *forger, uint64_t bound)
{
    return random_below(&forger->sim->random, bound);
}

/* A block that others know, or nobody. */
static struct hash some_digest(const struct forger *forger)
{
    struct hash digest = forger->sim->proposed;
    if (pick(forger, 2) == 0) {
        digest.bytes[pick(forger, 32)] ^= 1;
    }
    return digest;
}

static void name_signer(struct certificate *certificate, uint32_t signer)
{
    certificate->signers[signer / 8] |= (uint8_t)(1U << signer % 8);
}

/* One honest signature, the forger's, counted as often as a quorum needs it: under others' names,
 * many times under its own, or under the names of validators that do not exist. Who is not in the set of
 * the certificate's height signs as its first member. */
static void forge_certificate(const struct forger *forger, struct certificate *certificate,
                              enum vote_type type)
{
    const struct membership *membership = &forger->sim->membership;
    const struct sim_set *set = membership_at(membership, certificate->height);
    uint32_t index = membership_index(membership, certificate->height, forger->number);
    uint32_t self = index == VALIDATORS_NONE ? 0 : index;
    uint32_t count = set == NULL ? 1 : set->set->validators.count;
    uint32_t quorum = validators_quorum(count);
    struct vote vote = {.type = (uint8_t)type,
                        .sender = self,
                        .height = certificate->height,
                        .round = certificate->round,
                        .digest = certificate->digest};
    vote_sign(&vote, &forger->sim->rules.chain_id, &forger->key);
    uint64_t kind = pick(forger, 3);
    memset(certificate->signers, 0, sizeof(certificate->signers));
    name_signer(certificate, self);
    certificate->signature_count = 0;
    for (uint32_t i = 0; i < quorum; i++) {
        certificate->signatures[certificate->signature_count++] = vote.signature;
        if (i + 1 < quorum && kind != 0) {
            name_signer(certificate,
                        kind == 1 ? (self + 1 + i) % count : (count + i) % VALIDATORS_MAX);
        }
    }
}

/* Returns whether the block has a state, hands over to a set, or demotes somebody, as no execution does. */
static bool forge_block(const struct forger *forger, struct block *block)
{
    struct block_header *header = &block->header;
    uint64_t kind = pick(forger, 7);
    switch (kind) {
    case 0:
        header->parent.bytes[0] ^= 1;
        break;
    case 1:
        header->state_root.bytes[0] ^= 1;
        break;
    case 2:
        header->time_ms += 1 + pick(forger, 100000);
        break;
    case 3:
        header->time_ms += 1;
        break;
    case 4:
        header->next_validators_hash.bytes[0] ^= 1;
        break;
    case 5:
        block->demotions.list[0].until += UINT32_MAX;
        block->demotions.count += block->demotions.count == 0 ? 1 : 0;
        demotions_hash(&header->demotions_hash, &block->demotions);
        break;
    default:
        if (block->has_last_commit) {
            forge_certificate(forger, &block->last_commit, VOTE_COMMIT);
            certificate_hash(&header->last_commit_hash, &block->last_commit);
        }
        break;
    }
    return kind == 1 || kind == 4 || kind == 5;
}

static void forge_proposal(const struct forger *forger, struct message *message)
{
    if (message->change_count > 0 && pick(forger, 3) == 0) {
        for (uint32_t i = 1; i < message->change_count; i++) {
            message->changes[i] = message->changes[0];
        }
        return;
    }
    if (message->has_certificate && pick(forger, 2) == 0) {
        forge_certificate(forger, &message->certificate, VOTE_PREPARE);
        return;
    }
    bool wrong_state = forge_block(forger, &message->block);
    block_digest(&message->vote.digest, &message->block.header);
    if (wrong_state) {
        struct sim *sim = forger->sim;
        sim->wrong_state[sim->wrong_state_count++ % SIM_FORGED_KEPT] = message->vote.digest;
    }
}

static void forge_change(const struct forger *forger, struct message *message)
{
    static const uint32_t rounds[] = {1, 2, 10000, 20000, INT32_MAX};
    if (pick(forger, 3) == 0) {
        message->vote.round += rounds[pick(forger, ARRAY_COUNT(rounds))];
    }
    if (pick(forger, 4) == 0) {
        message->prepared = (struct message_prepared){0};
        message->has_certificate = false;
    } else {
        message->prepared = (struct message_prepared){
            true, message->vote.round - (uint32_t)pick(forger, 2), some_digest(forger)};
        message->has_certificate = true;
        certificate_init(&message->certificate, message->vote.height, message->prepared.round,
                         &message->prepared.digest);
        forge_certificate(forger, &message->certificate, VOTE_PREPARE);
    }
    message_prepared_hash(&message->vote.digest, &message->prepared);
}

/* Of what the forger collected as a leader: one signature for many, a quorum without one, or another
 * block, round or height. */
static void forge_collected(const struct forger *forger, struct message *message)
{
    struct certificate *certificate = &message->certificate;
    switch (pick(forger, 4)) {
    case 0:
        forge_certificate(forger, certificate,
                          message->vote.type == VOTE_PREPARED ? VOTE_PREPARE : VOTE_COMMIT);
        break;
    case 1:
        for (uint32_t i = VALIDATORS_MAX; i > 0; i--) {
            if (certificate_has(certificate, i - 1)) {
                certificate->signers[(i - 1) / 8] ^= (uint8_t)(1U << (i - 1) % 8);
                certificate->signature_count--;
                break;
            }
        }
        break;
    case 2:
        message->vote.type = message->vote.type == VOTE_PREPARED ? VOTE_COMMITTED : VOTE_PREPARED;
        break;
    default:
        certificate->digest = some_digest(forger);
        message->vote.digest = certificate->digest;
        break;
    }
}

static void forge_vote(const struct forger *forger, struct vote *vote)
{
    static const uint32_t rounds[] = {1, 2, 10000, UINT32_MAX};
    if (pick(forger, 2) == 0) {
        vote->digest = some_digest(forger);
    } else {
        vote->round += rounds[pick(forger, ARRAY_COUNT(rounds))];
    }
    vote->height += pick(forger, 4) == 0 ? 1 : 0;
}

struct payload *forge_payload(struct sim *sim, const struct host *host,
                              const struct payload *payload)
{
    static struct message forged; /* too large for the stack */
    struct forger forger = {.sim = sim, .number = host->validator};
    struct message *message = NULL;
    char error[160];
    struct vote head;
    struct block_rules rules;
    struct bytes wire = buffer_bytes(&payload->wire);
    if (!message_peek(&head, wire) ||
        !pbft_rules(host->pbft, pbft_rules_height(host->pbft, &head), &rules) ||
        !message_verify(&message, &rules, wire, error, sizeof(error))) {
        return NULL;
    }
    forged = *message;
    sim_secret(host->validator, &forger.key);
    switch ((enum vote_type)forged.vote.type) {
    case VOTE_PROPOSE:
        forge_proposal(&forger, &forged);
        break;
    case VOTE_ROUND_CHANGE:
        forge_change(&forger, &forged);
        break;
    case VOTE_PREPARE:
    case VOTE_COMMIT:
    case VOTE_STATUS:
        forge_vote(&forger, &forged.vote);
        break;
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
        forge_collected(&forger, &forged);
        break;
    case VOTE_GET_BODY:
    case VOTE_BODY:
    case VOTE_TYPE_COUNT:
        break;
    }
    vote_sign(&forged.vote, &sim->rules.chain_id, &forger.key);
    secret_key_close(&forger.key);
    struct payload *bad = payload_new((struct bytes){0});
    bad->forged = true;
    message_encode(&bad->wire, &forged);
    message_free(message);
    return bad;
}
