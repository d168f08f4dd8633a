/* Every refusal of a model's terms, each by what a publisher could send. */
#include "tests/lib/check_run.h"
#include "tests/lib/refusals.h"

#include "crypto/field.h"
#include "market/terms.h"
#include "vm/assembler.h"

static struct market_fixture chain;
static struct model_terms terms; /* good ones */

static const struct bytes none = {0};

static void set_up(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 6; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
}

static void tear_down(void)
{
    market_fixture_close(&chain);
}

static void expect_terms(enum market_refusal_code code, const struct model_terms *wrong)
{
    refusals_expect(&chain, code, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, wrong, none);
}

/* Set one number of good terms to a wrong value. */
#define WRONG_TERMS(member, value, code)                                                           \
    do {                                                                                           \
        struct model_terms wrong = terms;                                                          \
        wrong.member = (value);                                                                    \
        expect_terms(code, &wrong);                                                                \
    } while (0)

static void numbers_of_terms(void)
{
    WRONG_TERMS(name, none, REFUSAL_MODEL_NAME_EMPTY);
    WRONG_TERMS(dimension, 63, REFUSAL_MODEL_DIMENSION);
    WRONG_TERMS(dimension, MARKET_DIMENSION_MAX + 1, REFUSAL_MODEL_DIMENSION);
    WRONG_TERMS(scale_bits, 49, REFUSAL_MODEL_SCALE);
    WRONG_TERMS(norm_bound, 0, REFUSAL_MODEL_NORM_BOUND);
    WRONG_TERMS(threshold, 0, REFUSAL_MODEL_THRESHOLD);
    WRONG_TERMS(threshold, 2, REFUSAL_MODEL_SERVER_COUNT);
    WRONG_TERMS(owners_min, 2, REFUSAL_MODEL_OWNERS_MIN);
    WRONG_TERMS(owners_max, 2, REFUSAL_MODEL_OWNERS_MAX);
    WRONG_TERMS(owners_max, MARKET_OWNERS_MAX + 1, REFUSAL_MODEL_OWNERS_MAX);
    WRONG_TERMS(rounds, 0, REFUSAL_MODEL_ROUNDS);
    WRONG_TERMS(reward, 0, REFUSAL_MODEL_REWARD);
    WRONG_TERMS(owner_stake, 0, REFUSAL_MODEL_OWNER_STAKE);
    WRONG_TERMS(rows, MARKET_ROWS_MIN - 1, REFUSAL_MODEL_ROWS);
    WRONG_TERMS(norm_bound, MARKET_BOUND_MAX + 1, REFUSAL_MODEL_NORM_BOUND);
    WRONG_TERMS(sketch_rows, 81, REFUSAL_MODEL_SKETCH_ROWS);
    WRONG_TERMS(modes, MODE_ALL + 1, REFUSAL_MODEL_MODES);
    WRONG_TERMS(pad_window, 0, REFUSAL_MODEL_PAD_WINDOW);
    WRONG_TERMS(prove_window, 0, REFUSAL_MODEL_PROVE_WINDOW);
    WRONG_TERMS(publish_window, 9, REFUSAL_MODEL_PUBLISH_WINDOW);
    WRONG_TERMS(publish_cap, UINT32_MAX, REFUSAL_MODEL_PUBLISH_WINDOW);
    WRONG_TERMS(claim_window, 0, REFUSAL_MODEL_CLAIM_WINDOW);
    WRONG_TERMS(justify_window, 0, REFUSAL_MODEL_JUSTIFY_WINDOW);
    WRONG_TERMS(values_window, 0, REFUSAL_MODEL_VALUES_WINDOW);
    WRONG_TERMS(credit_window, 0, REFUSAL_MODEL_CREDIT_WINDOW);
    WRONG_TERMS(commit_window, 0, REFUSAL_MODEL_COMMIT_WINDOW);
    WRONG_TERMS(ack_window, 1001, REFUSAL_MODEL_ACK_WINDOW);
    WRONG_TERMS(decide_window, 0, REFUSAL_MODEL_DECIDE_WINDOW);
    WRONG_TERMS(fallback_window, 0, REFUSAL_MODEL_FALLBACK_WINDOW);
    WRONG_TERMS(aggregate_window, 0, REFUSAL_MODEL_AGGREGATE_WINDOW);
    WRONG_TERMS(aggregate_window, 3, REFUSAL_MODEL_AGGREGATE_TURNS);
    WRONG_TERMS(check_window, 0, REFUSAL_MODEL_CHECK_WINDOW);
    WRONG_TERMS(reward, UINT64_MAX, REFUSAL_MODEL_ESCROW_OVERFLOW);
    WRONG_TERMS(reward, FIXTURE_BALANCE, REFUSAL_MODEL_ESCROW);
}

static uint64_t set_gas_limit(uint64_t limit)
{
    struct market_key key;
    struct parameters parameters;
    parameters_load(chain.state, &parameters);
    uint64_t before = parameters.gas_limit_max;
    parameters.gas_limit_max = limit;
    key_parameters(&key);
    record_store(chain.state, &key, &parameters_schema, &parameters);
    return before;
}

static void modes_of_terms(void)
{
    WRONG_TERMS(modes, MODE_PAD | MODE_CREDIT, REFUSAL_MODEL_PAD_CREDIT);
    WRONG_TERMS(modes, MODE_SCORE, REFUSAL_MODEL_REFERENCE);
    WRONG_TERMS(reference.bytes[0], 1, REFUSAL_MODEL_REFERENCE);
    WRONG_TERMS(reward_rule, REWARD_CREDIT, REFUSAL_MODEL_CREDIT_RULE);
    WRONG_TERMS(select_rule, SELECT_KRUM, REFUSAL_MODEL_SELECT);
    WRONG_TERMS(select_rule, SELECT_SIGMA, REFUSAL_MODEL_SELECT);
    WRONG_TERMS(krum_count, 3, REFUSAL_MODEL_KRUM);
    WRONG_TERMS(sigma_lambda, 1, REFUSAL_MODEL_SIGMA);
    WRONG_TERMS(kappa, 1, REFUSAL_MODEL_REFERENCE_TEST);
    WRONG_TERMS(modes, MODE_PAIRS, REFUSAL_MODEL_FUNCTIONALS);
    struct model_terms wrong = terms;
    wrong.modes = MODE_PAIRS;
    wrong.server_count = 3;
    expect_terms(REFUSAL_MODEL_PAIRS, &wrong);
    wrong.server_count = 4;
    wrong.dimension = 6400;
    wrong.owners_max = MARKET_PAIRS_OWNERS_MAX + 1;
    expect_terms(REFUSAL_MODEL_PAIRS_OWNERS, &wrong);
    /* Both ciphertexts for one server, and the reference, fit in one blob. */
    wrong = terms;
    wrong.dimension = MARKET_DIMENSION_MAX;
    expect_terms(REFUSAL_MODEL_DIMENSION, &wrong);
    wrong = terms;
    wrong.reference_test = NORM_REFERENCE_INNER;
    wrong.reference_bits = 40;
    wrong.reference.bytes[0] = 1;
    wrong.dimension = MARKET_DIMENSION_MAX / 2;
    expect_terms(REFUSAL_MODEL_DIMENSION, &wrong);
    /* A dispute in a larger model would cost more than any transaction may. */
    uint64_t limit = set_gas_limit(20000000);
    wrong = terms;
    wrong.dimension = 3000000;
    expect_terms(REFUSAL_MODEL_JUSTIFY_GAS, &wrong);
    /* The reference travels with it too: a blamed server that could not send it would be helpless. */
    (void)set_gas_limit(25000000);
    wrong.reference_test = NORM_REFERENCE_INNER;
    wrong.reference_bits = 40;
    wrong.reference.bytes[0] = 1;
    expect_terms(REFUSAL_MODEL_JUSTIFY_GAS, &wrong);
    (void)set_gas_limit(limit);
}

static uint16_t publish_with(const struct model_terms *wrong, struct bytes sidecar)
{
    uint16_t code = fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, wrong, sidecar);
    refusals_saw(code);
    return code;
}

/* The same with `first` as element 0 of the reference, and its root in the terms. */
static uint16_t publish_first(struct model_terms *wrong, uint64_t first)
{
    uint8_t blob[MARKET_DIMENSION_MIN * FIELD_SIZE] = {0};
    for (size_t i = 0; i < FIELD_SIZE; i++) {
        blob[i] = (uint8_t)(first >> (8 * i));
    }
    merkle_blob_root(&wrong->reference, BYTES_OF(blob));
    return publish_with(wrong, BYTES_OF(blob));
}

static void reference_of_terms(void)
{
    static const uint8_t zeros[MARKET_DIMENSION_MIN * FIELD_SIZE];
    struct model_terms wrong = terms;
    ck_assert_uint_eq(publish_with(&wrong, BYTES_OF(zeros)), REFUSAL_MODEL_REFERENCE_BYTES);
    wrong.modes = MODE_SCORE;
    wrong.reference.bytes[0] = 1;
    ck_assert_uint_eq(publish_with(&wrong, none), REFUSAL_MODEL_REFERENCE_BYTES);
    ck_assert_uint_eq(publish_with(&wrong, (struct bytes){zeros, sizeof(zeros) - FIELD_SIZE}),
                      REFUSAL_MODEL_REFERENCE_BYTES);
    ck_assert_uint_eq(publish_with(&wrong, BYTES_OF(zeros)), REFUSAL_MODEL_REFERENCE_ROOT);
    ck_assert_uint_eq(publish_first(&wrong, FIELD_MODULUS), REFUSAL_MODEL_REFERENCE_ELEMENT);
    /* |g0| B < 2^62, here with B = 2^20; -2^42 is as long. */
    wrong.norm_bound = 1 << 20;
    ck_assert_uint_eq(publish_first(&wrong, UINT64_C(1) << 42), REFUSAL_MODEL_REFERENCE_SIZE);
    ck_assert_uint_eq(publish_first(&wrong, FIELD_MODULUS - (UINT64_C(1) << 42)),
                      REFUSAL_MODEL_REFERENCE_SIZE);
    wrong.modes = MODE_DISTANCE;
    ck_assert_uint_eq(publish_first(&wrong, (UINT64_C(1) << 30) + 1), REFUSAL_MODEL_REFERENCE_SIZE);
    /* The inner test asks for |g0| B + |T0| < 2^kc. */
    wrong.modes = 0;
    wrong.reference_test = NORM_REFERENCE_INNER;
    wrong.reference_bits = 40;
    ck_assert_uint_eq(publish_first(&wrong, 1 << 20), REFUSAL_MODEL_REFERENCE_SIZE);
}

static void servers_of_terms(void)
{
    WRONG_TERMS(servers[3], terms.servers[1], REFUSAL_MODEL_SERVER_TWICE);
    WRONG_TERMS(servers[3], *fixture_address(&chain, FIXTURE_STRANGER),
                REFUSAL_MODEL_SERVER_UNKNOWN);
    (void)server_penalise(chain.state, fixture_address(&chain, FIXTURE_SERVER_1 + 4), 1);
    WRONG_TERMS(servers[3], *fixture_address(&chain, FIXTURE_SERVER_1 + 4),
                REFUSAL_MODEL_SERVER_STAKE);
}

/* A server is named by models that pay what it asks for, and by no others. */
static void fee_of_terms(void)
{
    struct server_register_operand operand;
    struct model_terms named = terms;
    fixture_registration(&chain, 7, &operand);
    operand.fee_min = terms.server_fee + 1;
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_SERVER_1 + 6, NATIVE_SERVER_REGISTER, &operand, none), 0);
    named.servers[3] = *fixture_address(&chain, FIXTURE_SERVER_1 + 6);
    expect_terms(REFUSAL_MODEL_SERVER_FEE, &named);
    named.server_fee++;
    named.rounds = 1;
    struct native_call call = {.state = chain.state, .block = &chain.block};
    ck_assert(terms_check(&call, &named));
}

static void policy_of_terms(void)
{
    char error[ASSEMBLER_ERROR_SIZE];
    struct buffer program = {0};
    bool good = assembler_assemble(&program, "memory 100\nSTOP\n", NULL, "tsouk", error);
    ck_assert_msg(good, "%s", error);
    WRONG_TERMS(policy, buffer_bytes(&program), REFUSAL_MODEL_POLICY_UNUSED);
    WRONG_TERMS(reward_rule, REWARD_POLICY, REFUSAL_MODEL_POLICY_MISSING);
    struct model_terms wrong = terms;
    wrong.reward_rule = REWARD_POLICY;
    wrong.policy = bytes_of_text("no program");
    expect_terms(REFUSAL_MODEL_POLICY_INVALID, &wrong);
    wrong.policy = buffer_bytes(&program);
    expect_terms(REFUSAL_MODEL_POLICY_MEMORY, &wrong);
    buffer_close(&program);
}

START_TEST(refuses_with_every_code_of_terms)
{
    numbers_of_terms();
    modes_of_terms();
    reference_of_terms();
    servers_of_terms();
    fee_of_terms();
    policy_of_terms();
    refusals_check(REFUSALS_OF_TERMS);
}
END_TEST

START_TEST(takes_a_reference_of_the_largest_size)
{
    terms.norm_bound = 1 << 20;
    terms.modes = MODE_SCORE;
    ck_assert_uint_eq(publish_first(&terms, (UINT64_C(1) << 42) - 1), 0);
    terms.modes = MODE_DISTANCE;
    ck_assert_uint_eq(publish_first(&terms, UINT64_C(1) << 30), 0);
    terms.modes = 0;
    terms.reference_test = NORM_REFERENCE_INNER;
    terms.reference_bits = 40;
    ck_assert_uint_eq(publish_first(&terms, (1 << 20) - 1), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("refusals");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, refuses_with_every_code_of_terms);
    tcase_add_test(tests, takes_a_reference_of_the_largest_size);
    return check_run("refusals of terms", tests);
}
