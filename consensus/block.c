#include "consensus/block.h"

#include <stdio.h>
#include <string.h>

static const struct field header_fields[] = {
    SCHEMA_U32(struct block_header, version),
    SCHEMA_ARRAY(struct block_header, chain_id, FORM_HEX),
    SCHEMA_U64(struct block_header, height),
    SCHEMA_U64(struct block_header, time_ms),
    SCHEMA_U32(struct block_header, proposer),
    SCHEMA_ARRAY(struct block_header, parent, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, tx_root, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, state_root, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, receipts_root, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, validators_hash, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, next_validators_hash, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, last_commit_hash, FORM_HEX),
    SCHEMA_ARRAY(struct block_header, demotions_hash, FORM_HEX),
};
const struct schema block_header_schema = SCHEMA("header", struct block_header, header_fields);

void block_rules_init(struct block_rules *out, const struct hash *chain_id,
                      const struct validators *validators,
                      bool (*body_digest)(void *data, struct hash *out, struct bytes body),
                      void *data)
{
    *out = (struct block_rules){.chain_id = *chain_id,
                                .validators = validators,
                                .last_validators = validators,
                                .collect_above = VALIDATORS_COLLECT_ABOVE,
                                .body_digest = body_digest,
                                .data = data};
    validators_hash(&out->validators_hash, validators);
}

void block_rules_at(struct block_rules *out, const struct block_rules *chain,
                    const struct validator_set *set, const struct validator_set *last)
{
    *out = *chain;
    out->validators = &set->validators;
    out->validators_hash = set->hash;
    memset(out->demoted, 0, sizeof(out->demoted));
    out->last_validators = last == NULL ? NULL : &last->validators;
}

/* SPEC 3.4: In round 0 of a height whose set has more than 32 validators, PREPARE and COMMIT go to the
 * leader alone. */
bool block_rules_collect(const struct block_rules *rules, uint32_t count, uint32_t round)
{
    return round == 0 && count > rules->collect_above;
}

void block_digest(struct hash *out, const struct block_header *header)
{
    struct buffer encoded = {0};
    schema_write(&encoded, &block_header_schema, header);
    hash_tagged(out, "souk/block/v1", buffer_bytes(&encoded));
    buffer_close(&encoded);
}

void block_encode(struct buffer *out, const struct block *block)
{
    schema_write(out, &block_header_schema, &block->header);
    bcs_write_bytes(out, block->body);
    bcs_write_bool(out, block->has_last_commit);
    if (block->has_last_commit) {
        certificate_encode(out, &block->last_commit);
    }
    schema_write(out, &demotions_schema, &block->demotions);
}

void block_read(struct bcs_reader *reader, struct block *out)
{
    *out = (struct block){0};
    schema_read(reader, &block_header_schema, &out->header);
    if (reader->status == BCS_OK) {
        reader->field = "body";
        out->body = bcs_read_bytes(reader, BLOCK_BODY_SIZE_MAX);
    }
    if (reader->status == BCS_OK) {
        reader->field = "last_commit";
        out->has_last_commit = bcs_read_bool(reader);
    }
    if (out->has_last_commit) {
        schema_read(reader, &certificate_schema, &out->last_commit);
    }
    if (reader->status == BCS_OK) {
        schema_read(reader, &demotions_schema, &out->demotions);
    }
}

bool block_decode(struct block *out, struct bytes input, char *error, size_t error_size)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    block_read(&reader, out);
    if (!bcs_reader_done(&reader)) {
        bcs_error_text(&reader, error, error_size);
        return false;
    }
    return true;
}

static const char *header_fault(const struct block_header *header, const struct block_rules *rules)
{
    if (header->version != BLOCK_VERSION) {
        return "version: not the one this program knows";
    }
    if (!hash_equal(&header->chain_id, &rules->chain_id)) {
        return "chain_id: another chain";
    }
    if (header->height == 0) {
        return "height: 0, expected at least 1";
    }
    if (header->proposer >= rules->validators->count) {
        return "proposer: no validator of the set";
    }
    if (!hash_equal(&header->validators_hash, &rules->validators_hash)) {
        return "validators_hash: another set";
    }
    if (header->height == 1 && !hash_equal(&header->parent, &rules->chain_id)) {
        return "parent: the first block must follow the genesis";
    }
    return NULL;
}

static const char *last_commit_fault(const struct block *block)
{
    const struct block_header *header = &block->header;
    if (header->height == 1) {
        if (block->has_last_commit) {
            return "last_commit: present in the first block";
        }
        return hash_is_zero(&header->last_commit_hash)
                   ? NULL
                   : "last_commit_hash: not zero in the first block";
    }
    if (!block->has_last_commit) {
        return "last_commit: missing";
    }
    if (block->last_commit.height != header->height - 1) {
        return "last_commit: not of the height before";
    }
    if (!hash_equal(&block->last_commit.digest, &header->parent)) {
        return "last_commit: not of the parent";
    }
    struct hash hash;
    certificate_hash(&hash, &block->last_commit);
    return hash_equal(&hash, &header->last_commit_hash)
               ? NULL
               : "last_commit: not the one the header names";
}

static const char *demotions_fault(const struct block *block)
{
    struct hash hash;
    demotions_hash(&hash, &block->demotions);
    return hash_equal(&hash, &block->header.demotions_hash)
               ? NULL
               : "demotions: not those that the header names";
}

static const char *body_fault(const struct block *block, const struct block_rules *rules)
{
    struct hash digest;
    if (block->body.size > BLOCK_BODY_SIZE_MAX) {
        return "body: longer than 4 MiB";
    }
    if (!rules->body_digest(rules->data, &digest, block->body)) {
        return "body: not well formed";
    }
    return hash_equal(&digest, &block->header.tx_root) ? NULL : "tx_root: not that of the body";
}

bool block_verify(const struct block *block, const struct block_rules *rules, char *error,
                  size_t error_size)
{
    const char *fault = header_fault(&block->header, rules);
    if (fault == NULL) {
        fault = last_commit_fault(block);
    }
    if (fault == NULL) {
        fault = demotions_fault(block);
    }
    if (fault == NULL) {
        fault = body_fault(block, rules);
    }
    if (fault != NULL) {
        (void)snprintf(error, error_size, "block %llu: %s",
                       (unsigned long long)block->header.height, fault);
    }
    return fault == NULL;
}

bool block_verify_proposed(const struct block *block, const struct block_rules *rules, char *error,
                           size_t error_size)
{
    if (!block_verify(block, rules, error, error_size)) {
        return false;
    }
    if (!block->has_last_commit) {
        return true;
    }
    if (rules->last_validators == NULL) {
        (void)snprintf(error, error_size, "block %llu: the validators before it are not known",
                       (unsigned long long)block->header.height);
        return false;
    }
    const struct certificate_check check = {VOTE_COMMIT, &rules->chain_id, rules->last_validators,
                                            rules->known};
    return certificate_verify_known(&block->last_commit, &check, error, error_size);
}

bool block_verify_decided(const struct block *block, const struct certificate *certificate,
                          const struct block_rules *rules, char *error, size_t error_size)
{
    if (!block_verify(block, rules, error, error_size)) {
        return false;
    }
    struct hash digest;
    block_digest(&digest, &block->header);
    if (certificate->height != block->header.height || !hash_equal(&certificate->digest, &digest)) {
        (void)snprintf(error, error_size, "block %llu: the certificate is of another block",
                       (unsigned long long)block->header.height);
        return false;
    }
    return certificate_verify(certificate, VOTE_COMMIT, &rules->chain_id, rules->validators, error,
                              error_size);
}
