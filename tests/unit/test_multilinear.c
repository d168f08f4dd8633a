#include "crypto/multilinear.h"

#include "base/buffer.h"
#include "tests/lib/check_run.h"

static struct field_ext random_ext(uint64_t *state)
{
    return (struct field_ext){check_random(state) % FIELD_MODULUS,
                              check_random(state) % FIELD_MODULUS};
}

/* The weight straight from its definition. */
static struct field_ext plain_weight(const struct field_ext *point, unsigned variables,
                                     uint64_t index)
{
    struct field_ext weight = field_ext_of(1);
    for (unsigned i = 1; i <= variables; i++) {
        struct field_ext r = point[i - 1];
        bool one = (index >> (variables - i) & 1) != 0;
        weight = field_ext_mul(weight, one ? r : field_ext_sub(field_ext_of(1), r));
    }
    return weight;
}

START_TEST(counts_the_variables_of_a_vector)
{
    ck_assert_uint_eq(multilinear_variables(1), 1);
    ck_assert_uint_eq(multilinear_variables(2), 1);
    ck_assert_uint_eq(multilinear_variables(3), 2);
    ck_assert_uint_eq(multilinear_variables(1024), 10);
    ck_assert_uint_eq(multilinear_variables(1025), 11);
    ck_assert_uint_eq(multilinear_variables(1 << 24), 24);
}
END_TEST

START_TEST(sums_agree_with_the_definition)
{
    uint64_t state = 1;
    for (size_t count = 1; count <= 130; count += count < 20 ? 1 : 11) {
        struct field_ext point[MULTILINEAR_VARIABLES_MAX];
        uint64_t vector[130];
        unsigned variables = multilinear_variables(count);
        for (unsigned i = 0; i < variables; i++) {
            point[i] = random_ext(&state);
        }
        struct multilinear form;
        multilinear_init(&form, point, variables);
        struct field_ext expected = {0};
        for (size_t k = 0; k < count; k++) {
            vector[k] = check_random(&state) % FIELD_MODULUS;
            struct field_ext weight = plain_weight(point, variables, k);
            ck_assert(field_ext_equal(multilinear_weight(&form, k), weight));
            expected = field_ext_add(expected, field_ext_scale(weight, vector[k]));
        }
        ck_assert(field_ext_equal(multilinear_evaluate(&form, vector, count), expected));
        struct multilinear_sum sum;
        multilinear_sum_init(&sum, &form);
        for (size_t k = 0; k < count;) {
            size_t part = 1 + (size_t)(check_random(&state) % 9);
            part = part < count - k ? part : count - k;
            multilinear_sum_add(&sum, vector + k, part);
            k += part;
        }
        ck_assert(field_ext_equal(multilinear_sum_finish(&sum), expected));
        multilinear_close(&form);
    }
}
END_TEST

START_TEST(weights_at_a_corner_select_one_element)
{
    uint64_t vector[8] = {10, 11, 12, 13, 14, 15, 16, 17};
    struct field_ext point[3] = {{1, 0}, {1, 0}, {0, 0}};
    struct multilinear form;
    multilinear_init(&form, point, 3);
    ck_assert(field_ext_equal(multilinear_evaluate(&form, vector, 8), field_ext_of(16)));
    multilinear_close(&form);
}
END_TEST

START_TEST(bytes_give_the_same_and_a_bad_element_is_named)
{
    uint64_t state = 2;
    static uint64_t vector[1500];
    static uint8_t bytes[sizeof(vector)];
    struct hash seed = {{9}};
    struct multilinear form;
    struct field_ext value;
    uint64_t index = 0;
    for (size_t k = 0; k < ARRAY_COUNT(vector); k++) {
        vector[k] = check_random(&state) % FIELD_MODULUS;
    }
    field_write_all(bytes, vector, ARRAY_COUNT(vector));
    multilinear_init_random(&form, &seed, "PVS1/sigma", ARRAY_COUNT(vector));
    ck_assert(multilinear_evaluate_bytes(&value, &form, BYTES_OF(bytes), NULL));
    ck_assert(field_ext_equal(value, multilinear_evaluate(&form, vector, ARRAY_COUNT(vector))));
    field_write(bytes + FIELD_SIZE * 1400, FIELD_MODULUS);
    ck_assert(!multilinear_evaluate_bytes(&value, &form, BYTES_OF(bytes), &index));
    ck_assert_uint_eq(index, 1400);
    ck_assert(field_ext_equal(value, field_ext_of(0)));
    multilinear_close(&form);
}
END_TEST

START_TEST(stops_at_more_elements_than_indices)
{
    struct field_ext point[1] = {{5, 5}};
    uint64_t vector[3] = {0};
    struct multilinear form;
    multilinear_init(&form, point, 1);
    (void)multilinear_evaluate(&form, vector, 3);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("multilinear");
    tcase_add_test(tests, counts_the_variables_of_a_vector);
    tcase_add_test(tests, sums_agree_with_the_definition);
    tcase_add_test(tests, weights_at_a_corner_select_one_element);
    tcase_add_test(tests, bytes_give_the_same_and_a_bad_element_is_named);
    tcase_add_test_raise_signal(tests, stops_at_more_elements_than_indices, 6);
    return check_run("multilinear", tests);
}
