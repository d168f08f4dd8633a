#include "crypto/field.h"

#include "crypto/field_vector.h"

uint64_t field_pow(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if ((exponent & 1) != 0) {
            result = field_mul(result, base);
        }
        base = field_mul(base, base);
    }
    return result;
}

uint64_t field_inverse(uint64_t a)
{
    return field_pow(a, FIELD_MODULUS - 2); /* Fermat; the exponent is public. */
}

uint64_t field_from_signed(int64_t value)
{
    uint64_t negative = 0 - (uint64_t)(value < 0);
    return (uint64_t)value + (FIELD_MODULUS & negative);
}

int64_t field_to_signed(uint64_t a)
{
    uint64_t upper = 0 - (uint64_t)(a > (FIELD_MODULUS - 1) / 2);
    return (int64_t)(a - (FIELD_MODULUS & upper));
}

bool field_read(uint64_t *out, const uint8_t in[FIELD_SIZE])
{
    uint64_t value = field_load(in);
    bool canonical = value < FIELD_MODULUS;
    *out = canonical ? value : 0;
    return canonical;
}

void field_write(uint8_t out[FIELD_SIZE], uint64_t a)
{
    a = field_load((const uint8_t *)&a); /* Turns it around where that is needed. */
    memcpy(out, &a, FIELD_SIZE);
}

bool field_read_all(uint64_t *out, struct bytes in, uint64_t *index)
{
    size_t count = in.size / FIELD_SIZE;
    assert(in.size % FIELD_SIZE == 0);
    size_t first = field_vector_check(in.data, count);
    if (first < count) {
        if (index != NULL) {
            *index = first;
        }
        return false;
    }
    if (FIELD_NATIVE && count > 0) {
        memcpy(out, in.data, in.size);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = field_load(in.data + FIELD_SIZE * i);
    }
    return true;
}

void field_write_all(uint8_t *out, const uint64_t *elements, size_t count)
{
    if (FIELD_NATIVE && count > 0) {
        memcpy(out, elements, FIELD_SIZE * count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        field_write(out + FIELD_SIZE * i, elements[i]);
    }
}

struct field_ext field_ext_inverse(struct field_ext x)
{
    /* The norm a^2 - 7 b^2 is in F, and not 0 unless x is, because 7 is no square. */
    uint64_t norm =
        field_sub(field_mul(x.a, x.a), field_mul(FIELD_NON_RESIDUE, field_mul(x.b, x.b)));
    uint64_t inverse = field_inverse(norm);
    return (struct field_ext){field_mul(x.a, inverse), field_mul(field_negate(x.b), inverse)};
}

bool field_ext_read(struct field_ext *out, const uint8_t in[FIELD_EXT_SIZE])
{
    bool good = field_read(&out->a, in);
    good = field_read(&out->b, in + FIELD_SIZE) && good;
    if (!good) {
        *out = (struct field_ext){0};
    }
    return good;
}

void field_ext_write(uint8_t out[FIELD_EXT_SIZE], struct field_ext x)
{
    field_write(out, x.a);
    field_write(out + FIELD_SIZE, x.b);
}

struct field_ext field_ext_of_hash(const struct hash *hash)
{
    const uint8_t *in = hash->bytes;
    return (struct field_ext){
        field_reduce((field_wide)field_load(in + 8) << 64 | field_load(in)),
        field_reduce((field_wide)field_load(in + 24) << 64 | field_load(in + 16)),
    };
}
