#include "tools/sim/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CORRUPT_BYTE = 0xFF };

struct chain {
    uint32_t host_count;
    struct hash states[]; /* one for each host */
};

static bool chain_body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    hash_tagged(out, "souk/sim-body/v1", body);
    return true;
}

static void chain_roots(const struct chain *chain, uint32_t host, struct sim_roots *out)
{
    *out = (struct sim_roots){.state_root = chain->states[host]};
    hash_tagged(&out->receipts_root, "souk/sim-receipts/v1", BYTES_OF(chain->states[host].bytes));
}

static void chain_reset(void *data, uint32_t host, struct sim_roots *out)
{
    struct chain *chain = data;
    assert(host < chain->host_count);
    chain->states[host] = (struct hash){{0}};
    chain_roots(chain, host, out);
}

static bool chain_build(void *data, uint32_t host, uint64_t height, struct sim_random *random,
                        bool corrupt, struct buffer *body)
{
    (void)data;
    (void)host;
    bcs_write_u8(body, corrupt ? CORRUPT_BYTE : 0);
    bcs_write_u64(body, height);
    uint64_t words = random_below(random, 16);
    for (uint64_t i = 0; i < words; i++) {
        bcs_write_u64(body, random_next(random));
    }
    return true;
}

static bool chain_check(void *data, uint32_t host, const struct block *block)
{
    (void)data;
    (void)host;
    return block->body.size > 0 && block->body.data[0] != CORRUPT_BYTE;
}

static void chain_execute(void *data, uint32_t host, const struct block *block,
                          struct sim_roots *out)
{
    struct chain *chain = data;
    assert(host < chain->host_count);
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/sim-state/v1");
    sha256_add(&sha, BYTES_OF(chain->states[host].bytes));
    sha256_add(&sha, block->body);
    sha256_finish(&sha, &chain->states[host]);
    chain_roots(chain, host, out);
}

void sim_app_chain(struct sim_app *out, const struct sim_options *options, uint32_t host_count)
{
    (void)options;
    struct chain *chain = memory_new(sizeof(*chain) + host_count * sizeof(struct hash));
    chain->host_count = host_count;
    *out = (struct sim_app){
        .data = chain,
        .body_digest = chain_body_digest,
        .reset = chain_reset,
        .build = chain_build,
        .check = chain_check,
        .execute = chain_execute,
        .close = free,
    };
    hash_tagged(&out->chain_id, "souk/sim-chain/v1", (struct bytes){0});
}
