#include "tools/server/intake.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "crypto/share_reader.h"
#include "tests/lib/check_run.h"
#include "tests/lib/fake_node.h"
#include "tests/lib/scratch.h"
#include "tools/server/sum_message.h"

#define DIMENSION 64
#define SERVERS   4

/* Server 3 of a model with four, in round 2 of model 1. */
static struct fake_node node;
static struct scratch scratch;
static struct aggregation_server server;
static struct rpc *rpc;
static struct round round_state;
static struct secret_key keys[SERVERS];
static struct secret_key owner_key;
static struct public_key owner_public;
static char owner_text[ADDRESS_TEXT_MAX];
static struct round_setting setting;
static struct buffer delivery;
static struct buffer aux_delivery;
static struct norm_proof proof;
static struct share_commitment commitment;
static const struct vault_round name = {1, 2};

static void make_key(struct secret_key *out, uint8_t number)
{
    uint8_t bytes[32] = {0};
    bytes[31] = number;
    ck_assert(secret_key_init(out, bytes));
}

static void address_of_key(struct address *out, const struct secret_key *key)
{
    struct public_key public_key;
    public_key_of(&public_key, key);
    address_of(out, &public_key);
}

static void put_round(void)
{
    struct market_key key;
    key_round(&key, 1, 2);
    fake_node_put(&node, &key, &round_schema, &round_state);
}

static void put_model(void)
{
    struct market_key key;
    struct buffer encoded = {0};
    struct model_terms terms = {
        .name = bytes_of_text("test"),
        .dimension = DIMENSION,
        .norm_bound = 1000,
        .rows = 100,
        .sketch_rows = 100,
        .threshold = 1,
        .owners_min = 3,
        .owners_max = 10,
        .server_count = SERVERS,
    };
    for (uint8_t j = 0; j < SERVERS; j++) {
        struct server record = {.registered = true, .endpoint = bytes_of_text("http://x:1")};
        make_key(&keys[j], (uint8_t)(10 + j));
        address_of_key(&terms.servers[j], &keys[j]);
        point_of(&record.encryption_key, &keys[j]);
        key_server(&key, &terms.servers[j]);
        fake_node_put(&node, &key, &server_schema, &record);
    }
    schema_write(&encoded, &model_terms_schema, &terms);
    const struct model model = {.id = 1, .terms = buffer_bytes(&encoded)};
    key_model(&key, 1);
    fake_node_put(&node, &key, &model_schema, &model);
    buffer_close(&encoded);
}

static void put_owner(enum participant_status status)
{
    struct market_key key;
    struct participant participant = {.owner_key = owner_public,
                                      .status = (uint8_t)status,
                                      .ephemeral = commitment.ephemeral,
                                      .root = commitment.root};
    const uint8_t index[2] = {0, 0};
    address_of(&participant.owner, &owner_public);
    key_seat(&key, 1, 2, &participant.owner);
    fake_node_put_bytes(&node, &key, BYTES_OF(index));
    key_participant(&key, 1, 2, 0);
    fake_node_put(&node, &key, &participant_schema, &participant);
}

/* What the owner would send to server 3, the second of those above t: its update, and what goes with a
 * proof. The proof itself is not this server's business. */
static void make_deliveries(void)
{
    static const uint8_t random32[32] = {2};
    static const int64_t update[DIMENSION] = {5, -7};
    struct secret_key ephemeral;
    struct share_keys share_keys;
    struct share_writer writer;
    struct buffer blobs[SHARE_BLOBS_MAX] = {{0}};
    struct hash roots[SHARE_BLOBS_MAX];
    struct share_label label = share_label_x();
    make_key(&ephemeral, 99);
    secret_key_make_even(&ephemeral);
    share_keys_make(&share_keys, &setting.share, &owner_public, &ephemeral);
    share_writer_init(&writer, &setting.share, &share_keys, &label);
    share_writer_add_signed(&writer, update, DIMENSION, blobs);
    share_writer_finish(&writer, roots);
    share_commit(&commitment, &setting.share, &owner_public, &ephemeral, roots, random32);
    share_sealed_write(&delivery, roots, SERVERS - 1, buffer_bytes(&blobs[1]));
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_clear(&blobs[i]);
    }
    uint64_t *zeros = memory_new(setting.layout.aux_count * sizeof(*zeros));
    label = share_label_aux(proof.nonce2);
    share_writer_init(&writer, &setting.share, &share_keys, &label);
    share_writer_add(&writer, zeros, setting.layout.aux_count, blobs);
    share_writer_finish(&writer, roots);
    const struct share_auxiliary auxiliary = {.root = commitment.root};
    share_root2(&proof.root2, &setting.share.context, &owner_public, &auxiliary, roots,
                SERVERS - 1);
    share_sealed_write(&aux_delivery, roots, SERVERS - 1, buffer_bytes(&blobs[1]));
    free(zeros);
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&blobs[i]);
    }
}

static void put_proof(void)
{
    struct market_key key;
    uint8_t encoded[NORM_PROOF_SIZE_MAX];
    norm_proof_write(encoded, &proof, &setting.layout);
    const struct proof_record record = {.proof = {encoded, norm_proof_size(&setting.layout)}};
    key_proof(&key, 1, 2, 0);
    fake_node_put(&node, &key, &proof_record_schema, &record);
}

static void open_all(void)
{
    struct fault fault;
    struct address owner;
    fake_node_open(&node);
    scratch_open(&scratch);
    memset(&server, 0, sizeof(server));
    server.home = scratch.folder;
    server.node_url = node.url;
    ck_assert_msg(spool_open(server.home, &fault), "%s", fault.text);
    memcpy(server.chain.prefix, "tsouk", 6);
    rpc = rpc_new(node.url);
    round_state = (struct round){.model = 1,
                                 .number = 2,
                                 .phase = PHASE_COMMIT,
                                 .active = 0xf,
                                 .value_count = MARKET_SERVERS_MAX};
    put_model();
    put_round();
    address_of_key(&server.address, &keys[2]);
    make_key(&owner_key, 50);
    public_key_of(&owner_public, &owner_key);
    address_of(&owner, &owner_public);
    address_print(owner_text, "tsouk", &owner);
    ck_assert_msg(round_setting_load(rpc, &server.chain, 1, 2, &setting, &fault), "%s", fault.text);
    make_deliveries();
    put_owner(PARTICIPANT_COMMITTED);
}

static void close_all(void)
{
    round_setting_close(&setting);
    buffer_close(&delivery);
    buffer_close(&aux_delivery);
    rpc_free(rpc);
    scratch_close(&scratch);
    fake_node_close(&node);
}

/* As the HTTP server stores a body. */
static struct spool_file *stored(struct bytes body)
{
    struct spool_file *file = spool_new(server.home);
    ck_assert_ptr_nonnull(file);
    ck_assert(spool_write(file, body));
    return file;
}

static void check_delivery(const char *owner, bool aux, struct bytes body, uint16_t status,
                           const char *expected)
{
    struct intake_answer answer = {0};
    struct spool_file *file = stored(body);
    intake_share(&server, rpc, &name, &(struct intake_delivery){owner, aux, file}, &answer);
    spool_close(file);
    ck_assert_msg(answer.status == status, "%u instead of %u: %s", answer.status, status,
                  answer.line);
    ck_assert_msg(strstr(answer.line, expected) != NULL, "%s", answer.line);
}

static void check_share(const char *owner, struct bytes body, uint16_t status, const char *expected)
{
    check_delivery(owner, false, body, status, expected);
}

START_TEST(a_share_that_was_committed_to_is_kept)
{
    struct address owner;
    address_of(&owner, &owner_public);
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &owner));
    check_share(owner_text, buffer_bytes(&delivery), 200, "");
    ck_assert(vault_has_delivery(&server, &name, VAULT_X, &owner));
    check_share(owner_text, buffer_bytes(&delivery), 200, ""); /* again is harmless */
    ck_assert_uint_eq(atomic_load(&server.counters.deliveries_held), 2);
    vault_erase(&server, &name);
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &owner));
}
END_TEST

START_TEST(a_share_that_does_not_match_its_commitment_is_refused)
{
    struct address owner;
    address_of(&owner, &owner_public);
    delivery.data[delivery.size - 8] ^= 1;
    check_share(owner_text, buffer_bytes(&delivery), 400, "has not the root committed to");
    delivery.data[delivery.size - 8] ^= 1;
    delivery.data[0] ^= 1;
    check_share(owner_text, buffer_bytes(&delivery), 400, "is not the one committed to");
    delivery.data[0] ^= 1;
    memset(delivery.data + delivery.size - 8, 0xff, 8);
    check_share(owner_text, buffer_bytes(&delivery), 400, "element 63");
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &owner));
    ck_assert_uint_eq(atomic_load(&server.counters.deliveries_refused), 3);
}
END_TEST

START_TEST(a_delivery_that_cannot_be_read_again_is_no_fault_of_the_sender)
{
    struct intake_answer answer = {0};
    struct spool_file *file = stored(buffer_bytes(&delivery));
    ck_assert_int_eq(ftruncate(file->descriptor, (off_t)delivery.size - 8), 0);
    intake_share(&server, rpc, &name, &(struct intake_delivery){owner_text, false, file}, &answer);
    ck_assert_uint_eq(answer.status, 503);
    ck_assert_int_eq(ftruncate(file->descriptor, 5), 0);
    intake_share(&server, rpc, &name, &(struct intake_delivery){owner_text, false, file}, &answer);
    ck_assert_uint_eq(answer.status, 503);
    spool_close(file);
}
END_TEST

START_TEST(malformed_deliveries_are_refused)
{
    check_share("nobody", buffer_bytes(&delivery), 400, "owner: ");
    check_share("", buffer_bytes(&delivery), 400, "owner: ");
    check_share(owner_text, (struct bytes){0}, 400, "the delivery has 0 bytes, 608 are expected");
    check_share(owner_text, (struct bytes){delivery.data, delivery.size - 1}, 400,
                "the delivery has 607 bytes");
    buffer_append_text(&delivery, "x");
    check_share(owner_text, buffer_bytes(&delivery), 400, "the delivery has 609 bytes");
}
END_TEST

START_TEST(a_delivery_waits_for_its_commitment)
{
    put_owner(PARTICIPANT_JOINED);
    check_share(owner_text, buffer_bytes(&delivery), 409, "no commitment of this owner");
    owner_text[0] = '\0';
    address_print(owner_text, "tsouk", &server.address); /* has no seat */
    check_share(owner_text, buffer_bytes(&delivery), 409, "no commitment of this owner");
}
END_TEST

START_TEST(what_goes_with_a_proof_waits_for_the_proof)
{
    struct address owner;
    address_of(&owner, &owner_public);
    check_delivery(owner_text, true, buffer_bytes(&aux_delivery), 409, "no proof of this owner");
    put_proof();
    check_delivery(owner_text, true, buffer_bytes(&delivery), 400, "the delivery has 608 bytes");
    aux_delivery.data[aux_delivery.size - 8] ^= 1;
    check_delivery(owner_text, true, buffer_bytes(&aux_delivery), 400,
                   "has not the root committed to");
    aux_delivery.data[aux_delivery.size - 8] ^= 1;
    check_delivery(owner_text, true, buffer_bytes(&aux_delivery), 200, "");
    ck_assert(vault_has_delivery(&server, &name, VAULT_AUX, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &owner));
}
END_TEST

START_TEST(a_pad_is_taken_only_where_the_model_has_one)
{
    check_share("pad", buffer_bytes(&delivery), 404, "the model has no pad");
}
END_TEST

START_TEST(a_delivery_after_its_phase_is_refused)
{
    round_state.phase = PHASE_ACK;
    put_round();
    check_share(owner_text, buffer_bytes(&delivery), 200, "");
    vault_erase(&server, &name); /* what is held is never too late */
    round_state.posted = 4;      /* we have said what we hold */
    put_round();
    check_share(owner_text, buffer_bytes(&delivery), 410, "the round's phase is 'ack'");
    round_state.phase = PHASE_SETTLED;
    put_round();
    check_share(owner_text, buffer_bytes(&delivery), 410, "'settled'");
}
END_TEST

START_TEST(only_a_server_of_the_model_above_t_takes_deliveries)
{
    address_of_key(&server.address, &keys[0]);
    check_share(owner_text, buffer_bytes(&delivery), 403, "server 1 derives its shares");
    address_of_key(&server.address, &owner_key);
    check_share(owner_text, buffer_bytes(&delivery), 403, "does not serve model 1");
}
END_TEST

START_TEST(an_unknown_round_is_no_failure_of_the_node_and_a_dead_node_is)
{
    const struct vault_round other = {1, 3};
    struct intake_answer answer = {0};
    fake_node_answer(&node, "chain_status",
                     "{\"result\": {\"chain_id\": "
                     "\"1111111111111111111111111111111111111111111111111111111111111111\", "
                     "\"address_prefix\": \"tsouk\", \"height\": \"3\"}}");
    struct spool_file *file = stored(buffer_bytes(&delivery));
    intake_share(&server, rpc, &other, &(struct intake_delivery){owner_text, false, file}, &answer);
    ck_assert_uint_eq(answer.status, 404);
    ck_assert_ptr_nonnull(strstr(answer.line, "model 1 has no round 3"));
    struct rpc *dead = rpc_new("http://127.0.0.1:1");
    intake_share(&server, dead, &name, &(struct intake_delivery){owner_text, false, file}, &answer);
    spool_close(file);
    ck_assert_uint_eq(answer.status, 503);
    rpc_free(dead);
}
END_TEST

static void check_sum(unsigned j, struct bytes body, uint16_t status, const char *expected)
{
    struct intake_answer answer = {0};
    struct spool_file *file = stored(body);
    intake_sum(&server, rpc, &name, j, file, &answer);
    spool_close(file);
    ck_assert_msg(answer.status == status, "%u instead of %u: %s", answer.status, status,
                  answer.line);
    ck_assert_msg(strstr(answer.line, expected) != NULL, "%s", answer.line);
}

START_TEST(sums_are_taken_from_servers_of_the_round_while_it_aggregates)
{
    static const uint8_t sum[DIMENSION * 8] = {1};
    static const uint8_t random32[32] = {3};
    struct buffer message = {0};
    struct fault fault;
    struct source source = source_of_bytes(BYTES_OF(sum));
    const struct sum_message_signer signer = {&setting.share.context, 2, &keys[1]};
    ck_assert(sum_message_write(&message, &signer, &source, random32, &fault));
    buffer_append(&message, BYTES_OF(sum));
    check_sum(2, buffer_bytes(&message), 409, "the round's phase is 'commit'");
    round_state.phase = PHASE_AGGREGATE;
    put_round();
    check_sum(2, buffer_bytes(&message), 200, "");
    ck_assert(vault_has_sum(&server, &name, 2));
    check_sum(1, buffer_bytes(&message), 400, "not signed by server 1");
    check_sum(0, buffer_bytes(&message), 403, "server 0 takes no part");
    check_sum(5, buffer_bytes(&message), 403, "server 5 takes no part");
    check_sum(2, (struct bytes){message.data, 9}, 400, "sum message: it has 9 bytes");
    round_state.active = 0xd; /* server 2 has left Q */
    put_round();
    check_sum(2, buffer_bytes(&message), 403, "server 2 takes no part");
    buffer_close(&message);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("intake");
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, a_share_that_was_committed_to_is_kept);
    tcase_add_test(tests, a_share_that_does_not_match_its_commitment_is_refused);
    tcase_add_test(tests, a_delivery_that_cannot_be_read_again_is_no_fault_of_the_sender);
    tcase_add_test(tests, malformed_deliveries_are_refused);
    tcase_add_test(tests, a_delivery_waits_for_its_commitment);
    tcase_add_test(tests, what_goes_with_a_proof_waits_for_the_proof);
    tcase_add_test(tests, a_pad_is_taken_only_where_the_model_has_one);
    tcase_add_test(tests, a_delivery_after_its_phase_is_refused);
    tcase_add_test(tests, only_a_server_of_the_model_above_t_takes_deliveries);
    tcase_add_test(tests, an_unknown_round_is_no_failure_of_the_node_and_a_dead_node_is);
    tcase_add_test(tests, sums_are_taken_from_servers_of_the_round_while_it_aggregates);
    return check_run("intake", tests);
}
