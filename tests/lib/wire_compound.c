#include "tests/lib/wire_compound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/share_reader.h"
#include "market/operands.h"
#include "node/frames.h"
#include "tests/lib/wire_text.h"
#include "tools/client/submit.h"
#include "vm/program.h"

static struct message *make_message(enum vote_type type)
{
    struct message *message = memory_new(sizeof(*message));
    wire_text_fill(&vote_schema, &message->vote);
    message->vote.type = (uint8_t)type;
    wire_text_fill(&block_header_schema, &message->block.header);
    wire_text_fill(&certificate_schema, &message->block.last_commit);
    message->block.has_last_commit = true;
    wire_text_fill(&demotions_schema, &message->block.demotions);
    message->block.body = bytes_of_text("body");
    wire_text_fill(&message_prepared_schema, &message->prepared);
    wire_text_fill(&certificate_schema, &message->certificate);
    wire_text_fill(&message_change_schema, &message->changes[0]);
    message->change_count = 1;
    message->has_certificate = type == VOTE_PROPOSE || type == VOTE_ROUND_CHANGE ||
                               type == VOTE_PREPARED || type == VOTE_COMMITTED;
    message->has_proposal = true;
    memset(&message->key, 0xcc, sizeof(message->key));
    return message;
}

static void write_message(struct buffer *out, enum vote_type type)
{
    struct message *message = make_message(type);
    message_encode(out, message);
    free(message);
}

void wire_compound_block(struct buffer *out)
{
    struct message *message = make_message(VOTE_BODY);
    block_encode(out, &message->block);
    free(message);
}

void wire_compound_propose(struct buffer *out)
{
    write_message(out, VOTE_PROPOSE);
}

void wire_compound_prepare(struct buffer *out)
{
    write_message(out, VOTE_PREPARE);
}

void wire_compound_commit(struct buffer *out)
{
    write_message(out, VOTE_COMMIT);
}

void wire_compound_round_change(struct buffer *out)
{
    write_message(out, VOTE_ROUND_CHANGE);
}

void wire_compound_status(struct buffer *out)
{
    write_message(out, VOTE_STATUS);
}

void wire_compound_get_body(struct buffer *out)
{
    write_message(out, VOTE_GET_BODY);
}

void wire_compound_body(struct buffer *out)
{
    write_message(out, VOTE_BODY);
}

void wire_compound_prepared(struct buffer *out)
{
    write_message(out, VOTE_PREPARED);
}

void wire_compound_committed(struct buffer *out)
{
    write_message(out, VOTE_COMMITTED);
}

void wire_compound_frame(struct buffer *out)
{
    struct frame_status_message status;
    struct buffer payload = {0};
    wire_text_fill(&frame_status_schema, &status);
    schema_write(&payload, &frame_status_schema, &status);
    frame_write(out, FRAME_STATUS, buffer_bytes(&payload));
    buffer_close(&payload);
}

void wire_compound_blocks(struct buffer *out)
{
    struct buffer block = {0};
    struct buffer certificate = {0};
    struct message *message = make_message(VOTE_BODY);
    block_encode(&block, &message->block);
    certificate_encode(&certificate, &message->certificate);
    frames_begin_blocks(out, 7);
    frames_append_block(out, buffer_bytes(&block), buffer_bytes(&certificate));
    free(message);
    buffer_close(&certificate);
    buffer_close(&block);
}

void wire_compound_delivery(struct buffer *out)
{
    struct hash roots[3];
    uint8_t ciphertext[32] = {1, 2, 3, 4};
    for (size_t i = 0; i < ARRAY_COUNT(roots); i++) {
        memset(&roots[i], (int)(0xa0 + i), sizeof(roots[i]));
    }
    share_sealed_write(out, roots, ARRAY_COUNT(roots), BYTES_OF(ciphertext));
}

static void key_row(struct buffer *out, const char *layout, const char *value,
                    const struct market_key *key)
{
    char hex[2 * STATE_KEY_MAX + 1];
    hex_encode(hex, key_bytes(key));
    buffer_format(out, "| %s | %s | `%s` |\n", layout, value, hex);
}

static void governance_keys(struct buffer *out, const struct public_key *voter)
{
    struct market_key key;
    key_governance(&key);
    key_row(out, "20", "governance", &key);
    key_validator_set(&key, 3);
    key_row(out, "21, u32 number", "validators", &key);
    key_set_begin(&key, 3);
    key_row(out, "22, u32 number", "set_begin", &key);
    key_proposal(&key, 1);
    key_row(out, "23, u64 id", "proposal", &key);
    key_ballot(&key, 1, voter);
    key_row(out, "24, u64 id, voting key", "ballot", &key);
    key_spokesman(&key, voter);
    key_row(out, "25, voting key", "address that votes for the validator, 20 bytes", &key);
    key_next_parameters(&key);
    key_row(out, "26", "next_parameters", &key);
    key_nodes(&key);
    key_row(out, "27", "permitted_nodes", &key);
    key_features(&key);
    key_row(out, "28", "features", &key);
    key_checkpoints(&key);
    key_row(out, "29", "checkpoints", &key);
    key_heartbeat(&key, voter);
    key_row(out, "2a, voting key", "heartbeat", &key);
    key_pardon(&key, voter);
    key_row(out, "2b, voting key", "pardon", &key);
}

void wire_compound_keys(struct buffer *out)
{
    struct market_key key;
    struct address address;
    struct public_key ephemeral;
    memset(&address, 0xaa, sizeof(address));
    memset(&ephemeral, 0xee, sizeof(ephemeral));
    buffer_append_text(
        out,
        "### Keys of the state\n\n"
        "A kind byte, then big-endian numbers, so that keys sort by number. The examples are for "
        "address aa.., model or proposal 1, round 2, index, sequence or set 3, server 4, height 5, "
        "key ee...\n\n"
        "| key | value | example |\n|---|---|---|\n");
    key_chain(&key);
    key_row(out, "00", "chain", &key);
    key_account(&key, &address);
    key_row(out, "01, address", "account", &key);
    key_server(&key, &address);
    key_row(out, "02, address", "server", &key);
    key_server_index(&key, 3);
    key_row(out, "03, u32 index", "address of the server, 20 bytes", &key);
    key_model(&key, 1);
    key_row(out, "04, u64 model", "model", &key);
    key_round(&key, 1, 2);
    key_row(out, "05, u64 model, u32 round", "round", &key);
    key_participant(&key, 1, 2, 3);
    key_row(out, "06, model, round, u16 index", "participant", &key);
    key_seat(&key, 1, 2, &address);
    key_row(out, "07, model, round, address", "u16 index, little-endian", &key);
    key_ephemeral(&key, &ephemeral);
    key_row(out, "08, x-only key", "nothing: the key was used", &key);
    key_deadline_count(&key, 5);
    key_row(out, "09, u64 height", "u32 count, little-endian", &key);
    key_deadline(&key, 5, 3);
    key_row(out, "09, height, u32 sequence", "deadline", &key);
    key_parameters(&key);
    key_row(out, "0a", "parameters", &key);
    key_ack(&key, 1, 2, 4);
    key_row(out, "0b, model, round, u8 server", "bitmap: bit i mod 8 of byte i / 8", &key);
    key_values(&key, 1, 2, 4);
    key_row(out, "0c, model, round, u8 server", "16 bytes for each accepted owner", &key);
    key_publisher(&key, &address);
    key_row(out, "0e, address", "u32 open rounds of its models, little-endian", &key);
    key_proof(&key, 1, 2, 3);
    key_row(out, "0f, model, round, u16 index", "proof, until the round ends", &key);
    key_pad(&key, 1, 2);
    key_row(out, "10, model, round", "pad, until the round ends", &key);
    key_dispute(&key, 1, 2, 3);
    key_row(out, "11, model, round, u16 index", "dispute, until JUSTIFY ends", &key);
    key_published(&key, 1, 2, 3);
    key_row(out, "12, model, round, u16 index", "published, until PUBLISH ends", &key);
    key_public(&key, 1, 2);
    key_row(out, "13, model, round", "public_values", &key);
    governance_keys(out, &ephemeral);
    buffer_append_text(out, "\n");
}

void wire_compound_frame_types(struct buffer *out)
{
    static const struct {
        uint8_t type;
        const char *name;
    } names[] = {
        {FRAME_CONSENSUS, "CONSENSUS: a message of consensus"},
        {FRAME_TXS, "TXS: envelopes, each as bytes, as in a block's body"},
        {FRAME_STATUS, "STATUS"},
        {FRAME_GET_BLOCKS, "GET_BLOCKS"},
        {FRAME_BLOCKS, "BLOCKS"},
        {FRAME_GET_BLOB, "GET_BLOB"},
        {FRAME_BLOB, "BLOB"},
        {FRAME_GET_SNAPSHOTS, "GET_SNAPSHOTS: nothing"},
        {FRAME_SNAPSHOTS, "SNAPSHOTS: snapshot, up to four times"},
        {FRAME_GET_CHUNK, "GET_CHUNK"},
        {FRAME_CHUNK, "CHUNK: u64 request, then the bytes of the part; none where it is not there"},
        {FRAME_SHORT,
         "SHORT: a PROPOSE of round 0 with an empty body, as bytes; list of u64: "
         "SipHash-2-4 of the transactions' ids, under the first 16 bytes of the digest"},
        {FRAME_ASK,
         "ASK: digest of a block, u64 height, list of u32: places of transactions in its "
         "body, ascending; none of them asks for the whole PROPOSE"},
        {FRAME_ITEMS,
         "ITEMS: digest of a block, u64 height, list of bytes: the envelopes asked for"},
    };
    struct frame_table *table = memory_new(sizeof(*table));
    frames_table(table);
    buffer_append_text(out, "### Types of frames\n\n"
                            "| type | payload | at most, bytes |\n|---|---|---|\n");
    for (unsigned type = 0; type < FRAME_TYPE_COUNT; type++) {
        if (!table->types[type].allowed) {
            continue;
        }
        const char *name = NULL;
        for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
            name = names[i].type == type ? names[i].name : name;
        }
        assert(name != NULL && "every type of frame is in the document");
        buffer_format(out, "| %u | %s | %u |\n", type, name, table->types[type].size_max);
    }
    buffer_append_text(out, "\nAny other type, and any longer frame, ends the connection.\n\n");
    free(table);
}

static void hex_line(struct buffer *out, const char *what, struct bytes bytes)
{
    buffer_format(out, "%s `", what);
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_format(out, "%02x", bytes.data[i]);
    }
    buffer_append_text(out, "`\n");
}

void wire_compound_worked_example(struct buffer *out)
{
    static const uint8_t secret[32] = {[31] = 3};
    static const uint8_t random32[32] = {0};
    struct secret_key key;
    struct transfer_operand transfer = {.amount = 1000};
    struct buffer program = {0};
    struct buffer envelope = {0};
    struct hash id;
    bool good = secret_key_init(&key, secret);
    assert(good);
    memset(&transfer.to, 0xaa, sizeof(transfer.to));
    submit_program(&program, &(struct submit_native){NATIVE_TRANSFER, &transfer}, 1);
    struct transaction transaction = {
        .nonce = 7,
        .gas_limit = 5000,
        .gas_price = 1,
        .expires_at = 1000,
        .program = buffer_bytes(&program),
    };
    memset(&transaction.chain_id, 0xcc, sizeof(transaction.chain_id));
    transaction_sign(&transaction, (struct bytes){0}, &key, random32);
    transaction_id(&id, &transaction);
    transaction_write_envelope(&envelope, &transaction, (struct bytes){0});
    buffer_append_text(out, "## A worked example\n\n"
                            "A transfer of 1000 units to the address aa.. on the chain cc.., "
                            "signed by the secret key 3 "
                            "of BIP-340's first test vector with 32 zero bytes as randomness.\n\n"
                            "The operand of TRANSFER:\n\n");
    wire_text_dump(out, &transfer_schema, &transfer);
    buffer_append_text(out, "\nThe program: in its code, opcode 60 (NATIVE), id 01, length 1c, the "
                            "operand, and opcode 00 (STOP).\n\n");
    struct program decoded;
    good = schema_decode(&program_schema, &decoded, buffer_bytes(&program), NULL, 0);
    assert(good);
    wire_text_dump(out, &program_schema, &decoded);
    buffer_append_text(out, "\nThe transaction:\n\n");
    wire_text_dump(out, &transaction_schema, &transaction);
    hex_line(out, "\nIts id:", BYTES_OF(id));
    hex_line(out, "\nThe envelope, without a sidecar:", buffer_bytes(&envelope));
    buffer_append_text(out, "\n");
    secret_key_close(&key);
    buffer_close(&envelope);
    buffer_close(&program);
}
