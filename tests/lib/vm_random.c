#include "tests/lib/vm_random.h"

#include "tests/lib/check_run.h"
#include "tests/lib/vm_fixture.h"
#include "vm/opcodes.h"

#define PLACES_MAX  4096
#define PENDING_MAX 8

struct maker {
    uint64_t *seed;
    bool pure;
    uint32_t memory_size;
    struct buffer code;
    unsigned depth;
    size_t place_count;
    uint16_t place_offset[PLACES_MAX]; /* instructions so far, and the depth before them */
    uint16_t place_depth[PLACES_MAX];
    size_t pending_count;
    size_t
        pending_at[PENDING_MAX]; /* forward jumps: where their target is written, and the depth */
    unsigned pending_depth[PENDING_MAX];
};

static uint64_t below(struct maker *maker, uint64_t bound)
{
    return check_random(maker->seed) % bound;
}

static uint64_t any_word(struct maker *maker)
{
    static const uint64_t edges[] = {0, 1, 2, 63, 64, 65, UINT32_MAX, UINT64_MAX, UINT64_MAX - 7};
    switch (below(maker, 4)) {
    case 0:
        return edges[below(maker, ARRAY_COUNT(edges))];
    case 1:
        return below(maker, (uint64_t)maker->memory_size + 9);
    case 2:
        return below(maker, 20);
    default:
        return check_random(maker->seed) >> below(maker, 64);
    }
}

static void begin(struct maker *maker, uint8_t op)
{
    if (maker->place_count < PLACES_MAX) {
        maker->place_offset[maker->place_count] = (uint16_t)maker->code.size;
        maker->place_depth[maker->place_count++] = (uint16_t)maker->depth;
    }
    bcs_write_u8(&maker->code, op);
}

static void add_push(struct maker *maker)
{
    begin(maker, OP_PUSH);
    bcs_write_u64(&maker->code, any_word(maker));
    maker->depth++;
}

static void land(struct maker *maker, size_t index)
{
    size_t at = maker->pending_at[index];
    maker->code.data[at] = (uint8_t)maker->code.size;
    maker->code.data[at + 1] = (uint8_t)(maker->code.size >> 8);
    maker->pending_count--;
    maker->pending_at[index] = maker->pending_at[maker->pending_count];
    maker->pending_depth[index] = maker->pending_depth[maker->pending_count];
}

static void add_jump(struct maker *maker, bool conditional)
{
    begin(maker, conditional ? OP_JUMP_IF : OP_JUMP);
    maker->depth -= conditional ? 1 : 0;
    size_t choice = below(maker, maker->place_count);
    bool back = maker->place_depth[choice] == maker->depth && below(maker, 4) != 0;
    if (!back && maker->pending_count < PENDING_MAX) {
        maker->pending_at[maker->pending_count] = maker->code.size;
        maker->pending_depth[maker->pending_count++] = maker->depth;
        bcs_write_u16(&maker->code, 0);
    } else if (back) {
        bcs_write_u16(&maker->code, maker->place_offset[choice]);
    } else {
        /* To itself would need an equal depth before: give the word back with a plain STOP. */
        maker->code.size--;
        maker->depth += conditional ? 1 : 0;
        bcs_write_u8(&maker->code, OP_STOP);
        conditional = false;
    }
    if (!conditional) {
        maker->depth = 0;
        if (maker->pending_count > 0) {
            maker->depth = maker->pending_depth[0];
            land(maker, 0);
        }
    }
}

static void add_native(struct maker *maker)
{
    static const uint8_t ids[] = {FIXTURE_PUT, FIXTURE_PUT,  FIXTURE_PUT,    FIXTURE_GET,
                                  FIXTURE_GET, FIXTURE_BURN, FIXTURE_HEIGHT, FIXTURE_REFUSE};
    uint8_t id = ids[below(maker, ARRAY_COUNT(ids) * 4) % (below(maker, 9) == 0 ? 8 : 7)];
    begin(maker, OP_NATIVE);
    bcs_write_u8(&maker->code, id);
    if (id == FIXTURE_HEIGHT) {
        bcs_write_length(&maker->code, 0);
    } else if (id == FIXTURE_PUT) {
        bcs_write_length(&maker->code, 9);
        bcs_write_u8(&maker->code, (uint8_t)below(maker, 4));
        bcs_write_u64(&maker->code, any_word(maker));
    } else {
        bcs_write_length(&maker->code, 8);
        bcs_write_u64(&maker->code, below(maker, 4) == 0 ? any_word(maker) : below(maker, 8));
    }
    maker->depth += id == FIXTURE_GET || id == FIXTURE_HEIGHT ? 1 : 0;
}

static void add_data(struct maker *maker)
{
    uint64_t offset = below(maker, (uint64_t)maker->memory_size + 1);
    uint64_t size = below(maker, 80);
    size = size > maker->memory_size - offset ? maker->memory_size - offset : size;
    begin(maker, OP_DATA);
    bcs_write_u16(&maker->code, (uint16_t)offset);
    bcs_write_length(&maker->code, (size_t)size);
    for (uint64_t i = 0; i < size; i++) {
        bcs_write_u8(&maker->code, (uint8_t)check_random(maker->seed));
    }
}

/* An instruction whose operand is none, a count or a code, where the depth allows it. */
static void add_plain(struct maker *maker, const struct opcode_row *row)
{
    if (row->operand == OPERAND_COUNT) {
        uint64_t count = 1 + below(maker, maker->depth == 0 ? 1 : maker->depth);
        if (count + (row->byte == OP_SWAP ? 1 : 0) > maker->depth) {
            return;
        }
        begin(maker, row->byte);
        bcs_write_u8(&maker->code, (uint8_t)(count > 255 ? 255 : count));
    } else {
        begin(maker, row->byte);
        if (row->operand == OPERAND_CODE) {
            bcs_write_u16(&maker->code, (uint16_t)check_random(maker->seed));
        }
    }
    maker->depth = maker->depth - row->pops + row->pushes;
}

static void add_random(struct maker *maker)
{
    size_t count;
    const struct opcode_row *rows = opcode_rows(&count);
    const struct opcode_row *row = &rows[below(maker, count)];
    if (maker->depth < row->pops || maker->depth >= 200 || below(maker, 3) == 0) {
        if (maker->depth < 200) {
            add_push(maker);
        } else {
            begin(maker, OP_POP);
            maker->depth--;
        }
        return;
    }
    switch ((enum operand_kind)row->operand) {
    case OPERAND_WORD:
        add_push(maker);
        return;
    case OPERAND_TARGET:
        if (row->byte == OP_JUMP_IF || below(maker, 4) == 0) {
            add_jump(maker, row->byte == OP_JUMP_IF);
        }
        return;
    case OPERAND_DATA:
        add_data(maker);
        return;
    case OPERAND_NATIVE:
        if (!maker->pure) {
            add_native(maker);
        }
        return;
    case OPERAND_NONE:
    case OPERAND_COUNT:
    case OPERAND_CODE:
        if (row->byte != OP_STOP) {
            add_plain(maker, row);
        }
        return;
    }
}

static void finish(struct maker *maker)
{
    while (maker->pending_count > 0) {
        while (maker->depth < maker->pending_depth[0]) {
            add_push(maker);
        }
        while (maker->depth > maker->pending_depth[0]) {
            begin(maker, OP_POP);
            maker->depth--;
        }
        land(maker, 0);
    }
    begin(maker, OP_STOP);
}

void vm_random_program(struct buffer *out, uint64_t *seed, size_t count, bool pure)
{
    static const uint32_t sizes[] = {0, 1, 8, 64, 100, 1024};
    struct maker maker = {.seed = seed, .pure = pure};
    maker.memory_size = sizes[check_random(seed) % ARRAY_COUNT(sizes)];
    for (size_t i = 0; i < count; i++) {
        add_random(&maker);
        for (size_t j = maker.pending_count; j > 0; j--) {
            if (maker.pending_depth[j - 1] == maker.depth && below(&maker, 3) == 0) {
                land(&maker, j - 1);
            }
        }
    }
    finish(&maker);
    struct program program = {PROGRAM_VERSION_1, maker.memory_size, buffer_bytes(&maker.code)};
    schema_write(out, &program_schema, &program);
    buffer_close(&maker.code);
}

void vm_random_bytes(struct buffer *out, uint64_t *seed, size_t size)
{
    struct buffer code = {0};
    size_t count;
    const struct opcode_row *rows = opcode_rows(&count);
    for (size_t i = 0; i < size; i++) {
        uint64_t choice = check_random(seed);
        if (choice % 4 == 0) {
            bcs_write_u8(&code, (uint8_t)(choice >> 8 & 7));
        } else {
            bcs_write_u8(&code, rows[(choice >> 8) % count].byte);
        }
    }
    struct program program = {PROGRAM_VERSION_1, (uint32_t)(check_random(seed) % 128),
                              buffer_bytes(&code)};
    schema_write(out, &program_schema, &program);
    buffer_close(&code);
}
