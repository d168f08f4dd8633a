#include "tools/server/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/share_server.h"

/* Insert by owner key; rounds are small and this runs once a phase. */
static void insert_accepted(struct roster *roster, uint16_t index)
{
    uint16_t at = roster->accepted_count++;
    while (at > 0 && memcmp(roster->owners[roster->accepted[at - 1]].owner_key.bytes,
                            roster->owners[index].owner_key.bytes, 32) > 0) {
        roster->accepted[at] = roster->accepted[at - 1];
        at--;
    }
    roster->accepted[at] = index;
}

bool roster_load(struct rpc *rpc, const struct round *round, struct roster *out,
                 struct fault *fault)
{
    *out = (struct roster){.count = round->joined};
    out->owners = memory_new(out->count * sizeof(*out->owners));
    out->accepted = memory_new(out->count * sizeof(*out->accepted));
    for (uint16_t i = 0; i < out->count; i++) {
        if (!chain_participant_load(rpc, round, i, &out->owners[i], fault)) {
            roster_close(out);
            return false;
        }
        if (out->owners[i].status == PARTICIPANT_ACCEPTED) {
            insert_accepted(out, i);
        }
    }
    return true;
}

void roster_close(struct roster *roster)
{
    free(roster->owners);
    free(roster->accepted);
    *roster = (struct roster){0};
}

bool roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                  const struct participant *owner)
{
    return duty->self <= duty->setting.share.degree ||
           vault_has_share(server, &duty->name, &owner->owner);
}

uint64_t *roster_share(const struct aggregation_server *server, const struct duty_round *duty,
                       const struct participant *owner, struct fault *fault)
{
    const struct share_round *round = &duty->setting.share;
    size_t count = share_count(round);
    struct hash key;
    if (!share_server_key(&key, round, &owner->owner_key, &owner->ephemeral, duty->self,
                          &server->encryption)) {
        (void)fault_set(fault, "an owner's ephemeral key is no point");
        return NULL;
    }
    uint64_t *share = memory_new(count * sizeof(*share));
    struct buffer ciphertext = {0};
    bool good = true;
    if (duty->self <= round->degree) {
        share_derive(share, count, &key);
    } else {
        good = vault_get_share(server, &duty->name, &owner->owner, &ciphertext, fault);
        if (good && (ciphertext.size != share_blob_size(round) ||
                     !share_open(share, buffer_bytes(&ciphertext), &key))) {
            good = fault_set(fault, "a stored ciphertext was changed on disk");
        }
    }
    explicit_bzero(&key, sizeof(key));
    buffer_close(&ciphertext);
    if (!good) {
        free(share);
        return NULL;
    }
    return share;
}
