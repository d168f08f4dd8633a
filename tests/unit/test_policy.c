#include "vm/policy.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "vm/assembler.h"

/* Splits the reward by stake: payment = reward * stake / sum of stakes, rounded down. The stack holds
 * the sum and the offset of the slot. */
static const char by_stake[] = "memory 65536\n"
                               "    PUSH 0\n"  /* sum */
                               "    PUSH 24\n" /* slot */
                               "add:\n"
                               "    DUP 1\n"
                               "    LOAD64\n"
                               "    DUP 3\n"
                               "    ADD\n"
                               "    SWAP 2\n"
                               "    POP\n" /* sum += stake */
                               "    PUSH 24\n"
                               "    ADD\n" /* slot += 24 */
                               "    DUP 1\n"
                               "    PUSH 0\n"
                               "    LOAD64\n"
                               "    PUSH 24\n"
                               "    MUL\n"
                               "    PUSH 24\n"
                               "    ADD\n"
                               "    LT\n" /* slot < 24 + 24 n */
                               "    JUMP_IF add\n"
                               "    POP\n"
                               "    PUSH 24\n"
                               "pay:\n"
                               "    DUP 1\n"
                               "    PUSH 8\n"
                               "    LOAD64\n" /* reward */
                               "    DUP 2\n"
                               "    LOAD64\n" /* stake */
                               "    DUP 5\n"  /* sum */
                               "    MULDIV\n"
                               "    STORE64\n"
                               "    PUSH 24\n"
                               "    ADD\n"
                               "    DUP 1\n"
                               "    PUSH 0\n"
                               "    LOAD64\n"
                               "    PUSH 24\n"
                               "    MUL\n"
                               "    PUSH 24\n"
                               "    ADD\n"
                               "    LT\n"
                               "    JUMP_IF pay\n"
                               "    STOP\n";

static void assemble(struct buffer *out, const char *source)
{
    char error[ASSEMBLER_ERROR_SIZE];
    bool good = assembler_assemble(out, source, NULL, "tsouk", error);
    ck_assert_msg(good, "%s", error);
}

START_TEST(splits_a_reward_by_stake)
{
    struct buffer policy = {0};
    assemble(&policy, by_stake);
    struct policy_owner owners[] = {{.stake = 10}, {.stake = 30}, {.stake = 59}};
    struct policy_round round = {.reward = 1000, .number = 1, .owners = owners, .owner_count = 3};
    struct vm_outcome outcome;
    ck_assert(policy_check(buffer_bytes(&policy), POLICY_OWNERS_MAX, NULL, 0));
    ck_assert(policy_run(&outcome, buffer_bytes(&policy), &round));
    ck_assert_uint_eq(owners[0].payment, 101);
    ck_assert_uint_eq(owners[1].payment, 303);
    ck_assert_uint_eq(owners[2].payment, 595);
    ck_assert_uint_gt(outcome.gas_used, 0);
    buffer_close(&policy);
}
END_TEST

START_TEST(serves_the_largest_round_within_its_gas)
{
    struct buffer policy = {0};
    assemble(&policy, by_stake);
    static struct policy_owner owners[POLICY_OWNERS_MAX];
    for (size_t i = 0; i < POLICY_OWNERS_MAX; i++) {
        owners[i].stake = UINT64_MAX / POLICY_OWNERS_MAX;
    }
    struct policy_round round = {UINT64_MAX, 7, owners, POLICY_OWNERS_MAX};
    struct vm_outcome outcome;
    ck_assert(policy_run(&outcome, buffer_bytes(&policy), &round));
    ck_assert_uint_eq(owners[0].payment, UINT64_MAX / POLICY_OWNERS_MAX);
    buffer_close(&policy);
}
END_TEST

START_TEST(sees_the_round_and_the_owners_as_documented)
{
    struct buffer policy = {0};
    assemble(&policy, "memory 72\n"
                      "PUSH 0\nLOAD64\nPUSH 2\nEQ\nASSERT 1\n"
                      "PUSH 8\nLOAD64\nPUSH 500\nEQ\nASSERT 2\n"
                      "PUSH 16\nLOAD64\nPUSH 9\nEQ\nASSERT 3\n"
                      "PUSH 24\nLOAD64\nPUSH 11\nEQ\nASSERT 4\n"
                      "PUSH 32\nLOAD64\nPUSH 12\nEQ\nASSERT 5\n"
                      "PUSH 40\nLOAD64\nNOT\nASSERT 6\n"
                      "PUSH 48\nLOAD64\nPUSH 21\nEQ\nASSERT 7\n"
                      "PUSH 56\nLOAD64\nPUSH 22\nEQ\nASSERT 8\n"
                      "PUSH 24\nPUSH 0\nSTORE64\nPUSH 48\nPUSH 500\nSTORE64\nSTOP\n");
    struct policy_owner owners[] = {{.stake = 11, .blocks = 12}, {.stake = 21, .blocks = 22}};
    struct policy_round round = {.reward = 500, .number = 9, .owners = owners, .owner_count = 2};
    struct vm_outcome outcome;
    ck_assert_uint_eq(policy_memory_size(2), 72);
    ck_assert(policy_check(buffer_bytes(&policy), 2, NULL, 0));
    ck_assert(policy_run(&outcome, buffer_bytes(&policy), &round));
    ck_assert_uint_eq(owners[0].payment, 0);
    ck_assert_uint_eq(owners[1].payment, 500);
    buffer_close(&policy);
}
END_TEST

/* Two owners with a reward of 100. */
static void check_fails(const char *source, uint16_t code)
{
    struct buffer policy = {0};
    assemble(&policy, source);
    struct policy_owner owners[] = {{.stake = 1, .payment = 5}, {.stake = 1, .payment = 5}};
    struct policy_round round = {.reward = 100, .number = 1, .owners = owners, .owner_count = 2};
    struct vm_outcome outcome;
    ck_assert(!policy_run(&outcome, buffer_bytes(&policy), &round));
    ck_assert_uint_eq(outcome.refusal.code, code);
    ck_assert_uint_eq(owners[0].payment, 0);
    ck_assert_uint_eq(owners[1].payment, 0);
    buffer_close(&policy);
}

START_TEST(pays_nothing_where_the_policy_fails)
{
    check_fails("memory 72\nPUSH 0\nASSERT 1\nSTOP", VM_ASSERT);
    check_fails("memory 72\nagain: JUMP again", VM_GAS);
    check_fails("memory 72\nPUSH 24\nPUSH 100\nSTORE64\nSTOP",
                0); /* 100 and the stake left there */
    check_fails("memory 72\nPUSH 24\nPUSH 18446744073709551615\nSTORE64\nSTOP", 0);
}
END_TEST

static void check_refused(struct bytes policy, uint32_t owners_max, const char *want)
{
    char error[200];
    ck_assert(!policy_check(policy, owners_max, error, sizeof(error)));
    ck_assert_str_eq(error, want);
    ck_assert(!policy_check(policy, owners_max, NULL, 0));
}

START_TEST(refuses_what_cannot_serve)
{
    struct buffer policy = {0};
    assemble(&policy, "memory 71\nSTOP");
    ck_assert(policy_check(buffer_bytes(&policy), 1, NULL, 0));
    check_refused(buffer_bytes(&policy), 2,
                  "policy: memory is 71 bytes, 72 are needed for up to 2 owners");
    check_refused(buffer_bytes(&policy), 4096,
                  "policy: rounds of up to 4096 owners, at most 2729 can be had");
    static const uint8_t native[] = {1, 72, 0, 0, 0, 4, 0x60, 1, 0, 0};
    check_refused(BYTES_OF(native), 2,
                  "policy: at byte 0: a policy may not use native instructions");
    check_refused((struct bytes){NULL, 0}, 2,
                  "policy: at byte 0: the program is not canonically encoded");
    buffer_close(&policy);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("policy");
    tcase_add_test(tests, splits_a_reward_by_stake);
    tcase_add_test(tests, serves_the_largest_round_within_its_gas);
    tcase_add_test(tests, sees_the_round_and_the_owners_as_documented);
    tcase_add_test(tests, pays_nothing_where_the_policy_fails);
    tcase_add_test(tests, refuses_what_cannot_serve);
    return check_run("policy", tests);
}
