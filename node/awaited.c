#include "node/awaited.h"

bool awaited_in_vain(const struct awaited *awaited, uint64_t height, uint64_t next_nonce,
                     struct refusal *why)
{
    if (awaited->expires_at <= height) {
        *why = (struct refusal){VM_EXPIRED, height + 1, awaited->expires_at};
        return true;
    }
    *why = (struct refusal){VM_NONCE, awaited->nonce, next_nonce};
    return next_nonce > awaited->nonce;
}
