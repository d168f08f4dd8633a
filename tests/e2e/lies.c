/* Lies for tests with real processes: `souk` and `souk-server` as they are, but for one function each,
 * which the linker puts these in place of. LIE in the environment says which; without it they are
 * honest.
 *
 *     share      an owner whose share for server t + 2 is on no polynomial with the others
 *     proof      an owner whose proof is false
 *     values     a server whose value of the first accepted owner is wrong, in DECIDE and FALLBACK alike
 *     mute       the same, by one that says nothing when it is blamed
 *     pad        a server whose value of the pad is wrong, and that says nothing when it is blamed
 *     aggregate  a leader whose aggregate has wrong elements
 *     check      a server whose value of the sum is wrong
 *     deal       a dealer that gives its last peer keys which are not those it commits to
 *     deaf       a server that says it never got the ciphertexts of the owner LIE_ABOUT, hexadecimal
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/aggregate.h"
#include "crypto/norm_prove.h"
#include "tools/server/duties.h"

// NOLINTBEGIN(readability-identifier-naming): the linker's names
static bool lie(const char *name)
{
    const char *told = secure_getenv("LIE");
    return told != NULL && strcmp(told, name) == 0;
}

void __real_share_writer_init(struct share_writer *writer, const struct share_round *round,
                              const struct share_keys *keys, const struct share_label *label);
void __wrap_share_writer_init(struct share_writer *writer, const struct share_round *round,
                              const struct share_keys *keys, const struct share_label *label);
void __wrap_share_writer_init(struct share_writer *writer, const struct share_round *round,
                              const struct share_keys *keys, const struct share_label *label)
{
    __real_share_writer_init(writer, round, keys, label);
    if (lie("share") && label->prefix_size == 0) {
        writer->coefficients[1][0] = field_add(writer->coefficients[1][0], 1);
    }
}

enum norm_prove_status __real_norm_contribute(struct norm_proof *proof, struct buffer *blobs,
                                              struct hash *roots,
                                              const struct norm_witness *witness,
                                              const struct share_round *round,
                                              const struct share_keys *keys);
enum norm_prove_status __wrap_norm_contribute(struct norm_proof *proof, struct buffer *blobs,
                                              struct hash *roots,
                                              const struct norm_witness *witness,
                                              const struct share_round *round,
                                              const struct share_keys *keys);
enum norm_prove_status __wrap_norm_contribute(struct norm_proof *proof, struct buffer *blobs,
                                              struct hash *roots,
                                              const struct norm_witness *witness,
                                              const struct share_round *round,
                                              const struct share_keys *keys)
{
    enum norm_prove_status status =
        __real_norm_contribute(proof, blobs, roots, witness, round, keys);
    if (lie("proof")) {
        proof->value.a = field_add(proof->value.a, 1);
    }
    return status;
}

bool __real_compute(const struct aggregation_server *server, struct rpc *rpc,
                    const struct duty_round *duty, bool values, struct computed *out,
                    struct fault *fault);
bool __wrap_compute(const struct aggregation_server *server, struct rpc *rpc,
                    const struct duty_round *duty, bool values, struct computed *out,
                    struct fault *fault);
bool __wrap_compute(const struct aggregation_server *server, struct rpc *rpc,
                    const struct duty_round *duty, bool values, struct computed *out,
                    struct fault *fault)
{
    bool anew = out->values == NULL;
    bool good = __real_compute(server, rpc, duty, values, out, fault);
    if (good && values && anew && (lie("values") || lie("mute"))) {
        out->values[0].a = field_add(out->values[0].a, 1);
    }
    if (good && values && anew && lie("pad")) {
        out->pad.a = field_add(out->pad.a, 1);
    }
    return good;
}

bool __real_duty_justify(const struct duty *duty, struct fault *fault);
bool __wrap_duty_justify(const struct duty *duty, struct fault *fault);
bool __wrap_duty_justify(const struct duty *duty, struct fault *fault)
{
    return lie("mute") || lie("pad") || __real_duty_justify(duty, fault);
}

void __real_aggregate_plan_apply(uint64_t *out, const struct aggregate_plan *plan,
                                 const uint64_t *const sums[SHAMIR_SERVERS_MAX], size_t count);
void __wrap_aggregate_plan_apply(uint64_t *out, const struct aggregate_plan *plan,
                                 const uint64_t *const sums[SHAMIR_SERVERS_MAX], size_t count);
void __wrap_aggregate_plan_apply(uint64_t *out, const struct aggregate_plan *plan,
                                 const uint64_t *const sums[SHAMIR_SERVERS_MAX], size_t count)
{
    __real_aggregate_plan_apply(out, plan, sums, count);
    if (lie("aggregate")) {
        out[7] = field_add(out[7], 1);
    }
}

bool __real_computed_evaluate(struct field_ext *out, const struct source *sum,
                              const struct multilinear *form, struct fault *fault);
bool __wrap_computed_evaluate(struct field_ext *out, const struct source *sum,
                              const struct multilinear *form, struct fault *fault);
bool __wrap_computed_evaluate(struct field_ext *out, const struct source *sum,
                              const struct multilinear *form, struct fault *fault)
{
    bool good = __real_computed_evaluate(out, sum, form, fault);
    if (lie("check")) {
        out->a = field_add(out->a, 1);
    }
    return good;
}

void __real_zero_deal_make(struct buffer *keys, struct share_commitment *commitment,
                           const struct zero_deal *about, const uint8_t seed[XOF_SEED_SIZE],
                           const uint8_t random32[32]);
void __wrap_zero_deal_make(struct buffer *keys, struct share_commitment *commitment,
                           const struct zero_deal *about, const uint8_t seed[XOF_SEED_SIZE],
                           const uint8_t random32[32]);
void __wrap_zero_deal_make(struct buffer *keys, struct share_commitment *commitment,
                           const struct zero_deal *about, const uint8_t seed[XOF_SEED_SIZE],
                           const uint8_t random32[32])
{
    struct share_round round = *about->round;
    struct zero_deal other = *about;
    if (lie("deal")) {
        round.servers[round.server_count - 1] = round.servers[0];
    }
    other.round = &round;
    __real_zero_deal_make(keys, commitment, &other, seed, random32);
}

bool __real_roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                         const struct address *owner, bool pad);
bool __wrap_roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                         const struct address *owner, bool pad);
bool __wrap_roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                         const struct address *owner, bool pad)
{
    char hex[2 * sizeof(owner->bytes) + 1];
    const char *about = secure_getenv("LIE_ABOUT");
    hex_encode(hex, BYTES_OF(owner->bytes));
    return !(lie("deaf") && about != NULL && strcmp(about, hex) == 0) &&
           __real_roster_holds(server, duty, owner, pad);
}
// NOLINTEND(readability-identifier-naming)
