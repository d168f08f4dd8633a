#include "tools/server/sweep.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tools/client/chain.h"
#include "tools/client/log.h"

bool sweep(const struct aggregation_server *server, struct rpc *rpc, struct fault *fault)
{
    struct vault_round *rounds = NULL;
    size_t count = vault_rounds(server, &rounds);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct round round;
        struct fault one;
        if (!chain_round_load(rpc, rounds[i].model, rounds[i].round, &round, &one)) {
            *fault = one;
            good = false;
        } else if (round.phase == PHASE_SETTLED || round.phase == PHASE_ABORTED) {
            log_info("erased", "model=%" PRIu64 " round=%" PRIu32, rounds[i].model,
                     rounds[i].round);
            vault_erase(server, &rounds[i]);
        }
    }
    free(rounds);
    return good;
}
