#include "tests/lib/slow_vm.h"

#include <stdlib.h>
#include <string.h>

/* A decoded instruction. */
struct line {
    uint32_t offset;
    uint8_t op;
    uint64_t number;
    const uint8_t *data;
    size_t data_size;
};

struct slow {
    struct line *lines;
    size_t line_count;
    size_t at;
    uint64_t stack[1024];
    size_t depth;
    uint8_t *memory;
    uint64_t memory_size;
    uint64_t limit;
    uint64_t used;
    const struct vm_environment *environment;
    uint32_t events_before;
    struct refusal refusal;
    bool ended;
};

static uint64_t little(const uint8_t *data, size_t size)
{
    uint64_t value = 0;
    while (size > 0) {
        value = value * 256 + data[--size];
    }
    return value;
}

/* Operand bytes of the opcodes with a fixed operand. */
static size_t fixed_size(uint8_t op)
{
    switch (op) {
    case 0x01:
        return 8;
    case 0x03:
    case 0x04:
        return 1;
    case 0x30:
    case 0x31:
    case 0x50:
        return 2;
    default:
        return 0;
    }
}

static void decode(struct slow *slow, struct bytes code)
{
    slow->lines = calloc(code.size, sizeof(*slow->lines));
    assert(slow->lines != NULL);
    size_t at = 0;
    while (at < code.size) {
        struct line *line = &slow->lines[slow->line_count++];
        line->offset = (uint32_t)at;
        line->op = code.data[at++];
        size_t head = line->op == 0x44 ? 2 : line->op == 0x60 ? 1 : fixed_size(line->op);
        assert(at + head <= code.size);
        line->number = little(code.data + at, head);
        at += head;
        if (line->op != 0x44 && line->op != 0x60) {
            continue;
        }
        unsigned shift = 0;
        uint8_t byte;
        do {
            assert(at < code.size);
            byte = code.data[at++];
            line->data_size |= (size_t)(byte & 127) << shift;
            shift += 7;
        } while (byte >= 128);
        line->data = code.data + at;
        at += line->data_size;
        assert(at <= code.size);
    }
}

static bool stop(struct slow *slow, uint16_t code, uint64_t got, uint64_t want)
{
    slow->refusal.code = code;
    slow->refusal.got = got;
    slow->refusal.want = want;
    slow->ended = true;
    return false;
}

static bool pay(struct slow *slow, uint64_t gas)
{
    uint64_t left = slow->limit - slow->used;
    if (gas > left) {
        uint64_t needs = gas > UINT64_MAX - slow->used ? UINT64_MAX : slow->used + gas;
        return stop(slow, VM_GAS, needs, slow->limit);
    }
    slow->used += gas;
    return true;
}

static uint64_t take(struct slow *slow)
{
    assert(slow->depth > 0);
    slow->depth--;
    return slow->stack[slow->depth];
}

static void give(struct slow *slow, uint64_t word)
{
    assert(slow->depth < 256);
    slow->stack[slow->depth] = word;
    slow->depth++;
}

static bool inside(struct slow *slow, uint64_t offset, uint64_t size)
{
    if (size > slow->memory_size || offset > slow->memory_size - size) {
        uint64_t end = offset > UINT64_MAX - size ? UINT64_MAX : offset + size;
        return stop(slow, VM_MEMORY, end, slow->memory_size);
    }
    return true;
}

/* a * b as high and low word, by schoolbook halves. */
static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
    uint64_t a0 = a & 0xffffffff;
    uint64_t a1 = a >> 32;
    uint64_t b0 = b & 0xffffffff;
    uint64_t b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t cross = a0 * b1 + (middle & 0xffffffff);
    *low = cross << 32 | (a0 * b0 & 0xffffffff);
    *high = a1 * b1 + (middle >> 32) + (cross >> 32);
}

/* (high, low) / c bit by bit; false where the quotient needs more than 64 bits. */
static bool divide(uint64_t high, uint64_t low, uint64_t c, uint64_t *quotient)
{
    uint64_t rest = 0;
    uint64_t upper = 0;
    uint64_t lower = 0;
    for (int bit = 127; bit >= 0; bit--) {
        uint64_t next = bit >= 64 ? high >> (bit - 64) & 1 : low >> bit & 1;
        bool carry = rest >> 63 == 1;
        rest = rest << 1 | next;
        bool one = carry || rest >= c;
        if (one) {
            rest -= c;
        }
        upper = upper << 1 | lower >> 63;
        lower = lower << 1 | (one ? 1 : 0);
    }
    *quotient = lower;
    return upper == 0;
}

static bool arithmetic(struct slow *slow, const struct line *line)
{
    uint64_t c = line->op == 0x15 ? take(slow) : 0;
    uint64_t b = take(slow);
    uint64_t a = take(slow);
    uint64_t high = 0;
    uint64_t result = 0;
    bool fits = true;
    bool by_zero = (line->op == 0x13 || line->op == 0x14) ? b == 0 : line->op == 0x15 && c == 0;
    if (by_zero) {
        return stop(slow, VM_DIVISION, 0, 0);
    }
    if (line->op == 0x10) {
        fits = a <= UINT64_MAX - b;
        result = a + b;
    } else if (line->op == 0x11) {
        fits = a >= b;
        result = a - b;
    } else if (line->op == 0x12) {
        multiply(a, b, &high, &result);
        fits = high == 0;
    } else if (line->op == 0x13) {
        fits = divide(0, a, b, &result);
    } else if (line->op == 0x14) {
        fits = divide(0, a, b, &result);
        result = a - result * b;
    } else {
        uint64_t low;
        multiply(a, b, &high, &low);
        fits = divide(high, low, c, &result);
    }
    if (!fits) {
        return stop(slow, VM_OVERFLOW, line->op, 0);
    }
    give(slow, result);
    return true;
}

static uint64_t shift(uint8_t op, uint64_t word, uint64_t bits)
{
    for (uint64_t i = 0; i < bits && word != 0; i++) {
        word = op == 0x27 ? word * 2 : word / 2;
    }
    return word;
}

static void logic(struct slow *slow, uint8_t op)
{
    uint64_t b = take(slow);
    uint64_t a = take(slow);
    uint64_t result = 0;
    switch (op) {
    case 0x20:
        result = (a ^ b) == 0;
        break;
    case 0x21:
        result = a < b;
        break;
    case 0x22:
        result = b < a;
        break;
    case 0x24:
        result = ~(~a | ~b);
        break;
    case 0x25:
        result = ~(~a & ~b);
        break;
    case 0x26:
        result = (a | b) - (a & b);
        break;
    default:
        result = shift(op, a, b);
        break;
    }
    give(slow, result);
}

static bool access_memory(struct slow *slow, uint8_t op)
{
    size_t size = op == 0x40 || op == 0x42 ? 1 : 8;
    uint64_t word = op >= 0x42 ? take(slow) : 0;
    uint64_t offset = take(slow);
    if (!inside(slow, offset, size)) {
        return false;
    }
    if (op < 0x42) {
        give(slow, little(slow->memory + offset, size));
        return true;
    }
    for (size_t i = 0; i < size; i++) {
        slow->memory[offset + i] = (uint8_t)(word & 255);
        word /= 256;
    }
    return true;
}

static bool copy_data(struct slow *slow, const struct line *line)
{
    if (!pay(slow, (line->data_size + 31) / 32)) {
        return false;
    }
    assert(line->number + line->data_size <= slow->memory_size);
    for (size_t i = 0; i < line->data_size; i++) {
        slow->memory[line->number + i] = line->data[i];
    }
    return true;
}

static bool hash(struct slow *slow)
{
    uint64_t to = take(slow);
    uint64_t size = take(slow);
    uint64_t from = take(slow);
    if (!inside(slow, from, size) || !inside(slow, to, 32) || !pay(slow, (size + 63) / 64 * 30)) {
        return false;
    }
    struct hash digest;
    hash_plain(&digest, (struct bytes){slow->memory + from, (size_t)size});
    memcpy(slow->memory + to, digest.bytes, 32);
    return true;
}

static bool call_native(struct slow *slow, const struct line *line)
{
    const struct vm_environment *environment = slow->environment;
    const struct native *native = NULL;
    assert(environment != NULL);
    for (size_t i = 0; i < environment->natives->count; i++) {
        if (environment->natives->rows[i].id == line->number) {
            native = &environment->natives->rows[i];
        }
    }
    assert(native != NULL);
    if (!pay(slow, native->gas)) {
        return false;
    }
    void *operand = calloc(1, native->operand->size);
    assert(operand != NULL);
    bool decoded = schema_decode(native->operand, operand,
                                 (struct bytes){line->data, line->data_size}, NULL, 0);
    assert(decoded);
    struct native_call call = {.state = environment->state,
                               .block = environment->block,
                               .sender = environment->sender,
                               .sender_key = environment->sender_key,
                               .sidecar = environment->sidecar,
                               .sidecar_root = environment->sidecar_root,
                               .operand = operand,
                               .events = environment->events,
                               .gas_left = slow->limit - slow->used};
    bool done = native->run(&call);
    free(operand);
    slow->used = slow->limit - call.gas_left;
    if (!done && call.refusal.code == VM_GAS) {
        return pay(slow, call.refusal.got);
    }
    if (!done) {
        return stop(slow, call.refusal.code, call.refusal.got, call.refusal.want);
    }
    uint32_t events = call.events->count - slow->events_before;
    if (events > RECEIPT_EVENT_MAX) {
        return stop(slow, VM_EVENTS, events, RECEIPT_EVENT_MAX);
    }
    if (native->query) {
        give(slow, call.result);
    }
    return true;
}

static void jump(struct slow *slow, uint64_t target)
{
    size_t i = 0;
    while (slow->lines[i].offset != target) {
        i++;
        assert(i < slow->line_count);
    }
    slow->at = i;
}

/* Gas of an opcode, from the table of the document. */
static uint64_t price(uint8_t op)
{
    switch (op) {
    case 0x13:
    case 0x14:
    case 0x44:
        return 2;
    case 0x15:
        return 4;
    case 0x45:
        return 20;
    case 0x60:
        return 5;
    default:
        return 1;
    }
}

static void stack_step(struct slow *slow, const struct line *line)
{
    uint64_t word;
    switch (line->op) {
    case 0x01:
        give(slow, line->number);
        return;
    case 0x02:
        (void)take(slow);
        return;
    case 0x03:
        assert(line->number >= 1 && line->number <= slow->depth);
        give(slow, slow->stack[slow->depth - line->number]);
        return;
    case 0x04:
        assert(line->number >= 1 && line->number < slow->depth);
        word = slow->stack[slow->depth - 1];
        slow->stack[slow->depth - 1] = slow->stack[slow->depth - 1 - line->number];
        slow->stack[slow->depth - 1 - line->number] = word;
        return;
    default:
        assert(line->op == 0x23);
        give(slow, take(slow) == 0);
        return;
    }
}

static bool other_step(struct slow *slow, const struct line *line)
{
    switch (line->op) {
    case 0x00:
        slow->ended = true;
        return true;
    case 0x30:
        jump(slow, line->number);
        return true;
    case 0x31:
        if (take(slow) != 0) {
            jump(slow, line->number);
        }
        return true;
    case 0x44:
        return copy_data(slow, line);
    case 0x45:
        return hash(slow);
    case 0x50:
        return take(slow) != 0 ? true : stop(slow, VM_ASSERT, line->number, 0);
    default:
        assert(line->op == 0x60);
        return call_native(slow, line);
    }
}

/* One instruction; the index moves on first, so that a jump may set it. */
static bool step(struct slow *slow)
{
    const struct line *line = &slow->lines[slow->at];
    if (!pay(slow, price(line->op))) {
        return false;
    }
    slow->at++;
    uint8_t group = line->op & 0xf0;
    if (group == 0x10) {
        return arithmetic(slow, line);
    }
    if ((group == 0x00 && line->op != 0x00) || line->op == 0x23) {
        stack_step(slow, line);
        return true;
    }
    if (group == 0x20) {
        logic(slow, line->op);
        return true;
    }
    if (line->op >= 0x40 && line->op <= 0x43) {
        return access_memory(slow, line->op);
    }
    return other_step(slow, line);
}

static void run(struct slow *slow, struct vm_outcome *out)
{
    size_t running = 0;
    (void)pay(slow, (slow->memory_size + 255) / 256);
    while (!slow->ended) {
        running = slow->at;
        assert(running < slow->line_count);
        (void)step(slow);
    }
    *out = (struct vm_outcome){.refusal = slow->refusal, .gas_used = slow->used};
    if (slow->refusal.code != 0) {
        out->instruction = (uint32_t)running;
    }
}

void slow_vm_run(struct vm_outcome *out, const struct program *program,
                 const struct vm_environment *environment, uint8_t *memory, uint64_t gas_limit)
{
    struct slow *slow = calloc(1, sizeof(*slow));
    assert(slow != NULL);
    slow->memory_size = program->memory_size;
    slow->limit = gas_limit;
    slow->environment = environment;
    slow->memory = memory;
    decode(slow, program->code);
    if (environment == NULL) {
        run(slow, out);
    } else {
        slow->memory = calloc(1, program->memory_size + 1);
        assert(slow->memory != NULL);
        size_t mark = state_mark(environment->state);
        size_t size = environment->events->data.size;
        slow->events_before = environment->events->count;
        run(slow, out);
        if (out->refusal.code != 0) {
            state_rollback(environment->state, mark);
            environment->events->data.size = size;
            environment->events->count = slow->events_before;
        }
        free(slow->memory);
    }
    free(slow->lines);
    free(slow);
}
