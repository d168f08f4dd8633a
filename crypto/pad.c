#include "crypto/pad.h"

/* A key of its own for every context, so that one seed never gives two rounds one pad. */
static void pad_key(struct hash *out, const uint8_t seed[XOF_SEED_SIZE], const struct hash *context)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/pad/key"));
    sha256_add(&sha, (struct bytes){seed, XOF_SEED_SIZE});
    sha256_add(&sha, BYTES_OF(*context));
    sha256_finish(&sha, out);
    explicit_bzero(&sha, sizeof(sha));
}

void pad_stream_init(struct pad_stream *stream, const uint8_t seed[XOF_SEED_SIZE],
                     const struct hash *context)
{
    struct hash key;
    pad_key(&key, seed, context);
    prg_init(&stream->prg, &key, "PVS1/pad/x", 0);
    explicit_bzero(&key, sizeof(key));
}

void pad_stream_next(struct pad_stream *stream, uint64_t *out, size_t count)
{
    prg_next(&stream->prg, out, count);
}

void pad_stream_close(struct pad_stream *stream)
{
    prg_close(&stream->prg);
}

void pad_blind(uint64_t out[PAD_AUX_COUNT], const uint8_t seed[XOF_SEED_SIZE],
               const struct hash *context)
{
    struct hash key;
    struct prg prg;
    pad_key(&key, seed, context);
    prg_init(&prg, &key, "PVS1/pad/R0", 0);
    prg_next(&prg, out, PAD_AUX_COUNT);
    prg_close(&prg);
    explicit_bzero(&key, sizeof(key));
}

void pad_form(struct multilinear *out, const struct hash *beacon_2, uint32_t dimension)
{
    multilinear_init_random(out, beacon_2, "PVS1/pad", dimension);
}

void pad_value_init(struct pad_value *value, const struct multilinear *form, uint32_t dimension)
{
    *value = (struct pad_value){.dimension = dimension};
    multilinear_sum_init(&value->sum, form);
}

void pad_value_add(struct pad_value *value, const uint64_t *elements, size_t count)
{
    uint64_t left = value->index < value->dimension ? value->dimension - value->index : 0;
    size_t part = count < left ? count : (size_t)left;
    assert(count <= value->dimension + PAD_AUX_COUNT - value->index);
    multilinear_sum_add(&value->sum, elements, part);
    value->index += part;
    for (size_t k = part; k < count; k++, value->index++) {
        value->blind[value->index - value->dimension] = elements[k];
    }
}

struct field_ext pad_value_finish(struct pad_value *value)
{
    struct field_ext first = value->sum.form->point[0];
    struct field_ext weight = field_ext_mul(first, field_ext_sub(field_ext_of(1), first));
    struct field_ext mask = {value->blind[0], value->blind[1]};
    assert(value->index == (uint64_t)value->dimension + PAD_AUX_COUNT);
    struct field_ext sum = multilinear_sum_finish(&value->sum);
    return field_ext_add(sum, field_ext_mul(weight, mask));
}
