/* A node of its own process, and a validator that means it harm on the other end of the connection. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"
#include "tests/lib/hostile_fixture.h"
#include "vm/opcodes.h"
#include "vm/program.h"

static bool log_holds(const char *text)
{
    char path[FIXTURE_PATH_MAX];
    struct buffer log = {0};
    fixture_path(path, hostile.home, "log");
    fixture_read_file(path, &log);
    bool held = strstr(buffer_text(&log), text) != NULL;
    buffer_close(&log);
    return held;
}

START_TEST(a_vote_in_anothers_name_ends_the_connection)
{
    struct vote vote = {.type = VOTE_COMMIT, .sender = 1, .height = HOSTILE_BLOCKS + 1};
    hostile_send_vote(&vote, 1,
                      false); /* as if another validator's vote were passed on, or replayed */
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.ups, 2);
    ck_assert_uint_eq(hostile.ups, 2);
}
END_TEST

START_TEST(a_wrong_signature_ends_the_connection)
{
    struct vote vote = {.type = VOTE_COMMIT, .sender = 0, .height = HOSTILE_BLOCKS + 1};
    hostile_send_vote(&vote, 0, false);
    hostile_run_loop(300, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 0);
    vote.digest.bytes[0] = 1;
    hostile_send_vote(&vote, 0, true);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
}
END_TEST

/* A proposal of megabytes is not even read where its head says that it is none. */
START_TEST(a_proposal_of_who_does_not_lead_ends_the_connection_unread)
{
    struct vote vote = {.type = VOTE_PROPOSE, .height = HOSTILE_BLOCKS + 1, .round = 1};
    hostile_send_vote(&vote, 0, true); /* its signature is wrong as well, and the rest is missing */
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
    ck_assert(log_holds("does not lead this round"));
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. */
START_TEST(a_flood_of_status_costs_no_signatures)
{
    struct buffer wire = {0};
    struct message *status = memory_new(sizeof(*status));
    status->vote = (struct vote){.type = VOTE_STATUS, .height = HOSTILE_BLOCKS};
    status->key = hostile.chain.validators.list[0].key;
    status->vote.digest = hostile.chain.head.digest;
    vote_sign(&status->vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[0]);
    message_encode(&wire, status);
    for (int i = 0; i < 5000; i++) {
        hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    }
    /* Some hundreds are looked at in each second that the flood takes. */
    hostile_await_ignored(4000);
    ck_assert_uint_eq(hostile.downs, 0);
    buffer_close(&wire);
    free(status);
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. Each vote of a
 * round that nobody is in yet is newer than the one before, so it would be looked at: a round
 * from now on is likely only where time runs out. */
START_TEST(a_flood_of_votes_of_later_rounds_costs_few_signatures)
{
    struct vote vote = {.type = VOTE_COMMIT, .height = HOSTILE_BLOCKS + 1};
    for (uint32_t round = 1; round <= 4000; round++) {
        vote.round = round;
        hostile_send_vote(&vote, 0, false);
    }
    hostile_await_ignored(3000);
    ck_assert_uint_eq(hostile.downs, 0);
}
END_TEST

/* Class 32 of docs/testing.md: Semux pull request 434, celo issue 1285. */
START_TEST(a_clock_that_is_wrong_is_named)
{
    struct buffer wire = {0};
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct message *proposal = memory_new(sizeof(*proposal));
    /* The fixture's time is years ago. */
    chain_block(&hostile.chain, &proposal->block, certificate, (struct bytes){0});
    proposal->has_block = true;
    proposal->vote = (struct vote){.type = VOTE_PROPOSE, .height = HOSTILE_BLOCKS + 1};
    block_digest(&proposal->vote.digest, &proposal->block.header);
    vote_sign(&proposal->vote, &hostile.chain.chain_id, &hostile.chain.validator_keys[0]);
    message_encode(&wire, proposal);
    hostile_send_frame(FRAME_CONSENSUS, buffer_bytes(&wire));
    for (int i = 0; i < 2400 && !log_holds("event=proposal_refused"); i++) {
        hostile_run_loop(50, NULL, 0);
    }
    ck_assert(log_holds("ms behind this clock"));
    ck_assert_uint_eq(hostile.downs, 0); /* clocks go wrong without a lie */
    buffer_close(&wire);
    free(certificate);
    free(proposal);
}
END_TEST

/* A call of tx_simulate with a program that runs until its gas is used up. */
static void write_simulation(struct buffer *request)
{
    static const uint8_t code[] = {OP_JUMP, 0, 0};
    static const uint8_t no_randomness[32];
    const struct program program = {.version = 1, .code = BYTES_OF(code)};
    struct buffer encoded = {0};
    struct buffer envelope = {0};
    struct buffer body = {0};
    schema_write(&encoded, &program_schema, &program);
    struct transaction tx = {.chain_id = hostile.chain.chain_id,
                             .gas_limit = 250000000,
                             .gas_price = 1,
                             .expires_at = 1000,
                             .program = buffer_bytes(&encoded)};
    transaction_sign(&tx, (struct bytes){0}, &hostile.chain.users[1], no_randomness);
    transaction_write_envelope(&envelope, &tx, (struct bytes){0});
    char *text = memory_new(2 * envelope.size + 1);
    hex_encode(text, buffer_bytes(&envelope));
    buffer_format(&body,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tx_simulate\",\"params\":{"
                  "\"envelope\":\"%s\"}}",
                  text);
    buffer_format(request,
                  "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                  body.size, buffer_text(&body));
    free(text);
    buffer_close(&body);
    buffer_close(&envelope);
    buffer_close(&encoded);
}

START_TEST(long_simulations_do_not_stop_the_node)
{
    struct buffer request = {0};
    struct buffer page = {0};
    int clients[3];
    write_simulation(&request);
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        clients[i] = hostile_ask(buffer_bytes(&request));
    }
    ck_assert(hostile_metrics_hold("consensus_height 7\n"));
    bool all_answered = true;
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        struct pollfd answer = {.fd = clients[i], .events = POLLIN};
        all_answered &= poll(&answer, 1, 0) == 1;
    }
    ck_assert(!all_answered); /* who came after them was answered before */
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++) {
        buffer_clear(&page);
        hostile_hear(clients[i], &page);
        ck_assert_msg(strstr(buffer_text(&page), "\"gas_used\":\"250000000\"") != NULL, "%s",
                      buffer_text(&page));
    }
    buffer_close(&page);
    buffer_close(&request);
}
END_TEST

/* Class 28 of docs/testing.md: ASA-2025-001, ASA-2024-008. */
START_TEST(a_flood_of_requests_for_blocks_is_answered_in_part)
{
    uint64_t begin_ms = uv_hrtime() / 1000000;
    for (uint64_t i = 1; i <= 2000; i++) {
        struct buffer wire = {0};
        const struct frame_get_blocks request = {i, 1, HOSTILE_BLOCKS};
        schema_write(&wire, &frame_get_blocks_schema, &request);
        hostile_send_frame(FRAME_GET_BLOCKS, buffer_bytes(&wire));
        buffer_close(&wire);
    }
    uint32_t before;
    do {
        before = hostile.answers;
        hostile_run_loop(1500, NULL, 0);
    } while (hostile.answers != before || hostile.answers < 2);
    uint64_t seconds = (uv_hrtime() / 1000000 - begin_ms) / 1000;
    ck_assert_uint_eq(hostile.downs, 0);
    ck_assert_uint_le(hostile.answers, 100 * (seconds + 1)); /* so many in a second */
    struct buffer wire = {0};
    const struct frame_get_blocks request = {5000, 1, HOSTILE_BLOCKS};
    schema_write(&wire, &frame_get_blocks_schema, &request);
    hostile_send_frame(FRAME_GET_BLOCKS, buffer_bytes(&wire));
    buffer_close(&wire);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.answers, before + 1);
    ck_assert_uint_eq(hostile.answers, before + 1);
}
END_TEST

/* Another validator's transaction whose blob the node does not hold. */
static void send_blob_transaction(uint32_t user, uint64_t amount)
{
    struct buffer body = {0};
    hostile_fill_blob();
    chain_transfer(&hostile.chain, &body, user, 0, amount, BYTES_OF(hostile.blob));
    hostile_send_frame(FRAME_TXS, buffer_bytes(&body));
    buffer_close(&body);
}

START_TEST(a_blob_that_was_fetched_brings_its_transaction_into_the_pool)
{
    hostile.honest = true;
    send_blob_transaction(1, 5);
    hostile_await_metric("\nmempool_size 1\n");
    ck_assert(hostile_metrics_hold("\nblob_store_blobs 1\n"));
    ck_assert_uint_eq(hostile.asks, 3); /* the list, and two segments */
    ck_assert_uint_eq(hostile.downs, 0);
}
END_TEST

START_TEST(wrong_bytes_of_a_blob_end_the_connection)
{
    hostile.honest = false;
    send_blob_transaction(1, 5);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.ups, 2);
    ck_assert(hostile_metrics_hold("\nblob_refused_total 1\n"));
    hostile.honest = true; /* nobody asks a liar for this blob again */
    hostile_run_loop(1500, NULL, 0);
    ck_assert_uint_eq(hostile.asks, 1);
    ck_assert(hostile_metrics_hold("\nmempool_size 0\n"));
    ck_assert(hostile_metrics_hold("\nblob_fetching 1\n"));
}
END_TEST

/* Nobody has a blob moved for a transaction that cannot be paid. */
START_TEST(a_blob_is_not_fetched_for_a_transaction_that_is_refused)
{
    hostile.honest = true;
    hostile.chain.nonces[1] += 5000; /* beyond the window */
    send_blob_transaction(1, 5);
    hostile_await_metric("mempool_failed_txs_total{reason=\"invalid\"} 1\n");
    ck_assert_uint_eq(hostile.asks, 0);
    ck_assert(hostile_metrics_hold("\nblob_fetching 0\n"));
}
END_TEST

START_TEST(a_request_for_no_segment_ends_the_connection)
{
    struct buffer wire = {0};
    const struct frame_get_blob request = {.size = HOSTILE_BLOB_SIZE, .segment = 2};
    schema_write(&wire, &frame_get_blob_schema, &request);
    hostile_send_frame(FRAME_GET_BLOB, buffer_bytes(&wire));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.downs, 1);
    ck_assert_uint_eq(hostile.downs, 1);
    buffer_close(&wire);
}
END_TEST

/* What the node answers to GET_BLOB of a blob that stands in one of its blocks. */
static struct bytes asked_blob(const struct frame_get_blob *request)
{
    struct buffer wire = {0};
    struct frame_blob answer;
    uint32_t before = hostile.blobs;
    schema_write(&wire, &frame_get_blob_schema, request);
    hostile_send_frame(FRAME_GET_BLOB, buffer_bytes(&wire));
    hostile_run_loop(HOSTILE_DEADLINE_MS, &hostile.blobs, before + 1);
    ck_assert_uint_eq(hostile.blobs, before + 1);
    ck_assert(
        schema_decode(&frame_blob_schema, &answer, buffer_bytes(&hostile.blob_answer), NULL, 0));
    ck_assert(hash_equal(&answer.root, &request->root));
    ck_assert_uint_eq(answer.segment, request->segment);
    buffer_close(&wire);
    return answer.data;
}

START_TEST(a_blob_that_stands_in_a_block_is_served)
{
    static uint8_t sidecar[TRANSACTION_INLINE_MAX];
    struct hash segment;
    memset(sidecar, 3, sizeof(sidecar)); /* of block 4, as the fixture made it */
    struct frame_get_blob request = {.size = sizeof(sidecar), .segment = FRAME_BLOB_LIST};
    merkle_blob_root(&request.root, BYTES_OF(sidecar));
    merkle_segment(&segment, 0, BYTES_OF(sidecar));
    struct bytes list = asked_blob(&request);
    ck_assert(bytes_equal(list, BYTES_OF(segment.bytes)));
    request.segment = 0;
    ck_assert(bytes_equal(asked_blob(&request), BYTES_OF(sidecar)));
    request.size--; /* none of this size has the root */
    ck_assert_uint_eq(asked_blob(&request).size, 0);
    request.size++;
    request.root.bytes[0] ^= 1;
    ck_assert_uint_eq(asked_blob(&request).size, 0);
    ck_assert_uint_eq(hostile.downs, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hostile_peer");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, hostile_set_up, hostile_tear_down);
    tcase_add_test(tests, a_vote_in_anothers_name_ends_the_connection);
    tcase_add_test(tests, a_wrong_signature_ends_the_connection);
    tcase_add_test(tests, a_proposal_of_who_does_not_lead_ends_the_connection_unread);
    tcase_add_test(tests, a_flood_of_status_costs_no_signatures);
    tcase_add_test(tests, a_flood_of_votes_of_later_rounds_costs_few_signatures);
    tcase_add_test(tests, a_clock_that_is_wrong_is_named);
    tcase_add_test(tests, long_simulations_do_not_stop_the_node);
    tcase_add_test(tests, a_flood_of_requests_for_blocks_is_answered_in_part);
    tcase_add_test(tests, a_blob_that_was_fetched_brings_its_transaction_into_the_pool);
    tcase_add_test(tests, wrong_bytes_of_a_blob_end_the_connection);
    tcase_add_test(tests, a_blob_is_not_fetched_for_a_transaction_that_is_refused);
    tcase_add_test(tests, a_request_for_no_segment_ends_the_connection);
    tcase_add_test(tests, a_blob_that_stands_in_a_block_is_served);
    return check_run("hostile_peer", tests);
}
