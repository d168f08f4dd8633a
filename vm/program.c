#include "vm/program.h"

#include <stdlib.h>

#include "base/memory.h"
#include "vm/instruction.h"

static const struct field program_fields[] = {
    SCHEMA_U8(struct program, version),
    SCHEMA_U32(struct program, memory_size),
    SCHEMA_BYTES(struct program, code, PROGRAM_CODE_MAX),
};
const struct schema program_schema = SCHEMA("program", struct program, program_fields);

const char *program_status_text(enum program_status status)
{
#define PROGRAM_STATUS_CASE(name, text)                                                            \
    case name:                                                                                     \
        return text;
    switch (status) {
        PROGRAM_STATUS_LIST(PROGRAM_STATUS_CASE)
    }
#undef PROGRAM_STATUS_CASE
    return "unknown status";
}

/* What the pass knows of one byte of the code. */
struct place {
    uint16_t depth; /* words on the stack before the instruction here */
    uint16_t jump;  /* offset of the first jump to here */
    bool known;     /* `depth` is set */
    bool begins;    /* the pass found an instruction here */
    bool awaited;   /* a jump from above leads here */
};

struct verifier {
    const struct program *program;
    const struct native_table *natives;
    struct place *places;
    void *operand; /* scratch for native operands */
    unsigned depth;
    size_t error_offset;
};

static enum program_status check_native(struct verifier *verifier,
                                        const struct instruction *instruction, bool *query)
{
    *query = false;
    if (verifier->natives == NULL) {
        return PROGRAM_PURE;
    }
    const struct native *native = native_find(verifier->natives, (uint8_t)instruction->number);
    if (native == NULL) {
        return PROGRAM_NATIVE;
    }
    assert(native->operand->size <= NATIVE_OPERAND_SIZE_MAX);
    if (!schema_decode(native->operand, verifier->operand, instruction->data, NULL, 0)) {
        return PROGRAM_OPERAND;
    }
    *query = native->query;
    return PROGRAM_OK;
}

/* Words that must be there, and how many more there are afterwards. */
static enum program_status apply_stack(struct verifier *verifier, unsigned needs, unsigned pops,
                                       unsigned pushes)
{
    if (verifier->depth < needs) {
        return PROGRAM_STACK_LOW;
    }
    verifier->depth = verifier->depth - pops + pushes;
    return verifier->depth <= PROGRAM_STACK_MAX ? PROGRAM_OK : PROGRAM_STACK_HIGH;
}

/* One jump, after the stack effect of its instruction. */
static enum program_status check_target(struct verifier *verifier,
                                        const struct instruction *instruction)
{
    size_t target = (size_t)instruction->number;
    bool inside = target > instruction->offset && target < instruction->offset + instruction->size;
    if (inside || target >= verifier->program->code.size) {
        return PROGRAM_JUMP;
    }
    struct place *place = &verifier->places[target];
    bool passed = target <= instruction->offset;
    if (passed && !place->begins) {
        return PROGRAM_JUMP;
    }
    if (place->known) {
        return place->depth == verifier->depth ? PROGRAM_OK : PROGRAM_STACK_DEPTH;
    }
    *place = (struct place){.depth = (uint16_t)verifier->depth,
                            .jump = (uint16_t)instruction->offset,
                            .known = true,
                            .awaited = true};
    return PROGRAM_OK;
}

/* Enter the instruction at `offset`, from the one above it where `falls_in`. */
static enum program_status enter(struct verifier *verifier, size_t offset, bool falls_in)
{
    struct place *place = &verifier->places[offset];
    if (!falls_in) {
        verifier->depth = place->known ? place->depth : 0;
    } else if (place->known && place->depth != verifier->depth) {
        return PROGRAM_STACK_DEPTH;
    }
    place->depth = (uint16_t)verifier->depth;
    place->known = true;
    place->begins = true;
    return PROGRAM_OK;
}

/* No jump from above may lead into the middle of an instruction. */
static enum program_status check_inside(struct verifier *verifier,
                                        const struct instruction *instruction)
{
    for (uint32_t i = 1; i < instruction->size; i++) {
        const struct place *place = &verifier->places[instruction->offset + i];
        if (place->awaited) {
            verifier->error_offset = place->jump;
            return PROGRAM_JUMP;
        }
    }
    return PROGRAM_OK;
}

static enum program_status check_effect(struct verifier *verifier,
                                        const struct instruction *instruction)
{
    const struct opcode_row *row = instruction->row;
    enum program_status status;
    bool query;
    switch ((enum operand_kind)row->operand) {
    case OPERAND_NONE:
    case OPERAND_WORD:
    case OPERAND_CODE:
        return apply_stack(verifier, row->pops, row->pops, row->pushes);
    case OPERAND_COUNT:
        return apply_stack(verifier, (unsigned)instruction->number + (row->byte == OP_SWAP ? 1 : 0),
                           row->pops, row->pushes);
    case OPERAND_TARGET:
        status = apply_stack(verifier, row->pops, row->pops, row->pushes);
        return status != PROGRAM_OK ? status : check_target(verifier, instruction);
    case OPERAND_DATA:
        return instruction->number + instruction->data.size <= verifier->program->memory_size
                   ? PROGRAM_OK
                   : PROGRAM_DATA;
    case OPERAND_NATIVE:
        status = check_native(verifier, instruction, &query);
        return status != PROGRAM_OK ? status : apply_stack(verifier, 0, 0, query ? 1 : 0);
    }
    return PROGRAM_OPCODE;
}

static enum program_status verify_code(struct verifier *verifier)
{
    struct bytes code = verifier->program->code;
    bool falls_in = true;
    struct instruction instruction = {0};
    for (size_t offset = 0; offset < code.size; offset += instruction.size) {
        verifier->error_offset = offset;
        enum program_status status = instruction_read(&instruction, code, offset);
        if (status == PROGRAM_OK) {
            status = enter(verifier, offset, falls_in);
        }
        if (status == PROGRAM_OK) {
            status = check_inside(verifier, &instruction);
        }
        if (status == PROGRAM_OK) {
            status = check_effect(verifier, &instruction);
        }
        if (status != PROGRAM_OK) {
            return status;
        }
        falls_in = instruction.row->byte != OP_STOP && instruction.row->byte != OP_JUMP;
    }
    return falls_in ? PROGRAM_END : PROGRAM_OK;
}

static enum program_status check_header(const struct program *program, size_t *error_offset)
{
    *error_offset = 0;
    if (program->version != PROGRAM_VERSION_1) {
        return PROGRAM_VERSION;
    }
    *error_offset = 1;
    if (program->memory_size > PROGRAM_MEMORY_MAX) {
        return PROGRAM_MEMORY;
    }
    *error_offset = 5;
    return program->code.size > 0 ? PROGRAM_OK : PROGRAM_EMPTY;
}

static enum program_status load(struct program *out, struct bytes input,
                                const struct native_table *natives, size_t *error_offset)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    schema_read(&reader, &program_schema, out);
    if (!bcs_reader_done(&reader)) {
        *error_offset = reader.offset;
        return PROGRAM_MALFORMED;
    }
    enum program_status status = check_header(out, error_offset);
    if (status != PROGRAM_OK) {
        return status;
    }
    struct verifier verifier = {.program = out, .natives = natives};
    verifier.places = memory_new(out->code.size * sizeof(*verifier.places));
    /* Not cleared: whoever reads an operand clears its size, and few are so large. */
    verifier.operand = memory_resize(NULL, NATIVE_OPERAND_SIZE_MAX);
    status = verify_code(&verifier);
    *error_offset = verifier.error_offset;
    free(verifier.operand);
    free(verifier.places);
    return status;
}

enum program_status program_load(struct program *out, struct bytes input,
                                 const struct native_table *natives, size_t *error_offset)
{
    size_t offset = 0;
    enum program_status status = load(out, input, natives, &offset);
    if (status != PROGRAM_OK) {
        *out = (struct program){0};
    }
    if (error_offset != NULL) {
        *error_offset = status == PROGRAM_OK ? 0 : offset;
    }
    return status;
}
