#include "tools/train/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* splitmix64 (Steele, Lea, Flood, 2014): the same seed gives the same training everywhere. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void shuffle(size_t *order, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(next_random(state) % i);
        size_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static size_t layer_size(size_t outputs, size_t inputs)
{
    return outputs * (inputs + 1);
}

size_t network_size(const struct network *network)
{
    if (network->hidden == 0) {
        return layer_size(network->classes, network->inputs);
    }
    return layer_size(network->hidden, network->inputs) +
           layer_size(network->classes, network->hidden);
}

bool network_of_size(struct network *out, size_t size, size_t inputs, size_t classes,
                     struct fault *fault)
{
    *out = (struct network){.inputs = inputs, .classes = classes};
    if (network_size(out) == size) {
        return true;
    }
    size_t each = inputs + 1 + classes;
    if (size > classes && (size - classes) % each == 0) {
        out->hidden = (size - classes) / each;
        return true;
    }
    return fault_set(fault,
                     "a model of %zu elements fits no network for %zu inputs and %zu classes "
                     "(softmax regression has %zu)",
                     size, inputs, classes, network_size(out));
}

static void start_layer(double *layer, size_t outputs, size_t inputs, uint64_t *state)
{
    double bound = sqrt(6.0 / (double)inputs);
    for (size_t i = 0; i < outputs; i++) {
        for (size_t k = 0; k < inputs; k++) {
            double unit = (double)(next_random(state) >> 11) * 0x1p-53;
            layer[i * (inputs + 1) + k] = (2 * unit - 1) * bound;
        }
    }
}

void network_start(const struct network *network, double *model, uint64_t seed)
{
    memset(model, 0, network_size(network) * sizeof(*model));
    if (network->hidden > 0) {
        start_layer(model, network->hidden, network->inputs, &seed);
        start_layer(model + layer_size(network->hidden, network->inputs), network->classes,
                    network->hidden, &seed);
    }
}

/* outputs = layer * (inputs, 1) */
static void layer_forward(const double *layer, size_t outputs, const double *in, size_t inputs,
                          double *out)
{
    for (size_t i = 0; i < outputs; i++) {
        const double *row = layer + i * (inputs + 1);
        double sum = row[inputs];
        for (size_t k = 0; k < inputs; k++) {
            sum += row[k] * in[k];
        }
        out[i] = sum;
    }
}

/* gradient += error x (inputs, 1) */
static void layer_gradient(double *gradient, const double *error, size_t outputs, const double *in,
                           size_t inputs)
{
    for (size_t i = 0; i < outputs; i++) {
        double *row = gradient + i * (inputs + 1);
        for (size_t k = 0; k < inputs; k++) {
            row[k] += error[i] * in[k];
        }
        row[inputs] += error[i];
    }
}

/* Activations of one sample. */
struct pass {
    double *hidden;
    double *hidden_error;
    double *output; /* scores, then probabilities, then their error */
};

static void pass_init(struct pass *pass, const struct network *network)
{
    pass->hidden = memory_new(network->hidden * sizeof(double));
    pass->hidden_error = memory_new(network->hidden * sizeof(double));
    pass->output = memory_new(network->classes * sizeof(double));
}

static void pass_close(struct pass *pass)
{
    free(pass->hidden);
    free(pass->hidden_error);
    free(pass->output);
}

static void forward(const struct network *network, const double *model, const double *sample,
                    struct pass *pass)
{
    if (network->hidden == 0) {
        layer_forward(model, network->classes, sample, network->inputs, pass->output);
        return;
    }
    layer_forward(model, network->hidden, sample, network->inputs, pass->hidden);
    for (size_t i = 0; i < network->hidden; i++) {
        pass->hidden[i] = fmax(pass->hidden[i], 0);
    }
    layer_forward(model + layer_size(network->hidden, network->inputs), network->classes,
                  pass->hidden, network->hidden, pass->output);
}

/* Scores become the error of the cross entropy: softmax(scores) - one at the label. */
static void softmax_error(double *scores, size_t classes, uint32_t label)
{
    double largest = scores[0];
    double sum = 0;
    for (size_t i = 1; i < classes; i++) {
        largest = fmax(largest, scores[i]);
    }
    for (size_t i = 0; i < classes; i++) {
        scores[i] = exp(scores[i] - largest);
        sum += scores[i];
    }
    for (size_t i = 0; i < classes; i++) {
        scores[i] /= sum;
    }
    scores[label] -= 1;
}

static void backward(const struct network *network, const double *model, const double *sample,
                     struct pass *pass, double *gradient)
{
    if (network->hidden == 0) {
        layer_gradient(gradient, pass->output, network->classes, sample, network->inputs);
        return;
    }
    size_t first = layer_size(network->hidden, network->inputs);
    layer_gradient(gradient + first, pass->output, network->classes, pass->hidden, network->hidden);
    for (size_t k = 0; k < network->hidden; k++) {
        double error = 0;
        for (size_t i = 0; i < network->classes; i++) {
            error += model[first + i * (network->hidden + 1) + k] * pass->output[i];
        }
        pass->hidden_error[k] = pass->hidden[k] > 0 ? error : 0;
    }
    layer_gradient(gradient, pass->hidden_error, network->hidden, sample, network->inputs);
}

void network_train(const struct network *network, double *model, const struct dataset *data,
                   const struct training *training)
{
    assert(data->inputs == network->inputs && data->classes <= network->classes);
    size_t size = network_size(network);
    double *gradient = memory_new(size * sizeof(double));
    size_t *order = memory_new(data->count * sizeof(size_t));
    uint64_t state = training->seed;
    struct pass pass;
    pass_init(&pass, network);
    for (uint32_t epoch = 0; epoch < training->epochs; epoch++) {
        shuffle(order, data->count, &state);
        for (size_t at = 0; at < data->count; at += training->batch) {
            size_t end = at + training->batch < data->count ? at + training->batch : data->count;
            memset(gradient, 0, size * sizeof(double));
            for (size_t i = at; i < end; i++) {
                const double *sample = data->samples + order[i] * data->inputs;
                forward(network, model, sample, &pass);
                softmax_error(pass.output, network->classes, data->labels[order[i]]);
                backward(network, model, sample, &pass, gradient);
            }
            for (size_t k = 0; k < size; k++) {
                model[k] -= training->rate * gradient[k] / (double)(end - at);
            }
        }
    }
    pass_close(&pass);
    free(order);
    free(gradient);
}

double network_accuracy(const struct network *network, const double *model,
                        const struct dataset *data)
{
    size_t right = 0;
    struct pass pass;
    pass_init(&pass, network);
    for (size_t i = 0; i < data->count; i++) {
        size_t best = 0;
        forward(network, model, data->samples + i * data->inputs, &pass);
        for (size_t k = 1; k < network->classes; k++) {
            best = pass.output[k] > pass.output[best] ? k : best;
        }
        right += best == data->labels[i];
    }
    pass_close(&pass);
    return (double)right / (double)data->count;
}
