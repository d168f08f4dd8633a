/* A home with an executor on a chain of transfers, opened and closed as often as a test likes. */
#ifndef TESTS_LIB_EXECUTOR_FIXTURE_H
#define TESTS_LIB_EXECUTOR_FIXTURE_H

#include "node/executor.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/storage_fixture.h"

#define EXECUTOR_USERS 20

struct executor_fixture {
    struct chain chain;
    char home[FIXTURE_PATH_MAX];
    char blocks_path[FIXTURE_PATH_MAX];
    char state_path[FIXTURE_PATH_MAX];
    char error[512]; /* of the last call that failed */
    struct block_store *blocks;
    struct state_store *states;
    struct executor *executor;
    size_t map_size; /* of the state to begin with; 0: the usual */
};

/* An empty home, with nothing open. */
void executor_fixture_init(struct executor_fixture *fixture);
void executor_fixture_close(struct executor_fixture *fixture);

/* The stores and an executor on them; the process ends with code 3 where they cannot be opened. */
void executor_fixture_open(struct executor_fixture *fixture);
void executor_fixture_shut(struct executor_fixture *fixture);

/* The same with an executor on a loop; `options` says who hears of it, or is NULL. */
void executor_fixture_open_on(struct executor_fixture *fixture, uv_loop_t *loop,
                              const struct executor_options *options);

/* A body that depends on the height alone, appended; every fifth block brings a blob, every seventh is
 * empty. */
void executor_fixture_body(struct executor_fixture *fixture, struct buffer *body, uint64_t height);

/* Execute the next block with this body, with that of its height, or many of those. */
const struct executor_report *executor_fixture_run_body(struct executor_fixture *fixture,
                                                        struct bytes body);
const struct executor_report *executor_fixture_run(struct executor_fixture *fixture);
void executor_fixture_run_many(struct executor_fixture *fixture, uint64_t count);

/* Returns the head; the process ends with code 4 where the blocks cannot be replayed. */
struct state_head executor_fixture_replay(struct executor_fixture *fixture);

/* The root of the whole state, computed from nothing. */
struct hash executor_fixture_root(const struct executor_fixture *fixture);

#endif /* TESTS_LIB_EXECUTOR_FIXTURE_H */
