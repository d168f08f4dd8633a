#include "tools/train/network.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"

#define INPUTS  5
#define CLASSES 3
#define SAMPLES 60

static struct dataset data;
static double samples[SAMPLES * INPUTS];
static uint32_t labels[SAMPLES];

/* Three clouds of points around corners of a cube: what any of the networks can learn. */
static void make_data(void)
{
    uint64_t state = 42;
    for (size_t i = 0; i < SAMPLES; i++) {
        labels[i] = (uint32_t)(i % CLASSES);
        for (size_t k = 0; k < INPUTS; k++) {
            double noise = (double)(check_random(&state) >> 11) * 0x1p-53 - 0.5;
            samples[i * INPUTS + k] = noise + (k == labels[i] ? 2 : 0);
        }
    }
    data = (struct dataset){SAMPLES, INPUTS, CLASSES, samples, labels};
}

/* The loss computed in another way than the code under test: straight from the definition. */
static double loss(const struct network *network, const double *model, size_t sample)
{
    const double *x = samples + sample * INPUTS;
    double hidden[64];
    double scores[CLASSES];
    double sum = 0;
    size_t inputs = INPUTS;
    for (size_t i = 0; i < network->hidden; i++, model += INPUTS + 1) {
        hidden[i] = model[INPUTS];
        for (size_t k = 0; k < INPUTS; k++) {
            hidden[i] += model[k] * x[k];
        }
        hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
    }
    if (network->hidden > 0) {
        x = hidden;
        inputs = network->hidden;
    }
    for (size_t i = 0; i < CLASSES; i++, model += inputs + 1) {
        scores[i] = model[inputs];
        for (size_t k = 0; k < inputs; k++) {
            scores[i] += model[k] * x[k];
        }
        sum += exp(scores[i]);
    }
    return log(sum) - scores[labels[sample]];
}

static double mean_loss(const struct network *network, const double *model)
{
    double sum = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        sum += loss(network, model, i);
    }
    return sum / SAMPLES;
}

/* One step on the whole data is the rate times the gradient, which finite differences give too. */
static void check_gradient(size_t hidden)
{
    const struct network network = {INPUTS, hidden, CLASSES};
    const struct training step = {.epochs = 1, .batch = SAMPLES, .rate = 1, .seed = 1};
    const double h = 1e-5;
    size_t size = network_size(&network);
    double *model = memory_new(size * sizeof(double));
    double *after = memory_new(size * sizeof(double));
    uint64_t state = 7;
    for (size_t i = 0; i < size; i++) {
        model[i] = (double)(check_random(&state) >> 11) * 0x1p-53 - 0.5;
    }
    memcpy(after, model, size * sizeof(double));
    network_train(&network, after, &data, &step);
    for (size_t i = 0; i < size; i++) {
        double kept = model[i];
        model[i] = kept + h;
        double above = mean_loss(&network, model);
        model[i] = kept - h;
        double below = mean_loss(&network, model);
        model[i] = kept;
        double expected = (above - below) / (2 * h);
        double got = model[i] - after[i];
        ck_assert_msg(fabs(got - expected) < 1e-6, "element %zu: %g, by differences %g", i, got,
                      expected);
    }
    free(model);
    free(after);
}

START_TEST(the_gradient_is_that_of_finite_differences)
{
    check_gradient(0);
    check_gradient(4);
    check_gradient(9);
}
END_TEST

START_TEST(training_learns_what_can_be_learned)
{
    const struct training training = {.epochs = 60, .batch = 8, .rate = 0.2, .seed = 3};
    for (size_t hidden = 0; hidden <= 8; hidden += 8) {
        const struct network network = {INPUTS, hidden, CLASSES};
        double *model = memory_new(network_size(&network) * sizeof(double));
        network_start(&network, model, 5);
        double before = mean_loss(&network, model);
        network_train(&network, model, &data, &training);
        ck_assert(mean_loss(&network, model) < before / 2);
        ck_assert(network_accuracy(&network, model, &data) > 0.95);
        free(model);
    }
}
END_TEST

START_TEST(the_same_seed_trains_the_same_model)
{
    const struct network network = {INPUTS, 4, CLASSES};
    struct training training = {.epochs = 2, .batch = 7, .rate = 0.2, .seed = 3};
    double one[64];
    double two[64];
    size_t size = network_size(&network);
    ck_assert_uint_le(size, ARRAY_COUNT(one));
    network_start(&network, one, 1);
    network_start(&network, two, 1);
    ck_assert_mem_eq(one, two, size * sizeof(double));
    network_train(&network, one, &data, &training);
    network_train(&network, two, &data, &training);
    ck_assert_mem_eq(one, two, size * sizeof(double));
    network_start(&network, two, 1);
    training.seed = 4;
    network_train(&network, two, &data, &training);
    ck_assert_mem_ne(one, two, size * sizeof(double));
}
END_TEST

START_TEST(a_model_without_hidden_layer_starts_at_zero_and_another_does_not)
{
    struct network network = {INPUTS, 0, CLASSES};
    double model[64];
    memset(model, 0xff, sizeof(model));
    network_start(&network, model, 1);
    for (size_t i = 0; i < network_size(&network); i++) {
        ck_assert(model[i] >= 0 && model[i] <= 0);
    }
    network.hidden = 4;
    network_start(&network, model, 1);
    double bound = sqrt(6.0 / INPUTS);
    for (size_t k = 0; k < INPUTS; k++) {
        ck_assert(fabs(model[k]) <= bound && fabs(model[k]) > 0);
    }
    ck_assert(model[INPUTS] >= 0 && model[INPUTS] <= 0);
}
END_TEST

START_TEST(sizes_name_the_network)
{
    struct network network;
    struct fault fault;
    for (size_t hidden = 0; hidden < 50; hidden++) {
        const struct network made = {64, hidden, 10};
        ck_assert(network_of_size(&network, network_size(&made), 64, 10, &fault));
        ck_assert_uint_eq(network.hidden, hidden);
    }
    ck_assert(!network_of_size(&network, 651, 64, 10, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "650"));
    ck_assert(!network_of_size(&network, 0, 64, 10, &fault));
    ck_assert(!network_of_size(&network, 10, 64, 10, &fault));
}
END_TEST

START_TEST(a_shuffle_is_a_permutation)
{
    size_t order[100];
    bool met[100] = {false};
    uint64_t state = 9;
    shuffle(order, ARRAY_COUNT(order), &state);
    size_t moved = 0;
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        ck_assert(order[i] < ARRAY_COUNT(order) && !met[order[i]]);
        met[order[i]] = true;
        moved += order[i] != i;
    }
    ck_assert_uint_gt(moved, 80);
    shuffle(order, 0, &state);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("train network");
    make_data();
    tcase_add_test(tests, the_gradient_is_that_of_finite_differences);
    tcase_add_test(tests, training_learns_what_can_be_learned);
    tcase_add_test(tests, the_same_seed_trains_the_same_model);
    tcase_add_test(tests, a_model_without_hidden_layer_starts_at_zero_and_another_does_not);
    tcase_add_test(tests, sizes_name_the_network);
    tcase_add_test(tests, a_shuffle_is_a_permutation);
    return check_run("train network", tests);
}
