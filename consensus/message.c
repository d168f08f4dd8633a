#include "consensus/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct field prepared_fields[] = {
    SCHEMA_BOOL(struct message_prepared, present),
    SCHEMA_U32(struct message_prepared, round),
    SCHEMA_ARRAY(struct message_prepared, digest, FORM_HEX),
};
const struct schema message_prepared_schema =
    SCHEMA("prepared", struct message_prepared, prepared_fields);

static const struct field change_fields[] = {
    SCHEMA_U32(struct message_change, sender),
    SCHEMA_BOOL(struct message_change, prepared),
    SCHEMA_U32(struct message_change, prepared_round),
    SCHEMA_ARRAY(struct message_change, prepared_digest, FORM_HEX),
    SCHEMA_ARRAY(struct message_change, signature, FORM_HEX),
};
const struct schema message_change_schema =
    SCHEMA("round change", struct message_change, change_fields);

static const struct field changes_fields[] = {
    SCHEMA_LIST(struct message, changes, change_count, &message_change_schema, FORM_HEX),
};
static const struct schema changes_schema = SCHEMA("changes", struct message, changes_fields);

struct refusal {
    char *text;
    size_t size;
};

static bool refuse(const struct refusal *refusal, const char *fault)
{
    (void)snprintf(refusal->text, refusal->size, "%s", fault);
    return false;
}

void message_prepared_hash(struct hash *out, const struct message_prepared *prepared)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/round-change/v1");
    sha256_add_u8(&sha, prepared->present ? 1 : 0);
    sha256_add_u32(&sha, prepared->round);
    sha256_add(&sha, BYTES_OF(prepared->digest.bytes));
    sha256_finish(&sha, out);
}

bool message_peek(struct vote *out, struct bytes wire)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, wire);
    schema_read(&reader, &vote_schema, out);
    return reader.status == BCS_OK;
}

bool message_peek_key(struct public_key *out, struct bytes wire)
{
    struct vote vote;
    struct bcs_reader reader;
    bcs_reader_init(&reader, wire);
    schema_read(&reader, &vote_schema, &vote);
    if (reader.status == BCS_OK && vote.type == VOTE_STATUS) {
        bcs_read_array(&reader, out->bytes, sizeof(out->bytes));
        return reader.status == BCS_OK;
    }
    return false;
}

static void write_status(struct buffer *out, const struct message *message)
{
    struct vote head = message->vote;
    head.sender = 0;
    schema_write(out, &vote_schema, &head);
    buffer_append(out, BYTES_OF(message->key.bytes));
    bcs_write_bool(out, message->has_proposal);
}

void message_encode(struct buffer *out, const struct message *message)
{
    if (message->vote.type == VOTE_STATUS) {
        write_status(out, message);
        return;
    }
    schema_write(out, &vote_schema, &message->vote);
    switch ((enum vote_type)message->vote.type) {
    case VOTE_PROPOSE:
        block_encode(out, &message->block);
        schema_write(out, &changes_schema, message);
        bcs_write_bool(out, message->has_certificate);
        break;
    case VOTE_ROUND_CHANGE:
        schema_write(out, &message_prepared_schema, &message->prepared);
        bcs_write_bool(out, message->has_certificate);
        break;
    case VOTE_BODY:
        block_encode(out, &message->block);
        break;
    case VOTE_PREPARE:
    case VOTE_COMMIT:
    case VOTE_STATUS:
    case VOTE_GET_BODY:
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
        break;
    case VOTE_TYPE_COUNT:
        assert(false && "a message has a type");
    }
    if (message->has_certificate) {
        certificate_encode(out, &message->certificate);
    }
}

static void read_certificate(struct bcs_reader *reader, struct message *message)
{
    if (reader->status == BCS_OK) {
        reader->field = "certificate";
        message->has_certificate = bcs_read_bool(reader);
    }
    if (message->has_certificate) {
        schema_read(reader, &certificate_schema, &message->certificate);
    }
}

/* schema_read() clears the whole structure it fills, so the changes are read into one of their own. */
static void read_changes(struct bcs_reader *reader, struct message *message)
{
    struct message *changes = memory_new(sizeof(*changes));
    schema_read(reader, &changes_schema, changes);
    memcpy(message->changes, changes->changes, sizeof(message->changes));
    message->change_count = changes->change_count;
    free(changes);
}

static void read_payload(struct bcs_reader *reader, struct message *message)
{
    switch ((enum vote_type)message->vote.type) {
    case VOTE_PROPOSE:
        block_read(reader, &message->block);
        message->has_block = true;
        read_changes(reader, message);
        read_certificate(reader, message);
        break;
    case VOTE_ROUND_CHANGE:
        schema_read(reader, &message_prepared_schema, &message->prepared);
        read_certificate(reader, message);
        break;
    case VOTE_STATUS:
        reader->field = "key";
        bcs_read_array(reader, message->key.bytes, sizeof(message->key.bytes));
        reader->field = reader->status == BCS_OK ? "has_proposal" : reader->field;
        message->has_proposal = bcs_read_bool(reader);
        break;
    case VOTE_BODY:
        block_read(reader, &message->block);
        message->has_block = true;
        break;
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
        schema_read(reader, &certificate_schema, &message->certificate);
        message->has_certificate = true;
        break;
    case VOTE_PREPARE:
    case VOTE_COMMIT:
    case VOTE_GET_BODY:
    case VOTE_TYPE_COUNT:
        break;
    }
}

static bool type_carries_block(uint8_t type)
{
    return type == VOTE_PROPOSE || type == VOTE_BODY;
}

static bool message_read(struct message *message, const struct refusal *refusal)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, buffer_bytes(&message->wire));
    schema_read(&reader, &vote_schema, &message->vote);
    if (reader.status == BCS_OK) {
        if (!type_carries_block(message->vote.type) && message->wire.size > MESSAGE_VOTE_SIZE_MAX) {
            return refuse(refusal, "message: longer than its type allows");
        }
        read_payload(&reader, message);
    }
    if (!bcs_reader_done(&reader)) {
        bcs_error_text(&reader, refusal->text, refusal->size);
        return false;
    }
    return true;
}

/* The certificate must prove what was said to be prepared at this height, below this round. */
static bool prepared_verify(const struct message *message, const struct block_rules *rules,
                            const struct refusal *refusal)
{
    const struct message_prepared *prepared = &message->prepared;
    const struct certificate *certificate = &message->certificate;
    if (prepared->present != message->has_certificate) {
        return refuse(refusal, "certificate: present exactly where something was prepared");
    }
    if (!prepared->present) {
        return (prepared->round == 0 && hash_is_zero(&prepared->digest)) ||
               refuse(refusal, "prepared: nothing prepared, but a round or digest is named");
    }
    if (prepared->round >= message->vote.round) {
        return refuse(refusal, "prepared round: not below the round changed to");
    }
    if (certificate->height != message->vote.height || certificate->round != prepared->round ||
        !hash_equal(&certificate->digest, &prepared->digest)) {
        return refuse(refusal, "certificate: not of what was said to be prepared");
    }
    return certificate_verify(certificate, VOTE_PREPARE, &rules->chain_id, rules->validators,
                              refusal->text, refusal->size);
}

static bool round_change_verify(const struct message *message, const struct block_rules *rules,
                                const struct refusal *refusal)
{
    struct hash digest;
    message_prepared_hash(&digest, &message->prepared);
    if (!hash_equal(&digest, &message->vote.digest)) {
        return refuse(refusal, "digest: not that of what was said to be prepared");
    }
    if (message->vote.round == 0) {
        return refuse(refusal, "round: 0, nobody changes to it");
    }
    return prepared_verify(message, rules, refusal);
}

static bool change_verify(const struct message *message, const struct message_change *change,
                          const struct block_rules *rules)
{
    struct message_prepared prepared = {change->prepared, change->prepared_round,
                                        change->prepared_digest};
    struct vote vote = {.type = VOTE_ROUND_CHANGE,
                        .sender = change->sender,
                        .height = message->vote.height,
                        .round = message->vote.round,
                        .signature = change->signature};
    message_prepared_hash(&vote.digest, &prepared);
    return vote_verify(&vote, &rules->chain_id, rules->validators);
}

static bool changes_verify(const struct message *message, const struct block_rules *rules,
                           const struct refusal *refusal)
{
    bool seen[VALIDATORS_MAX] = {false};
    if (message->change_count < validators_quorum(rules->validators->count)) {
        return refuse(refusal, "changes: no quorum asked for this round");
    }
    for (uint32_t i = 0; i < message->change_count; i++) {
        const struct message_change *change = &message->changes[i];
        if (change->sender >= rules->validators->count || seen[change->sender]) {
            return refuse(refusal, "changes: a sender twice or outside the set");
        }
        seen[change->sender] = true;
        if (!change_verify(message, change, rules)) {
            return refuse(refusal, "changes: a wrong signature");
        }
    }
    return true;
}

/* SPEC 3.5: The proposal of a round above 0 must repeat the block of the highest prepared round
 * among the round changes that justify it; only where none had prepared one is the leader free. */
static bool justification_verify(struct message *message, const struct block_rules *rules,
                                 const struct refusal *refusal)
{
    if (message->vote.round == 0) {
        return (message->change_count == 0 && !message->has_certificate) ||
               refuse(refusal, "changes: present in round 0");
    }
    if (!changes_verify(message, rules, refusal)) {
        return false;
    }
    for (uint32_t i = 0; i < message->change_count; i++) {
        const struct message_change *change = &message->changes[i];
        if (change->prepared &&
            (!message->prepared.present || change->prepared_round > message->prepared.round)) {
            message->prepared =
                (struct message_prepared){true, change->prepared_round, change->prepared_digest};
        }
    }
    if (!prepared_verify(message, rules, refusal)) {
        return false;
    }
    return !message->prepared.present ||
           hash_equal(&message->prepared.digest, &message->vote.digest) ||
           refuse(refusal, "block: not the one prepared in the highest round");
}

static bool propose_verify(struct message *message, const struct block_rules *rules,
                           const struct refusal *refusal)
{
    const struct vote *vote = &message->vote;
    if (vote->sender !=
        validators_leader(rules->validators, rules->demoted, vote->height, vote->round)) {
        return refuse(refusal, "sender: does not lead this round");
    }
    if (!justification_verify(message, rules, refusal)) {
        return false;
    }
    if (!message->prepared.present && message->block.header.proposer != vote->sender) {
        return refuse(refusal, "proposer: a new block must be the sender's own");
    }
    return block_verify_proposed(&message->block, rules, refusal->text, refusal->size);
}

/* What a leader collected. It proves itself; that nobody else sends it bounds what peers can cost. */
static bool collected_verify(const struct message *message, const struct block_rules *rules,
                             const struct refusal *refusal)
{
    const struct vote *vote = &message->vote;
    const struct certificate *certificate = &message->certificate;
    if (!block_rules_collect(rules, rules->validators->count, vote->round)) {
        return refuse(refusal, "type: nobody collects the votes of this round");
    }
    if (vote->sender !=
        validators_leader(rules->validators, rules->demoted, vote->height, vote->round)) {
        return refuse(refusal, "sender: does not lead this round");
    }
    if (certificate->height != vote->height || certificate->round != vote->round ||
        !hash_equal(&certificate->digest, &vote->digest)) {
        return refuse(refusal, "certificate: not of what the head names");
    }
    return certificate_verify(certificate, vote->type == VOTE_PREPARED ? VOTE_PREPARE : VOTE_COMMIT,
                              &rules->chain_id, rules->validators, refusal->text, refusal->size);
}

static bool block_named(const struct message *message)
{
    struct hash digest;
    block_digest(&digest, &message->block.header);
    return hash_equal(&digest, &message->vote.digest) &&
           message->block.header.height == message->vote.height;
}

static bool payload_verify(struct message *message, const struct block_rules *rules,
                           const struct refusal *refusal)
{
    if (message->has_block && !block_named(message)) {
        return refuse(refusal, "block: not the one the head names");
    }
    switch ((enum vote_type)message->vote.type) {
    case VOTE_PROPOSE:
        return propose_verify(message, rules, refusal);
    case VOTE_ROUND_CHANGE:
        return round_change_verify(message, rules, refusal);
    case VOTE_BODY:
        return block_verify(&message->block, rules, refusal->text, refusal->size);
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
        return collected_verify(message, rules, refusal);
    case VOTE_PREPARE:
    case VOTE_COMMIT:
    case VOTE_STATUS:
    case VOTE_GET_BODY:
        return true;
    case VOTE_TYPE_COUNT:
        break;
    }
    return refuse(refusal, "type: unknown");
}

/* Gives a STATUS the index that its sender has here. */
static bool head_verify(struct message *message, const struct block_rules *rules,
                        const struct refusal *refusal)
{
    struct vote *vote = &message->vote;
    if (vote->type == VOTE_STATUS) {
        if (vote->sender != 0) {
            return refuse(refusal, "sender: not 0 in a status, which names it by key");
        }
        vote->sender = validators_find(rules->validators, &message->key);
    }
    if (vote->sender >= rules->validators->count) {
        return refuse(refusal, "sender: no validator of the set");
    }
    if (vote->height == 0 && vote->type != VOTE_STATUS) {
        return refuse(refusal, "height: 0, expected at least 1");
    }
    return vote_verify(vote, &rules->chain_id, rules->validators) ||
           refuse(refusal, "signature: not the sender's");
}

bool message_verify(struct message **out, const struct block_rules *rules, struct bytes wire,
                    char *error, size_t error_size)
{
    struct refusal refusal = {.size = error_size};
    refusal.text = error;
    *out = NULL;
    if (wire.size > MESSAGE_SIZE_MAX) {
        return refuse(&refusal, "message: longer than any may be");
    }
    struct message *message = memory_new(sizeof(*message));
    buffer_append(&message->wire, wire);
    if (!message_read(message, &refusal) || !head_verify(message, rules, &refusal) ||
        !payload_verify(message, rules, &refusal)) {
        message_free(message);
        return false;
    }
    *out = message;
    return true;
}

void message_free(struct message *message)
{
    if (message != NULL) {
        buffer_close(&message->wire);
        free(message);
    }
}
