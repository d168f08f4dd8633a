/* Two small classifiers trained by stochastic gradient descent on the cross entropy: softmax
 * regression, and a network with one hidden layer of rectified linear units.
 *
 * A model is one flat vector, in this order: without a hidden layer, classes x (inputs + 1) weights,
 * each row ending in its bias; with one, hidden x (inputs + 1), then classes x (hidden + 1). */
#ifndef TOOLS_TRAIN_NETWORK_H
#define TOOLS_TRAIN_NETWORK_H

#include "tools/train/dataset.h"

struct network {
    size_t inputs;
    size_t hidden; /* 0: softmax regression */
    size_t classes;
};

size_t network_size(const struct network *network); /* elements of a model */

/* Find the network whose model has `size` elements for such data. False where there is none. */
NODISCARD bool network_of_size(struct network *out, size_t size, size_t inputs, size_t classes,
                               struct fault *fault);

/* Draw a first model: zeros for softmax regression, else He's uniform initialisation
 * (He et al., 2015) from `seed`. */
void network_start(const struct network *network, double *model, uint64_t seed);

struct training {
    uint32_t epochs;
    uint32_t batch; /* samples of one step */
    double rate;    /* of learning */
    uint64_t seed;  /* of the order of samples */
};

/* Train `model` in place. Labels of `data` are below network->classes: asserted. */
void network_train(const struct network *network, double *model, const struct dataset *data,
                   const struct training *training);

/* Share of samples whose class is predicted, 0 to 1. */
double network_accuracy(const struct network *network, const double *model,
                        const struct dataset *data);

/* A uniform shuffle of 0 .. count - 1. */
void shuffle(size_t *order, size_t count, uint64_t *state);

#endif /* TOOLS_TRAIN_NETWORK_H */
