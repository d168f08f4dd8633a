#include "crypto/multilinear.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field_vector.h"

#define BLOCK_COUNT 2048 /* elements read at once */

unsigned multilinear_variables(size_t count)
{
    assert(count >= 1 && count <= (size_t)1 << MULTILINEAR_VARIABLES_MAX);
    unsigned variables = 1;
    while ((size_t)1 << variables < count) {
        variables++;
    }
    return variables;
}

/* All 2^variables weights of a point, its first element with the most significant bit. */
static struct field_ext *weights_new(const struct field_ext *point, unsigned variables)
{
    struct field_ext *weights = memory_new(sizeof(*weights) << variables);
    weights[0] = field_ext_of(1);
    for (unsigned i = 0; i < variables; i++) {
        for (size_t k = (size_t)1 << i; k-- > 0;) {
            struct field_ext with = field_ext_mul(weights[k], point[i]);
            weights[2 * k + 1] = with;
            weights[2 * k] = field_ext_sub(weights[k], with);
        }
    }
    return weights;
}

void multilinear_init(struct multilinear *form, const struct field_ext *point, unsigned variables)
{
    assert(variables >= 1 && variables <= MULTILINEAR_VARIABLES_MAX);
    unsigned low_bits = variables / 2 + variables % 2 + 1;
    low_bits = low_bits < variables ? low_bits : variables;
    *form = (struct multilinear){.variables = variables, .low_bits = low_bits};
    for (unsigned i = 0; i < variables; i++) {
        form->point[i] = point[i];
    }
    form->high = weights_new(point, variables - low_bits);
    struct field_ext *low = weights_new(point + (variables - low_bits), low_bits);
    form->low_a = memory_new(sizeof(*form->low_a) << low_bits);
    form->low_b = memory_new(sizeof(*form->low_b) << low_bits);
    for (size_t k = 0; k < (size_t)1 << low_bits; k++) {
        form->low_a[k] = low[k].a;
        form->low_b[k] = low[k].b;
    }
    free(low);
}

void multilinear_init_random(struct multilinear *form, const struct hash *seed, const char *dst,
                             size_t count)
{
    struct field_ext point[MULTILINEAR_VARIABLES_MAX];
    unsigned variables = multilinear_variables(count);
    struct xof xof;
    xof_init(&xof, seed->bytes, dst, (struct bytes){0});
    for (unsigned i = 0; i < variables; i++) {
        point[i] = xof_next_ext(&xof);
    }
    xof_close(&xof);
    multilinear_init(form, point, variables);
}

void multilinear_close(struct multilinear *form)
{
    free(form->low_a);
    free(form->low_b);
    free(form->high);
    *form = (struct multilinear){0};
}

struct field_ext multilinear_weight(const struct multilinear *form, uint64_t index)
{
    assert(index >> form->variables == 0);
    uint64_t low = index & (((uint64_t)1 << form->low_bits) - 1);
    struct field_ext weight = {form->low_a[low], form->low_b[low]};
    return field_ext_mul(form->high[index >> form->low_bits], weight);
}

void multilinear_sum_init(struct multilinear_sum *sum, const struct multilinear *form)
{
    *sum = (struct multilinear_sum){.form = form};
}

/* Multiply what the low table gave with the weight of its block `block`. */
static void close_block(struct multilinear_sum *sum, uint64_t block)
{
    struct field_ext inner = field_ext_mul(sum->block, sum->form->high[block]);
    sum->total = field_ext_add(sum->total, inner);
    sum->block = field_ext_of(0);
}

void multilinear_sum_add(struct multilinear_sum *sum, const uint64_t *elements, size_t count)
{
    const struct multilinear *form = sum->form;
    uint64_t block_size = (uint64_t)1 << form->low_bits;
    assert(count <= ((uint64_t)1 << form->variables) - sum->index);
    while (count > 0) {
        uint64_t start = sum->index & (block_size - 1);
        size_t part = count < block_size - start ? count : (size_t)(block_size - start);
        struct field_ext inner =
            field_vector_dot(elements, form->low_a + start, form->low_b + start, part);
        sum->block = field_ext_add(sum->block, inner);
        sum->index += part;
        elements += part;
        count -= part;
        if (start + part == block_size) {
            close_block(sum, (sum->index - 1) >> form->low_bits);
        }
    }
}

struct field_ext multilinear_sum_finish(struct multilinear_sum *sum)
{
    if ((sum->index & (((uint64_t)1 << sum->form->low_bits) - 1)) != 0) {
        close_block(sum, sum->index >> sum->form->low_bits);
    }
    return sum->total;
}

struct field_ext multilinear_evaluate(const struct multilinear *form, const uint64_t *elements,
                                      size_t count)
{
    struct multilinear_sum sum;
    multilinear_sum_init(&sum, form);
    multilinear_sum_add(&sum, elements, count);
    return multilinear_sum_finish(&sum);
}

bool multilinear_evaluate_bytes(struct field_ext *out, const struct multilinear *form,
                                struct bytes elements, uint64_t *index)
{
    uint64_t block[BLOCK_COUNT];
    struct multilinear_sum sum;
    assert(elements.size % FIELD_SIZE == 0);
    multilinear_sum_init(&sum, form);
    while (elements.size > 0) {
        size_t size = elements.size < sizeof(block) ? elements.size : sizeof(block);
        uint64_t bad = 0;
        if (!field_read_all(block, (struct bytes){elements.data, size}, &bad)) {
            if (index != NULL) {
                *index = sum.index + bad;
            }
            *out = (struct field_ext){0};
            return false;
        }
        multilinear_sum_add(&sum, block, size / FIELD_SIZE);
        elements.data += size;
        elements.size -= size;
    }
    *out = multilinear_sum_finish(&sum);
    return true;
}
