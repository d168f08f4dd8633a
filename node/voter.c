#include "node/voter.h"

#include "node/log.h"
#include "node/remote_signer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum vote_signing ask_remote(void *data, struct vote *vote, uint32_t *free_round)
{
    struct voter *voter = data;
    char error[256];
    enum vote_signing answer =
        remote_signer_sign(voter->remote, vote, free_round, error, sizeof(error));
    if (answer != VOTE_SIGNED) {
        char quoted[300];
        log_write(LOG_LEVEL_WARN, "signer", "vote=\"%s\" height=%" PRIu64 " round=%u text=%s",
                  vote_type_text((enum vote_type)vote->type), vote->height, vote->round,
                  log_quote(quoted, sizeof(quoted), error));
    }
    return answer;
}

bool voter_keys_fit(const struct keys *keys, const struct config *config, char *error,
                    size_t error_size)
{
    bool good = config->signer[0] == '\0' || !keys->has_validator;
    if (!good) {
        (void)snprintf(error, error_size,
                       "keys.signer is set and there is a " KEYS_VALIDATOR ": move the file away");
    }
    return good;
}

bool voter_open(struct voter *out, const struct keys *keys, const struct config *config,
                const struct hash *chain_id, char *error, size_t error_size)
{
    memset(out, 0, sizeof(*out));
    if (config->signer[0] == '\0') {
        out->present = keys->has_validator;
        if (out->present) {
            out->signer = vote_key_signer(&out->key, chain_id, &keys->validator);
        }
        return true;
    }
    if (!voter_keys_fit(keys, config, error, error_size) ||
        !remote_signer_open(&out->remote, config->signer, chain_id, error, error_size)) {
        return false;
    }
    out->present = true;
    out->signer = (struct vote_signer){
        .key = *remote_signer_key(out->remote), .sign = ask_remote, .data = out};
    return true;
}

void voter_close(struct voter *voter)
{
    remote_signer_free(voter->remote);
    signing_key_close(&voter->key.ready);
    voter->remote = NULL;
}
