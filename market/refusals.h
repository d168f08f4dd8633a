/* Why the market refuses: codes from 100 up, and the limits that two instructions share.
 *
 * A receipt holds the code and two numbers; the sentence is for people. A code is never given a
 * second meaning, and a retired one is not used again. */
#ifndef MARKET_REFUSALS_H
#define MARKET_REFUSALS_H

#include "vm/native.h"

#define MARKET_REFUSAL_LIST(X)                                                                     \
    X(ROLE_MISSING_ADMIN, 100, "the account lacks the role admin ({want}): its roles are {got}")   \
    X(ROLE_MISSING_PUBLISHER, 101,                                                                 \
      "the account lacks the role publisher ({want}): its roles are {got}")                        \
    X(ROLE_MISSING_CONTRIBUTOR, 102,                                                               \
      "the account lacks the role contributor ({want}): its roles are {got}")                      \
    X(ROLE_MISSING_SERVER, 103, "the account lacks the role server ({want}): its roles are {got}") \
    X(ROLE_UNKNOWN, 104, "roles is {got}, the mask of all roles is {want}")                        \
    X(ROLE_LAST_ADMIN, 105, "the last admin cannot give up its role")                              \
    X(AMOUNT_ZERO, 110, "amount is {got}, at least {want} is required")                            \
    X(BALANCE_TOO_SMALL, 111, "balance is {got}, {want} is needed")                                \
    X(SERVER_STAKE_TOO_SMALL, 120, "stake is {got}, at least {want} is required")                  \
    X(SERVER_TWICE, 121, "the account is registered already, as server number {got}")              \
    X(SERVER_UNKNOWN, 122, "the account is not a registered server")                               \
    X(SERVER_BUSY, 123, "the server is named by {got} open models, it may leave at {want}")        \
    X(SERVER_KEY_INVALID, 124, "encryption_key is no point of the curve")                          \
    X(SERVER_PROOF_WRONG, 125, "proof is no signature by encryption_key over this registration")   \
    X(SERVER_ENDPOINT, 126, "endpoint is not http://host:port: wrong at character {got}")          \
    X(MODEL_NAME_EMPTY, 130, "name has {got} characters, at least {want} are required")            \
    X(MODEL_DIMENSION, 131, "dimension is {got}, the bound is {want}")                             \
    X(MODEL_SCALE, 132, "scale_bits is {got}, at most {want} are allowed")                         \
    X(MODEL_NORM_BOUND, 133, "norm_bound is {got}, the bound is {want}")                           \
    X(MODEL_THRESHOLD, 134, "threshold is {got}, at least {want} is required")                     \
    X(MODEL_SERVER_COUNT, 135, "{got} servers are named, the threshold needs {want}")              \
    X(MODEL_SERVER_TWICE, 136, "server {got} of the list is the same as server {want}")            \
    X(MODEL_SERVER_UNKNOWN, 137, "server {got} of the list is not registered")                     \
    X(MODEL_SERVER_STAKE, 138, "a named server has a stake of {got}, {want} is required")          \
    X(MODEL_OWNERS_MIN, 139, "owners_min is {got}, at least {want} are required")                  \
    X(MODEL_OWNERS_MAX, 140, "owners_max is {got}, the bound is {want}")                           \
    X(MODEL_ROUNDS, 141, "rounds is {got}, at least {want} is required")                           \
    X(MODEL_REWARD, 142, "reward is {got}, at least {want} is required")                           \
    X(MODEL_OWNER_STAKE, 143, "owner_stake is {got}, at least {want} is required")                 \
    X(MODEL_COMMIT_WINDOW, 144, "commit_window is {got} heights, the bound is {want}")             \
    X(MODEL_ACK_WINDOW, 145, "ack_window is {got} heights, the bound is {want}")                   \
    X(MODEL_DECIDE_WINDOW, 146, "decide_window is {got} heights, the bound is {want}")             \
    X(MODEL_FALLBACK_WINDOW, 147, "fallback_window is {got} heights, the bound is {want}")         \
    X(MODEL_AGGREGATE_WINDOW, 148, "aggregate_window is {got} heights, the bound is {want}")       \
    X(MODEL_CHECK_WINDOW, 149, "check_window is {got} heights, the bound is {want}")               \
    X(MODEL_AGGREGATE_TURNS, 150, "aggregate_window is {got} heights, {want} servers need a turn") \
    X(MODEL_POLICY_MISSING, 151, "reward_rule is policy, but there is no policy")                  \
    X(MODEL_POLICY_UNUSED, 152, "there is a policy of {got} bytes, but reward_rule is equal")      \
    X(MODEL_POLICY_INVALID, 153, "the policy does not verify (at byte {got}, reason {want})")      \
    X(MODEL_POLICY_MEMORY, 154, "the policy has {got} bytes of memory, owners_max needs {want}")   \
    X(MODEL_ESCROW_OVERFLOW, 155, "rounds * (reward + servers * server_fee) exceeds 64 bits")      \
    X(MODEL_ESCROW, 156, "balance is {got}, an escrow of {want} is needed")                        \
    X(MODEL_UNKNOWN, 160, "model {got} does not exist, the last is {want}")                        \
    X(MODEL_IS_CLOSED, 161, "model {got} is closed")                                               \
    X(MODEL_NOT_OWNER, 162, "the sender is not the owner of model {got}")                          \
    X(MODEL_HAS_ROUND, 163, "round {got} of the model has not ended")                              \
    X(ROUND_UNKNOWN, 170, "round {got} does not exist, the last of the model is {want}")           \
    X(ROUND_NUMBER, 171, "round is {got}, the next of the model is {want}")                        \
    X(ROUND_MODEL_FILE, 172, "the transaction brings no model file as its sidecar")                \
    X(ROUND_UNBONDED, 173, "only {got} servers have stake left for a penalty, {want} are needed")  \
    X(ROUND_TOO_MANY, 174, "{got} rounds are open on the chain, {want} is the bound")              \
    X(ROUND_PHASE_WRONG, 175, "the round is in phase {got}, this belongs to phase {want}")         \
    X(ROUND_TOO_MANY_OF_ONE, 176, "{got} rounds of the sender are open, {want} is the bound")      \
    X(JOIN_LATE, 180, "joining is not open: the round is in phase {got}, not in {want}")           \
    X(JOIN_TWICE, 181, "the account has seat {got} of this round already")                         \
    X(JOIN_ROUND_FULL, 182, "the round has {got} owners, {want} is the bound")                     \
    X(JOIN_STAKE, 183, "balance is {got}, a stake of {want} is needed")                            \
    X(COMMIT_LATE, 184, "committing is not open: the round is in phase {got}, not in {want}")      \
    X(COMMIT_NO_SEAT, 185, "the account has not joined round {got} of model {want}")               \
    X(COMMIT_TWICE, 186, "seat {got} of this round has committed already")                         \
    X(COMMIT_KEY_USED, 187, "ephemeral was used before, every commitment needs a new key")         \
    X(COMMIT_PROOF_WRONG, 188, "proof is no signature by ephemeral over this commitment")          \
    X(SENDER_NOT_SERVER, 190, "the sender is none of the {want} servers of the model")             \
    X(SENDER_LEFT, 191, "server {got} has left this round")                                        \
    X(SENDER_POSTED, 192, "server {got} has posted in this phase already")                         \
    X(ACK_SIZE, 193, "bitmap has {got} bytes, {want} are expected")                                \
    X(ACK_BIT, 194, "bit {got} of bitmap is set, but is no owner who committed")                   \
    X(VALUE_NOT_CANONICAL, 195, "value is not two field elements below p")                         \
    X(FALLBACK_SIZE, 196, "values has {got} bytes, {want} are expected")                           \
    X(FALLBACK_NOT_CANONICAL, 197, "element {got} of values is not two field elements below p")    \
    X(AGGREGATE_SIZE, 198, "the aggregate has {got} bytes, {want} are expected")                   \
    X(AGGREGATE_NOT_CANONICAL, 199, "element {got} of the aggregate is not below p")               \
    X(AGGREGATE_OWNERS, 200, "owners is not the hash of the {want} accepted owners")               \
    X(AGGREGATE_TURN, 201, "the block is {got}, the turn of this leader begins at {want}")         \
    X(AGGREGATE_TWICE, 202, "server {got} has posted an aggregate already")                        \
    X(MODEL_ROWS, 203, "rows is {got}, the bound is {want}")                                       \
    X(MODEL_SKETCH_ROWS, 204, "sketch_rows is {got}, the bound is {want}")                         \
    X(MODEL_MODES, 205, "modes is {got}, the mask of all modes is {want}")                         \
    X(MODEL_PAD_CREDIT, 206, "the modes pad and credit exclude each other")                        \
    X(MODEL_PAD_WINDOW, 207, "pad_window is {got} heights, the bound is {want}")                   \
    X(MODEL_PROVE_WINDOW, 208, "prove_window is {got} heights, the bound is {want}")               \
    X(MODEL_PUBLISH_WINDOW, 209, "publish_window is {got} heights, the bound is {want}")           \
    X(MODEL_CLAIM_WINDOW, 210, "claim_window is {got} heights, the bound is {want}")               \
    X(MODEL_JUSTIFY_WINDOW, 211, "justify_window is {got} heights, the bound is {want}")           \
    X(MODEL_VALUES_WINDOW, 212, "values_window is {got} heights, the bound is {want}")             \
    X(MODEL_CREDIT_WINDOW, 213, "credit_window is {got} heights, the bound is {want}")             \
    X(MODEL_REFERENCE, 214, "reference must be given exactly where a mode needs it")               \
    X(MODEL_SELECT, 215, "select_rule {got} needs modes {want}")                                   \
    X(MODEL_KRUM, 216, "krum_faults and krum_count need {got} owners, owners_max is {want}")       \
    X(MODEL_SIGMA, 217, "sigma_lambda is {got}, it must be above 0 exactly with the rule sigma")   \
    X(MODEL_CREDIT_RULE, 218, "reward_rule credit needs the mode credit")                          \
    X(MODEL_PAIRS_OWNERS, 219, "owners_max is {got}, the mode pairs allows {want}")                \
    X(MODEL_FUNCTIONALS, 220,                                                                      \
      "{got} functionals of an update are revealed, d / 64 = {want} are allowed")                  \
    X(ROUND_PAD_UNUSED, 221, "the operand has a pad, but the model has not the mode")              \
    X(ROUND_PAD_PROOF, 222,                                                                        \
      "pad_proof is no signature by pad_ephemeral over the pad's commitment")                      \
    X(PROVE_LATE, 223, "proving is not open: the round is in phase {got}, not in {want}")          \
    X(PROVE_NO_COMMIT, 224, "the account has no commitment in round {got} of model {want}")        \
    X(PROVE_TWICE, 225, "seat {got} of this round has proved already")                             \
    X(PROVE_SIZE, 226, "proof has {got} bytes, {want} are expected")                               \
    X(PROVE_NOT_CANONICAL, 227, "element {got} of proof is not two field elements below p")        \
    X(PUBLISH_LATE, 228, "publishing is not open: the round is in phase {got}, not in {want}")     \
    X(PUBLISH_NOT_MISSING, 229,                                                                    \
      "server {got} holds the ciphertexts of seat {want}, or derives its share")                   \
    X(PUBLISH_SIZE, 230, "the ciphertexts have {got} bytes, {want} are expected")                  \
    X(PUBLISH_ROOTS, 231, "the lists of roots are not those committed to")                         \
    X(PUBLISH_BLOB, 232, "ciphertext {got} has not the root committed to")                         \
    X(PUBLISH_NOT_CANONICAL, 233, "element {got} of the ciphertexts is not below p")               \
    X(PUBLISH_NO_SEAT, 234, "the account has no proof in round {got} of model {want}")             \
    X(CLAIM_LATE, 235, "claiming is not open: the round is in phase {got}, not in {want}")         \
    X(CLAIM_NO_DISPUTE, 236, "there is no dispute of seat {got} that awaits a claim")              \
    X(CLAIM_SIZE, 237, "the claim has {got} bytes, {want} are expected")                           \
    X(CLAIM_NOT_CANONICAL, 238, "element {got} of the claim is not two field elements below p")    \
    X(JUSTIFY_LATE, 239, "justifying is not open: the round is in phase {got}, not in {want}")     \
    X(JUSTIFY_NO_DISPUTE, 240, "no open dispute of seat {got} blames server {want}")               \
    X(JUSTIFY_SENDER, 241, "the sender is neither server {got} nor the owner of seat {want}")      \
    X(JUSTIFY_PROOF, 242, "shared is not the key of the two: challenge and response do not hold")  \
    X(DECIDE_PAD, 243, "pad has {got} bytes, {want} are expected")                                 \
    X(PAD_NOT_CANONICAL, 244, "pad is not two field elements below p")                             \
    X(VALUES_SIZE, 245, "the public values have {got} bytes, {want} are expected")                 \
    X(VALUES_NOT_CANONICAL, 246, "element {got} of values is not below p")                         \
    X(JUSTIFY_REFERENCE, 247, "the reference in the sidecar is not the model's")                   \
    X(MODEL_REFERENCE_TEST, 248,                                                                   \
      "reference_test {got}: its bits, kappa or score are not those of the norm proof")            \
    X(SCORE_UNKNOWN, 249, "round {got} of model {want} has no verified value of this account")     \
    X(MODEL_JUSTIFY_GAS, 250, "a dispute would cost {got} gas, a transaction may have {want}")     \
    X(MODEL_PAIRS, 251, "{got} servers are named, the mode pairs needs {want}")                    \
    X(MODEL_REFERENCE_BYTES, 252,                                                                  \
      "the reference in the sidecar has {got} bytes, {want} are expected")                         \
    X(MODEL_REFERENCE_ROOT, 253, "the sidecar's root is not reference")                            \
    X(MODEL_REFERENCE_ELEMENT, 254, "element {got} of the reference is not below p")               \
    X(MODEL_REFERENCE_SIZE, 255,                                                                   \
      "the reference is too large for norm_bound {got}, its bits ({want}) or a distance")          \
    X(DEAL_SIZE, 256, "keys has {got} bytes, {want} are expected")                                 \
    X(DEAL_PROOF, 257, "proof is no signature by ephemeral over these keys")                       \
    X(REFUTE_DEAL, 258, "server {got} dealt no key of the set {want} to the sender")               \
    X(REFUTE_PROOF, 259, "shared is not the key of dealer and sender: the proof does not hold")    \
    X(REFUTE_RIGHT, 260, "server {got} dealt the key of the set {want} that it committed to")      \
    X(MODEL_SERVER_FEE, 261, "server_fee is {got}, a named server asks for {want}")                \
    X(NO_VOICE, 300, "the sender votes for none of the {want} validators")                         \
    X(SENDER_NO_VALIDATOR, 301, "the sender's key is that of none of the {want} validators")       \
    X(VALIDATOR_NAME, 302,                                                                         \
      "the validator's name has {got} characters, at least {want} is required")                    \
    X(VALIDATOR_KEY_INVALID, 303, "key is no point of the curve")                                  \
    X(VALIDATOR_NODE_KEY_INVALID, 304, "node_key is no point of the curve")                        \
    X(VALIDATOR_NAME_TAKEN, 305, "name is that of validator {got} of {want}")                      \
    X(VALIDATOR_KEY_TAKEN, 306, "key is that of validator {got} of {want}")                        \
    X(VALIDATOR_NODE_KEY_TAKEN, 307, "node_key is that of validator {got} of {want}")              \
    X(VALIDATOR_UNKNOWN, 308, "key is that of none of the {want} validators")                      \
    X(VALIDATORS_TOO_MANY, 309, "there are {got} validators, {want} is the bound")                 \
    X(VALIDATORS_TOO_FEW, 310, "there is {got} validator, at least {want} is required")            \
    X(VALIDATORS_CHANGED, 311,                                                                     \
      "block {got} has changed the validators already, vote again from {want} on")                 \
    X(VALIDATOR_NOT_JAILED, 312, "validator {got} of {want} is not jailed")                        \
    X(VALIDATOR_SAME_KEYS, 313, "validator {got} of {want} has these keys already")                \
    X(CANDIDATE_UNKNOWN, 315, "the candidate has recorded {got} heartbeats, {want} is needed")     \
    X(CANDIDATE_STALE, 316,                                                                        \
      "the candidate's heartbeat is {got} ms old, at most {want} are allowed")                     \
    X(CANDIDATE_NODE_KEY, 317, "the candidate's heartbeat names another node_key")                 \
    X(PROPOSAL_UNKNOWN, 320, "proposal {got} does not exist, the last is {want}")                  \
    X(PROPOSAL_IS_PASSED, 321, "proposal {got} has passed in block {want}")                        \
    X(PROPOSAL_IS_EXPIRED, 322, "the block's time is {got}, voting ended at {want}")               \
    X(PARAMETER_RANGE, 325, "the value is {got}, its bound is {want}")                             \
    X(PARAMETER_SAME, 326, "the value is {got} already")                                           \
    X(PARAMETER_WAITS, 327, "another change waits for block {want}")                               \
    X(NODE_KEY_INVALID, 330, "the permitted node_key is no point of the curve")                    \
    X(NODE_NAME, 331, "the node's name has {got} characters, at least {want} is required")         \
    X(NODE_TWICE, 332, "node_key is permitted already, as number {got} of {want}")                 \
    X(NODE_UNKNOWN, 333, "node_key is none of the {want} permitted ones")                          \
    X(NODES_TOO_MANY, 334, "{got} nodes are permitted, {want} is the bound")                       \
    X(FEATURE_NAME, 335, "name is empty, or its character {got} is not a-z, 0-9 or -")             \
    X(FEATURE_HEIGHT, 336, "activation_height is {got}, at least {want} is required")              \
    X(FEATURE_ACTIVE, 337,                                                                         \
      "the feature begins at {got}, the block is {want}: too late to change it")                   \
    X(FEATURE_UNKNOWN, 338, "the feature is none of the {want} scheduled ones")                    \
    X(FEATURES_TOO_MANY, 339, "there are {got} features, {want} is the bound")                     \
    X(HEARTBEAT_HEIGHT, 340,                                                                       \
      "height {got} is no checkpoint any more or yet, the newest is {want}")                       \
    X(HEARTBEAT_DIGEST, 341, "digest is not that of checkpoint {got}")                             \
    X(HEARTBEAT_SIGNATURE, 342, "signature is not by key over this heartbeat")                     \
    X(EVIDENCE_FUTURE, 350, "the votes are of height {got}, the block is {want}")                  \
    X(EVIDENCE_OLD, 351, "the votes are {got} blocks old, at most {want} are allowed")             \
    X(EVIDENCE_SENDER, 352, "validator is none of the {want} of height {got}")                     \
    X(EVIDENCE_FALSE, 353,                                                                         \
      "conflict is no contradiction signed by validator (height {got}, type {want})")              \
    X(EVIDENCE_PARDONED, 354,                                                                      \
      "the votes are of height {got}, what happened up to {want} is pardoned")                     \
    X(EVIDENCE_GONE, 355, "the validator of height {got} is none of the {want} any more")          \
    X(EVIDENCE_JAILED, 356, "validator {got} of {want} is jailed already")

#define MARKET_REFUSAL_ENUM(name, number, sentence) REFUSAL_##name = (number),
enum market_refusal_code { MARKET_REFUSAL_LIST(MARKET_REFUSAL_ENUM) };
#undef MARKET_REFUSAL_ENUM

/* All codes: market_refusal_texts() of market/operands.h. */

/* native_refuse() with a code of the list; always false. */
bool refuse(struct native_call *call, enum market_refusal_code code, uint64_t got, uint64_t want);

#endif /* MARKET_REFUSALS_H */
