#include "tests/lib/norm_forge.h"

bool norm_forge_first_bit(struct norm_owner *owner, const struct norm_layout *layout, uint64_t norm)
{
    uint64_t limit = UINT64_C(1) << layout->norm_bits;
    for (uint64_t first = UINT64_C(1) << 38; first < limit; first++) {
        uint64_t square = field_sub(field_mul(first, first), first);
        uint64_t claimed = field_add(square, norm);
        uint64_t rest = field_sub(layout->bound_squared, claimed);
        uint64_t others = field_sub(claimed, first);
        if (rest >= limit || others >= limit || (others & 1) != 0) {
            continue;
        }
        owner->aux[0] = first;
        for (unsigned b = 1; b < layout->norm_bits; b++) {
            owner->aux[b] = others >> b & 1;
        }
        for (unsigned b = 0; b < layout->norm_bits; b++) {
            owner->aux[layout->rest_start + b] = rest >> b & 1;
        }
        return true;
    }
    return false;
}

static struct field_ext power_of(struct field_ext base, field_wide exponent)
{
    struct field_ext result = field_ext_of(1);
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) {
            result = field_ext_mul(result, base);
        }
        base = field_ext_mul(base, base);
    }
    return result;
}

static bool is_one(struct field_ext x)
{
    return field_ext_equal(x, field_ext_of(1));
}

/* Tonelli and Shanks in K, whose multiplicative group has p^2 - 1 = 2^33 * odd elements. */
static bool square_root(struct field_ext *out, struct field_ext square)
{
    field_wide order = (field_wide)FIELD_MODULUS * FIELD_MODULUS - 1;
    field_wide odd = order >> 33;
    if (!is_one(power_of(square, order / 2))) {
        return false;
    }
    struct field_ext other = {1, 1};
    while (is_one(power_of(other, order / 2))) {
        other.a++;
    }
    struct field_ext step = power_of(other, odd);
    struct field_ext rest = power_of(square, odd);
    struct field_ext root = power_of(square, (odd + 1) / 2);
    for (unsigned left = 33; !is_one(rest);) {
        unsigned least = 0;
        for (struct field_ext x = rest; !is_one(x); x = field_ext_mul(x, x)) {
            least++;
        }
        struct field_ext factor = power_of(step, (field_wide)1 << (left - least - 1));
        left = least;
        step = field_ext_mul(factor, factor);
        rest = field_ext_mul(rest, step);
        root = field_ext_mul(root, factor);
    }
    *out = root;
    return field_ext_equal(field_ext_mul(root, root), square);
}

bool norm_forge_value(struct norm_owner *owner, const struct norm_fixture *fixture)
{
    struct norm_theta theta;
    struct norm_evaluation now = norm_owner_evaluate(owner, fixture, NORM_ABLATION_NONE);
    norm_theta_draw(&theta, &fixture->layout, &fixture->beacon_2);
    struct field_ext linear = theta.weights[0];
    struct field_ext square = theta.weights[2];
    struct field_ext error = field_ext_add(
        shamir_interpolate(&now.values, now.values.servers, fixture->layout.params.degree, 0),
        now.constant);
    struct field_ext v = owner->proof.value;
    struct field_ext constant = field_ext_sub(
        error, field_ext_sub(field_ext_mul(linear, v), field_ext_mul(square, field_ext_mul(v, v))));
    /* -square v^2 + linear v + constant = 0 */
    struct field_ext product = field_ext_scale(field_ext_mul(square, constant), 4);
    struct field_ext root;
    if (!square_root(&root, field_ext_add(field_ext_mul(linear, linear), product))) {
        return false;
    }
    struct field_ext below = field_ext_inverse(field_ext_scale(square, 2));
    owner->proof.value = field_ext_mul(field_ext_add(linear, root), below);
    return true;
}
