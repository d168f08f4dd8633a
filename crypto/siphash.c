#include "crypto/siphash.h"

struct lanes {
    uint64_t a;
    uint64_t b;
    uint64_t c;
    uint64_t d;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t read_word(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

static void mix(struct lanes *v, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v->a += v->b;
        v->c += v->d;
        v->b = rotate(v->b, 13) ^ v->a;
        v->d = rotate(v->d, 16) ^ v->c;
        v->a = rotate(v->a, 32) + v->d;
        v->c += v->b;
        v->b = rotate(v->b, 17) ^ v->c;
        v->d = rotate(v->d, 21) ^ v->a;
        v->c = rotate(v->c, 32);
    }
}

static void absorb(struct lanes *v, uint64_t word)
{
    v->d ^= word;
    mix(v, 2);
    v->a ^= word;
}

void siphash_key_init(struct siphash_key *out, const uint8_t bytes[16])
{
    *out = (struct siphash_key){read_word(bytes, 8), read_word(bytes + 8, 8)};
}

uint64_t siphash(const struct siphash_key *key, struct bytes data)
{
    struct lanes v = {
        key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
        key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573)};
    size_t whole = data.size / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
        absorb(&v, read_word(data.data + i, 8));
    }
    absorb(&v, read_word(data.data + whole, data.size - whole) | (uint64_t)data.size << 56);
    v.c ^= 0xff;
    mix(&v, 4);
    return v.a ^ v.b ^ v.c ^ v.d;
}
