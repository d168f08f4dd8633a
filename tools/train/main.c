/* souk-train: the demo's trainer. It reads CSV and .npy and writes .npy, so that anything else that
 * writes .npy can take its place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/cli.h"
#include "tools/client/npy.h"
#include "tools/train/network.h"

/* A positive real option. */
static bool real_option(const struct cli *cli, const char *name, double fallback, double *out,
                        struct fault *fault)
{
    const char *text = cli_value(cli, name);
    char *end = NULL;
    *out = text == NULL ? fallback : strtod(text, &end);
    if (text != NULL && (end == text || *end != '\0' || !isfinite(*out) || *out <= 0)) {
        return fault_set(fault, "--%s is '%s', a positive number is expected", name, text);
    }
    return true;
}

static bool read_data(const struct cli *cli, int argument, struct dataset *data,
                      struct fault *fault)
{
    double divisor = 1;
    return real_option(cli, "divide", 1, &divisor, fault) &&
           dataset_read(data, cli_argument(cli, argument), divisor, fault);
}

static bool write_parts(const struct dataset *data, const size_t *order, size_t held,
                        uint64_t parts, const char *folder, struct fault *fault)
{
    struct buffer path = {0};
    size_t rest = data->count - held;
    buffer_format(&path, "%s/test.csv", folder);
    bool good = dataset_write(data, order, 0, held, buffer_text(&path), fault);
    buffer_clear(&path);
    buffer_format(&path, "%s/train.csv", folder);
    good = good && dataset_write(data, order, held, rest, buffer_text(&path), fault);
    for (uint64_t part = 0; good && part < parts; part++) {
        size_t first = held + (size_t)(rest * part / parts);
        size_t end = held + (size_t)(rest * (part + 1) / parts);
        buffer_clear(&path);
        buffer_format(&path, "%s/part-%llu.csv", folder, (unsigned long long)part + 1);
        good = dataset_write(data, order, first, end - first, buffer_text(&path), fault);
    }
    buffer_close(&path);
    return good;
}

static int run_split(struct cli *cli)
{
    struct fault fault;
    struct dataset data = {0};
    uint64_t parts = 0;
    uint64_t percent = 0;
    uint64_t seed = 0;
    if (!cli_number(&parts, "--parts", cli_value(cli, "parts"), 10, 1, 10000, &fault) ||
        !cli_number(&percent, "--test", cli_value(cli, "test"), 20, 1, 90, &fault) ||
        !cli_number(&seed, "--seed", cli_value(cli, "seed"), 1, 0, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!dataset_read(&data, cli_argument(cli, 0), 1, &fault)) {
        return cli_fail(cli, &fault);
    }
    size_t held = data.count * (size_t)percent / 100;
    size_t *order = memory_new(data.count * sizeof(size_t));
    shuffle(order, data.count, &seed);
    bool good = data.count - held >= parts && held > 0
                    ? write_parts(&data, order, held, parts, cli_argument(cli, 1), &fault)
                    : fault_set(&fault, "%zu samples are too few for %llu parts", data.count,
                                (unsigned long long)parts);
    if (good) {
        printf("%zu samples: %zu for testing, %zu in %llu parts\n", data.count, held,
               data.count - held, (unsigned long long)parts);
    }
    free(order);
    dataset_close(&data);
    return good ? 0 : cli_fail(cli, &fault);
}

static int run_init(struct cli *cli)
{
    struct fault fault;
    uint64_t hidden = 0;
    uint64_t seed = 0;
    struct dataset data = {0};
    if (!cli_number(&hidden, "--hidden", cli_value(cli, "hidden"), 0, 0, 100000, &fault) ||
        !cli_number(&seed, "--seed", cli_value(cli, "seed"), 1, 0, UINT64_MAX, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    if (!read_data(cli, 0, &data, &fault)) {
        return cli_fail(cli, &fault);
    }
    struct network network = {data.inputs, (size_t)hidden, data.classes};
    if (network_size(&network) > NPY_ELEMENTS_MAX) {
        (void)fault_set(&fault,
                        "a model of %zu elements, at most %u are allowed; take a smaller --hidden",
                        network_size(&network), NPY_ELEMENTS_MAX);
        dataset_close(&data);
        return cli_fail(cli, &fault);
    }
    double *model = memory_new(network_size(&network) * sizeof(double));
    network_start(&network, model, seed);
    bool good = npy_write(cli_argument(cli, 1), model, network_size(&network), &fault);
    if (good) {
        printf("%zu elements: %zu inputs, %zu hidden, %zu classes\n", network_size(&network),
               network.inputs, network.hidden, network.classes);
    }
    free(model);
    dataset_close(&data);
    return good ? 0 : cli_fail(cli, &fault);
}

/* A model and data that belong together. */
struct pair {
    struct npy model;
    struct dataset data;
    struct network network;
};

static bool pair_read(const struct cli *cli, struct pair *pair, struct fault *fault)
{
    uint64_t classes = 0;
    *pair = (struct pair){0};
    return npy_read(&pair->model, cli_argument(cli, 0), fault) &&
           read_data(cli, 1, &pair->data, fault) &&
           cli_number(&classes, "--classes", cli_value(cli, "classes"), pair->data.classes,
                      pair->data.classes, DATASET_CLASSES_MAX, fault) &&
           network_of_size(&pair->network, pair->model.count, pair->data.inputs, (size_t)classes,
                           fault);
}

static void pair_close(struct pair *pair)
{
    npy_close(&pair->model);
    dataset_close(&pair->data);
}

static bool training_options(const struct cli *cli, struct training *out, struct fault *fault)
{
    uint64_t epochs = 0;
    uint64_t batch = 0;
    bool good =
        cli_number(&epochs, "--epochs", cli_value(cli, "epochs"), 1, 1, 100000, fault) &&
        cli_number(&batch, "--batch", cli_value(cli, "batch"), 16, 1, DATASET_ROWS_MAX, fault) &&
        cli_number(&out->seed, "--seed", cli_value(cli, "seed"), 1, 0, UINT64_MAX, fault) &&
        real_option(cli, "rate", 0.1, &out->rate, fault);
    out->epochs = (uint32_t)epochs;
    out->batch = (uint32_t)batch;
    return good;
}

static int run_update(struct cli *cli)
{
    struct fault fault;
    struct pair pair = {0};
    struct training training = {0};
    if (!training_options(cli, &training, &fault)) {
        return cli_usage(cli, "%s", fault.text);
    }
    bool good = pair_read(cli, &pair, &fault);
    if (good) {
        double *trained = memory_new(pair.model.count * sizeof(double));
        memcpy(trained, pair.model.values, pair.model.count * sizeof(double));
        network_train(&pair.network, trained, &pair.data, &training);
        for (size_t i = 0; i < pair.model.count && !cli_flag(cli, "whole"); i++) {
            trained[i] -= pair.model.values[i];
        }
        good = npy_write(cli_argument(cli, 2), trained, pair.model.count, &fault);
        free(trained);
    }
    pair_close(&pair);
    return good ? 0 : cli_fail(cli, &fault);
}

static int run_apply(struct cli *cli)
{
    struct fault fault;
    struct npy model = {0};
    struct npy sum = {0};
    uint64_t owners = 0;
    if (!cli_number(&owners, "--owners", cli_value(cli, "owners"), 0, 1, 1000000, &fault) ||
        owners == 0) {
        return cli_usage(cli, "--owners is needed: how many updates are in the sum");
    }
    bool good = npy_read(&model, cli_argument(cli, 0), &fault) &&
                npy_read(&sum, cli_argument(cli, 1), &fault);
    if (good && model.count != sum.count) {
        good =
            fault_set(&fault, "the model has %zu elements and the sum %zu", model.count, sum.count);
    }
    for (size_t i = 0; good && i < model.count; i++) {
        model.values[i] += sum.values[i] / (double)owners;
    }
    good = good && npy_write(cli_argument(cli, 2), model.values, model.count, &fault);
    npy_close(&model);
    npy_close(&sum);
    return good ? 0 : cli_fail(cli, &fault);
}

static int run_test(struct cli *cli)
{
    struct fault fault;
    struct pair pair = {0};
    bool good = pair_read(cli, &pair, &fault);
    if (good) {
        double accuracy = network_accuracy(&pair.network, pair.model.values, &pair.data);
        printf(cli_json(cli) ? "{\"accuracy\": %.4f, \"samples\": %zu}\n"
                             : "accuracy %.4f on %zu samples\n",
               accuracy, pair.data.count);
    }
    pair_close(&pair);
    return good ? 0 : cli_fail(cli, &fault);
}

static const struct cli_option split_options[] = {
    {"parts", "N", "files to make for training [10]"},
    {"test", "PERCENT", "of the samples to hold back for testing [20]"},
    {"seed", "N", "of the shuffle [1]"},
};
static const struct cli_option init_options[] = {
    {"hidden", "N", "units of the hidden layer; 0 is softmax regression [0]"},
    {"seed", "N", "of the first weights [1]"},
    {"divide", "X", "divide every feature by X [1]"},
};
static const struct cli_option update_options[] = {
    {"epochs", "N", "passes over the data [1]"},
    {"batch", "N", "samples of one step [16]"},
    {"rate", "X", "learning rate [0.1]"},
    {"seed", "N", "of the order of samples [1]"},
    {"divide", "X", "divide every feature by X [1]"},
    {"classes", "N", "classes of the model [those in the data]"},
    {"whole", NULL, "write the trained model, not its difference to the given one"},
};
static const struct cli_option apply_options[] = {
    {"owners", "N", "updates in the sum; their mean is added"},
};
static const struct cli_option test_options[] = {
    {"divide", "X", "divide every feature by X [1]"},
    {"classes", "N", "classes of the model [those in the data]"},
};

static const struct cli_command commands[] = {
    {"split", "DATA.csv FOLDER", "shuffle data, hold back a test part, cut the rest into parts", 2,
     2, split_options, ARRAY_COUNT(split_options), run_split},
    {"init", "DATA.csv MODEL.npy", "make a first model for such data", 2, 2, init_options,
     ARRAY_COUNT(init_options), run_init},
    {"update", "MODEL.npy DATA.csv UPDATE.npy", "train on data, write what changed", 3, 3,
     update_options, ARRAY_COUNT(update_options), run_update},
    {"apply", "MODEL.npy SUM.npy NEW.npy", "add the mean of the summed updates to a model", 3, 3,
     apply_options, ARRAY_COUNT(apply_options), run_apply},
    {"test", "MODEL.npy DATA.csv", "share of samples that a model classifies rightly", 2, 2,
     test_options, ARRAY_COUNT(test_options), run_test},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "souk-train",
        .summary = "Trains softmax regression, or a network with one hidden layer, on a CSV file\n"
                   "whose last column is the class, and writes models and updates as .npy.",
        .commands = commands,
        .command_count = ARRAY_COUNT(commands),
    };
    return cli_main(&program, argc, argv);
}
