/* The application behind the simulated replicas: what turns decided bodies into roots. Its calls must
 * depend on nothing but their arguments and the blocks executed before on the same host. */
#ifndef TOOLS_SIM_APP_H
#define TOOLS_SIM_APP_H

#include "consensus/block.h"
#include "tools/sim/random.h"

struct sim_roots {
    struct hash state_root;
    struct hash receipts_root;
};

struct sim_app {
    void *data;
    /* As in struct block_rules. */
    bool (*body_digest)(void *data, struct hash *out, struct bytes body);
    /* Forget everything `host` executed; its roots are those of the genesis again. */
    void (*reset)(void *data, uint32_t host, struct sim_roots *out);
    /* Append a body for `height` to the empty `body`. False: there is nothing to order. Where
     * `corrupt`, make one that check() refuses. */
    bool (*build)(void *data, uint32_t host, uint64_t height, struct sim_random *random,
                  bool corrupt, struct buffer *body);
    bool (*check)(void *data, uint32_t host, const struct block *block);
    void (*execute)(void *data, uint32_t host, const struct block *block, struct sim_roots *out);
    void (*close)(void *data);
};

/* The smallest application: its state is the hash of all bodies, in order. */
void sim_app_chain(struct sim_app *out, uint32_t host_count);

#endif /* TOOLS_SIM_APP_H */
