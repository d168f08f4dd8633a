#include "vm/interpreter.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "vm/instruction.h"

__extension__ typedef unsigned __int128 wide;

struct machine {
    const struct program *program;
    const struct vm_environment *environment; /* NULL for a policy */
    uint8_t *memory;
    size_t position; /* of the running instruction in the code */
    size_t next;     /* of the one after it */
    bool stopped;
    unsigned depth;
    uint64_t stack[PROGRAM_STACK_MAX];
    uint64_t gas_limit;
    uint64_t gas_left;
    uint32_t event_count; /* of the log, before the program */
    struct refusal refusal;
    void *operand; /* the decoded operand of a native */
};

static const uint16_t gas_table[256] = {
#define GAS_CELL(name, byte, operand, pops, pushes, gas, stack, effect) [(byte)] = (gas),
    OPCODE_LIST(GAS_CELL)
#undef GAS_CELL
};

/* Bytes of an instruction; DATA and NATIVE find out by themselves. */
static const uint8_t size_table[256] = {
#define SIZE_CELL(name, byte, operand, pops, pushes, gas, stack, effect)                           \
    [(byte)] = (operand) == OPERAND_WORD                                  ? 9                      \
               : (operand) == OPERAND_COUNT                               ? 2                      \
               : (operand) == OPERAND_CODE || (operand) == OPERAND_TARGET ? 3                      \
                                                                          : 1,
    OPCODE_LIST(SIZE_CELL)
#undef SIZE_CELL
};

static bool refuse(struct machine *machine, enum vm_refusal_code code, uint64_t got, uint64_t want)
{
    machine->refusal = (struct refusal){(uint16_t)code, got, want};
    return false;
}

static uint64_t saturating_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return checked_add(&sum, a, b) ? sum : UINT64_MAX;
}

static bool refuse_gas(struct machine *machine, uint64_t cost)
{
    uint64_t used = machine->gas_limit - machine->gas_left;
    return refuse(machine, VM_GAS, saturating_sum(used, cost), machine->gas_limit);
}

static bool charge(struct machine *machine, uint64_t cost)
{
    if (cost > machine->gas_left) {
        return refuse_gas(machine, cost);
    }
    machine->gas_left -= cost;
    return true;
}

/* The verifier has seen to every depth; these assertions stand guard over it. */
static uint64_t pop(struct machine *machine)
{
    assert(machine->depth > 0);
    return machine->stack[--machine->depth];
}

static bool push(struct machine *machine, uint64_t word)
{
    assert(machine->depth < PROGRAM_STACK_MAX);
    machine->stack[machine->depth++] = word;
    return true;
}

static uint64_t load(const uint8_t *data, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word |= (uint64_t)data[i] << (8 * i);
    }
    return word;
}

static uint64_t operand(const struct machine *machine, size_t size)
{
    return load(machine->program->code.data + machine->position + 1, size);
}

static bool step_stop(struct machine *machine)
{
    machine->stopped = true;
    return true;
}

static bool step_push(struct machine *machine)
{
    return push(machine, operand(machine, 8));
}

static bool step_pop(struct machine *machine)
{
    (void)pop(machine);
    return true;
}

static bool step_dup(struct machine *machine)
{
    uint64_t count = operand(machine, 1);
    assert(count >= 1 && count <= machine->depth);
    return push(machine, machine->stack[machine->depth - count]);
}

static bool step_swap(struct machine *machine)
{
    uint64_t count = operand(machine, 1);
    assert(count >= 1 && count < machine->depth);
    uint64_t *top = &machine->stack[machine->depth - 1];
    uint64_t *other = &machine->stack[machine->depth - 1 - count];
    uint64_t word = *top;
    *top = *other;
    *other = word;
    return true;
}

static bool refuse_overflow(struct machine *machine)
{
    return refuse(machine, VM_OVERFLOW, machine->program->code.data[machine->position], 0);
}

static bool step_add(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    uint64_t sum;
    return checked_add(&sum, a, b) ? push(machine, sum) : refuse_overflow(machine);
}

static bool step_sub(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    uint64_t difference;
    return checked_sub(&difference, a, b) ? push(machine, difference) : refuse_overflow(machine);
}

static bool step_mul(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    uint64_t product;
    return checked_mul(&product, a, b) ? push(machine, product) : refuse_overflow(machine);
}

static bool step_div(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return b != 0 ? push(machine, a / b) : refuse(machine, VM_DIVISION, 0, 0);
}

static bool step_mod(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return b != 0 ? push(machine, a % b) : refuse(machine, VM_DIVISION, 0, 0);
}

static bool step_muldiv(struct machine *machine)
{
    uint64_t c = pop(machine);
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    if (c == 0) {
        return refuse(machine, VM_DIVISION, 0, 0);
    }
    wide quotient = (wide)a * b / c;
    return quotient <= UINT64_MAX ? push(machine, (uint64_t)quotient) : refuse_overflow(machine);
}

static bool step_eq(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return push(machine, a == b ? 1 : 0);
}

static bool step_lt(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return push(machine, a < b ? 1 : 0);
}

static bool step_gt(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return push(machine, a > b ? 1 : 0);
}

static bool step_not(struct machine *machine)
{
    return push(machine, pop(machine) == 0 ? 1 : 0);
}

static bool step_and(struct machine *machine)
{
    uint64_t b = pop(machine);
    return push(machine, pop(machine) & b);
}

static bool step_or(struct machine *machine)
{
    uint64_t b = pop(machine);
    return push(machine, pop(machine) | b);
}

static bool step_xor(struct machine *machine)
{
    uint64_t b = pop(machine);
    return push(machine, pop(machine) ^ b);
}

static bool step_shl(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return push(machine, b < 64 ? a << b : 0);
}

static bool step_shr(struct machine *machine)
{
    uint64_t b = pop(machine);
    uint64_t a = pop(machine);
    return push(machine, b < 64 ? a >> b : 0);
}

static bool step_jump(struct machine *machine)
{
    machine->next = (size_t)operand(machine, 2);
    return true;
}

static bool step_jump_if(struct machine *machine)
{
    if (pop(machine) != 0) {
        machine->next = (size_t)operand(machine, 2);
    }
    return true;
}

static bool check_range(struct machine *machine, uint64_t offset, uint64_t size)
{
    uint64_t end = saturating_sum(offset, size);
    uint32_t bound = machine->program->memory_size;
    return end <= bound ? true : refuse(machine, VM_MEMORY, end, bound);
}

static bool load_memory(struct machine *machine, size_t size)
{
    uint64_t offset = pop(machine);
    return check_range(machine, offset, size) &&
           push(machine, load(machine->memory + offset, size));
}

static bool store_memory(struct machine *machine, size_t size)
{
    uint64_t word = pop(machine);
    uint64_t offset = pop(machine);
    if (!check_range(machine, offset, size)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        machine->memory[offset + i] = (uint8_t)(word >> (8 * i));
    }
    return true;
}

static bool step_load8(struct machine *machine)
{
    return load_memory(machine, 1);
}

static bool step_load64(struct machine *machine)
{
    return load_memory(machine, 8);
}

static bool step_store8(struct machine *machine)
{
    return store_memory(machine, 1);
}

static bool step_store64(struct machine *machine)
{
    return store_memory(machine, 8);
}

static void read_instruction(struct machine *machine, struct instruction *out)
{
    enum program_status status = instruction_read(out, machine->program->code, machine->position);
    assert(status == PROGRAM_OK);
    machine->next = machine->position + out->size;
}

static bool step_data(struct machine *machine)
{
    struct instruction instruction;
    read_instruction(machine, &instruction);
    size_t size = instruction.data.size;
    if (!charge(machine, (size + OPCODE_DATA_GAS_BYTES - 1) / OPCODE_DATA_GAS_BYTES)) {
        return false;
    }
    assert(instruction.number + size <= machine->program->memory_size);
    if (size > 0) {
        memcpy(machine->memory + instruction.number, instruction.data.data, size);
    }
    return true;
}

static bool step_hash(struct machine *machine)
{
    uint64_t destination = pop(machine);
    uint64_t size = pop(machine);
    uint64_t offset = pop(machine);
    struct hash hash;
    if (!check_range(machine, offset, size) || !check_range(machine, destination, sizeof(hash))) {
        return false;
    }
    uint64_t blocks = (size + OPCODE_HASH_BLOCK_BYTES - 1) / OPCODE_HASH_BLOCK_BYTES;
    if (!charge(machine, blocks * OPCODE_HASH_BLOCK_GAS)) {
        return false;
    }
    hash_plain(&hash, (struct bytes){machine->memory + offset, (size_t)size});
    memcpy(machine->memory + destination, hash.bytes, sizeof(hash));
    return true;
}

static bool step_assert(struct machine *machine)
{
    return pop(machine) != 0 ? true : refuse(machine, VM_ASSERT, operand(machine, 2), 0);
}

static void open_call(const struct machine *machine, struct native_call *call)
{
    const struct vm_environment *environment = machine->environment;
    *call = (struct native_call){
        .state = environment->state,
        .block = environment->block,
        .sender = environment->sender,
        .sender_key = environment->sender_key,
        .sidecar = environment->sidecar,
        .sidecar_root = environment->sidecar_root,
        .operand = machine->operand,
        .events = environment->events,
        .gas_left = machine->gas_left,
    };
}

static bool close_call(struct machine *machine, const struct native_call *call, bool done)
{
    assert(call->gas_left <= machine->gas_left);
    machine->gas_left = call->gas_left;
    if (!done) {
        assert(call->refusal.code != 0);
        if (call->refusal.code == VM_GAS) {
            return refuse_gas(machine, call->refusal.got);
        }
        machine->refusal = call->refusal;
        return false;
    }
    uint32_t events = call->events->count - machine->event_count;
    return events <= RECEIPT_EVENT_MAX ? true
                                       : refuse(machine, VM_EVENTS, events, RECEIPT_EVENT_MAX);
}

static bool step_native(struct machine *machine)
{
    struct instruction instruction;
    read_instruction(machine, &instruction);
    const struct native *native =
        native_find(machine->environment->natives, (uint8_t)instruction.number);
    assert(native != NULL);
    if (!charge(machine, native->gas)) {
        return false;
    }
    bool decoded = schema_decode(native->operand, machine->operand, instruction.data, NULL, 0);
    assert(decoded);
    struct native_call call;
    open_call(machine, &call);
    bool done = native->run(&call);
    if (!close_call(machine, &call, done)) {
        return false;
    }
    return native->query ? push(machine, call.result) : true;
}

static bool (*const step_table[256])(struct machine *machine) = {
    [OP_STOP] = step_stop,       [OP_PUSH] = step_push,       [OP_POP] = step_pop,
    [OP_DUP] = step_dup,         [OP_SWAP] = step_swap,       [OP_ADD] = step_add,
    [OP_SUB] = step_sub,         [OP_MUL] = step_mul,         [OP_DIV] = step_div,
    [OP_MOD] = step_mod,         [OP_MULDIV] = step_muldiv,   [OP_EQ] = step_eq,
    [OP_LT] = step_lt,           [OP_GT] = step_gt,           [OP_NOT] = step_not,
    [OP_AND] = step_and,         [OP_OR] = step_or,           [OP_XOR] = step_xor,
    [OP_SHL] = step_shl,         [OP_SHR] = step_shr,         [OP_JUMP] = step_jump,
    [OP_JUMP_IF] = step_jump_if, [OP_LOAD8] = step_load8,     [OP_LOAD64] = step_load64,
    [OP_STORE8] = step_store8,   [OP_STORE64] = step_store64, [OP_DATA] = step_data,
    [OP_HASH] = step_hash,       [OP_ASSERT] = step_assert,   [OP_NATIVE] = step_native,
};

static bool run_steps(struct machine *machine)
{
    const uint8_t *code = machine->program->code.data;
    uint64_t units = ((uint64_t)machine->program->memory_size + OPCODE_MEMORY_GAS_BYTES - 1) /
                     OPCODE_MEMORY_GAS_BYTES;
    if (!charge(machine, units)) {
        return false;
    }
    while (!machine->stopped) {
        uint8_t byte = code[machine->position];
        assert(step_table[byte] != NULL);
        machine->next = machine->position + size_table[byte];
        if (!charge(machine, gas_table[byte]) || !step_table[byte](machine)) {
            return false;
        }
        machine->position = machine->next;
    }
    return true;
}

static void run_machine(struct machine *machine, struct vm_outcome *out)
{
    *out = (struct vm_outcome){0};
    machine->gas_left = machine->gas_limit;
    if (!run_steps(machine)) {
        out->refusal = machine->refusal;
        out->instruction = instruction_index(machine->program->code, machine->position);
    }
    out->gas_used = machine->gas_limit - machine->gas_left;
}

void vm_run(struct vm_outcome *out, const struct program *program,
            const struct vm_environment *environment, uint64_t gas_limit)
{
    struct event_log *events = environment->events;
    size_t events_size = events->data.size;
    size_t mark = state_mark(environment->state);
    struct machine machine = {.program = program,
                              .environment = environment,
                              .gas_limit = gas_limit,
                              .event_count = events->count};
    machine.memory = memory_new(program->memory_size);
    /* Not cleared: whoever reads an operand clears its size. */
    machine.operand = memory_resize(NULL, NATIVE_OPERAND_SIZE_MAX);
    run_machine(&machine, out);
    if (out->refusal.code != 0) {
        state_rollback(environment->state, mark);
        events->data.size = events_size;
        events->count = machine.event_count;
    }
    free(machine.operand);
    free(machine.memory);
}

void vm_run_policy(struct vm_outcome *out, const struct program *program, uint8_t *memory,
                   uint64_t gas_limit)
{
    struct machine machine = {.program = program, .gas_limit = gas_limit};
    machine.memory = memory;
    run_machine(&machine, out);
}
