/* Leaders that leave a transaction out on purpose delay it by their own turns, and no longer. */
#include "tests/lib/check_run.h"
#include "tools/sim/sim.h"

enum { VALIDATORS = 7, CENSORS = 2, TRANSACTION = 0x7A };

static struct sim_app chain;
static uint64_t included; /* height of the block with the transaction */

static bool is_censor(uint32_t host)
{
    return host >= 1 && host <= CENSORS; /* who lead the heights 1 and 2 */
}

/* All have the transaction. */
static bool build(void *data, uint32_t host, uint64_t height, struct sim_random *random,
                  bool corrupt, struct buffer *body)
{
    bool built = chain.build(data, host, height, random, corrupt, body);
    if (!is_censor(host)) {
        bcs_write_u8(body, TRANSACTION);
    }
    return built;
}

static void execute(void *data, uint32_t host, const struct block *block, struct sim_roots *out)
{
    bool has = block->body.data[block->body.size - 1] == TRANSACTION && block->body.size % 8 == 2;
    if (has && (included == 0 || block->header.height < included)) {
        included = block->header.height;
    }
    chain.execute(data, host, block, out);
}

static void make_app(struct sim_app *out, const struct sim_options *options, uint32_t host_count)
{
    sim_app_chain(&chain, options, host_count);
    *out = chain;
    out->build = build;
    out->execute = execute;
}

START_TEST(f_censors_delay_a_transaction_by_f_heights_at_most)
{
    struct sim_options options;
    sim_options_quiet(&options, VALIDATORS);
    options.heights = 6;
    options.work = true;
    options.make_app = make_app;
    struct sim *sim = sim_new(&options);
    bool reached = sim_run_until_height(sim, options.heights, 20000);
    sim_free(sim);
    ck_assert(reached);
    ck_assert_uint_eq(included, CENSORS + 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("censorship");
    tcase_add_test(tests, f_censors_delay_a_transaction_by_f_heights_at_most);
    return check_run("censorship", tests);
}
