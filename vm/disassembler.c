#include "vm/disassembler.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/schema_text.h"
#include "vm/instruction.h"

static void read_next(struct instruction *out, struct bytes code, size_t offset)
{
    enum program_status status = instruction_read(out, code, offset);
    assert(status == PROGRAM_OK);
}

static void print_native(struct buffer *out, const struct instruction *instruction,
                         const struct native_table *natives, const char *prefix)
{
    const struct native *native = native_find(natives, (uint8_t)instruction->number);
    assert(native != NULL);
    void *operand = memory_new(native->operand->size);
    bool decoded = schema_decode(native->operand, operand, instruction->data, NULL, 0);
    assert(decoded);
    buffer_append_text(out, native->name);
    buffer_append_text(out, native->operand->field_count > 0 ? " " : "");
    schema_text_print(native->operand, operand, prefix, out);
    free(operand);
}

static void print_data(struct buffer *out, const struct instruction *instruction)
{
    size_t digits = 2 * instruction->data.size;
    buffer_format(out, "DATA %" PRIu64 "%s", instruction->number, digits > 0 ? " " : "");
    buffer_reserve(out, digits + 1);
    hex_encode((char *)out->data + out->size, instruction->data);
    out->size += digits;
}

static void print_instruction(struct buffer *out, const struct instruction *instruction,
                              const struct native_table *natives, const char *prefix)
{
    const char *name = instruction->row->name;
    switch ((enum operand_kind)instruction->row->operand) {
    case OPERAND_NONE:
        buffer_append_text(out, name);
        return;
    case OPERAND_WORD:
    case OPERAND_COUNT:
    case OPERAND_CODE:
        buffer_format(out, "%s %" PRIu64, name, instruction->number);
        return;
    case OPERAND_TARGET:
        buffer_format(out, "%s at_%" PRIu64, name, instruction->number);
        return;
    case OPERAND_DATA:
        print_data(out, instruction);
        return;
    case OPERAND_NATIVE:
        print_native(out, instruction, natives, prefix);
        return;
    }
}

static void mark_targets(bool *targets, struct bytes code)
{
    struct instruction instruction;
    for (size_t offset = 0; offset < code.size; offset += instruction.size) {
        read_next(&instruction, code, offset);
        if (instruction.row->operand == OPERAND_TARGET) {
            assert(instruction.number < code.size);
            targets[instruction.number] = true;
        }
    }
}

void disassembler_print(struct buffer *out, const struct program *program,
                        const struct native_table *natives, const char *prefix)
{
    struct bytes code = program->code;
    bool *targets = memory_new(code.size);
    mark_targets(targets, code);
    if (program->memory_size > 0) {
        buffer_format(out, "memory %" PRIu32 "\n", program->memory_size);
    }
    struct instruction instruction;
    for (size_t offset = 0; offset < code.size; offset += instruction.size) {
        read_next(&instruction, code, offset);
        if (targets[offset]) {
            buffer_format(out, "at_%zu:\n", offset);
        }
        buffer_append_text(out, "    ");
        print_instruction(out, &instruction, natives, prefix);
        buffer_append_text(out, "\n");
    }
    free(targets);
}
