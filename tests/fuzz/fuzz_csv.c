/* Labelled data: what is accepted has its rows, columns and classes within bounds. */
#include <math.h>

#include "tools/train/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dataset set;
    struct fault fault;
    struct buffer text = {0};
    buffer_append(&text, (struct bytes){data, size});
    if (dataset_parse(&set, &text, "input", 2, &fault)) {
        assert(set.count >= 1 && set.count <= DATASET_ROWS_MAX);
        assert(set.inputs >= 1 && set.inputs < DATASET_COLUMNS_MAX);
        assert(set.classes >= 1 && set.classes <= DATASET_CLASSES_MAX);
        for (size_t i = 0; i < set.count * set.inputs; i++) {
            assert(isfinite(set.samples[i]));
        }
        for (size_t i = 0; i < set.count; i++) {
            assert(set.labels[i] < set.classes);
        }
    } else {
        assert(set.samples == NULL && fault.text[0] != '\0');
    }
    dataset_close(&set);
    buffer_close(&text);
    return 0;
}
