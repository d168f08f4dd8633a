#include "vm/assembler.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "crypto/schema_text.h"
#include "vm/opcodes.h"

#define TOKEN_SHOWN 40 /* characters of the source in a message */

struct label {
    char name[ASSEMBLER_LABEL_MAX + 1];
    uint32_t offset;
};

/* A jump whose target is written in when all labels are known. */
struct use {
    char name[ASSEMBLER_LABEL_MAX + 1];
    uint32_t offset; /* of the target's two bytes */
    uint32_t line;
};

/* Where an instruction came from. */
struct origin {
    uint32_t offset;
    uint32_t line;
};

struct assembler {
    const struct native_table *natives;
    const char *prefix;
    char *error;
    uint32_t line;
    bool memory_given;
    uint32_t memory_size;
    struct buffer code;
    struct buffer labels;  /* struct label */
    struct buffer uses;    /* struct use */
    struct buffer origins; /* struct origin */
    struct schema_text text;
};

/* Always false, for `return fail(...)`. */
static bool fail(struct assembler *assembler, uint32_t line, const char *found,
                 const char *expected)
{
    char shown[TOKEN_SHOWN + 1];
    size_t size = strnlen(found, TOKEN_SHOWN);
    for (size_t i = 0; i < size; i++) {
        bool printable = found[i] >= ' ' && found[i] <= '~';
        shown[i] = '?';
        if (printable) {
            shown[i] = found[i];
        }
    }
    shown[size] = '\0';
    (void)snprintf(assembler->error, ASSEMBLER_ERROR_SIZE, "line %" PRIu32 ": '%s%s': %s", line,
                   shown, found[size] == '\0' ? "" : "...", expected);
    return false;
}

static bool fail_here(struct assembler *assembler, const char *found, const char *expected)
{
    return fail(assembler, assembler->line, found, expected);
}

static bool read_number(struct assembler *assembler, const char *token, uint64_t min, uint64_t max,
                        uint64_t *out)
{
    uint64_t value = 0;
    bool good = token[0] != '\0' && (token[0] != '0' || token[1] == '\0');
    for (const char *c = token; good && *c != '\0'; c++) {
        good = *c >= '0' && *c <= '9' && checked_mul(&value, value, 10) &&
               checked_add(&value, value, (uint64_t)(*c - '0'));
    }
    if (!good || value < min || value > max) {
        char expected[80];
        (void)snprintf(expected, sizeof(expected),
                       "expected a decimal number from %" PRIu64 " to %" PRIu64, min, max);
        return fail_here(assembler, token, expected);
    }
    *out = value;
    return true;
}

static bool is_label(const char *name)
{
    size_t size = 0;
    for (; name[size] != '\0'; size++) {
        char c = name[size];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = c >= '0' && c <= '9';
        if (!letter && (!digit || size == 0)) {
            return false;
        }
    }
    return size >= 1 && size <= ASSEMBLER_LABEL_MAX;
}

static const struct label *find_label(const struct assembler *assembler, const char *name)
{
    struct label label;
    for (size_t at = 0; at < assembler->labels.size; at += sizeof(label)) {
        const struct label *found = (const void *)(assembler->labels.data + at);
        if (strcmp(found->name, name) == 0) {
            return found;
        }
    }
    return NULL;
}

static const char label_form[] =
    "expected a label: at most 32 letters, digits and '_', no digit first";

static bool define_label(struct assembler *assembler, const char *name)
{
    if (!is_label(name)) {
        return fail_here(assembler, name, label_form);
    }
    if (find_label(assembler, name) != NULL) {
        return fail_here(assembler, name, "the label is defined twice, expected a new one");
    }
    struct label label = {.offset = (uint32_t)assembler->code.size};
    memcpy(label.name, name, strlen(name) + 1);
    buffer_append(&assembler->labels, BYTES_OF(label));
    return true;
}

static bool use_label(struct assembler *assembler, const char *name)
{
    if (!is_label(name)) {
        return fail_here(assembler, name, label_form);
    }
    struct use use = {.offset = (uint32_t)assembler->code.size, .line = assembler->line};
    memcpy(use.name, name, strlen(name) + 1);
    buffer_append(&assembler->uses, BYTES_OF(use));
    bcs_write_u16(&assembler->code, 0);
    return true;
}

static bool resolve_uses(struct assembler *assembler)
{
    for (size_t at = 0; at < assembler->uses.size; at += sizeof(struct use)) {
        const struct use *use = (const void *)(assembler->uses.data + at);
        const struct label *label = find_label(assembler, use->name);
        if (label == NULL) {
            return fail(assembler, use->line, use->name, "expected a label that is defined");
        }
        assembler->code.data[use->offset] = (uint8_t)label->offset;
        assembler->code.data[use->offset + 1] = (uint8_t)(label->offset >> 8);
    }
    return true;
}

/* The word at the start of `line`: terminates it and returns what follows, without its spaces. */
static char *split_word(char *line)
{
    char *end = line + strcspn(line, " ");
    if (*end == '\0') {
        return end;
    }
    *end = '\0';
    return end + 1 + strspn(end + 1, " ");
}

struct data_operand {
    struct bytes data;
};

static const struct field text_field[] = {SCHEMA_TEXT(struct data_operand, data, PROGRAM_CODE_MAX)};
static const struct field hex_field[] = {SCHEMA_BYTES(struct data_operand, data, PROGRAM_CODE_MAX)};

/* A quoted text or hexadecimal digits, by the leaf form of a schema. */
static bool write_data(struct assembler *assembler, char *operand)
{
    char *rest = split_word(operand);
    uint64_t offset = 0;
    if (!read_number(assembler, operand, 0, PROGRAM_MEMORY_MAX - 1, &offset)) {
        return false;
    }
    const struct schema schema = {"DATA", sizeof(struct data_operand),
                                  *rest == '"' ? text_field : hex_field, 1};
    struct buffer input = {0};
    buffer_format(&input, "data=%s", rest);
    struct data_operand value = {0};
    bool good = schema_text_parse(&schema, &value, buffer_text(&input), &assembler->text);
    buffer_close(&input);
    if (!good) {
        return fail_here(assembler, rest, assembler->text.error);
    }
    bcs_write_u16(&assembler->code, (uint16_t)offset);
    bcs_write_bytes(&assembler->code, (struct bytes){value.data.data, value.data.size});
    return true;
}

static bool write_operand(struct assembler *assembler, const struct opcode_row *row, char *operand)
{
    uint64_t number = 0;
    switch ((enum operand_kind)row->operand) {
    case OPERAND_NONE:
        return *operand == '\0' ? true : fail_here(assembler, operand, "expected no operand");
    case OPERAND_WORD:
        if (!read_number(assembler, operand, 0, UINT64_MAX, &number)) {
            return false;
        }
        bcs_write_u64(&assembler->code, number);
        return true;
    case OPERAND_COUNT:
        if (!read_number(assembler, operand, 1, UINT8_MAX, &number)) {
            return false;
        }
        bcs_write_u8(&assembler->code, (uint8_t)number);
        return true;
    case OPERAND_CODE:
        if (!read_number(assembler, operand, 0, UINT16_MAX, &number)) {
            return false;
        }
        bcs_write_u16(&assembler->code, (uint16_t)number);
        return true;
    case OPERAND_TARGET:
        return use_label(assembler, operand);
    case OPERAND_DATA:
        return write_data(assembler, operand);
    case OPERAND_NATIVE:
        break;
    }
    return fail_here(assembler, row->name, "expected the native instruction's own name");
}

static bool write_native(struct assembler *assembler, const struct native *native,
                         const char *operand)
{
    void *value = memory_new(native->operand->size);
    bool good = schema_text_parse(native->operand, value, operand, &assembler->text);
    if (good) {
        struct buffer encoded = {0};
        schema_write(&encoded, native->operand, value);
        bcs_write_u8(&assembler->code, OP_NATIVE);
        bcs_write_u8(&assembler->code, native->id);
        bcs_write_bytes(&assembler->code, buffer_bytes(&encoded));
        buffer_close(&encoded);
    }
    free(value);
    return good ? true : fail_here(assembler, native->name, assembler->text.error);
}

static bool set_memory(struct assembler *assembler, const char *operand)
{
    uint64_t size = 0;
    if (assembler->memory_given || assembler->code.size > 0) {
        return fail_here(assembler, "memory",
                         "expected at most one such line, before the first instruction");
    }
    if (!read_number(assembler, operand, 0, PROGRAM_MEMORY_MAX, &size)) {
        return false;
    }
    assembler->memory_given = true;
    assembler->memory_size = (uint32_t)size;
    return true;
}

static bool write_instruction(struct assembler *assembler, char *line)
{
    char *operand = split_word(line);
    if (strcmp(line, "memory") == 0) {
        return set_memory(assembler, operand);
    }
    struct origin origin = {(uint32_t)assembler->code.size, assembler->line};
    buffer_append(&assembler->origins, BYTES_OF(origin));
    const struct opcode_row *row = opcode_find_name(line);
    if (row != NULL) {
        bcs_write_u8(&assembler->code, row->byte);
        return write_operand(assembler, row, operand);
    }
    const struct native *native =
        assembler->natives != NULL ? native_find_name(assembler->natives, line) : NULL;
    if (native == NULL) {
        return fail_here(assembler, line,
                         assembler->natives != NULL ? "expected an instruction"
                                                    : "expected an instruction of a policy");
    }
    return write_native(assembler, native, operand);
}

/* Cuts the comment and the white space around; a ';' inside quotes is no comment. */
static char *trim(char *line)
{
    bool quoted = false;
    size_t size = 0;
    for (; line[size] != '\0' && (quoted || line[size] != ';'); size++) {
        if (line[size] == '"') {
            quoted = !quoted;
        } else if (quoted && line[size] == '\\' && line[size + 1] != '\0') {
            size++;
        } else if (!quoted && (line[size] == '\t' || line[size] == '\r')) {
            line[size] = ' ';
        }
    }
    while (size > 0 && line[size - 1] == ' ') {
        size--;
    }
    line[size] = '\0';
    return line + strspn(line, " ");
}

static bool read_line(struct assembler *assembler, char *line)
{
    char *at = trim(line);
    char *colon = at + strcspn(at, ": ");
    if (*colon == ':') {
        *colon = '\0';
        if (!define_label(assembler, at)) {
            return false;
        }
        at = colon + 1 + strspn(colon + 1, " ");
    }
    if (*at == '\0') {
        return true;
    }
    if (!write_instruction(assembler, at)) {
        return false;
    }
    if (assembler->code.size > PROGRAM_CODE_MAX) {
        return fail_here(assembler, at, "expected at most 32768 bytes of code in all");
    }
    return true;
}

static bool read_source(struct assembler *assembler, const char *source)
{
    struct buffer line = {0};
    bool good = true;
    while (good && *source != '\0') {
        size_t size = strcspn(source, "\n");
        buffer_clear(&line);
        buffer_append(&line, (struct bytes){(const uint8_t *)source, size});
        (void)buffer_text(&line);
        assembler->line++;
        good = read_line(assembler, (char *)line.data);
        source += size + (source[size] == '\n' ? 1 : 0);
    }
    buffer_close(&line);
    return good;
}

/* The line of the instruction that holds the byte at `offset`; the last line where none does. */
static uint32_t line_of(const struct assembler *assembler, size_t offset)
{
    uint32_t line = assembler->line;
    for (size_t at = 0; at < assembler->origins.size; at += sizeof(struct origin)) {
        const struct origin *origin = (const void *)(assembler->origins.data + at);
        if (origin->offset > offset) {
            break;
        }
        line = origin->line;
    }
    return line;
}

static bool finish(struct assembler *assembler, struct buffer *out)
{
    if (!resolve_uses(assembler)) {
        return false;
    }
    struct program program = {.version = PROGRAM_VERSION_1,
                              .memory_size = assembler->memory_size,
                              .code = buffer_bytes(&assembler->code)};
    struct buffer encoded = {0};
    schema_write(&encoded, &program_schema, &program);
    size_t offset;
    enum program_status status =
        program_load(&program, buffer_bytes(&encoded), assembler->natives, &offset);
    if (status == PROGRAM_OK) {
        buffer_append(out, buffer_bytes(&encoded));
    } else {
        (void)snprintf(assembler->error, ASSEMBLER_ERROR_SIZE,
                       "line %" PRIu32 ": the program does not verify: %s",
                       line_of(assembler, offset), program_status_text(status));
    }
    buffer_close(&encoded);
    return status == PROGRAM_OK;
}

bool assembler_assemble(struct buffer *out, const char *source, const struct native_table *natives,
                        const char *prefix, char error[ASSEMBLER_ERROR_SIZE])
{
    struct assembler assembler = {.natives = natives, .prefix = prefix, .error = error};
    error[0] = '\0';
    if (strlen(source) > ASSEMBLER_SOURCE_MAX) {
        (void)snprintf(error, ASSEMBLER_ERROR_SIZE,
                       "the source has %zu bytes, at most %d can be had", strlen(source),
                       ASSEMBLER_SOURCE_MAX);
        return false;
    }
    schema_text_init(&assembler.text, prefix);
    bool good = read_source(&assembler, source) && finish(&assembler, out);
    schema_text_close(&assembler.text);
    buffer_close(&assembler.code);
    buffer_close(&assembler.labels);
    buffer_close(&assembler.uses);
    buffer_close(&assembler.origins);
    return good;
}
