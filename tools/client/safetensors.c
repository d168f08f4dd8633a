#include "tools/client/safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bcs.h"
#include "base/memory.h"

#define HEADER_MAX ((size_t)1 << 20)
#define PREFIX     8 /* bytes of the header's size */

/* One tensor as the header describes it. */
struct entry {
    const char *name; /* borrowed from the JSON */
    struct tensor tensor;
    size_t element_size; /* 4 or 8 */
    size_t begin;        /* of its bytes in the data */
    size_t end;
};

struct header {
    json_t *json;
    struct entry *entries;
    size_t count;
    struct bytes data;
    const char *file; /* for messages */
};

static bool wrong(const struct header *header, const char *name, const char *what,
                  struct fault *fault)
{
    return fault_set(fault, "%s: tensor '%.60s': %s", header->file, name, what);
}

/* An integer of 0 .. max. */
static bool take_size(const json_t *json, size_t max, size_t *out)
{
    json_int_t value = json_integer_value(json);
    *out = (size_t)value;
    return json_is_integer(json) && value >= 0 && (uintmax_t)value <= max;
}

static bool take_shape(const json_t *json, struct tensor *out)
{
    if (!json_is_array(json) || json_array_size(json) > TENSORS_DIMENSIONS_MAX) {
        return false;
    }
    out->dimensions = json_array_size(json);
    out->count = 1;
    for (size_t i = 0; i < out->dimensions; i++) {
        if (!take_size(json_array_get(json, i), TENSORS_ELEMENTS_MAX, &out->shape[i])) {
            return false;
        }
        out->count *= out->shape[i];
        if (out->count > TENSORS_ELEMENTS_MAX) {
            return false;
        }
    }
    return true;
}

static bool take_entry(const struct header *header, const char *name, const json_t *json,
                       struct entry *out, struct fault *fault)
{
    const char *type = json_string_value(json_object_get(json, "dtype"));
    const json_t *offsets = json_object_get(json, "data_offsets");
    out->name = name;
    if (json_object_size(json) != 3 || type == NULL) {
        return wrong(header, name, "the members dtype, shape and data_offsets are expected", fault);
    }
    if (strcmp(type, "F32") != 0 && strcmp(type, "F64") != 0) {
        return fault_set(fault, "%s: tensor '%.60s': dtype is %.20s, F32 or F64 is expected",
                         header->file, name, type);
    }
    out->element_size = type[1] == '3' ? 4 : 8;
    if (!take_shape(json_object_get(json, "shape"), &out->tensor)) {
        return wrong(header, name, "shape is no list of at most 8 sizes, 2^24 elements in all",
                     fault);
    }
    if (json_array_size(offsets) != 2 ||
        !take_size(json_array_get(offsets, 0), header->data.size, &out->begin) ||
        !take_size(json_array_get(offsets, 1), header->data.size, &out->end)) {
        return wrong(header, name, "data_offsets are no two places in the file's data", fault);
    }
    if (out->end < out->begin || out->end - out->begin != out->tensor.count * out->element_size) {
        return wrong(header, name, "data_offsets have not the size that its shape needs", fault);
    }
    return true;
}

static bool metadata_valid(json_t *json)
{
    const char *key;
    json_t *value;
    bool good = json_is_object(json);
    json_object_foreach(json, key, value)
    {
        good = good && json_is_string(value);
    }
    return good;
}

static bool take_entries(struct header *header, struct fault *fault)
{
    const char *name;
    json_t *value;
    header->entries = memory_new((json_object_size(header->json) + 1) * sizeof(*header->entries));
    json_object_foreach(header->json, name, value)
    {
        if (strcmp(name, "__metadata__") == 0) {
            if (!metadata_valid(value)) {
                return fault_set(fault, "%s: __metadata__ is no object of strings", header->file);
            }
        } else if (!take_entry(header, name, value, &header->entries[header->count++], fault)) {
            return false;
        }
    }
    return true;
}

static int by_place(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    if (a->begin != b->begin) {
        return a->begin < b->begin ? -1 : 1;
    }
    return a->end < b->end ? -1 : a->end > b->end;
}

static int by_name(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    return strcmp(a->name, b->name);
}

/* Every byte of the data in one tensor, and no more elements than a vector may have. */
static bool check_places(struct header *header, size_t *total, struct fault *fault)
{
    size_t end = 0;
    *total = 0;
    qsort(header->entries, header->count, sizeof(*header->entries), by_place);
    for (size_t i = 0; i < header->count; i++) {
        const struct entry *entry = &header->entries[i];
        if (entry->begin != end) {
            return wrong(header, entry->name,
                         "its data does not begin where the one before it ends", fault);
        }
        end = entry->end;
        *total += entry->tensor.count;
        if (*total > TENSORS_ELEMENTS_MAX) {
            return fault_set(fault, "%s: more than %u elements", header->file,
                             TENSORS_ELEMENTS_MAX);
        }
    }
    return end == header->data.size || fault_set(fault, "%s: %zu bytes of data belong to no tensor",
                                                 header->file, header->data.size - end);
}

static void load_values(double *out, const uint8_t *data, size_t count, size_t element_size)
{
    for (size_t i = 0; i < count; i++) {
        float narrow = 0;
        if (element_size == 4) {
            memcpy(&narrow, data + 4 * i, sizeof(narrow));
            out[i] = (double)narrow;
        } else {
            memcpy(&out[i], data + 8 * i, sizeof(double));
        }
    }
}

static void load_tensors(struct header *header, size_t total, struct tensors *out)
{
    out->values = memory_new((total + 1) * sizeof(double));
    out->parts = memory_new((header->count + 1) * sizeof(*out->parts));
    qsort(header->entries, header->count, sizeof(*header->entries), by_name);
    for (size_t i = 0; i < header->count; i++) {
        const struct entry *entry = &header->entries[i];
        struct tensor *part = &out->parts[out->part_count++];
        size_t length = strlen(entry->name);
        *part = entry->tensor;
        part->name = memory_new(length + 1);
        memcpy(part->name, entry->name, length);
        part->first = out->count;
        load_values(out->values + out->count, header->data.data + entry->begin, part->count,
                    entry->element_size);
        out->count += part->count;
    }
}

/* Find the header's text and the data after it. */
static bool open_header(struct header *header, struct bytes file, struct fault *fault)
{
    struct bcs_reader reader;
    json_error_t error;
    bcs_reader_init(&reader, file);
    uint64_t size = bcs_read_u64(&reader);
    if (file.size < PREFIX || size > HEADER_MAX || size > file.size - PREFIX) {
        return fault_set(fault, "%s: no .safetensors file with a header of at most %zu bytes",
                         header->file, HEADER_MAX);
    }
    header->data = (struct bytes){file.data + PREFIX + size, file.size - PREFIX - (size_t)size};
    header->json =
        json_loadb((const char *)file.data + PREFIX, (size_t)size, JSON_REJECT_DUPLICATES, &error);
    if (header->json == NULL) {
        return fault_set(fault, "%s: the header is no JSON: %s at byte %d", header->file,
                         error.text, error.position);
    }
    return json_is_object(header->json) ||
           fault_set(fault, "%s: the header is no JSON object", header->file);
}

bool safetensors_decode(struct tensors *out, struct bytes file, const char *name,
                        struct fault *fault)
{
    struct header header = {.file = name};
    size_t total = 0;
    *out = (struct tensors){0};
    bool good = open_header(&header, file, fault) && take_entries(&header, fault) &&
                check_places(&header, &total, fault);
    if (good) {
        load_tensors(&header, total, out);
    }
    free(header.entries);
    json_decref(header.json);
    return good;
}

void safetensors_encode(struct buffer *out, const char *name, const double *values, size_t count)
{
    struct buffer text = {0};
    buffer_format(&text, "{\"%s\":{\"dtype\":\"F64\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}",
                  name, count, count * sizeof(double));
    while (text.size % 8 != 0) { /* the data begins at a multiple of 8 bytes */
        buffer_append_text(&text, " ");
    }
    bcs_write_u64(out, text.size);
    buffer_append(out, buffer_bytes(&text));
    buffer_append(out, (struct bytes){(const uint8_t *)values, count * sizeof(double)});
    buffer_close(&text);
}
