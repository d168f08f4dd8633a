#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include <string.h>

#include "vm/assembler.h"

static struct market_fixture chain;

static const struct bytes none = {0};

static void start(void)
{
    market_fixture_init(&chain);
}

static void stop(void)
{
    market_fixture_close(&chain);
}

static void send_transfer(int from, int to, uint64_t amount)
{
    const struct transfer_operand operand = {*fixture_address(&chain, to), amount};
    fixture_send(&chain, from, NATIVE_TRANSFER, &operand, none);
}

static uint64_t nonce_of(int account)
{
    struct account record;
    account_load(chain.state, fixture_address(&chain, account), &record);
    return record.nonce;
}

START_TEST(moves_units_and_pays_the_fee_to_the_proposer)
{
    chain.gas_price = 3;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1000);
    fixture_block(&chain);
    struct receipt receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(receipt.refusal.code, 0);
    ck_assert_uint_eq(receipt.fee, 3 * receipt.gas_used);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_OWNER_1), FIXTURE_BALANCE + 1000);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER),
                      FIXTURE_BALANCE - 1000 - receipt.fee);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_PROPOSER), FIXTURE_BALANCE + receipt.fee);
    ck_assert_uint_eq(nonce_of(FIXTURE_STRANGER), 1);
}
END_TEST

START_TEST(charges_a_failed_program_its_fee_and_nonce_only)
{
    struct buffer code = {0};
    struct buffer program = {0};
    const struct transfer_operand good = {*fixture_address(&chain, FIXTURE_OWNER_1), 500};
    const struct transfer_operand bad = {*fixture_address(&chain, FIXTURE_OWNER_1), 0};
    fixture_append_native(&code, NATIVE_TRANSFER, &good);
    fixture_append_native(&code, NATIVE_TRANSFER, &bad);
    fixture_wrap(&program, buffer_bytes(&code));
    fixture_send_program(&chain, FIXTURE_STRANGER, buffer_bytes(&program), none);
    fixture_block(&chain);
    struct receipt receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(receipt.refusal.code, REFUSAL_AMOUNT_ZERO);
    ck_assert_uint_eq(receipt.instruction, 1);
    ck_assert_uint_eq(receipt.events.size, 0);
    ck_assert_uint_gt(receipt.fee, 0);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_OWNER_1), FIXTURE_BALANCE);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER), FIXTURE_BALANCE - receipt.fee);
    ck_assert_uint_eq(nonce_of(FIXTURE_STRANGER), 1);
    buffer_close(&code);
    buffer_close(&program);
}
END_TEST

/* The last transaction sent has no effect at all. */
static void expect_nothing(enum vm_refusal_code code)
{
    fixture_block(&chain);
    struct receipt receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(receipt.refusal.code, code);
    ck_assert_uint_eq(receipt.fee, 0);
    ck_assert_uint_eq(receipt.gas_used, 0);
    ck_assert_uint_eq(nonce_of(FIXTURE_STRANGER), 0);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER), FIXTURE_BALANCE);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_PROPOSER), FIXTURE_BALANCE);
}

START_TEST(gives_no_effect_to_a_transaction_with_a_wrong_nonce)
{
    chain.nonce_offset = 1;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    expect_nothing(VM_NONCE);
}
END_TEST

START_TEST(gives_no_effect_to_a_transaction_that_cannot_pay_its_limit)
{
    chain.gas_price = FIXTURE_BALANCE;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    expect_nothing(VM_BALANCE);
    chain.gas_price = UINT64_MAX;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    expect_nothing(VM_BALANCE);
}
END_TEST

START_TEST(gives_no_effect_to_a_transaction_with_a_wrong_price_or_limit)
{
    chain.gas_price = 0;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    expect_nothing(VM_GAS_PRICE);
    chain.gas_price = 1;
    chain.gas_limit = chain.genesis->parameters.gas_limit_max + 1;
    chain.check_bodies = false; /* such a body is refused before it is executed */
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    expect_nothing(VM_GAS_LIMIT);
    chain.check_bodies = true;
    chain.gas_limit = 5000;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    expect_nothing(VM_GAS);
}
END_TEST

START_TEST(counts_an_eighth_of_the_bytes_of_a_blob)
{
    const struct parameters parameters = {.gas_per_transaction = 5000, .gas_per_byte = 3};
    struct transaction transaction = {.sidecar_size = TRANSACTION_INLINE_MAX};
    ck_assert_uint_eq(ledger_intrinsic_gas(&parameters, &transaction),
                      5000 + 3 * (256 + TRANSACTION_INLINE_MAX));
    transaction.sidecar_size = 80000000; /* ten million elements */
    ck_assert_uint_eq(ledger_intrinsic_gas(&parameters, &transaction),
                      5000 + 3 * (256 + UINT64_C(10000000)));
}
END_TEST

START_TEST(gives_no_effect_to_an_expired_transaction)
{
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    struct buffer late = chain.body;
    chain.body = (struct buffer){0};
    fixture_blocks(&chain, 11);
    buffer_close(&chain.body);
    chain.body = late;
    expect_nothing(VM_EXPIRED);
}
END_TEST

START_TEST(gives_no_effect_to_a_program_that_does_not_verify)
{
    fixture_send_program(&chain, FIXTURE_STRANGER, bytes_of_text("no program"), none);
    expect_nothing(VM_PROGRAM);
}
END_TEST

START_TEST(charges_exhausted_gas_in_full)
{
    chain.gas_limit = 6000;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    fixture_block(&chain);
    struct receipt receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(receipt.refusal.code, VM_GAS);
    ck_assert_uint_eq(receipt.refusal.want, 6000);
    ck_assert_uint_gt(receipt.refusal.got, 6000);
    ck_assert_uint_le(receipt.gas_used, 6000);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_OWNER_1), FIXTURE_BALANCE);
}
END_TEST

START_TEST(queries_give_programs_what_the_state_holds)
{
    static const char source[] = "QUERY_HEIGHT\nPUSH 1\nEQ\nASSERT 1\nSTOP\n";
    char error[ASSEMBLER_ERROR_SIZE];
    struct buffer program = {0};
    bool good = assembler_assemble(&program, source, &market_natives, "tsouk", error);
    ck_assert_msg(good, "%s", error);
    fixture_send_program(&chain, FIXTURE_STRANGER, buffer_bytes(&program), none);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    fixture_send_program(&chain, FIXTURE_STRANGER, buffer_bytes(&program), none);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, VM_ASSERT);
    buffer_close(&program);
}
END_TEST

START_TEST(admits_what_would_run_now_or_within_the_window)
{
    struct refusal refusal;
    struct transaction transaction;
    struct bytes sidecar;
    struct bytes envelope;
    size_t offset = 0;
    bool malformed;
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    ck_assert(ledger_next_envelope(buffer_bytes(&chain.body), &offset, &envelope, &malformed));
    ck_assert_int_eq(transaction_decode(&transaction, &sidecar, envelope, NULL, 0), TRANSACTION_OK);
    ck_assert(ledger_admit(chain.state, &transaction, 1, 16, &refusal));
    transaction.nonce = 15;
    ck_assert(ledger_admit(chain.state, &transaction, 1, 16, &refusal));
    transaction.nonce = 16;
    ck_assert(!ledger_admit(chain.state, &transaction, 1, 16, &refusal));
    ck_assert_uint_eq(refusal.code, VM_NONCE);
    ck_assert_uint_eq(refusal.got, 16);
    transaction.nonce = 0;
    ck_assert(!ledger_admit(chain.state, &transaction, 12, 16, &refusal));
    ck_assert_uint_eq(refusal.code, VM_EXPIRED);
}
END_TEST

START_TEST(has_a_receipt_for_every_transaction_and_one_for_the_block)
{
    send_transfer(FIXTURE_STRANGER, FIXTURE_OWNER_1, 1);
    send_transfer(FIXTURE_OWNER_1, FIXTURE_STRANGER, 1);
    fixture_block(&chain);
    ck_assert_uint_eq(chain.results.count, 3);
    struct receipt own = fixture_receipt(&chain, 2);
    ck_assert(hash_is_zero(&own.transaction_id));
    ck_assert_uint_eq(own.fee, 0);
    struct hash leaves[3];
    struct hash root;
    for (uint32_t i = 0; i < 3; i++) {
        merkle_leaf(&leaves[i], ledger_receipt(&chain.results, i));
    }
    merkle_root(&root, leaves, 3);
    ck_assert(hash_equal(&root, &chain.results.receipts_root));
    fixture_block(&chain);
    ck_assert_uint_eq(chain.results.count, 1);
    ck_assert_int_eq(chain.results.deadlines_pending, false);
}
END_TEST

START_TEST(stops_where_units_were_made)
{
    struct account account;
    account_load(chain.state, fixture_address(&chain, FIXTURE_STRANGER), &account);
    account.balance++;
    account_store(chain.state, fixture_address(&chain, FIXTURE_STRANGER), &account);
    ledger_assert_conserved(chain.state);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("ledger");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, moves_units_and_pays_the_fee_to_the_proposer);
    tcase_add_test(tests, charges_a_failed_program_its_fee_and_nonce_only);
    tcase_add_test(tests, gives_no_effect_to_a_transaction_with_a_wrong_nonce);
    tcase_add_test(tests, gives_no_effect_to_a_transaction_that_cannot_pay_its_limit);
    tcase_add_test(tests, gives_no_effect_to_a_transaction_with_a_wrong_price_or_limit);
    tcase_add_test(tests, counts_an_eighth_of_the_bytes_of_a_blob);
    tcase_add_test(tests, gives_no_effect_to_an_expired_transaction);
    tcase_add_test(tests, gives_no_effect_to_a_program_that_does_not_verify);
    tcase_add_test(tests, charges_exhausted_gas_in_full);
    tcase_add_test(tests, queries_give_programs_what_the_state_holds);
    tcase_add_test(tests, admits_what_would_run_now_or_within_the_window);
    tcase_add_test(tests, has_a_receipt_for_every_transaction_and_one_for_the_block);
    tcase_add_test_raise_signal(tests, stops_where_units_were_made, 6);
    return check_run("the ledger", tests);
}
