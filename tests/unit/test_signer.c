/* The signer's memory on disk, its answers, and the node's side of the socket against the real service
 * in a process of its own. */
#include "tools/signer/service.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "market/heartbeats.h"
#include "node/remote_signer.h"
#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"

static struct scratch scratch;
static struct signer signer;
static struct fault fault;
static char error[256];
static const struct hash chain = {{1, 2, 3}};
static const struct hash other_chain = {{9}};

static struct vote vote_of(enum vote_type type, uint64_t height, uint32_t round, uint8_t digest)
{
    return (struct vote){
        .type = (uint8_t)type, .height = height, .round = round, .digest = {{digest}}};
}

static void open_state(void)
{
    ck_assert_msg(state_file_open(&signer.file, scratch_path(&scratch, "state"), &fault), "%s",
                  fault.text);
}

static void reopen_state(void)
{
    state_file_close(&signer.file);
    open_state();
}

static void set_up(void)
{
    static const uint8_t secret[32] = {7};
    scratch_open(&scratch);
    memset(&signer, 0, sizeof(signer));
    ck_assert(secret_key_init(&signer.key, secret));
    public_key_of(&signer.public_key, &signer.key);
    ck_assert(state_file_create(scratch_path(&scratch, "state"), &fault));
    open_state();
}

static void tear_down(void)
{
    state_file_close(&signer.file);
    scratch_close(&scratch);
}

static enum signer_status ask(const struct hash *chain_id, const struct vote *vote,
                              struct signer_answer *answer)
{
    struct signer_request request;
    signer_request_of(&request, chain_id, vote);
    ck_assert_msg(signer_answer(&signer, &request, answer, &fault), "%s", fault.text);
    return (enum signer_status)answer->status;
}

static enum signer_status ask_vote(enum vote_type type, uint64_t height, uint32_t round,
                                   uint8_t digest)
{
    struct signer_answer answer;
    const struct vote vote = vote_of(type, height, round, digest);
    return ask(&chain, &vote, &answer);
}

START_TEST(signs_what_the_key_can_show)
{
    struct signer_answer answer;
    struct hash message;
    const struct vote vote = vote_of(VOTE_PREPARE, 5, 0, 1);
    ck_assert_int_eq(ask(&chain, &vote, &answer), SIGNER_OK);
    vote_hash(&message, &chain, &vote);
    ck_assert(signature_check(&answer.signature, &signer.public_key, &message));
    ck_assert_uint_eq(answer.height, 5);
}
END_TEST

START_TEST(remembers_over_a_restart)
{
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    reopen_state();
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 2), SIGNER_REFUSED);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 1, 2), SIGNER_OK);
}
END_TEST

START_TEST(the_first_chain_binds_it)
{
    struct signer_answer answer;
    const struct vote vote = vote_of(VOTE_PREPARE, 5, 0, 1);
    ck_assert_int_eq(ask_vote(VOTE_STATUS, 5, 0, 1), SIGNER_OK);
    reopen_state();
    ck_assert_int_eq(ask(&other_chain, &vote, &answer), SIGNER_CHAIN);
    ck_assert_int_eq(ask(&chain, &vote, &answer), SIGNER_OK);
}
END_TEST

START_TEST(a_refusal_carries_no_signature)
{
    static const struct signature none;
    struct signer_answer answer;
    const struct vote vote = vote_of(VOTE_COMMIT, 5, 0, 2);
    ck_assert_int_eq(ask_vote(VOTE_COMMIT, 5, 0, 1), SIGNER_OK);
    ck_assert_int_eq(ask(&chain, &vote, &answer), SIGNER_REFUSED);
    ck_assert_int_eq(answer.verdict, VOTE_GUARD_CONFLICT);
    ck_assert_mem_eq(&answer.signature, &none, sizeof(none));
}
END_TEST

START_TEST(a_second_signer_finds_the_state_in_use)
{
    struct state_file second;
    ck_assert(!state_file_open(&second, scratch_path(&scratch, "state"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "in use by another signer"));
}
END_TEST

START_TEST(a_state_that_exists_is_not_made_anew)
{
    ck_assert(!state_file_create(scratch_path(&scratch, "state"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "remembers what was signed"));
}
END_TEST

START_TEST(a_state_that_is_missing_is_named)
{
    struct state_file missing;
    ck_assert(!state_file_open(&missing, scratch_path(&scratch, "none"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "souk-signer recover"));
}
END_TEST

enum { SLOT_SIZE = 4096, SLOTS = 4, STATE_SIZE = SLOTS * SLOT_SIZE };

static void read_state(uint8_t content[STATE_SIZE])
{
    ck_assert_int_eq(pread(signer.file.descriptor, content, STATE_SIZE, 0), STATE_SIZE);
}

static void put_state(const uint8_t content[STATE_SIZE])
{
    ck_assert_int_eq(pwrite(signer.file.descriptor, content, STATE_SIZE, 0), STATE_SIZE);
}

/* The height up to which was signed, as the file has it. */
static uint64_t height_on_disk(void)
{
    struct signer_state state;
    ck_assert_msg(state_file_read(&state, scratch_path(&scratch, "state"), &fault), "%s",
                  fault.text);
    return vote_guard_height(&state.guard);
}

/* A write torn at any byte leaves the state before it or the state after it. */
START_TEST(a_torn_write_leaves_the_old_state_or_the_new)
{
    uint8_t before[STATE_SIZE];
    uint8_t after[STATE_SIZE];
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    read_state(before);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 6, 0, 1), SIGNER_OK);
    read_state(after);
    for (size_t cut = 0; cut <= STATE_SIZE; cut += 7) {
        put_state(before);
        ck_assert_int_eq(pwrite(signer.file.descriptor, after, cut, 0), (ssize_t)cut);
        uint64_t height = height_on_disk();
        ck_assert_msg(height == 5 || height == 6, "cut at %zu: %ju", cut, (uintmax_t)height);
    }
}
END_TEST

/* Neither slot that a write goes to need be whole after it was torn. */
START_TEST(a_write_torn_in_all_that_it_changes_leaves_the_old_state)
{
    uint8_t before[STATE_SIZE];
    uint8_t after[STATE_SIZE];
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    read_state(before);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 6, 0, 1), SIGNER_OK);
    read_state(after);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        uint8_t *place = after + slot * SLOT_SIZE;
        if (memcmp(place, before + slot * SLOT_SIZE, SLOT_SIZE) != 0) {
            memset(place + 64, 0xa5, 512);
        }
    }
    put_state(after);
    ck_assert_uint_eq(height_on_disk(), 5);
}
END_TEST

/* Class 8 of docs/testing.md: Tendermint issues 10108 and 3418. The newest one too: its
 * signature has left. */
START_TEST(one_rotted_slot_makes_it_forget_nothing)
{
    for (uint64_t height = 5; height < 9; height++) {
        uint8_t kept[STATE_SIZE];
        ck_assert_int_eq(ask_vote(VOTE_PREPARE, height, 0, 1), SIGNER_OK);
        read_state(kept);
        for (size_t slot = 0; slot < SLOTS; slot++) {
            uint8_t rotted[STATE_SIZE];
            memcpy(rotted, kept, sizeof(rotted));
            rotted[slot * SLOT_SIZE + 50] ^= 0x10;
            put_state(rotted);
            ck_assert_uint_eq(height_on_disk(), height);
            reopen_state();
            ck_assert_int_eq(ask_vote(VOTE_PREPARE, height, 0, 2), SIGNER_REFUSED);
        }
    }
}
END_TEST

/* One after the other may rot, where it is started between. */
START_TEST(a_start_mends_what_rotted)
{
    uint8_t content[STATE_SIZE];
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        read_state(content);
        memset(content + slot * SLOT_SIZE, 0, SLOT_SIZE);
        put_state(content);
        reopen_state();
        ck_assert_uint_eq(signer.file.damaged, 1);
        reopen_state();
        ck_assert_uint_eq(signer.file.damaged, 0);
        ck_assert_uint_eq(height_on_disk(), 5);
    }
}
END_TEST

/* Killed between the two slots of a pair: what it had written was never synced, so it is before anything
 * is signed on the strength of it. */
START_TEST(a_start_stores_what_may_be_in_memory_alone)
{
    uint8_t before[STATE_SIZE];
    uint8_t content[STATE_SIZE];
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    read_state(before);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 6, 0, 1), SIGNER_OK);
    read_state(content);
    memcpy(content + STATE_SIZE / 2, before + STATE_SIZE / 2, STATE_SIZE / 2);
    put_state(content);
    uint64_t sequence = signer.file.state.sequence;
    reopen_state();
    ck_assert_uint_gt(signer.file.state.sequence, sequence);
    read_state(content);
    memset(content, 0, STATE_SIZE / 2);
    put_state(content);
    ck_assert_uint_eq(height_on_disk(), 6);
}
END_TEST

START_TEST(damage_of_all_slots_is_named)
{
    static const uint8_t zeros[STATE_SIZE];
    struct signer_state state;
    const char *path = scratch_path(&scratch, "state");
    put_state(zeros);
    ck_assert(!state_file_read(&state, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "damaged"));
}
END_TEST

START_TEST(a_malformed_request_is_refused)
{
    struct signer_request request;
    const struct vote vote = vote_of(VOTE_PREPARE, 5, 0, 1);
    struct buffer wire = {0};
    signer_request_of(&request, &chain, &vote);
    schema_write(&wire, &signer_request_schema, &request);
    ck_assert_uint_eq(wire.size, SIGNER_REQUEST_SIZE);
    ck_assert(signer_request_decode(&request, buffer_bytes(&wire), error, sizeof(error)));
    const struct {
        size_t place;
        uint8_t value;
        const char *text;
    } cases[] = {
        {0, 2, "version of the request is not 1"},
        {1, 2, "call"},
        {1, SIGNER_KEY, "a request for the key names a vote"},
        {34, VOTE_TYPE_COUNT, "type"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint8_t spoilt[SIGNER_REQUEST_SIZE];
        memcpy(spoilt, wire.data, sizeof(spoilt));
        spoilt[cases[i].place] = cases[i].value;
        ck_assert(!signer_request_decode(&request, BYTES_OF(spoilt), error, sizeof(error)));
        ck_assert_msg(strstr(error, cases[i].text) != NULL, "%s", error);
    }
    wire.size--;
    ck_assert(!signer_request_decode(&request, buffer_bytes(&wire), error, sizeof(error)));
    buffer_close(&wire);
}
END_TEST

START_TEST(a_state_that_is_no_regular_file_is_not_called_damaged)
{
    struct state_file other;
    const char *path = scratch_path(&scratch, "fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!state_file_open(&other, path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "/fifo: not a regular file"));
}
END_TEST

/* ---- Heartbeats and evidence */

static struct signing_heartbeat heartbeat_of(const struct hash *chain_id)
{
    struct signing_heartbeat wanted = {.version = SIGNER_VERSION,
                                       .call = SIGNER_HEARTBEAT,
                                       .chain_id = *chain_id,
                                       .height = 64,
                                       .digest = {{4}}};
    point_of(&wanted.node_key, &signer.key);
    return wanted;
}

/* Somebody else signed two proposals. */
static struct signing_evidence evidence_of(const struct hash *chain_id, uint64_t gas_price)
{
    static const uint8_t secret[32] = {8};
    struct signing_evidence wanted = {.version = SIGNER_VERSION,
                                      .call = SIGNER_EVIDENCE,
                                      .chain_id = *chain_id,
                                      .nonce = 3,
                                      .gas_limit = 1000,
                                      .gas_price = gas_price,
                                      .expires_at = 200};
    struct secret_key key;
    struct vote first = vote_of(VOTE_PROPOSE, 5, 0, 1);
    struct vote second = vote_of(VOTE_PROPOSE, 5, 0, 2);
    ck_assert(secret_key_init(&key, secret));
    vote_sign(&first, chain_id, &key);
    vote_sign(&second, chain_id, &key);
    vote_conflict(&wanted.conflict, &first, &second);
    public_key_of(&wanted.validator, &key);
    return wanted;
}

static enum signer_status ask_evidence(const struct signing_evidence *wanted,
                                       struct signer_answer *answer)
{
    ck_assert_msg(signer_answer_evidence(&signer, wanted, answer, &fault), "%s", fault.text);
    return (enum signer_status)answer->status;
}

START_TEST(a_heartbeat_is_signed_as_the_chain_checks_it)
{
    struct signer_answer answer;
    struct hash message;
    struct signing_heartbeat wanted = heartbeat_of(&chain);
    const struct checkpoint checkpoint = {.height = wanted.height, .digest = wanted.digest};
    ck_assert(signer_answer_heartbeat(&signer, &wanted, &answer, &fault));
    ck_assert_int_eq(answer.status, SIGNER_OK);
    heartbeat_hash(&message, &chain, &wanted.node_key, &checkpoint);
    ck_assert(signature_check(&answer.signature, &signer.public_key, &message));
    reopen_state(); /* it bound the signer to the chain, and to no vote */
    ck_assert_uint_eq(answer.height, 0);
    wanted = heartbeat_of(&other_chain);
    ck_assert(signer_answer_heartbeat(&signer, &wanted, &answer, &fault));
    ck_assert_int_eq(answer.status, SIGNER_CHAIN);
}
END_TEST

START_TEST(evidence_that_proves_something_is_signed_as_a_transaction_of_nothing_else)
{
    struct signer_answer answer;
    struct transaction transaction;
    struct buffer program = {0};
    const struct signing_evidence wanted = evidence_of(&chain, 2);
    signer.fees_max = 2000;
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_OK);
    signing_transaction(&transaction, &program, &wanted);
    transaction.sender = signer.public_key;
    transaction.signature = answer.signature;
    ck_assert_int_eq(transaction_check(&transaction, (struct bytes){0}, &chain), TRANSACTION_OK);
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_FEES); /* all is spent */
    buffer_close(&program);
}
END_TEST

START_TEST(evidence_costs_no_more_than_was_allowed)
{
    static const struct signature none;
    struct signer_answer answer;
    struct signing_evidence wanted = evidence_of(&chain, 2);
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_FEES); /* nothing was allowed */
    signer.fees_max = 1999;
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_FEES);
    ck_assert_mem_eq(&answer.signature, &none, sizeof(none));
    signer.fees_max = UINT64_MAX;
    wanted.gas_price = UINT64_MAX; /* the product has no 64 bits */
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_FEES);
    ck_assert_uint_eq(signer.fees, 0);
}
END_TEST

START_TEST(evidence_that_proves_nothing_is_not_paid_for)
{
    static const struct signature none;
    struct signer_answer answer;
    struct signing_evidence wanted = evidence_of(&chain, 2);
    signer.fees_max = 100000;
    wanted.conflict.round = 1;
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_PROOF);
    ck_assert_mem_eq(&answer.signature, &none, sizeof(none));
    wanted = evidence_of(&chain, 2);
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_OK);
    wanted = evidence_of(&other_chain, 2);
    ck_assert_int_eq(ask_evidence(&wanted, &answer), SIGNER_CHAIN);
    ck_assert_uint_eq(signer.fees, 2000);
}
END_TEST

START_TEST(what_is_refused_binds_to_no_chain)
{
    struct signer_answer answer;
    const struct signing_evidence evidence = evidence_of(&other_chain, 2);
    const struct vote low = vote_of(VOTE_PREPARE, 5, 0, 1);
    vote_guard_raise(&signer.file.state.guard, 10);
    ck_assert_int_eq(ask_evidence(&evidence, &answer), SIGNER_FEES);
    ck_assert_int_eq(ask(&other_chain, &low, &answer), SIGNER_REFUSED);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 11, 0, 1), SIGNER_OK);
}
END_TEST

START_TEST(a_signature_after_a_refusal_binds_over_a_restart)
{
    struct signer_answer answer;
    const struct signing_evidence evidence = evidence_of(&chain, 2);
    struct signing_heartbeat heartbeat = heartbeat_of(&chain);
    ck_assert_int_eq(ask_evidence(&evidence, &answer), SIGNER_FEES);
    ck_assert(signer_answer_heartbeat(&signer, &heartbeat, &answer, &fault));
    ck_assert_int_eq(answer.status, SIGNER_OK);
    reopen_state();
    heartbeat = heartbeat_of(&other_chain);
    ck_assert(signer_answer_heartbeat(&signer, &heartbeat, &answer, &fault));
    ck_assert_int_eq(answer.status, SIGNER_CHAIN);
}
END_TEST

START_TEST(malformed_heartbeats_and_evidence_are_refused)
{
    struct buffer wire = {0};
    struct signing_heartbeat heartbeat = heartbeat_of(&chain);
    struct signing_evidence evidence = evidence_of(&chain, 2);
    schema_write(&wire, &signing_heartbeat_schema, &heartbeat);
    ck_assert_uint_eq(wire.size, SIGNING_HEARTBEAT_SIZE);
    ck_assert(signing_heartbeat_decode(&heartbeat, buffer_bytes(&wire), error, sizeof(error)));
    ck_assert(!signing_evidence_decode(&evidence, buffer_bytes(&wire), error, sizeof(error)));
    wire.data[1] = SIGNER_EVIDENCE;
    ck_assert(!signing_heartbeat_decode(&heartbeat, buffer_bytes(&wire), error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "for another call"));
    buffer_clear(&wire);
    evidence = evidence_of(&chain, 2);
    schema_write(&wire, &signing_evidence_schema, &evidence);
    ck_assert_uint_eq(wire.size, SIGNING_EVIDENCE_SIZE);
    ck_assert(signing_evidence_decode(&evidence, buffer_bytes(&wire), error, sizeof(error)));
    wire.data[0] = 2;
    ck_assert(!signing_evidence_decode(&evidence, buffer_bytes(&wire), error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "version of the request is not 1"));
    wire.size--;
    ck_assert(!signing_evidence_decode(&evidence, buffer_bytes(&wire), error, sizeof(error)));
    buffer_close(&wire);
}
END_TEST

/* ---- Over the socket */

static pid_t child;
static int child_log; /* its standard error */

/* The service in a process of its own. Its first line says that it listens. */
static void start_service(const char *socket_path)
{
    int ends[2];
    uint8_t first;
    state_file_close(&signer.file);
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        bool good = state_file_open(&signer.file, scratch_path(&scratch, "state"), &fault) &&
                    signer_serve(&signer, socket_path, &fault);
        _exit(good ? 0 : 1);
    }
    (void)close(ends[1]);
    child_log = ends[0];
    ck_assert_int_eq(read(child_log, &first, 1), 1);
}

static void stop_service(void)
{
    int status = 0;
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(child_log);
    open_state();
}

static enum vote_signing ask_remote(struct remote_signer *remote, enum vote_type type,
                                    uint64_t height, uint8_t digest)
{
    uint32_t free_round = 0;
    struct vote vote = vote_of(type, height, 0, digest);
    return remote_signer_sign(remote, &vote, &free_round, error, sizeof(error));
}

/* As a node does: a signer that is slow, on this machine, is asked again after a pause. */
static enum vote_signing ask_until_heard(struct remote_signer *remote, enum vote_type type,
                                         uint64_t height, uint8_t digest)
{
    enum vote_signing signing = VOTE_SIGNER_AWAY;
    for (int i = 0; i < 600 && signing == VOTE_SIGNER_AWAY; i++) {
        (void)usleep(i == 0 ? 0 : 100000);
        signing = ask_remote(remote, type, height, digest);
    }
    return signing;
}

static struct remote_signer *open_remote(const char *path)
{
    struct remote_signer *remote;
    ck_assert_msg(remote_signer_open(&remote, path, &chain, error, sizeof(error)), "%s", error);
    return remote;
}

START_TEST(a_node_gets_its_votes_signed)
{
    const char *path = scratch_path(&scratch, "sock");
    start_service(path);
    struct remote_signer *remote = open_remote(path);
    ck_assert_mem_eq(remote_signer_key(remote), &signer.public_key, sizeof(signer.public_key));
    for (uint64_t height = 1; height <= 50; height++) {
        ck_assert_msg(ask_until_heard(remote, VOTE_PREPARE, height, 1) == VOTE_SIGNED, "%s", error);
    }
    ck_assert_int_eq(ask_until_heard(remote, VOTE_PREPARE, 50, 2), VOTE_REFUSED);
    ck_assert_ptr_nonnull(strstr(error, "contradicts a vote that was signed"));
    remote_signer_free(remote);
    stop_service();
    ck_assert_uint_eq(vote_guard_height(&signer.file.state.guard), 50);
}
END_TEST

/* Class 33 of docs/testing.md: CometBFT pull request 5433, issue 3519. */
START_TEST(a_restarted_signer_is_found_again)
{
    const char *path = scratch_path(&scratch, "sock");
    start_service(path);
    struct remote_signer *remote = open_remote(path);
    ck_assert_msg(ask_until_heard(remote, VOTE_PREPARE, 1, 1) == VOTE_SIGNED, "%s", error);
    stop_service();
    start_service(path);
    ck_assert_msg(ask_until_heard(remote, VOTE_COMMIT, 1, 1) == VOTE_SIGNED, "%s", error);
    stop_service();
    for (error[0] = '\0'; strstr(error, "no answer a moment ago") == NULL;) {
        ck_assert_int_eq(ask_remote(remote, VOTE_COMMIT, 1, 1), VOTE_SIGNER_AWAY);
    }
    remote_signer_free(remote);
}
END_TEST

START_TEST(a_node_gets_heartbeats_and_evidence_signed_between_its_votes)
{
    const char *path = scratch_path(&scratch, "sock");
    struct signature signature = {0};
    struct signing_heartbeat heartbeat = heartbeat_of(&chain);
    struct signing_evidence evidence = evidence_of(&chain, 2);
    signer.fees_max = 100000;
    start_service(path);
    struct remote_signer *remote = open_remote(path);
    bool good = false;
    for (int i = 0; i < 600 && !good; i++) {
        (void)usleep(i == 0 ? 0 : 100000);
        good = remote_signer_heartbeat(remote, &heartbeat, &signature, error, sizeof(error));
    }
    ck_assert_msg(good, "%s", error);
    ck_assert_msg(ask_until_heard(remote, VOTE_PREPARE, 1, 1) == VOTE_SIGNED, "%s", error);
    good = false;
    for (int i = 0; i < 600 && !good; i++) {
        (void)usleep(i == 0 ? 0 : 100000);
        good = remote_signer_evidence(remote, &evidence, &signature, error, sizeof(error));
    }
    ck_assert_msg(good, "%s", error);
    evidence.conflict.height++;
    ck_assert(!remote_signer_evidence(remote, &evidence, &signature, error, sizeof(error)));
    ck_assert_msg(ask_until_heard(remote, VOTE_COMMIT, 1, 1) == VOTE_SIGNED, "%s", error);
    remote_signer_free(remote);
    stop_service();
}
END_TEST

START_TEST(garbage_on_the_socket_ends_that_connection_only)
{
    const char *path = scratch_path(&scratch, "sock");
    start_service(path);
    struct remote_signer *remote = open_remote(path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint8_t garbage[SIGNER_REQUEST_SIZE] = {0xff};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int stranger = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(stranger, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(write(stranger, garbage, sizeof(garbage)), sizeof(garbage));
    ck_assert_int_eq(read(stranger, garbage, 1), 0);
    (void)close(stranger);
    ck_assert_msg(ask_until_heard(remote, VOTE_PREPARE, 1, 1) == VOTE_SIGNED, "%s", error);
    remote_signer_free(remote);
    stop_service();
}
END_TEST

START_TEST(nobody_at_the_socket_is_named)
{
    struct remote_signer *remote;
    ck_assert(
        !remote_signer_open(&remote, scratch_path(&scratch, "none"), &chain, error, sizeof(error)));
    ck_assert_ptr_null(remote);
    ck_assert_ptr_nonnull(strstr(error, "none: No such file or directory"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("signer");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, signs_what_the_key_can_show);
    tcase_add_test(tests, remembers_over_a_restart);
    tcase_add_test(tests, the_first_chain_binds_it);
    tcase_add_test(tests, a_refusal_carries_no_signature);
    tcase_add_test(tests, a_second_signer_finds_the_state_in_use);
    tcase_add_test(tests, a_state_that_exists_is_not_made_anew);
    tcase_add_test(tests, a_state_that_is_missing_is_named);
    tcase_add_test(tests, a_torn_write_leaves_the_old_state_or_the_new);
    tcase_add_test(tests, a_write_torn_in_all_that_it_changes_leaves_the_old_state);
    tcase_add_test(tests, one_rotted_slot_makes_it_forget_nothing);
    tcase_add_test(tests, a_start_mends_what_rotted);
    tcase_add_test(tests, a_start_stores_what_may_be_in_memory_alone);
    tcase_add_test(tests, damage_of_all_slots_is_named);
    tcase_add_test(tests, a_state_that_is_no_regular_file_is_not_called_damaged);
    tcase_add_test(tests, a_malformed_request_is_refused);
    tcase_add_test(tests, a_heartbeat_is_signed_as_the_chain_checks_it);
    tcase_add_test(tests,
                   evidence_that_proves_something_is_signed_as_a_transaction_of_nothing_else);
    tcase_add_test(tests, evidence_costs_no_more_than_was_allowed);
    tcase_add_test(tests, evidence_that_proves_nothing_is_not_paid_for);
    tcase_add_test(tests, what_is_refused_binds_to_no_chain);
    tcase_add_test(tests, a_signature_after_a_refusal_binds_over_a_restart);
    tcase_add_test(tests, malformed_heartbeats_and_evidence_are_refused);
    tcase_add_test(tests, a_node_gets_its_votes_signed);
    tcase_add_test(tests, a_node_gets_heartbeats_and_evidence_signed_between_its_votes);
    tcase_add_test(tests, a_restarted_signer_is_found_again);
    tcase_add_test(tests, garbage_on_the_socket_ends_that_connection_only);
    tcase_add_test(tests, nobody_at_the_socket_is_named);
    return check_run("signer", tests);
}
