#include "crypto/shamir.h"

unsigned shamir_set_count(uint32_t set)
{
    unsigned count = 0;
    for (; set != 0; set &= set - 1) {
        count++;
    }
    return count;
}

unsigned shamir_set_first(uint32_t set)
{
    assert(set != 0);
    unsigned server = 1;
    while (!shamir_set_has(set, server)) {
        server++;
    }
    return server;
}

/* The servers of a set in order; returns their number. */
static unsigned members(unsigned out[SHAMIR_SERVERS_MAX], uint32_t set)
{
    assert(set >> SHAMIR_SERVERS_MAX == 0);
    unsigned count = 0;
    for (unsigned server = 1; server <= SHAMIR_SERVERS_MAX; server++) {
        if (shamir_set_has(set, server)) {
            out[count++] = server;
        }
    }
    return count;
}

/* Lagrange: out[i] is at `x` the value of the polynomial that is 1 at nodes[i] and 0 at the others. */
static void lagrange(uint64_t *out, const unsigned *nodes, unsigned count, unsigned x)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t above = 1;
        uint64_t below = 1;
        for (unsigned k = 0; k < count; k++) {
            if (k != i) {
                above = field_mul(above, field_sub(x, nodes[k]));
                below = field_mul(below, field_sub(nodes[i], nodes[k]));
            }
        }
        out[i] = field_mul(above, field_inverse(below));
    }
}

void shamir_share_coefficients(uint64_t *out, unsigned degree, unsigned server)
{
    unsigned nodes[SHAMIR_SERVERS_MAX];
    assert(degree < SHAMIR_SERVERS_MAX && server > degree && server <= SHAMIR_SERVERS_MAX);
    for (unsigned i = 0; i <= degree; i++) {
        nodes[i] = i;
    }
    lagrange(out, nodes, degree + 1, server);
}

void shamir_zero_coefficients(uint64_t *out, uint32_t set)
{
    unsigned nodes[SHAMIR_SERVERS_MAX];
    assert(set != 0);
    lagrange(out, nodes, members(nodes, set), 0);
}

void shamir_values_set(struct shamir_values *values, unsigned server, struct field_ext value)
{
    assert(server >= 1 && server <= SHAMIR_SERVERS_MAX);
    values->servers |= shamir_set_of(server);
    values->values[server - 1] = value;
}

struct field_ext shamir_interpolate(const struct shamir_values *values, uint32_t set,
                                    unsigned degree, unsigned x)
{
    unsigned nodes[SHAMIR_SERVERS_MAX];
    uint64_t coefficients[SHAMIR_SERVERS_MAX];
    assert((set & ~values->servers) == 0);
    unsigned count = members(nodes, set);
    unsigned needed = degree + 1;
    assert(needed > 0 && count >= needed);
    lagrange(coefficients, nodes, needed, x);
    struct field_ext result = {0};
    for (unsigned i = 0; i < needed; i++) {
        struct field_ext value = values->values[nodes[i] - 1];
        result = field_ext_add(result, field_ext_scale(value, coefficients[i]));
    }
    return result;
}

bool shamir_consistent(const struct shamir_values *values, uint32_t set, unsigned degree)
{
    unsigned nodes[SHAMIR_SERVERS_MAX];
    unsigned count = members(nodes, set);
    if (count <= degree) {
        return false;
    }
    for (unsigned i = degree + 1; i < count; i++) {
        struct field_ext expected = shamir_interpolate(values, set, degree, nodes[i]);
        if (!field_ext_equal(expected, values->values[nodes[i] - 1])) {
            return false;
        }
    }
    return true;
}

bool shamir_decode(const struct shamir_values *values, unsigned degree, unsigned error_count_max,
                   uint32_t *off)
{
    uint32_t servers = values->servers;
    *off = 0;
    if (shamir_set_count(servers) < degree + 1 + 2 * error_count_max) {
        return false;
    }
    /* Every set that holds all servers that are off fits; they alone are the numerically least of
     * those, and the walk is downwards. */
    bool found = false;
    uint32_t candidate = servers;
    for (;;) {
        if (shamir_set_count(candidate) <= error_count_max &&
            shamir_consistent(values, servers & ~candidate, degree)) {
            found = true;
            *off = candidate;
        }
        if (candidate == 0) {
            return found;
        }
        candidate = (candidate - 1) & servers;
    }
}

bool shamir_off_among(const struct shamir_values *values, uint32_t suspects, unsigned degree,
                      uint32_t *off)
{
    uint32_t others = values->servers & ~suspects;
    *off = 0;
    if (!shamir_consistent(values, others, degree)) {
        return false;
    }
    for (unsigned server = 1; server <= SHAMIR_SERVERS_MAX; server++) {
        if (shamir_set_has(values->servers & suspects, server) &&
            !field_ext_equal(shamir_interpolate(values, others, degree, server),
                             values->values[server - 1])) {
            *off |= shamir_set_of(server);
        }
    }
    return true;
}
