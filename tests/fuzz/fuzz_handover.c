/* A chain of handovers that is followed is the one encoding of itself, and leads to a set that can run a
 * chain. The corpus is signed by the committee's keys. */
#include <stdlib.h>

#include "consensus/handover.h"
#include "tests/lib/committee.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct committee committee;
    char error[160] = "";
    struct validators set;
    uint64_t since;
    if (committee.validators.count == 0) {
        committee_init(&committee, 4);
    }
    set = committee.validators;
    if (handovers_follow(&set, &since, &committee.rules.chain_id, (struct bytes){data, size}, error,
                         sizeof(error))) {
        assert(validators_check(&set, NULL, 0));
        assert((since > 1) == (size > 0));
    } else {
        assert(error[0] != '\0');
    }
    if (handover_begin(&set, &since, &committee.rules.chain_id, (struct bytes){data, size}, error,
                       sizeof(error))) {
        assert(validators_check(&set, NULL, 0) && since > 1);
    }
    return 0;
}
