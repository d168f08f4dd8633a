#include "tools/client/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/schema_text.h"

#define NAME_WIDTH 20
/* Nine digits of a real number: most are no decimal fraction, and would show seventeen. */
#define SHOW_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))

static void show_list(const struct field *field, const uint8_t *value, const char *prefix,
                      int indent)
{
    uint32_t count = 0;
    memcpy(&count, value + field->count_offset, sizeof(count));
    printf("%*s%-*s %u\n", indent, "", NAME_WIDTH, field->name, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *element = value + field->offset + i * field->size;
        struct buffer text = {0};
        if (field->schema == NULL) {
            schema_text_print_leaf(field, element, prefix, &text);
        } else {
            schema_text_print(field->schema, element, prefix, &text);
        }
        printf("%*s  %s\n", indent, "", buffer_text(&text));
        buffer_close(&text);
    }
}

void show_record(const struct schema *schema, const void *value, const char *prefix, int indent)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const uint8_t *member = (const uint8_t *)value + field->offset;
        struct buffer text = {0};
        switch (field->type) {
        case FIELD_LIST:
            show_list(field, value, prefix, indent);
            continue;
        case FIELD_STRUCT:
            schema_text_print(field->schema, member, prefix, &text);
            break;
        case FIELD_U8:
        case FIELD_U16:
        case FIELD_U32:
        case FIELD_U64:
        case FIELD_BOOL:
        case FIELD_ENUM:
        case FIELD_ARRAY:
        case FIELD_BYTES:
        case FIELD_TEXT:
            schema_text_print_leaf(field, member, prefix, &text);
            break;
        }
        printf("%*s%-*s %s\n", indent, "", NAME_WIDTH, field->name, buffer_text(&text));
        buffer_close(&text);
    }
}

void show_json(json_t *json)
{
    char *text = json_dumps(json, SHOW_FLAGS);
    assert(text != NULL && "our own JSON can be written");
    printf("%s\n", text);
    free(text);
    json_decref(json);
}

/* A leaf as one word; a nested value as compact JSON. */
static void show_value(const json_t *value)
{
    if (json_is_string(value)) {
        printf("%s\n", json_string_value(value));
        return;
    }
    char *text = json_dumps(value, SHOW_FLAGS);
    assert(text != NULL && "our own JSON can be written");
    printf("%s\n", text);
    free(text);
}

static void show_members(json_t *object, const char *indent)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        printf("%s%-*s ", indent, NAME_WIDTH, name);
        show_value(value);
    }
}

void show_readable(const json_t *json)
{
    const char *name;
    json_t *value;
    json_t *object = json_deep_copy(json);
    json_object_foreach(object, name, value)
    {
        printf("%-*s ", NAME_WIDTH, name);
        if (json_is_object(value)) {
            printf("\n");
            show_members(value, "  ");
        } else if (json_is_array(value) && json_array_size(value) > 0 &&
                   json_is_object(json_array_get(value, 0))) {
            printf("%zu\n", json_array_size(value));
            for (size_t i = 0; i < json_array_size(value); i++) {
                printf("  -\n");
                show_members(json_array_get(value, i), "    ");
            }
        } else {
            show_value(value);
        }
    }
    json_decref(object);
}
