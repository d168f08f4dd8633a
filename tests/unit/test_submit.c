#include "tools/client/submit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/lib/check_run.h"
#include "tests/lib/fake_node.h"
#include "vm/instruction.h"
#include "vm/opcodes.h"
#include "vm/program.h"

static void check_verifies(const struct buffer *encoded)
{
    struct program program;
    size_t offset = 0;
    enum program_status status =
        program_load(&program, buffer_bytes(encoded), &market_natives, &offset);
    ck_assert_msg(status == PROGRAM_OK, "byte %zu: %s", offset, program_status_text(status));
}

START_TEST(every_native_alone_makes_a_program_that_verifies)
{
    for (size_t i = 0; i < market_natives.count; i++) {
        const struct native *native = &market_natives.rows[i];
        if (native->query) { /* its result would stay on the stack: for programs by hand */
            continue;
        }
        struct buffer encoded = {0};
        void *operand = calloc(1, native->operand->size + 1);
        ck_assert_ptr_nonnull(operand);
        submit_program(&encoded, &(struct submit_native){native->id, operand}, 1);
        check_verifies(&encoded);
        buffer_close(&encoded);
        free(operand);
    }
}
END_TEST

START_TEST(several_natives_stand_in_order_before_the_stop)
{
    const struct round_operand join = {.model = 3, .round = 4};
    const struct share_commit_operand commit = {.model = 3, .round = 4};
    const struct submit_native natives[] = {
        {NATIVE_ROUND_JOIN, &join},
        {NATIVE_SHARE_COMMIT, &commit},
    };
    struct buffer encoded = {0};
    struct program program;
    submit_program(&encoded, natives, 2);
    check_verifies(&encoded);
    ck_assert_int_eq(program_load(&program, buffer_bytes(&encoded), &market_natives, NULL),
                     PROGRAM_OK);
    ck_assert_uint_eq(program.code.data[0], OP_NATIVE);
    ck_assert_uint_eq(program.code.data[1], NATIVE_ROUND_JOIN);
    ck_assert_uint_eq(program.code.data[2], 12); /* u64 model, u32 round */
    ck_assert_uint_eq(program.code.data[15], OP_NATIVE);
    ck_assert_uint_eq(program.code.data[16], NATIVE_SHARE_COMMIT);
    ck_assert_uint_eq(program.code.data[program.code.size - 1], OP_STOP);
    buffer_close(&encoded);
}
END_TEST

START_TEST(no_native_at_all_is_a_program_too)
{
    struct buffer encoded = {0};
    submit_program(&encoded, NULL, 0);
    check_verifies(&encoded);
    buffer_close(&encoded);
}
END_TEST

START_TEST(an_unknown_native_is_our_mistake)
{
    struct buffer encoded = {0};
    submit_program(&encoded, &(struct submit_native){250, ""}, 1);
}
END_TEST

#define REFUSED(code)                                                                              \
    "{\"error\":{\"code\":-32004,\"message\":\"it says " code "\",\"data\":{\"code\":\"" code      \
    "\"}}}"

static void *say_for_good(void *argument)
{
    const struct timespec moment = {.tv_nsec = 300000000};
    (void)nanosleep(&moment, NULL);
    fake_node_answer(argument, "state_get", REFUSED("VM_NONCE"));
    return NULL;
}

START_TEST(what_passes_by_itself_is_waited_for_and_the_rest_is_not)
{
    struct fake_node node;
    struct fault fault;
    struct submit_receipt receipt;
    struct chain_info chain = {0};
    struct submit_request request = {0};
    pthread_t thread;
    fake_node_open(&node);
    struct rpc *rpc = rpc_new(node.url);
    fake_node_answer(&node, "state_get", REFUSED("SYNCING"));
    ck_assert(!submit_and_wait(rpc, &chain, &request, &receipt, &fault));
    ck_assert(rpc_passing(rpc));
    fake_node_answer(&node, "state_get", REFUSED("BUSY"));
    ck_assert(!submit_and_wait(rpc, &chain, &request, &receipt, &fault));
    ck_assert(rpc_passing(rpc));
    ck_assert_int_eq(pthread_create(&thread, NULL, say_for_good, &node), 0);
    ck_assert(!submit_patiently(rpc, &chain, &request, &receipt, &fault));
    ck_assert(!rpc_passing(rpc));
    ck_assert_ptr_nonnull(strstr(fault.text, "it says VM_NONCE"));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    rpc_free(rpc);
    fake_node_close(&node);
}
END_TEST

START_TEST(a_command_that_waited_long_sends_what_does_not_expire_at_once)
{
    struct fake_node node;
    struct fault fault;
    struct parameters parameters = {.gas_price_min = 1, .gas_limit_max = 100000};
    struct market_key key;
    struct secret_key secret;
    struct buffer envelope = {0};
    struct transaction transaction;
    struct bytes sidecar;
    struct chain_info chain = {.height = 7, .prefix = "tsouk"}; /* when the command began */
    ck_assert(secret_key_init(&secret, (const uint8_t[32]){[31] = 1}));
    struct submit_request request = {.key = &secret, .gas_limit = 1000};
    fake_node_open(&node);
    key_parameters(&key);
    fake_node_put(&node, &key, &parameters_schema, &parameters);
    fake_node_answer(&node, "state_account",
                     "{\"result\":{\"height\":\"5000\",\"pending_nonce\":\"3\","
                     "\"account\":{\"balance\":\"9\"}}}");
    struct rpc *rpc = rpc_new(node.url);
    ck_assert_msg(submit_sign(rpc, &chain, &request, &envelope, &fault), "%s", fault.text);
    ck_assert_int_eq(transaction_decode(&transaction, &sidecar, buffer_bytes(&envelope), NULL, 0),
                     TRANSACTION_OK);
    ck_assert_uint_eq(transaction.expires_at, 5000 + SUBMIT_EXPIRY_BLOCKS);
    ck_assert_uint_eq(transaction.nonce, 3);
    buffer_close(&envelope);
    rpc_free(rpc);
    fake_node_close(&node);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("submit");
    tcase_add_test(tests, every_native_alone_makes_a_program_that_verifies);
    tcase_add_test(tests, several_natives_stand_in_order_before_the_stop);
    tcase_add_test(tests, no_native_at_all_is_a_program_too);
    tcase_add_test(tests, what_passes_by_itself_is_waited_for_and_the_rest_is_not);
    tcase_add_test(tests, a_command_that_waited_long_sends_what_does_not_expire_at_once);
    tcase_add_test_raise_signal(tests, an_unknown_native_is_our_mistake, 6);
    return check_run("submit", tests);
}
