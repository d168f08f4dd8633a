/* Who shared what in a round: an owner with its proof, or the model owner with the pad. What servers
 * check deliveries against, read shares by, and open in a dispute. */
#ifndef TOOLS_CLIENT_SHARER_H
#define TOOLS_CLIENT_SHARER_H

#include "crypto/justify.h"
#include "crypto/pad.h"
#include "market/operands.h"
#include "tools/client/round_setting.h"

struct sharer {
    uint16_t seat;  /* MARKET_PAD_SEAT: the pad */
    uint8_t status; /* enum participant_status; of an owner */
    bool proved;    /* `auxiliary` and `proof` are set */
    struct address address;
    struct public_key owner;
    struct share_commitment commitment; /* without its proof, which the chain has checked */
    struct share_auxiliary auxiliary;
    struct norm_proof proof; /* of an owner */
    size_t aux_count;        /* elements of aux */
};

/* Of a participant that committed, with the proof that the chain keeps of it, where it has one. */
NODISCARD bool sharer_of_owner(struct sharer *out, struct rpc *rpc,
                               const struct round_setting *setting,
                               const struct participant *participant, uint16_t seat,
                               struct fault *fault);

/* Of the pad; absent is an error. */
NODISCARD bool sharer_of_pad(struct sharer *out, struct rpc *rpc,
                             const struct round_setting *setting, struct fault *fault);

/* For crypto/justify.h; borrows `setting`. */
struct justify_case sharer_case(const struct sharer *sharer, const struct round_setting *setting,
                                unsigned server);

/* What opens the share of a server by who shared it with this `ephemeral`; the lists of roots are the
 * caller's to fill in. */
void sharer_open(struct dispute_justify_operand *out, const struct sharer *sharer,
                 const struct round_setting *setting, unsigned server,
                 const struct secret_key *ephemeral);

/* Replay of an owner's proof. */
void sharer_replay(const struct sharer *sharer, const struct round_setting *setting,
                   struct norm_replay *out);

#endif /* TOOLS_CLIENT_SHARER_H */
