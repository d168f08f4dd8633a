#include "crypto/zero_sharing.h"

void zero_sharing_init(struct zero_sharing *out, unsigned server_count, unsigned degree)
{
    assert(degree >= 1 && degree <= 4 && server_count <= SHAMIR_SERVERS_MAX);
    assert(server_count > degree);
    *out = (struct zero_sharing){.server_count = (uint8_t)server_count, .degree = (uint8_t)degree};
    for (uint32_t set = 0; set < UINT32_C(1) << server_count; set++) {
        if (shamir_set_count(set) == degree) {
            out->sets[out->count++] = set;
        }
    }
}

unsigned zero_sharing_dealer(uint32_t set, uint32_t active)
{
    uint32_t others = active & ~set;
    return others == 0 ? 0 : shamir_set_first(others);
}

uint32_t zero_sharing_dealers(unsigned server_count, unsigned degree, uint32_t active)
{
    uint32_t dealers = 0;
    for (uint32_t set = 0; set < UINT32_C(1) << server_count; set++) {
        unsigned dealer = zero_sharing_dealer(set, active);
        if (shamir_set_count(set) == degree && dealer != 0) {
            dealers |= shamir_set_of(dealer);
        }
    }
    return dealers;
}

void zero_sharing_skip(struct zero_sharing *sharing, uint32_t active, uint32_t proven)
{
    for (unsigned i = 0; i < sharing->count; i++) {
        unsigned dealer = zero_sharing_dealer(sharing->sets[i], active);
        sharing->skipped[i] = dealer != 0 && shamir_set_has(proven, dealer);
    }
}

void zero_sharing_key_hash(struct hash *out, const struct hash *context, uint32_t set,
                           const uint8_t key[XOF_SEED_SIZE])
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/kt"));
    sha256_add(&sha, BYTES_OF(context->bytes));
    sha256_add_u8(&sha, (uint8_t)set);
    sha256_add_u8(&sha, (uint8_t)(set >> 8));
    sha256_add(&sha, (struct bytes){key, XOF_SEED_SIZE});
    sha256_finish(&sha, out);
}

/* r_{T,l}. */
static uint64_t coefficient(const uint8_t key[XOF_SEED_SIZE], const struct zero_sharing_pair *pair,
                            unsigned power)
{
    uint8_t binder[69];
    uint64_t element;
    struct xof xof;
    memcpy(binder, pair->context.bytes, 32);
    memcpy(binder + 32, pair->owners.bytes, 32);
    binder[64] = (uint8_t)pair->first;
    binder[65] = (uint8_t)(pair->first >> 8);
    binder[66] = (uint8_t)pair->second;
    binder[67] = (uint8_t)(pair->second >> 8);
    binder[68] = (uint8_t)power;
    xof_init(&xof, key, "PVS1/zs", BYTES_OF(binder));
    xof_next_elements(&xof, &element, 1);
    xof_close(&xof);
    return element;
}

/* The product over u in T of (u - x) / u: 1 at 0, and 0 at the servers of T. */
static uint64_t vanishing(uint32_t set, unsigned x)
{
    uint64_t above = 1;
    uint64_t below = 1;
    for (unsigned u = 1; u <= SHAMIR_SERVERS_MAX; u++) {
        if (shamir_set_has(set, u)) {
            above = field_mul(above, field_sub(u, x));
            below = field_mul(below, u);
        }
    }
    return field_mul(above, field_inverse(below));
}

uint64_t zero_sharing_value(const struct zero_sharing *sharing, unsigned server,
                            const struct zero_sharing_pair *pair)
{
    uint64_t sum = 0;
    assert(server >= 1 && server <= sharing->server_count && pair->first < pair->second);
    for (unsigned i = 0; i < sharing->count; i++) {
        uint64_t inner = 0;
        if (sharing->skipped[i] || shamir_set_has(sharing->sets[i], server)) {
            continue;
        }
        for (unsigned power = sharing->degree; power >= 1; power--) { /* Horner */
            inner = field_add(inner, coefficient(sharing->keys[i], pair, power));
            inner = field_mul(inner, server);
        }
        sum = field_add(sum, field_mul(inner, vanishing(sharing->sets[i], server)));
    }
    return sum;
}
