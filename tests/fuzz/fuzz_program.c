/* Verify a program; run it where it verifies, twice, and with the slow machine: all agree, it ends
 * within its gas, and a refused program leaves nothing. Input: u16 gas, then the program. */
#include <string.h>

#include "tests/lib/slow_vm.h"
#include "tests/lib/vm_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct state *state;
    struct event_log events;
    struct vm_outcome outcome;
};

static void run_once(struct run *run, const struct program *program, uint64_t gas, bool slowly)
{
    static struct fixture_store store;
    static const struct block_context block = {.height = 5};
    struct state_source source = fixture_source(&store);
    *run = (struct run){.state = state_new(&source)};
    struct vm_environment environment = {
        .natives = &fixture_natives, .state = run->state, .block = &block, .events = &run->events};
    if (slowly) {
        slow_vm_run(&run->outcome, program, &environment, NULL, gas);
    } else {
        vm_run(&run->outcome, program, &environment, gas);
    }
}

static void check_equal(struct run *a, struct run *b)
{
    assert(a->outcome.refusal.code == b->outcome.refusal.code);
    assert(a->outcome.refusal.got == b->outcome.refusal.got);
    assert(a->outcome.refusal.want == b->outcome.refusal.want);
    assert(a->outcome.instruction == b->outcome.instruction);
    assert(a->outcome.gas_used == b->outcome.gas_used);
    assert(bytes_equal(buffer_bytes(&a->events.data), buffer_bytes(&b->events.data)));
    size_t count_a;
    size_t count_b;
    const struct state_change *changes_a = state_changes(a->state, &count_a);
    const struct state_change *changes_b = state_changes(b->state, &count_b);
    assert(count_a == count_b);
    assert(a->outcome.refusal.code == 0 || count_a == 0);
    for (size_t i = 0; i < count_a; i++) {
        assert(bytes_equal(changes_a[i].key, changes_b[i].key));
        assert(bytes_equal(changes_a[i].value, changes_b[i].value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct program program;
    if (size < 2) {
        return 0;
    }
    uint64_t gas = (uint64_t)data[0] << 8 | data[1];
    struct bytes input = {data + 2, size - 2};
    if (program_load(&program, input, &fixture_natives, NULL) != PROGRAM_OK) {
        return 0;
    }
    struct run runs[3];
    for (size_t i = 0; i < 3; i++) {
        run_once(&runs[i], &program, gas, i == 2);
        assert(runs[i].outcome.gas_used <= gas);
    }
    check_equal(&runs[0], &runs[1]);
    check_equal(&runs[0], &runs[2]);
    for (size_t i = 0; i < 3; i++) {
        state_free(runs[i].state);
        event_log_close(&runs[i].events);
    }
    return 0;
}
