#include "crypto/sketch.h"

void sketch_of_aux(uint64_t *out, const struct norm_layout *layout, const uint64_t *aux)
{
    const struct norm_params *params = &layout->params;
    for (uint32_t w = 0; w < params->rows; w++) {
        const uint64_t *bits = aux + layout->rows_start + (size_t)w * layout->row_bits;
        struct field_sum sum = {0};
        for (unsigned b = 0; b < layout->row_bits; b++) {
            field_sum_add(&sum, bits[b], UINT64_C(1) << b);
        }
        out[w] = field_sub(field_sum_value(&sum), layout->window - 1);
    }
    for (uint32_t w = params->rows; w < params->sketch_rows; w++) {
        out[w] = aux[layout->sketch_start + w - params->rows];
    }
}

uint64_t sketch_distance(const uint64_t *a, const uint64_t *b, uint16_t rows)
{
    struct field_sum sum = {0};
    for (unsigned w = 0; w < rows; w++) {
        uint64_t difference = field_sub(a[w], b[w]);
        field_sum_add(&sum, difference, difference);
    }
    return field_sum_value(&sum);
}

uint64_t sketch_public_distance(const struct norm_layout *layout, const uint64_t *x,
                                const uint64_t *aux, const uint64_t *direction)
{
    uint32_t dimension = layout->params.dimension;
    struct field_sum norm = {0};
    for (unsigned b = 0; b < layout->norm_bits; b++) {
        field_sum_add(&norm, aux[b], UINT64_C(1) << b);
    }
    uint64_t inner = values_inner_product(direction, x, dimension);
    uint64_t square = values_inner_product(direction, direction, dimension);
    uint64_t sum = field_add(field_sum_value(&norm), square);
    return field_sub(sum, field_add(inner, inner));
}
