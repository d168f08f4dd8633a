#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include <string.h>

static struct market_fixture chain;

static void start(void)
{
    market_fixture_init(&chain);
}

static void stop(void)
{
    market_fixture_close(&chain);
}

START_TEST(loads_what_it_stored)
{
    struct round round = {.model = 7,
                          .number = 3,
                          .phase = PHASE_CHECK,
                          .active = 0xf,
                          .stakes = 12,
                          .value_count = MARKET_SERVERS_MAX};
    struct round loaded;
    struct market_key key;
    round.values[9][15] = 5;
    key_round(&key, 7, 3);
    ck_assert(!record_load(chain.state, &key, &round_schema, &loaded));
    ck_assert_uint_eq(loaded.model, 0);
    record_store(chain.state, &key, &round_schema, &round);
    ck_assert(record_load(chain.state, &key, &round_schema, &loaded));
    ck_assert_uint_eq(loaded.phase, PHASE_CHECK);
    ck_assert_uint_eq(loaded.values[9][15], 5);
    record_erase(chain.state, &key);
    ck_assert(!record_load(chain.state, &key, &round_schema, &loaded));
}
END_TEST

START_TEST(keys_sort_by_their_numbers)
{
    struct market_key low;
    struct market_key high;
    key_round(&low, 1, 256);
    key_round(&high, 256, 1);
    ck_assert_int_lt(bytes_compare(key_bytes(&low), key_bytes(&high)), 0);
    key_participant(&low, 1, 1, 255);
    key_participant(&high, 1, 1, 256);
    ck_assert_int_lt(bytes_compare(key_bytes(&low), key_bytes(&high)), 0);
    key_deadline_count(&low, 9);
    key_deadline(&high, 9, 0);
    ck_assert_int_lt(bytes_compare(key_bytes(&low), key_bytes(&high)), 0);
    ck_assert_uint_eq(low.size, 9);
    ck_assert_uint_eq(high.size, 13);
}
END_TEST

START_TEST(stops_at_a_record_that_does_not_decode)
{
    struct market_key key;
    struct account account;
    key_account(&key, fixture_address(&chain, FIXTURE_ADMIN));
    state_put(chain.state, key_bytes(&key), bytes_of_text("x"));
    (void)record_load(chain.state, &key, &account_schema, &account);
}
END_TEST

START_TEST(names_every_phase_reason_and_status)
{
    ck_assert_str_eq(round_phase_name(PHASE_COMMIT), "commit");
    ck_assert_str_eq(round_phase_name(PHASE_ABORTED), "aborted");
    ck_assert_ptr_null(round_phase_name(PHASE_ABORTED + 1));
    ck_assert_str_eq(abort_reason_name(ABORT_TOO_MANY_LIARS), "too many liars");
    ck_assert_str_eq(abort_reason_name(ABORT_VALUES), "values");
    ck_assert_str_eq(abort_reason_name(ABORT_FORK), "fork");
    ck_assert_ptr_null(abort_reason_name(ABORT_FORK + 1));
    ck_assert_str_eq(participant_status_name(PARTICIPANT_REFUNDED), "refunded");
    ck_assert_ptr_null(participant_status_name(PARTICIPANT_REFUNDED + 1));
}
END_TEST

START_TEST(every_record_fits_in_a_value_of_the_state)
{
    const struct schema *const schemas[] = {
        &parameters_schema,   &chain_record_schema, &account_schema,     &server_schema,
        &model_schema,        &round_schema,        &participant_schema, &deadline_schema,
        &proof_record_schema, &pad_schema,          &dispute_schema,     &published_schema,
        &public_values_schema};
    for (size_t i = 0; i < ARRAY_COUNT(schemas); i++) {
        ck_assert_uint_le(schema_size_max(schemas[i]), STATE_VALUE_MAX);
    }
    ck_assert_uint_le(schema_size_max(&model_terms_schema), MARKET_TERMS_MAX);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("records");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, loads_what_it_stored);
    tcase_add_test(tests, keys_sort_by_their_numbers);
    tcase_add_test_raise_signal(tests, stops_at_a_record_that_does_not_decode, 6);
    tcase_add_test(tests, names_every_phase_reason_and_status);
    tcase_add_test(tests, every_record_fits_in_a_value_of_the_state);
    return check_run("records of the market", tests);
}
