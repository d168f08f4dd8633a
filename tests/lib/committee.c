#include "tests/lib/committee.h"

#include <stdio.h>

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    hash_tagged(out, "souk/test-body/v1", body);
    return body.size == 0 || body.data[0] != 0xEE;
}

void committee_init(struct committee *committee, uint32_t count)
{
    struct hash chain_id;
    *committee = (struct committee){.validators.count = count};
    hash_tagged(&chain_id, "souk/test-chain/v1", (struct bytes){0});
    for (uint32_t i = 0; i < count; i++) {
        struct validator *validator = &committee->validators.list[i];
        struct hash seed;
        hash_tagged(&seed, "souk/test-key/v1", BYTES_OF(i));
        bool made = secret_key_init(&committee->keys[i], seed.bytes);
        assert(made);
        public_key_of(&validator->key, &committee->keys[i]);
        point_of(&validator->node_key, &committee->keys[i]);
        (void)snprintf(committee->names[i], sizeof(committee->names[i]), "validator %u", i);
        validator->name = bytes_of_text(committee->names[i]);
    }
    block_rules_init(&committee->rules, &chain_id, &committee->validators, body_digest, NULL);
}

struct vote committee_vote(const struct committee *committee, enum vote_type type, uint32_t sender,
                           uint64_t height, uint32_t round, const struct hash *digest)
{
    struct vote vote = {.type = (uint8_t)type,
                        .sender = sender,
                        .height = height,
                        .round = round,
                        .digest = *digest};
    vote_sign(&vote, &committee->rules.chain_id, &committee->keys[sender]);
    return vote;
}

void committee_certify(const struct committee *committee, struct certificate *out,
                       const struct vote *like, uint32_t first, uint32_t count)
{
    certificate_init(out, like->height, like->round, &like->digest);
    for (uint32_t i = first; i < first + count; i++) {
        struct vote vote = committee_vote(committee, (enum vote_type)like->type, i, like->height,
                                          like->round, &like->digest);
        certificate_add(out, i, &vote.signature);
    }
}

void committee_block(const struct committee *committee, struct block *out, struct hash *digest,
                     uint32_t proposer, const char *body)
{
    *out = (struct block){.header = {.version = BLOCK_VERSION,
                                     .chain_id = committee->rules.chain_id,
                                     .height = 1,
                                     .time_ms = 1000,
                                     .proposer = proposer,
                                     .parent = committee->rules.chain_id,
                                     .validators_hash = committee->rules.validators_hash,
                                     .next_validators_hash = committee->rules.validators_hash},
                          .body = bytes_of_text(body)};
    bool formed = body_digest(NULL, &out->header.tx_root, out->body);
    assert(formed);
    demotions_hash(&out->header.demotions_hash, &out->demotions);
    block_digest(digest, &out->header);
}

void committee_next_block(const struct committee *committee, struct block *out, struct hash *digest,
                          const struct block *parent, uint32_t proposer)
{
    struct vote like = {.type = VOTE_COMMIT, .height = parent->header.height};
    committee_block(committee, out, digest, proposer, "next");
    block_digest(&like.digest, &parent->header);
    out->header.height = parent->header.height + 1;
    out->header.time_ms = parent->header.time_ms + 1;
    out->header.parent = like.digest;
    out->has_last_commit = true;
    committee_certify(committee, &out->last_commit, &like, 0,
                      validators_quorum(committee->validators.count));
    certificate_hash(&out->header.last_commit_hash, &out->last_commit);
    block_digest(digest, &out->header);
}

void committee_propose(const struct committee *committee, struct buffer *out,
                       const struct block *block, uint32_t sender)
{
    static struct message message;
    struct hash digest;
    block_digest(&digest, &block->header);
    message = (struct message){.has_block = true, .block = *block};
    message.vote =
        committee_vote(committee, VOTE_PROPOSE, sender, block->header.height, 0, &digest);
    message_encode(out, &message);
}

void committee_change(const struct committee *committee, struct message *out, uint32_t sender,
                      uint64_t height, uint32_t round, const struct certificate *certificate)
{
    struct hash digest;
    *out = (struct message){0};
    if (certificate != NULL) {
        out->prepared = (struct message_prepared){true, certificate->round, certificate->digest};
        out->has_certificate = true;
        out->certificate = *certificate;
    }
    message_prepared_hash(&digest, &out->prepared);
    out->vote = committee_vote(committee, VOTE_ROUND_CHANGE, sender, height, round, &digest);
}

void committee_quote(struct message *proposal, const struct message *change)
{
    proposal->changes[proposal->change_count++] =
        (struct message_change){.sender = change->vote.sender,
                                .prepared = change->prepared.present,
                                .prepared_round = change->prepared.round,
                                .prepared_digest = change->prepared.digest,
                                .signature = change->vote.signature};
}

struct message *committee_accept(const struct committee *committee, const struct message *message)
{
    struct buffer wire = {0};
    struct message *verified;
    char error[160] = "";
    message_encode(&wire, message);
    bool passes =
        message_verify(&verified, &committee->rules, buffer_bytes(&wire), error, sizeof(error));
    buffer_close(&wire);
    if (!passes) {
        (void)fprintf(stderr, "committee_accept: %s\n", error);
    }
    assert(passes);
    return verified;
}
