/* The checkers stand outside the replicas: they see what leaves honest hosts and nothing else. */
#include <stdlib.h>

#include "base/memory.h"
#include "consensus/handover.h"
#include "tools/sim/sim_state.h"

void checker_close(struct checker *checker)
{
    for (size_t i = 0; i < SIM_VALIDATORS_MAX; i++) {
        free(checker->votes[i]);
    }
    free(checker->decided);
    free(checker->roots);
}

static void remember(struct checker *checker, uint32_t number, const struct vote *vote)
{
    size_t count = checker->vote_count[number]++;
    struct seen_vote **votes = &checker->votes[number];
    *votes = memory_resize(*votes, (count + 1) * sizeof(**votes));
    (*votes)[count] = (struct seen_vote){
        .type = vote->type, .height = vote->height, .round = vote->round, .digest = vote->digest};
}

/* Counts for itself, with the arithmetic of the text and not that of the core: at least n - f distinct
 * validators of the height's set, and nobody else, signed this kind of vote. */
static bool proves(const struct sim *sim, const struct certificate *certificate,
                   enum vote_type type)
{
    const struct sim_set *set = membership_at(&sim->membership, certificate->height);
    uint32_t count = set == NULL ? 0 : set->set->validators.count;
    uint32_t signers = 0;
    for (uint32_t i = 0; i < CERTIFICATE_BITMAP_SIZE * 8; i++) {
        if ((certificate->signers[i / 8] >> i % 8 & 1) == 0) {
            continue;
        }
        struct vote vote = {.type = (uint8_t)type,
                            .sender = i,
                            .height = certificate->height,
                            .round = certificate->round,
                            .digest = certificate->digest,
                            .signature = certificate->signatures[signers++]};
        struct hash signed_hash;
        vote_hash(&signed_hash, &sim->rules.chain_id, &vote);
        if (i >= count || signers > certificate->signature_count ||
            !signature_check(&vote.signature, &set->set->validators.list[i].key, &signed_hash)) {
            return false;
        }
    }
    return set != NULL && signers == certificate->signature_count &&
           signers >= count - (count - 1) / 3;
}

/* What an honest host says about prepared blocks must be proven, and pass at the others. */
static void check_content(struct sim *sim, const struct host *host, struct payload *payload,
                          const struct vote *vote)
{
    char error[160] = "";
    struct block_rules rules;
    if (membership_rules(&sim->membership, &sim->rules, vote->height, &rules)) {
        net_verify(sim, payload, &rules, error, sizeof(error));
    }
    const struct message *message = payload->message;
    if (message == NULL) {
        sim_fail(sim, "host %u sent a %s that others refuse: %s", host->index,
                 vote_type_text((enum vote_type)vote->type), error);
        return;
    }
    struct checker *checker = &sim->checker;
    checker->votes[host->validator][checker->vote_count[host->validator] - 1].prepared =
        message->prepared;
    if (message->has_certificate && !proves(sim, &message->certificate, VOTE_PREPARE)) {
        sim_fail(sim, "host %u passes on a prepared certificate that proves nothing", host->index);
    } else if (message->has_block && message->block.has_last_commit &&
               !proves(sim, &message->block.last_commit, VOTE_COMMIT)) {
        sim_fail(sim, "host %u proposes on a certificate that proves nothing", host->index);
    }
}

/* Returns whether it was said for the first time. */
static bool check_vote(struct sim *sim, const struct host *host, const struct vote *vote)
{
    const struct seen_vote *votes = sim->checker.votes[host->validator];
    for (size_t i = sim->checker.vote_count[host->validator]; i > 0; i--) {
        const struct seen_vote *seen = &votes[i - 1];
        if (seen->type != vote->type || seen->height != vote->height ||
            seen->round != vote->round) {
            continue;
        }
        if (!hash_equal(&seen->digest, &vote->digest)) {
            sim_fail(sim, "host %u signed two values: %s at height %llu round %u", host->index,
                     vote_type_text((enum vote_type)vote->type), (unsigned long long)vote->height,
                     vote->round);
        }
        return false;
    }
    remember(&sim->checker, host->validator, vote);
    return true;
}

/* Who has sent COMMIT shows the prepared block in every later round; nobody sends PREPARE for a round
 * that it said it had left. (A COMMIT may leave late, repeated by a later life of the host.) */
static void check_order(struct sim *sim, const struct host *host)
{
    const struct seen_vote *votes = sim->checker.votes[host->validator];
    const struct seen_vote *newest = &votes[sim->checker.vote_count[host->validator] - 1];
    for (const struct seen_vote *seen = votes; seen < newest; seen++) {
        const struct seen_vote *change = seen->type == VOTE_ROUND_CHANGE ? seen : newest;
        const struct seen_vote *vote = seen->type == VOTE_ROUND_CHANGE ? newest : seen;
        if (seen->height != newest->height || change->type != VOTE_ROUND_CHANGE ||
            change->round <= vote->round) {
            continue;
        }
        if (vote->type == VOTE_PREPARE && vote == newest) {
            sim_fail(sim, "host %u sent prepare at height %llu for round %u, which it had left",
                     host->index, (unsigned long long)vote->height, vote->round);
        } else if (vote->type == VOTE_COMMIT &&
                   (!change->prepared.present || change->prepared.round < vote->round)) {
            sim_fail(sim, "host %u hides in round %u what it prepared in round %u at height %llu",
                     host->index, change->round, vote->round, (unsigned long long)vote->height);
        }
    }
}

static bool heard(const struct sim *sim, uint32_t number, enum vote_type type,
                  const struct vote *like)
{
    const struct seen_vote *votes = sim->checker.votes[number];
    for (size_t i = sim->checker.vote_count[number]; i > 0; i--) {
        const struct seen_vote *seen = &votes[i - 1];
        if (seen->type == type && seen->height == like->height && seen->round == like->round &&
            hash_equal(&seen->digest, &like->digest)) {
            return true;
        }
    }
    return false;
}

/* PREPARE is for what the leader of that round proposed; COMMIT needs a quorum of PREPAREs of that
 * round. The sender's own word may have been lost with an earlier life. */
static void check_grounds(struct sim *sim, const struct host *host, const struct vote *vote)
{
    const struct sim_set *set = membership_at(&sim->membership, vote->height);
    uint32_t count = set->set->validators.count;
    uint32_t leader = set->numbers[membership_leader(&sim->membership, vote->height, vote->round)];
    if (vote->type == VOTE_PREPARE && leader != host->validator &&
        !heard(sim, leader, VOTE_PROPOSE, vote)) {
        sim_fail(sim, "host %u prepared at height %llu what nobody proposed in round %u",
                 host->index, (unsigned long long)vote->height, vote->round);
    }
    for (size_t i = 0; vote->type == VOTE_PREPARE && i < SIM_FORGED_KEPT; i++) {
        if (i < sim->wrong_state_count && hash_equal(&sim->wrong_state[i], &vote->digest)) {
            sim_fail(sim, "host %u prepared at height %llu a block with another state than its own",
                     host->index, (unsigned long long)vote->height);
        }
    }
    if (vote->type != VOTE_COMMIT) {
        return;
    }
    uint32_t prepares = 1;
    for (uint32_t i = 0; i < count; i++) {
        prepares += i != vote->sender && heard(sim, set->numbers[i], VOTE_PREPARE, vote) ? 1 : 0;
    }
    if (prepares < count - (count - 1) / 3) {
        sim_fail(sim, "host %u sent commit at height %llu after %u prepares of round %u",
                 host->index, (unsigned long long)vote->height, prepares, vote->round);
    }
}

/* The round changes that a proposal quotes: a quorum of different ones, and the block is that of the
 * highest prepared round among them. */
static bool justified(const struct sim *sim, const struct message *message)
{
    const struct message_change *highest = NULL;
    const struct sim_set *set = membership_at(&sim->membership, message->vote.height);
    uint32_t count = set == NULL ? 0 : set->set->validators.count;
    uint32_t different = 0;
    for (uint32_t i = 0; i < message->change_count; i++) {
        const struct message_change *change = &message->changes[i];
        bool repeated = change->sender >= count;
        for (uint32_t j = 0; j < i; j++) {
            repeated = repeated || message->changes[j].sender == change->sender;
        }
        different += repeated ? 0 : 1;
        if (change->prepared &&
            (highest == NULL || change->prepared_round > highest->prepared_round)) {
            highest = change;
        }
    }
    return set != NULL && different >= count - (count - 1) / 3 &&
           (highest == NULL || hash_equal(&highest->prepared_digest, &message->vote.digest));
}

static enum vote_type type_of_votes(uint8_t type)
{
    return type == VOTE_COMMITTED ? VOTE_COMMIT : VOTE_PREPARE;
}

void checker_passed(struct sim *sim, const struct message *message)
{
    const char *fault = NULL;
    if (message->has_certificate &&
        !proves(sim, &message->certificate, type_of_votes(message->vote.type))) {
        fault = "a prepared certificate that proves nothing";
    } else if (message->has_block && message->block.has_last_commit &&
               !proves(sim, &message->block.last_commit, VOTE_COMMIT)) {
        fault = "a block on a certificate that proves nothing";
    } else if (message->has_block && message->block.has_last_commit &&
               !hash_equal(&message->block.last_commit.digest, &message->block.header.parent)) {
        fault = "a block whose certificate is not of its parent";
    } else if (message->vote.type == VOTE_PROPOSE && message->vote.round > 0 &&
               !justified(sim, message)) {
        fault = "a proposal that nothing justifies";
    }
    if (fault != NULL) {
        sim_fail(sim, "a forgery passed: %s", fault);
    }
}

/* The vote of its sender that stands in what a leader collected: nowhere else does it leave. */
static bool own_vote(const struct certificate *certificate, const struct vote *head,
                     struct vote *out)
{
    uint32_t place = 0;
    *out = (struct vote){.type = (uint8_t)type_of_votes(head->type),
                         .sender = head->sender,
                         .height = head->height,
                         .round = head->round,
                         .digest = head->digest};
    for (uint32_t i = 0; i < head->sender; i++) {
        place += certificate_has(certificate, i) ? 1 : 0;
    }
    if (!certificate_has(certificate, head->sender) || place >= certificate->signature_count) {
        return false;
    }
    out->signature = certificate->signatures[place];
    return true;
}

static bool is_collected(const struct vote *vote)
{
    return vote->type == VOTE_PREPARED || vote->type == VOTE_COMMITTED;
}

/* Nothing checked: it may be a forger's. */
static bool read_collected(struct bytes wire, struct vote *head, struct certificate *out)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, wire);
    schema_read(&reader, &vote_schema, head);
    schema_read(&reader, &certificate_schema, out);
    return bcs_reader_done(&reader);
}

void checker_heard(struct sim *sim, const struct host *host, const struct payload *payload)
{
    struct vote vote;
    struct vote head;
    struct certificate certificate;
    struct bytes wire = buffer_bytes(&payload->wire);
    if (!message_peek(&vote, wire)) {
        return;
    }
    if (is_collected(&vote) &&
        (!read_collected(wire, &head, &certificate) || !own_vote(&certificate, &head, &vote))) {
        return;
    }
    if (vote.type <= VOTE_PREPARE &&
        !heard(sim, host->validator, (enum vote_type)vote.type, &vote)) {
        remember(&sim->checker, host->validator, &vote);
    }
}

static void check_binding(struct sim *sim, const struct host *host, const struct vote *vote,
                          struct payload *payload)
{
    if (!check_vote(sim, host, vote)) {
        return;
    }
    if (vote->type == VOTE_PROPOSE || vote->type == VOTE_ROUND_CHANGE) {
        check_content(sim, host, payload, vote);
    }
    check_order(sim, host);
    if (sim->options.stolen == 0) {
        check_grounds(sim, host, vote);
    }
    if (sim->options.recall_per_mille > 0 &&
        random_chance(&sim->random, sim->options.recall_per_mille)) {
        struct buffer wire = {0};
        schema_write(&wire, &vote_schema, vote);
        recall_check(sim, host,
                     vote->type == VOTE_ROUND_CHANGE ? buffer_bytes(&payload->wire)
                                                     : buffer_bytes(&wire));
        buffer_close(&wire);
    }
}

/* What a leader collected proves something, and its own vote in it is one like any other. */
static void check_collected(struct sim *sim, const struct host *host, struct payload *payload)
{
    struct vote head;
    struct vote own;
    struct certificate certificate;
    if (!read_collected(buffer_bytes(&payload->wire), &head, &certificate) ||
        !proves(sim, &certificate, type_of_votes(head.type)) ||
        !hash_equal(&certificate.digest, &head.digest) || certificate.height != head.height ||
        certificate.round != head.round) {
        sim_fail(sim, "host %u collected votes that prove nothing", host->index);
    } else if (own_vote(&certificate, &head, &own)) {
        check_binding(sim, host, &own, payload);
    }
}

/* No key signs two values for one height, round and type, in all the lives of its host. */
void checker_sent(struct sim *sim, const struct host *host, struct payload *payload)
{
    struct vote vote;
    struct bytes wire = buffer_bytes(&payload->wire);
    bool peeked = message_peek(&vote, wire);
    if (peeked && vote.type == VOTE_STATUS) {
        return;
    }
    if (!peeked ||
        membership_number(&sim->membership, vote.height, vote.sender) != host->validator) {
        sim_fail(sim, "host %u sent what is no message of its own", host->index);
        return;
    }
    if (host->validator >= sim->options.validator_count) {
        sim_met(sim, SIM_NEWCOMER);
    }
    if (is_collected(&vote)) {
        check_collected(sim, host, payload);
    } else if (vote.type <= VOTE_ROUND_CHANGE) {
        check_binding(sim, host, &vote, payload);
    }
}

static void count_demotions(struct sim *sim, const struct demotions *before,
                            const struct demotions *after, uint64_t height)
{
    for (uint32_t i = 0; i < after->count; i++) {
        const struct demotion *old = demotions_find(before, &after->list[i].key);
        if (after->list[i].from == height + DEMOTION_DELAY) {
            sim->report.demotions++;
            sim_met(sim, SIM_DEMOTED);
        } else if (old != NULL && after->list[i].until < old->until) {
            sim_met(sim, SIM_RELEASED);
        }
    }
}

/* The first block of a height: what it says about leaders follows from the chain. */
static void check_demotions(struct sim *sim, const struct block *block)
{
    struct checker *checker = &sim->checker;
    const uint64_t height = block->header.height;
    const struct demotions before = checker->demotions;
    struct hash expected;
    if (block->has_last_commit) {
        demotions_update(
            &checker->demotions,
            &(struct demotion_evidence){
                .height = height,
                .round = block->last_commit.round,
                .signers = block->last_commit.signers,
                .last = &membership_at(&sim->membership, height - 1)->set->validators,
                .set = &membership_at(&sim->membership, height)->set->validators,
                .coming = &membership_at(&sim->membership, height + 1)->set->validators});
    }
    demotions_hash(&expected, &checker->demotions);
    if (!hash_equal(&expected, &block->header.demotions_hash)) {
        sim_fail(sim, "height %llu demotes others than the chain says", (unsigned long long)height);
    }
    count_demotions(sim, &before, &block->demotions, height);
}

void checker_decided(struct sim *sim, const struct host *host, const struct block *block,
                     const struct certificate *certificate)
{
    struct checker *checker = &sim->checker;
    char error[160];
    struct hash digest;
    uint64_t height = block->header.height;
    struct block_rules rules;
    const struct sim_set *next = membership_at(&sim->membership, height + 1);
    block_digest(&digest, &block->header);
    if (!membership_rules(&sim->membership, &sim->rules, height, &rules) || next == NULL) {
        sim_fail(sim, "host %u decided height %llu before its validators are known", host->index,
                 (unsigned long long)height);
    } else if (!hash_equal(&block->header.next_validators_hash, &next->set->hash)) {
        sim_fail(sim, "host %u decided a block that hands over to others than the state says",
                 host->index);
    } else if (!block_verify(block, &rules, error, sizeof(error))) {
        sim_fail(sim, "host %u: %s", host->index, error);
    } else if (!hash_equal(&certificate->digest, &digest) || certificate->height != height ||
               !proves(sim, certificate, VOTE_COMMIT)) {
        sim_fail(sim, "host %u decided height %llu without a quorum", host->index,
                 (unsigned long long)height);
    } else if (!sim->app.check(sim->app.data, host->index, block)) {
        sim_fail(sim, "host %u decided a body that nobody may accept", host->index);
    } else if (height > checker->decided_count + 1) {
        sim_fail(sim, "host %u decided height %llu before height %llu", host->index,
                 (unsigned long long)height, (unsigned long long)checker->decided_count + 1);
    } else if (height == checker->decided_count + 1) {
        checker->decided = memory_resize(checker->decided, height * sizeof(*checker->decided));
        checker->decided[height - 1] = digest;
        checker->decided_count = height;
        check_demotions(sim, block);
        if (!hash_equal(&block->header.next_validators_hash, &block->header.validators_hash)) {
            sim_met(sim, SIM_HANDED_OVER);
            if (block_rules_collect(&rules, rules.validators->count, 0) !=
                block_rules_collect(&rules, next->set->validators.count, 0)) {
                sim_met(sim, SIM_OTHER_WAY);
            }
        }
        const struct hash *parent =
            height == 1 ? &sim->rules.chain_id : &checker->decided[height - 2];
        if (!hash_equal(parent, &block->header.parent)) {
            sim_fail(sim, "height %llu does not follow the block before",
                     (unsigned long long)height);
        }
    } else if (!hash_equal(&checker->decided[height - 1], &digest)) {
        sim_fail(sim, "host %u: a fork at height %llu", host->index, (unsigned long long)height);
    }
    if (certificate->round > sim->report.round_max) {
        sim->report.round_max = certificate->round;
    }
}

/* Who knows nothing but the genesis can follow the validators by the blocks that hand over. */
void checker_handovers(struct sim *sim)
{
    const struct host *host = &sim->hosts[sim->host_count - 1 - sim->options.twin_count];
    struct validators *set = memory_new(sizeof(*set));
    struct buffer links = {0};
    uint64_t since;
    char error[160] = "";
    *set = membership_at(&sim->membership, 1)->set->validators;
    for (uint64_t height = 1; height <= host->height; height++) {
        struct block block;
        const struct disk_block *stored = &host->chain[height - 1];
        const struct sim_set *next = membership_at(&sim->membership, height + 1);
        if (next != NULL && block_decode(&block, buffer_bytes(&stored->encoded), NULL, 0) &&
            !hash_equal(&block.header.validators_hash, &block.header.next_validators_hash)) {
            handover_write(&links, &block.header, &stored->certificate, &next->set->validators);
        }
    }
    struct hash reached;
    const struct sim_set *last = membership_at(&sim->membership, host->height + 1);
    bool good = handovers_follow(set, &since, &sim->rules.chain_id, buffer_bytes(&links), error,
                                 sizeof(error));
    validators_hash(&reached, set);
    if (!good || (last != NULL && !hash_equal(&reached, &last->set->hash))) {
        sim_fail(sim, "the handovers of host %u do not lead to the set of height %llu: %s",
                 host->index, (unsigned long long)host->height + 1, error);
    }
    buffer_close(&links);
    free(set);
}
