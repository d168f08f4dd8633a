#include "tools/wallet/reference.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "crypto/merkle.h"
#include "crypto/norm_layout.h"
#include "tools/client/quantise.h"

#define KEPT_BITS   31 /* of C_hi, so that its square is below 2^62 */
#define LAMBDA_MAX  255
#define PRODUCT_MAX 0x1p62

static unsigned bit_length(uint64_t value)
{
    unsigned bits = 0;
    for (; value > 0; value >>= 1) {
        bits++;
    }
    return bits;
}

static bool read_real(double *out, const struct cli *cli, const char *option, double low,
                      double high, struct fault *fault)
{
    const char *text = cli_value(cli, option);
    char *end = NULL;
    *out = strtod(text, &end);
    return (end != text && *end == '\0' && *out >= low && *out <= high) ||
           fault_set(fault, "--%s is '%s', a number from %g to %g is expected", option, text, low,
                     high);
}

/* g0 in steps; its norm is at most the bound of the updates. */
static bool load(const struct cli *cli, const struct model_terms *terms, int64_t **out,
                 struct fault *fault)
{
    struct tensors file;
    struct fault wrong;
    const char *path = cli_value(cli, "reference");
    const struct quantise_rule rule = {terms->scale_bits, terms->norm_bound, QUANTISE_REFUSE};
    *out = NULL;
    if (!tensors_read(&file, path, fault)) {
        return false;
    }
    bool good = file.count == terms->dimension ||
                fault_set(fault, "%s has %zu elements, the model's dimension is %" PRIu32, path,
                          file.count, terms->dimension);
    if (good && !quantise(out, &file, &rule, NULL, &wrong)) {
        good = fault_set(fault, "%s: no update may be like the reference: %s", path, wrong.text);
    }
    tensors_close(&file);
    return good;
}

static void write_blob(struct buffer *blob, struct model_terms *terms, const int64_t *reference)
{
    for (uint32_t k = 0; k < terms->dimension; k++) {
        uint8_t element[FIELD_SIZE];
        field_write(element, field_from_signed(reference[k]));
        buffer_append(blob, BYTES_OF(element));
    }
    merkle_blob_root(&terms->reference, buffer_bytes(blob));
}

/* |g0| is at most B < 2^25, so its square is exact. */
static uint64_t squared(const struct model_terms *terms, const int64_t *reference)
{
    uint64_t sum = 0;
    for (uint32_t k = 0; k < terms->dimension; k++) {
        sum += (uint64_t)(reference[k] * reference[k]);
    }
    return sum;
}

/* Above |g0| B. */
static uint64_t largest_product(const struct model_terms *terms, uint64_t norm_squared)
{
    return (uint64_t)ceil(sqrt((double)norm_squared)) * terms->norm_bound + 1;
}

static bool set_inner(const struct cli *cli, struct model_terms *terms, uint64_t norm_squared,
                      struct fault *fault)
{
    double least = 0;
    double scale = ldexp(1, 2 * terms->scale_bits);
    if (!read_real(&least, cli, "least-product", -PRODUCT_MAX / scale, PRODUCT_MAX / scale,
                   fault)) {
        return false;
    }
    int64_t threshold = (int64_t)ceil(least * scale);
    uint64_t magnitude = threshold < 0 ? 0 - (uint64_t)threshold : (uint64_t)threshold;
    terms->reference_test = NORM_REFERENCE_INNER;
    terms->reference_score = (uint64_t)threshold;
    terms->reference_bits = (uint8_t)bit_length(largest_product(terms, norm_squared) + magnitude);
    return true;
}

/* C_hi^2 = kappa N + W with C_hi = floor(C / 2^s) and kappa = ceil(tau0^2 |g0|^2 / 4^s). */
static bool set_cosine(const struct cli *cli, struct model_terms *terms, uint64_t norm_squared,
                       struct fault *fault)
{
    double least = 0;
    if (!read_real(&least, cli, "least-cosine", 1e-6, 1, fault)) {
        return false;
    }
    unsigned bits = bit_length(largest_product(terms, norm_squared));
    unsigned drop = bits > KEPT_BITS ? bits - KEPT_BITS : 0;
    terms->reference_test = NORM_REFERENCE_COSINE;
    terms->reference_bits = (uint8_t)bits;
    terms->reference_drop = (uint8_t)drop;
    terms->reference_rest = (uint8_t)(2 * (bits - drop));
    terms->kappa = (uint64_t)ceil(least * least * (double)norm_squared / ldexp(1, 2 * (int)drop));
    return true;
}

static bool set_rules(const struct cli *cli, struct model_terms *terms, uint64_t norm_squared,
                      struct fault *fault)
{
    double lambda = 0;
    terms->modes |= cli_flag(cli, "score") ? MODE_SCORE : 0U;
    terms->modes |= cli_flag(cli, "distance") ? MODE_DISTANCE : 0U;
    if (cli_value(cli, "drop-far") != NULL) {
        if (!read_real(&lambda, cli, "drop-far", 1.0 / 256, LAMBDA_MAX, fault)) {
            return false;
        }
        terms->select_rule = SELECT_SIGMA;
        terms->sigma_lambda = (uint16_t)(lambda * 256);
    }
    if (cli_value(cli, "least-product") != NULL) {
        return set_inner(cli, terms, norm_squared, fault);
    }
    return cli_value(cli, "least-cosine") == NULL || set_cosine(cli, terms, norm_squared, fault);
}

/* Which options go together. */
static bool check(const struct cli *cli, bool *used, struct fault *fault)
{
    bool product = cli_value(cli, "least-product") != NULL;
    bool cosine = cli_value(cli, "least-cosine") != NULL;
    bool far = cli_value(cli, "drop-far") != NULL;
    *used = product || cosine || cli_flag(cli, "score") || cli_flag(cli, "distance");
    if (far && !cli_flag(cli, "distance")) {
        return fault_set(fault, "--drop-far needs --distance");
    }
    if (product && cosine) {
        return fault_set(fault, "--least-product goes not with --least-cosine");
    }
    return *used == (cli_value(cli, "reference") != NULL) ||
           fault_set(fault, "--reference is needed exactly with --score, --distance, "
                            "--least-product or --least-cosine");
}

bool reference_options(const struct cli *cli, struct model_terms *terms, struct buffer *blob,
                       struct fault *fault)
{
    int64_t *reference = NULL;
    bool used = false;
    if (!check(cli, &used, fault)) {
        return false;
    }
    if (!used) {
        return true;
    }
    bool good = load(cli, terms, &reference, fault) &&
                set_rules(cli, terms, squared(terms, reference), fault);
    if (good) {
        write_blob(blob, terms, reference);
    }
    free(reference);
    return good;
}
