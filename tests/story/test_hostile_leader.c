/* A validator, and the leader of its first height, who withholds what the proposal needs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "base/memory.h"
#include "market/ledger.h"
#include "tests/lib/check_run.h"
#include "tests/lib/hostile_fixture.h"

/* Our block of this height, with this body. It can be voted for where the height is 1. */
static void make_block(struct block *block, const struct buffer *body, uint64_t height)
{
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct timespec now;
    chain_block(&hostile.chain, block, certificate, buffer_bytes(body));
    (void)clock_gettime(CLOCK_REALTIME, &now);
    block->header.time_ms = (uint64_t)now.tv_sec * 1000;
    block->header.height = height;
    free(certificate);
}

/* A message of ours with this block; `message` may hold what a proposal of a later round rests on. */
static void write_message(struct buffer *wire, struct message *message, enum vote_type type,
                          uint32_t round, const struct block *block)
{
    message->block = *block;
    message->has_block = true;
    message->vote = (struct vote){.type = (uint8_t)type,
                                  .sender = hostile.us,
                                  .height = block->header.height,
                                  .round = round};
    block_digest(&message->vote.digest, &block->header);
    vote_sign(&message->vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[hostile.us]);
    message_encode(wire, message);
}

static void write_proposal(struct buffer *wire, const struct buffer *body, uint64_t height)
{
    struct message *proposal = memory_new(sizeof(*proposal));
    struct block block;
    make_block(&block, body, height);
    write_message(wire, proposal, VOTE_PROPOSE, 0, &block);
    free(proposal);
}

/* A leader that withholds a blob gets no vote, and gets it once the blob has come: whoever has it. */
START_TEST(a_proposal_is_voted_for_once_its_blob_is_here)
{
    struct buffer wire = {0};
    struct buffer body = {0};
    hostile.silent = true;
    hostile_fill_blob();
    chain_transfer(&hostile.chain, &body, 1, 0, 5, BYTES_OF(hostile.blob));
    write_proposal(&wire, &body, 1);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.asks, 1);
    ck_assert_uint_eq(hostile.asks, 1);
    hostile_run_loop(500, &hostile.prepares, 1);
    ck_assert_uint_eq(hostile.prepares, 0);
    hostile.silent = false;
    hostile.honest = true; /* the request that was not answered is made again */
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.prepares, 1);
    ck_assert_uint_ge(hostile.prepares, 1);
    ck_assert(hostile_metrics_hold("\nblob_store_blobs 1\n"));
    ck_assert_uint_eq(hostile.downs, 0);
    buffer_close(&wire);
    buffer_close(&body);
}
END_TEST

/* Bodies with blobs, of height 1. */
struct offer {
    struct buffer body;
    struct block block;
    struct hash digest;
};

/* One with `count` blobs that nobody has, which begin with `seed`, or with ours where `count` is 0. */
static void make_offer(struct offer *out, uint32_t count, uint32_t seed)
{
    uint8_t *blob = memory_new(HOSTILE_BLOB_SIZE);
    out->body = (struct buffer){0};
    hostile_fill_blob();
    for (uint32_t i = 0; i < count; i++) {
        memcpy(blob, &seed, sizeof(seed));
        memcpy(blob + sizeof(seed), &i, sizeof(i));
        chain_transfer(&hostile.chain, &out->body, 1, 0, 5,
                       (struct bytes){blob, HOSTILE_BLOB_SIZE});
    }
    if (count == 0) {
        chain_transfer(&hostile.chain, &out->body, 1, 0, 5, BYTES_OF(hostile.blob));
    }
    make_block(&out->block, &out->body, 1);
    block_digest(&out->digest, &out->block.header);
    free(blob);
}

/* We are three of four: what we all say is a quorum's word. */
static void vote_for(enum vote_type type, const struct offer *offer)
{
    struct vote vote = {.type = (uint8_t)type, .height = 1, .digest = offer->digest};
    for (uint32_t i = 1; i < CHAIN_VALIDATORS; i++) {
        hostile_vote_as(i, &vote);
    }
}

static void give_body(const struct offer *offer)
{
    struct buffer wire = {0};
    struct message *message = memory_new(sizeof(*message));
    write_message(&wire, message, VOTE_BODY, 0, &offer->block);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    buffer_close(&wire);
    free(message);
}

/* The three of us changed to this round; the first had prepared the block in round 0, where `prepared`. */
static void justify(struct message *message, uint32_t round, const struct hash *prepared)
{
    struct vote like = {.type = VOTE_PREPARE, .height = 1};
    if (prepared != NULL) {
        like.digest = *prepared;
        message->has_certificate = true;
        certificate_init(&message->certificate, 1, 0, prepared);
    }
    for (uint32_t i = 1; i < CHAIN_VALIDATORS; i++) {
        const struct secret_key *key = &hostile.chain.validator_keys[i];
        struct vote vote = {.type = VOTE_ROUND_CHANGE, .sender = i, .height = 1, .round = round};
        struct message_prepared said = {0};
        if (prepared != NULL) {
            vote_sign(&like, &hostile.chain.chain_id, key);
            certificate_add(&message->certificate, i, &like.signature);
            said.present = i == 1;
            said.digest = i == 1 ? *prepared : said.digest;
        }
        message_prepared_hash(&vote.digest, &said);
        vote_sign(&vote, &hostile.chain.chain_id, key);
        message->changes[message->change_count++] =
            (struct message_change){i, said.present, 0, said.digest, vote.signature};
    }
}

/* In a round that we lead, and that the node enters by it. */
static void propose_later(const struct offer *offer, uint32_t round, bool prepared)
{
    struct buffer wire = {0};
    struct message *message = memory_new(sizeof(*message));
    justify(message, round, prepared ? &offer->digest : NULL);
    write_message(&wire, message, VOTE_PROPOSE, round, &offer->block);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    hostile_run_loop(20000, &hostile.round, round);
    ck_assert_uint_eq(hostile.round, round);
    buffer_close(&wire);
    free(message);
}

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. The node fetched a
 * block that a quorum had prepared, and waits for its blob while many leaders after one another
 * propose blocks of which nobody has the blobs. When it has come, the block can still be voted
 * for. */
START_TEST(a_body_that_is_waited_for_outlasts_those_of_liars)
{
    enum { LIES = 24 };
    struct offer offer;
    struct offer lies[LIES];
    hostile_join();
    hostile.lacking = true;
    make_offer(&offer, 0, 0);
    vote_for(VOTE_PREPARE, &offer);
    hostile_run_loop(20000, &hostile.body_asks, 1);
    give_body(&offer);
    hostile_run_loop(20000, &hostile.asks, 1);
    ck_assert_uint_ge(hostile.asks, 1);
    for (uint32_t i = 0; i < LIES; i++) {
        make_offer(&lies[i], 1, i + 1);
        propose_later(&lies[i], 4 * (i + 1), false);
    }
    hostile.lacking = false;
    hostile.honest = true;
    hostile_await_metric("\nblob_store_blobs 1\n");
    ck_assert_uint_eq(hostile.prepares, 0);
    propose_later(&offer, 4 * (LIES + 1), true);
    hostile_run_loop(10000, &hostile.prepares, 1);
    ck_assert_uint_ge(hostile.prepares, 1);
    ck_assert_uint_eq(hostile.downs, 0);
    for (uint32_t i = 0; i < LIES; i++) {
        buffer_close(&lies[i].body);
    }
    buffer_close(&offer.body);
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. A liar's block
 * names more blobs than are fetched at once, and nobody has them. The next leader's block is
 * voted for as soon as its own is here. */
START_TEST(blobs_that_nobody_has_keep_no_place_from_others)
{
    struct offer lie;
    struct offer offer;
    hostile_join();
    make_offer(&lie, 100, 1);
    make_offer(&offer, 0, 0);
    propose_later(&lie, 4, false);
    hostile_run_loop(20000, &hostile.asks, 1);
    ck_assert_uint_ge(hostile.asks, 1);
    hostile.honest = true;
    propose_later(&offer, 8, false);
    hostile_run_loop(20000, &hostile.prepares, 1);
    ck_assert_uint_ge(hostile.prepares, 1);
    ck_assert_uint_eq(hostile.downs, 0);
    buffer_close(&lie.body);
    buffer_close(&offer.body);
}
END_TEST

/* The leader of height 1 has a transaction less than the others, who wait for it: each gives it what it has before
 * its time is over. It would lose its turns for what it has never heard of. */
START_TEST(a_leader_that_lacks_a_transaction_is_given_it)
{
    struct buffer body = {0};
    chain_transfer(&hostile.chain, &body, 1, 0, 5, (struct bytes){0});
    hostile_send_frame(FRAME_TXS, buffer_bytes(&body));
    hostile_await_metric("\nmempool_size 1\n");
    ck_assert_uint_eq(hostile.batches, 0);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.batches, 1);
    ck_assert_uint_eq(hostile.batches, 1);
    ck_assert(hostile_metrics_hold("\nconsensus_rounds 0\n"));
    buffer_close(&body);
}
END_TEST

/* A proposal of three transfers in short form, of which the node's pool has `held`. */
static struct buffer proposal_wire;

static void send_short_of(uint64_t height, size_t held, bool swapped)
{
    struct buffer body = {0};
    struct buffer brief = {0};
    struct hash ids[3];
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        size_t begin = body.size;
        chain_transfer(&hostile.chain, &body, (uint32_t)i % 2, 0, 5, (struct bytes){0});
        struct bytes item = {body.data + begin, body.size - begin};
        if (i < held) {
            hostile_send_frame(FRAME_TXS, item);
        }
        struct transaction tx;
        struct bytes envelope;
        struct bytes sidecar;
        size_t offset = 0;
        bool malformed;
        ck_assert(ledger_next_envelope(item, &offset, &envelope, &malformed));
        ck_assert(transaction_decode(&tx, &sidecar, envelope, NULL, 0) == TRANSACTION_OK);
        transaction_id(&ids[swapped ? 2 - i : i], &tx);
    }
    char line[32];
    (void)snprintf(line, sizeof(line), "\nmempool_size %zu\n", held);
    hostile_await_metric(line);
    write_proposal(&proposal_wire, &body, height);
    ck_assert(compact_write(&brief, buffer_bytes(&proposal_wire), ids, ARRAY_COUNT(ids)));
    hostile_send_frame(FRAME_SHORT, buffer_bytes(&brief));
    buffer_close(&brief);
    buffer_close(&body);
}

static void send_short(size_t held, bool swapped)
{
    send_short_of(1, held, swapped);
}

/* The whole is sent once it is asked for, and voted for. */
static void answer_with_all(void)
{
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.whole_asks, 1);
    ck_assert_uint_eq(hostile.whole_asks, 1);
    ck_assert_uint_eq(hostile.prepares, 0);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&proposal_wire));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.prepares, 1);
    ck_assert_uint_ge(hostile.prepares, 1);
    ck_assert_uint_eq(hostile.downs, 0);
    buffer_close(&proposal_wire);
}

START_TEST(a_short_proposal_is_voted_for_out_of_the_pool)
{
    send_short(3, false);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.prepares, 1);
    ck_assert_uint_ge(hostile.prepares, 1);
    ck_assert(hostile_metrics_hold("consensus_short_proposals_total{from=\"pool\"} 1\n"));
    ck_assert_uint_eq(hostile.item_asks + hostile.whole_asks + hostile.downs, 0);
    buffer_close(&proposal_wire);
}
END_TEST

START_TEST(a_leader_that_withholds_an_item_is_asked_for_the_whole)
{
    send_short(2, false);
    answer_with_all();
    ck_assert_uint_ge(hostile.item_asks, 1);
}
END_TEST

START_TEST(a_short_proposal_of_unknown_ids_is_asked_for_whole)
{
    send_short(0, false);
    answer_with_all();
    ck_assert_uint_eq(hostile.item_asks, 0);
}
END_TEST

/* All ids are known, in another order than the body's: the root is another. */
START_TEST(a_short_proposal_that_comes_out_wrong_is_asked_for_whole)
{
    send_short(3, true);
    answer_with_all();
    ck_assert_uint_eq(hostile.item_asks, 0);
}
END_TEST

/* A pool is gone through for the leader of a height, not for whoever names one that is still to come. */
START_TEST(a_short_proposal_that_comes_too_early_waits)
{
    send_short_of(3, 3, false);
    hostile_send_frame(FRAME_ASK, bytes_of_text("who knows")); /* what came before was looked at */
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
    ck_assert(hostile_metrics_hold("consensus_short_proposals_total{from=\"pool\"} 0\n"));
    ck_assert_uint_eq(hostile.item_asks + hostile.whole_asks, 0);
    buffer_close(&proposal_wire);
}
END_TEST

START_TEST(what_is_no_short_proposal_ends_the_connection)
{
    hostile_send_frame(FRAME_SHORT, bytes_of_text("nothing of the kind"));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.ups, 2);
    hostile_send_frame(FRAME_ASK, bytes_of_text("who knows"));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 2);
    ck_assert_uint_eq(hostile.downs, 2);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.ups, 3);
    hostile_send_frame(FRAME_ITEMS, bytes_of_text("what"));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 3);
    ck_assert_uint_eq(hostile.downs, 3);
}
END_TEST

/* A body of nearly 4 MiB, which the node holds once it has voted for it. */
static void make_large(struct offer *out)
{
    static uint8_t sidecar[TRANSACTION_INLINE_MAX];
    out->body = (struct buffer){0};
    for (int i = 0; i < 62; i++) {
        chain_transfer(&hostile.chain, &out->body, 1, 0, 5, BYTES_OF(sidecar));
    }
    make_block(&out->block, &out->body, 1);
    block_digest(&out->digest, &out->block.header);
}

/* Each of these costs the node megabytes for 150 bytes. Who needs a body of each round is far from the limit, and who went
 * beyond it is answered again in a second. `answers` counts those that hold a body. */
static void ask_too_often(struct bytes ask, const uint32_t *answers)
{
    uint32_t first = *answers;
    uint32_t before;
    uint64_t begin_ms = uv_hrtime() / 1000000;
    for (uint32_t i = 0; i < 40; i++) {
        hostile_send_as(hostile.us, ask);
        hostile_run_loop(100, answers, *answers + 1);
    }
    do {
        before = *answers;
        hostile_run_loop(1000, NULL, 0);
    } while (*answers != before);
    uint64_t seconds = (uv_hrtime() / 1000000 - begin_ms) / 1000;
    ck_assert_uint_ge(before - first, 8);
    ck_assert_uint_le(before - first, 8 + 2 * (seconds + 1));
    ck_assert_uint_eq(hostile.downs, 0);
    hostile_send_as(hostile.us, ask);
    hostile_run_loop(HOSTILE_DEADLINE_MS, answers, before + 1);
    ck_assert_uint_eq(*answers, before + 1);
}

/* Class 26 of docs/testing.md: celo issues 182 and 183, go-f3 issues 208 and 240. */
START_TEST(bodies_are_given_by_bytes_not_by_requests)
{
    struct buffer wire = {0};
    struct offer offer;
    make_large(&offer);
    write_proposal(&wire, &offer.body, 1);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.prepares, 1);
    struct vote ask = {
        .type = VOTE_GET_BODY, .sender = hostile.us, .height = 1, .digest = offer.digest};
    vote_sign(&ask, &hostile.chain.chain_id, &hostile.chain.validator_keys[hostile.us]);
    buffer_clear(&wire);
    schema_write(&wire, &vote_schema, &ask);
    ask_too_often(buffer_bytes(&wire), &hostile.bodies);
    buffer_close(&wire);
    buffer_close(&offer.body);
}
END_TEST

/* All of us have changed to round 3, which the node leads. */
static void let_it_lead(void)
{
    for (uint32_t i = 1; i < CHAIN_VALIDATORS; i++) {
        struct buffer wire = {0};
        struct message *change = memory_new(sizeof(*change));
        change->vote =
            (struct vote){.type = VOTE_ROUND_CHANGE, .sender = i, .height = 1, .round = 3};
        message_prepared_hash(&change->vote.digest, &change->prepared);
        vote_sign(&change->vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[i]);
        message_encode(&wire, change);
        hostile_send_as(i, buffer_bytes(&wire));
        buffer_close(&wire);
        free(change);
    }
}

/* Class 26 of docs/testing.md: celo issues 182 and 183, go-f3 issues 208 and 240. Its own
 * proposal, to who says that it has not come. */
START_TEST(proposals_are_repeated_by_bytes_too)
{
    struct buffer wire = {0};
    struct offer offer;
    hostile_join();
    make_large(&offer);
    for (size_t offset = 0; offset < offer.body.size;) {
        size_t begin = offset;
        struct bytes envelope;
        bool malformed;
        ck_assert(ledger_next_envelope(buffer_bytes(&offer.body), &offset, &envelope, &malformed));
        hostile_send_frame(FRAME_TXS, (struct bytes){offer.body.data + begin, offset - begin});
    }
    hostile_await_metric("\nmempool_size 62\n");
    let_it_lead();
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.proposals, 3);
    struct message *status = memory_new(sizeof(*status));
    status->vote = (struct vote){.type = VOTE_STATUS, .round = 3, .digest = hostile.chain.chain_id};
    status->key = hostile.chain.validators.list[hostile.us].key;
    vote_sign(&status->vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[hostile.us]);
    message_encode(&wire, status);
    ask_too_often(buffer_bytes(&wire), &hostile.proposals);
    buffer_close(&wire);
    buffer_close(&offer.body);
    free(status);
}
END_TEST

/* 41 bytes may ask for a body of megabytes: only so many a second are looked at. */
START_TEST(a_flood_of_asks_is_not_answered)
{
    const uint8_t ask[41] = {0}; /* for the whole of a block that nobody has */
    for (int i = 0; i < 400; i++) {
        hostile_send_frame(FRAME_ASK, BYTES_OF(ask));
    }
    hostile_await_ignored(100);
    ck_assert_uint_eq(hostile.downs, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hostile_leader");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, hostile_set_up_validator, hostile_tear_down);
    tcase_add_test(tests, a_proposal_is_voted_for_once_its_blob_is_here);
    tcase_add_test(tests, a_body_that_is_waited_for_outlasts_those_of_liars);
    tcase_add_test(tests, blobs_that_nobody_has_keep_no_place_from_others);
    tcase_add_test(tests, a_leader_that_lacks_a_transaction_is_given_it);
    tcase_add_test(tests, a_short_proposal_is_voted_for_out_of_the_pool);
    tcase_add_test(tests, a_leader_that_withholds_an_item_is_asked_for_the_whole);
    tcase_add_test(tests, a_short_proposal_of_unknown_ids_is_asked_for_whole);
    tcase_add_test(tests, a_short_proposal_that_comes_out_wrong_is_asked_for_whole);
    tcase_add_test(tests, a_short_proposal_that_comes_too_early_waits);
    tcase_add_test(tests, what_is_no_short_proposal_ends_the_connection);
    tcase_add_test(tests, bodies_are_given_by_bytes_not_by_requests);
    tcase_add_test(tests, proposals_are_repeated_by_bytes_too);
    tcase_add_test(tests, a_flood_of_asks_is_not_answered);
    return check_run("hostile_leader", tests);
}
