/* The application behind the simulated replicas: what turns decided bodies into roots. Its calls must
 * depend on nothing but their arguments and the blocks executed before on the same host. */
#ifndef TOOLS_SIM_APP_H
#define TOOLS_SIM_APP_H

#include "consensus/block.h"
#include "tools/sim/random.h"

struct sim_options;

struct sim_roots {
    struct hash state_root;
    struct hash receipts_root;
    /* Reports of double votes that the block holds and its execution refused. */
    uint32_t reports_late;  /* who is reported was jailed already */
    uint32_t reports_false; /* the votes prove nothing */
};

/* Two votes of one validator that a host keeps, and what it made of them. */
struct sim_accusation {
    bool held;
    struct public_key validator; /* signed them */
    struct conflict conflict;
    bool sent;
    uint64_t nonce; /* of the transaction that was sent */
};

struct sim_app {
    void *data;
    struct hash chain_id;
    /* As in struct block_rules. */
    bool (*body_digest)(void *data, struct hash *out, struct bytes body);
    /* Forget everything `host` executed and pooled; its roots are those of the genesis again. */
    void (*reset)(void *data, uint32_t host, struct sim_roots *out);
    /* Append a body for `height` to the empty `body`. False: there is nothing to order. Where
     * `corrupt`, make one that check() refuses. */
    bool (*build)(void *data, uint32_t host, uint64_t height, struct sim_random *random,
                  bool corrupt, struct buffer *body);
    bool (*check)(void *data, uint32_t host, const struct block *block);
    void (*execute)(void *data, uint32_t host, const struct block *block, struct sim_roots *out);
    void (*close)(void *data);

    /* The following are NULL where the chain has no governance: tests plan its sets. */

    /* The set that votes on `height`, at most two above the last block that `host` executed; names
     * are borrowed until its next call. */
    void (*members)(void *data, uint32_t host, uint64_t height, struct validators *out);
    /* Validator `number`, which has the host, says so on the chain: append the envelope. False: there
     * is nobody to jail yet, or the host's pool holds what was sent before. */
    bool (*accuse)(void *data, uint32_t host, uint32_t number, struct sim_accusation *report,
                   struct buffer *envelope);
    /* An envelope for the pool of `host`. False where it is refused, or known. */
    bool (*submit)(void *data, uint32_t host, struct bytes envelope);
    /* Walk the host's pool; `offset` starts at 0. False at the end. Borrowed until its next call. */
    bool (*pooled)(void *data, uint32_t host, size_t *offset, struct bytes *envelope);
};

/* The smallest application: its state is the hash of all bodies, in order. */
void sim_app_chain(struct sim_app *out, const struct sim_options *options, uint32_t host_count);

#endif /* TOOLS_SIM_APP_H */
