#include "vm/refusal.h"

#include <stdio.h>
#include <string.h>

#define VM_REFUSAL_TEXT(name, number, sentence) {(number), #name, (sentence), NULL},
static const struct refusal_text vm_texts[] = {VM_REFUSAL_LIST(VM_REFUSAL_TEXT)};
#undef VM_REFUSAL_TEXT

const struct refusal_text *vm_refusal_texts(size_t *count)
{
    *count = ARRAY_COUNT(vm_texts);
    return vm_texts;
}

static const struct refusal_text *find(uint16_t code, const struct refusal_text *texts,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i].code == code) {
            return &texts[i];
        }
    }
    for (size_t i = 0; i < ARRAY_COUNT(vm_texts); i++) {
        if (vm_texts[i].code == code) {
            return &vm_texts[i];
        }
    }
    return NULL;
}

/* Copies as much of `text` as fits and keeps the terminator; returns the new length. */
static size_t append(char *out, size_t size, size_t used, const char *text, size_t length)
{
    size_t room = size - 1 - used;
    size_t taken = length < room ? length : room;
    memcpy(out + used, text, taken);
    out[used + taken] = '\0';
    return used + taken;
}

static size_t append_number(char *out, size_t size, size_t used, uint64_t number,
                            const struct refusal_text *row)
{
    char digits[24];
    const char *name = NULL;
    if (row != NULL && row->name_of != NULL && number <= UINT8_MAX) {
        name = row->name_of((uint8_t)number);
    }
    if (name != NULL) {
        return append(out, size, used, name, strlen(name));
    }
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    assert(length > 0);
    return append(out, size, used, digits, (size_t)length);
}

void refusal_print(char *out, size_t size, const struct refusal *refusal,
                   const struct refusal_text *texts, size_t count)
{
    static const char got[] = "{got}";
    static const char want[] = "{want}";
    if (size == 0) {
        return;
    }
    out[0] = '\0';
    const struct refusal_text *row = find(refusal->code, texts, count);
    const char *text = row != NULL ? row->sentence : "refused ({got}, {want})";
    if (refusal->code == 0) {
        text = "not refused";
    }
    size_t used = 0;
    while (*text != '\0') {
        if (strncmp(text, got, sizeof(got) - 1) == 0) {
            used = append_number(out, size, used, refusal->got, row);
            text += sizeof(got) - 1;
        } else if (strncmp(text, want, sizeof(want) - 1) == 0) {
            used = append_number(out, size, used, refusal->want, row);
            text += sizeof(want) - 1;
        } else {
            used = append(out, size, used, text, 1);
            text++;
        }
    }
    if (row == NULL && refusal->code != 0) {
        static const char unknown[] = " with the unknown code ";
        used = append(out, size, used, unknown, sizeof(unknown) - 1);
        (void)append_number(out, size, used, refusal->code, NULL);
    }
}

const char *refusal_name(uint16_t code, const struct refusal_text *texts, size_t count)
{
    const struct refusal_text *row = find(code, texts, count);
    return row != NULL ? row->name : "UNKNOWN";
}
