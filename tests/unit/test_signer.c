/* The signer's memory on disk, its answers, and the node's side of the socket against the real service
 * in a process of its own. */
#include "tools/signer/service.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* A write torn at any byte leaves the state before it or the state after it. */
START_TEST(a_torn_write_leaves_the_old_state_or_the_new)
{
    enum { SIZE = 8192 };
    uint8_t before[SIZE];
    uint8_t after[SIZE];
    const char *path = scratch_path(&scratch, "state");
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 5, 0, 1), SIGNER_OK);
    ck_assert_int_eq(pread(signer.file.descriptor, before, SIZE, 0), SIZE);
    ck_assert_int_eq(ask_vote(VOTE_PREPARE, 6, 0, 1), SIGNER_OK);
    ck_assert_int_eq(pread(signer.file.descriptor, after, SIZE, 0), SIZE);
    for (size_t cut = 0; cut <= SIZE; cut += 7) {
        struct signer_state state;
        int file = open(path, O_WRONLY | O_CLOEXEC);
        ck_assert_int_eq(pwrite(file, before, SIZE, 0), SIZE);
        ck_assert_int_eq(pwrite(file, after, cut, 0), (ssize_t)cut);
        (void)close(file);
        ck_assert_msg(state_file_read(&state, path, &fault), "cut at %zu: %s", cut, fault.text);
        uint64_t height = vote_guard_height(&state.guard);
        ck_assert(height == 5 || height == 6);
    }
}
END_TEST

START_TEST(damage_of_both_slots_is_named)
{
    static const uint8_t zeros[8192];
    struct signer_state state;
    const char *path = scratch_path(&scratch, "state");
    ck_assert_int_eq(pwrite(signer.file.descriptor, zeros, sizeof(zeros), 0), sizeof(zeros));
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
    tcase_add_test(tests, damage_of_both_slots_is_named);
    tcase_add_test(tests, a_malformed_request_is_refused);
    tcase_add_test(tests, a_node_gets_its_votes_signed);
    tcase_add_test(tests, a_restarted_signer_is_found_again);
    tcase_add_test(tests, garbage_on_the_socket_ends_that_connection_only);
    tcase_add_test(tests, nobody_at_the_socket_is_named);
    return check_run("signer", tests);
}
