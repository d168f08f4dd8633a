#include "vm/instruction.h"

#include "base/bcs.h"

static void read_operand(struct instruction *instruction, struct bcs_reader *reader)
{
    switch ((enum operand_kind)instruction->row->operand) {
    case OPERAND_NONE:
        return;
    case OPERAND_WORD:
        instruction->number = bcs_read_u64(reader);
        return;
    case OPERAND_COUNT:
        instruction->number = bcs_read_u8(reader);
        if (instruction->number == 0) {
            bcs_reader_fail(reader, BCS_VALUE);
        }
        return;
    case OPERAND_CODE:
    case OPERAND_TARGET:
        instruction->number = bcs_read_u16(reader);
        return;
    case OPERAND_DATA:
        instruction->number = bcs_read_u16(reader);
        instruction->data = bcs_read_bytes(reader, PROGRAM_CODE_MAX);
        return;
    case OPERAND_NATIVE:
        instruction->number = bcs_read_u8(reader);
        instruction->data = bcs_read_bytes(reader, PROGRAM_CODE_MAX);
        return;
    }
}

enum program_status instruction_read(struct instruction *out, struct bytes code, size_t offset)
{
    assert(offset < code.size && code.size <= PROGRAM_CODE_MAX);
    *out = (struct instruction){.row = opcode_find(code.data[offset]), .offset = (uint32_t)offset};
    if (out->row == NULL) {
        *out = (struct instruction){0};
        return PROGRAM_OPCODE;
    }
    struct bcs_reader reader;
    size_t start = offset + 1;
    bcs_reader_init(&reader, (struct bytes){code.data + start, code.size - start});
    read_operand(out, &reader);
    if (reader.status != BCS_OK) {
        *out = (struct instruction){0};
        return PROGRAM_OPERAND;
    }
    out->size = (uint32_t)(1 + reader.offset);
    return PROGRAM_OK;
}

uint32_t instruction_index(struct bytes code, size_t offset)
{
    uint32_t index = 0;
    struct instruction instruction;
    for (size_t at = 0; at < offset; at += instruction.size) {
        enum program_status status = instruction_read(&instruction, code, at);
        assert(status == PROGRAM_OK);
        index++;
    }
    return index;
}
