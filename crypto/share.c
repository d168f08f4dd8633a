#include "crypto/share.h"

const char *share_status_text(enum share_status status)
{
#define SHARE_STATUS_CASE(name, text)                                                              \
    case name:                                                                                     \
        return text;
    switch (status) {
        SHARE_STATUS_LIST(SHARE_STATUS_CASE)
    }
#undef SHARE_STATUS_CASE
    return "unknown status";
}

enum share_status share_round_check(const struct share_round *round)
{
    if (round->dimension < 1 || round->dimension > SHARE_DIMENSION_MAX) {
        return SHARE_DIMENSION;
    }
    if (round->degree < 1 || round->server_count > SHAMIR_SERVERS_MAX ||
        round->server_count < 2 * round->degree + 1) {
        return SHARE_SERVERS;
    }
    for (unsigned i = 0; i < round->server_count; i++) {
        if (!point_valid(&round->servers[i])) {
            return SHARE_POINT;
        }
    }
    return SHARE_OK;
}

unsigned share_blob_count(const struct share_round *round)
{
    return (unsigned)(round->server_count - round->degree);
}

/* The labels of pv-snip are bare prefixes, not tags. */
static void start(struct sha256 *sha, const char *label)
{
    sha256_init(sha);
    sha256_add(sha, bytes_of_text(label));
}

void share_context(struct hash *out, const struct hash *chain_id, const struct hash *task,
                   uint32_t round, const struct hash *params_hash)
{
    struct sha256 sha;
    start(&sha, "PVS1/ctx");
    sha256_add(&sha, BYTES_OF(*chain_id));
    sha256_add(&sha, BYTES_OF(*task));
    sha256_add_u32(&sha, round);
    sha256_add(&sha, BYTES_OF(*params_hash));
    sha256_finish(&sha, out);
}

void share_root(struct hash *out, const struct hash *context, const struct public_key *owner,
                const struct public_key *ephemeral, const struct hash *roots, unsigned count)
{
    struct sha256 sha;
    start(&sha, "PVS1/root");
    sha256_add(&sha, BYTES_OF(*context));
    sha256_add(&sha, BYTES_OF(*owner));
    sha256_add(&sha, BYTES_OF(*ephemeral));
    for (unsigned i = 0; i < count; i++) {
        sha256_add(&sha, BYTES_OF(roots[i]));
    }
    sha256_finish(&sha, out);
}

void share_root2(struct hash *out, const struct hash *context, const struct public_key *owner,
                 const struct share_auxiliary *auxiliary, const struct hash *roots, unsigned count)
{
    struct sha256 sha;
    start(&sha, "PVS1/root2");
    sha256_add(&sha, BYTES_OF(*context));
    sha256_add(&sha, BYTES_OF(*owner));
    sha256_add(&sha, BYTES_OF(auxiliary->root));
    sha256_add(&sha, BYTES_OF(auxiliary->beacon));
    sha256_add(&sha, BYTES_OF(auxiliary->nonce2));
    for (unsigned i = 0; i < count; i++) {
        sha256_add(&sha, BYTES_OF(roots[i]));
    }
    sha256_finish(&sha, out);
}

void share_proof_message(struct hash *out, const struct hash *context,
                         const struct public_key *owner, const struct public_key *ephemeral,
                         const struct hash *root)
{
    struct sha256 sha;
    start(&sha, "PVS1/pok");
    sha256_add(&sha, BYTES_OF(*context));
    sha256_add(&sha, BYTES_OF(*owner));
    sha256_add(&sha, BYTES_OF(*ephemeral));
    sha256_add(&sha, BYTES_OF(*root));
    sha256_finish(&sha, out);
}

bool share_commitment_valid(const struct share_commitment *commitment, const struct hash *context,
                            const struct public_key *owner)
{
    struct hash message;
    share_proof_message(&message, context, owner, &commitment->ephemeral, &commitment->root);
    return signature_check(&commitment->proof, &commitment->ephemeral, &message);
}

void share_key_hash(struct hash *out, const struct share_round *round,
                    const struct public_key *owner, unsigned server,
                    const struct public_key *ephemeral, const struct point *shared)
{
    assert(server >= 1 && server <= round->server_count);
    struct sha256 sha;
    start(&sha, "PVS1/key");
    sha256_add(&sha, BYTES_OF(round->context));
    sha256_add(&sha, BYTES_OF(*owner));
    sha256_add_u8(&sha, (uint8_t)server);
    sha256_add(&sha, BYTES_OF(*ephemeral));
    sha256_add(&sha, BYTES_OF(round->servers[server - 1]));
    sha256_add(&sha, BYTES_OF(*shared));
    sha256_finish(&sha, out);
}
