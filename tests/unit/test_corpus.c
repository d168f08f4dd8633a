/* The seeds that fuzzing begins with are what the programs write today: those that hold structures which
 * grow, and would not decode any more, are made here. SOUK_CORPUS_WRITE=1 writes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/light.h"
#include "market/events.h"
#include "market/operands.h"
#include "node/frames.h"
#include "node/snapshot.h"
#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"
#include "tests/lib/proof_fixture.h"
#include "tests/lib/wire_text.h"

static struct committee committee;
static struct block block; /* of height 1 */
static struct block next;
static struct hash digest; /* of the first */
static struct hash next_digest;
static struct certificate prepared; /* three PREPAREs of the first */
static struct certificate decided;  /* three COMMITs of it */

static void set_up(void)
{
    committee_init(&committee, 4);
    committee_block(&committee, &block, &digest, 1, "body");
    committee_next_block(&committee, &next, &next_digest, &block, 2);
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = digest};
    committee_certify(&committee, &prepared, &like, 0, 3);
    like.type = VOTE_COMMIT;
    committee_certify(&committee, &decided, &like, 0, 3);
}

static void read_seed(struct buffer *out, const char *path)
{
    uint8_t piece[4096];
    size_t got;
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing: SOUK_CORPUS_WRITE=1 writes it", path);
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
        buffer_append(out, (struct bytes){piece, got});
    }
    (void)fclose(file);
}

/* The file of a seed holds `wire`, which is emptied. */
static void seed(const char *target, const char *name, struct buffer *wire)
{
    char path[256];
    struct buffer stored = {0};
    (void)snprintf(path, sizeof(path), "tests/fuzz/corpus/fuzz_%s/%s", target, name);
    if (secure_getenv("SOUK_CORPUS_WRITE") != NULL) {
        FILE *file = fopen(path, "wb");
        ck_assert_msg(file != NULL, "%s cannot be written", path);
        ck_assert_uint_eq(fwrite(wire->data, 1, wire->size, file), wire->size);
        ck_assert_int_eq(fclose(file), 0);
    }
    read_seed(&stored, path);
    ck_assert_msg(bytes_equal(buffer_bytes(&stored), buffer_bytes(wire)),
                  "%s is of another time: SOUK_CORPUS_WRITE=1 writes it again", path);
    buffer_close(&stored);
    buffer_clear(wire);
}

/* One after the other, as tests/fuzz/fuzz_operands.c chooses: instruction or event, its number, and a
 * value of its schema. */
static void seed_operand(const char *name, uint8_t selector, uint8_t number,
                         const struct schema *schema)
{
    struct buffer wire = {0};
    void *value = memory_new(schema->size + 1);
    wire_text_fill(schema, value);
    bcs_write_u8(&wire, selector);
    bcs_write_u8(&wire, number);
    schema_write(&wire, schema, value);
    seed("operands", name, &wire);
    free(value);
    buffer_close(&wire);
}

START_TEST(operands_and_events)
{
    for (size_t i = 0; i < market_natives.count; i++) {
        const struct native *native = &market_natives.rows[i];
        seed_operand(native->name, 0, native->id, native->operand);
    }
    for (uint16_t kind = 1; kind <= UINT8_MAX; kind++) {
        const struct schema *schema = event_schema(kind);
        char name[80];
        if (schema != NULL) {
            (void)snprintf(name, sizeof(name), "event_%s_%u", schema->name, kind);
            seed_operand(name, 1, (uint8_t)kind, schema);
        }
    }
}
END_TEST

/* A message that its receivers take, as a seed. */
static void seed_message(const char *name, const struct message *message)
{
    struct buffer wire = {0};
    message_free(committee_accept(&committee, message));
    message_encode(&wire, message);
    seed("message", name, &wire);
    buffer_close(&wire);
}

static void seed_vote(const char *name, enum vote_type type, const struct hash *named)
{
    struct message *message = memory_new(sizeof(*message));
    message->vote = committee_vote(&committee, type, 3, 1, 0, named);
    if (type == VOTE_BODY) {
        message->has_block = true;
        message->block = block;
    }
    seed_message(name, message);
    free(message);
}

START_TEST(votes_and_bodies)
{
    seed_vote("prepare", VOTE_PREPARE, &digest);
    seed_vote("commit", VOTE_COMMIT, &digest);
    seed_vote("get_body", VOTE_GET_BODY, &digest);
    seed_vote("body", VOTE_BODY, &digest);
}
END_TEST

START_TEST(proposals_and_round_changes)
{
    struct buffer wire = {0};
    struct message *message = memory_new(sizeof(*message));
    struct message *change = memory_new(sizeof(*change));
    committee_propose(&committee, &wire, &block, 1);
    seed("message", "propose", &wire);
    committee_propose(&committee, &wire, &next, 2);
    seed("message", "propose_next", &wire);
    committee_change(&committee, message, 3, 1, 1, NULL);
    seed_message("round_change", message);
    committee_change(&committee, message, 3, 1, 1, &prepared);
    seed_message("round_change_prepared", message);
    *message = (struct message){
        .has_block = true, .block = block, .has_certificate = true, .certificate = prepared};
    for (uint32_t i = 0; i < 3; i++) {
        committee_change(&committee, change, i, 1, 1, i == 1 ? &prepared : NULL);
        committee_quote(message, change);
    }
    message->vote = committee_vote(&committee, VOTE_PROPOSE, 2, 1, 1, &digest);
    seed_message("propose_justified", message);
    free(message);
    free(change);
    buffer_close(&wire);
}
END_TEST

START_TEST(blocks_of_catching_up)
{
    struct buffer wire = {0};
    struct buffer block_bytes = {0};
    struct buffer certificate_bytes = {0};
    frames_begin_blocks(&wire, 7);
    block_encode(&block_bytes, &block);
    certificate_encode(&certificate_bytes, &decided);
    frames_append_block(&wire, buffer_bytes(&block_bytes), buffer_bytes(&certificate_bytes));
    buffer_clear(&block_bytes);
    block_encode(&block_bytes, &next);
    frames_append_block(&wire, buffer_bytes(&block_bytes), buffer_bytes(&certificate_bytes));
    seed("sync_message", "blocks", &wire);
    buffer_close(&wire);
    buffer_close(&block_bytes);
    buffer_close(&certificate_bytes);
}
END_TEST

START_TEST(headers_and_blocks)
{
    struct buffer wire = {0};
    bcs_write_u8(&wire, 0);
    schema_write(&wire, &block_header_schema, &block.header);
    seed("header", "header", &wire);
    bcs_write_u8(&wire, 1);
    block_encode(&wire, &block);
    seed("header", "first_block", &wire);
    bcs_write_u8(&wire, 1);
    block_encode(&wire, &next);
    seed("header", "next_block", &wire);
    buffer_close(&wire);
}
END_TEST

START_TEST(light_proofs)
{
    struct buffer wire = {0};
    struct proof_fixture *fixture = memory_new(sizeof(*fixture));
    proof_fixture_init(fixture);
    proof_fixture_account(fixture, 1, &wire);
    seed("proof", "account", &wire);
    proof_fixture_transaction(fixture, 2, &wire);
    seed("proof", "transaction", &wire);
    proof_fixture_key(fixture, bytes_of_text("nothing"), &wire);
    seed("proof", "absence", &wire);
    proof_fixture_close(fixture);
    free(fixture);
    buffer_close(&wire);
}
END_TEST

/* The validators `from` to `to` of the committee. */
static void pick(struct validators *out, uint32_t from, uint32_t to)
{
    *out = (struct validators){0};
    for (uint32_t i = from; i <= to; i++) {
        out->list[out->count++] = committee.validators.list[i];
    }
}

/* Append the handover of `height` from one set to another, signed by the committee's first three. */
static void add_link(struct buffer *out, uint64_t height, const struct validators *from,
                     const struct validators *to)
{
    struct certificate certificate;
    struct block_header header = {
        .version = BLOCK_VERSION, .chain_id = committee.rules.chain_id, .height = height};
    validators_hash(&header.validators_hash, from);
    validators_hash(&header.next_validators_hash, to);
    struct vote like = {.type = VOTE_COMMIT, .height = height};
    block_digest(&like.digest, &header);
    committee_certify(&committee, &certificate, &like, 0, 3);
    handover_write(out, &header, &certificate, to);
}

START_TEST(handovers)
{
    struct validators three;
    struct validators set = committee.validators;
    uint64_t since;
    char error[160] = "";
    struct buffer wire = {0};
    pick(&three, 0, 2);
    add_link(&wire, 7, &committee.validators, &three);
    seed("handover", "one", &wire);
    add_link(&wire, 7, &committee.validators, &three);
    add_link(&wire, 9, &three, &committee.validators);
    ck_assert_msg(handovers_follow(&set, &since, &committee.rules.chain_id, buffer_bytes(&wire),
                                   error, sizeof(error)),
                  "%s", error);
    seed("handover", "two", &wire);
    buffer_close(&wire);
}
END_TEST

START_TEST(bases_of_snapshots)
{
    struct buffer wire = {0};
    struct buffer again = {0};
    struct buffer block_bytes = {0};
    struct buffer certificate_bytes = {0};
    struct snapshot_base *base = memory_new(sizeof(*base));
    block_encode(&block_bytes, &block);
    certificate_encode(&certificate_bytes, &decided);
    base->block_bytes = buffer_bytes(&block_bytes);
    base->certificate_bytes = buffer_bytes(&certificate_bytes);
    base->next = next.header;
    base->next_certificate = decided;
    for (size_t i = 0; i < SNAPSHOT_SETS; i++) {
        base->sets[i] = committee.validators;
    }
    snapshot_base_write(&wire, base);
    ck_assert(snapshot_base_read(base, buffer_bytes(&wire), NULL, 0));
    snapshot_base_write(&again, base);
    ck_assert(bytes_equal(buffer_bytes(&wire), buffer_bytes(&again)));
    seed("snapshot", "base", &wire);
    free(base);
    buffer_close(&wire);
    buffer_close(&again);
    buffer_close(&block_bytes);
    buffer_close(&certificate_bytes);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("corpus");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, operands_and_events);
    tcase_add_test(tests, votes_and_bodies);
    tcase_add_test(tests, proposals_and_round_changes);
    tcase_add_test(tests, blocks_of_catching_up);
    tcase_add_test(tests, headers_and_blocks);
    tcase_add_test(tests, light_proofs);
    tcase_add_test(tests, handovers);
    tcase_add_test(tests, bases_of_snapshots);
    return check_run("corpus", tests);
}
