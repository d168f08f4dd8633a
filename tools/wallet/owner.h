/* A data owner in one round, step by step: what `souk share` does.
 *
 * Each step looks at the chain and at what is kept in the file of the round, and does what is due; it
 * may be repeated at any time, and after a crash. */
#ifndef TOOLS_WALLET_OWNER_H
#define TOOLS_WALLET_OWNER_H

#include "tools/wallet/contribution.h"
#include "tools/wallet/round.h"

#define OWNER_PATH_MAX 4096

struct owner {
    struct session *session;
    struct round_name name;
    struct round_setting setting; /* as of owner_refresh() */
    struct chain_seat seat;
    uint64_t height;           /* of the chain */
    char path[OWNER_PATH_MAX]; /* of the contribution's file */
    struct contribution contribution;
    struct delivery x;
    struct delivery aux;
    bool made; /* proof and auxiliary ciphertexts */
    struct proven proven;
    char cursor[RPC_CURSOR_MAX]; /* of the chain's events */
    uint64_t fees;               /* units paid by this program */
};

/* Begin, with the chain's present state. On false there is nothing to close. */
NODISCARD bool owner_open(struct owner *out, struct session *session, struct fault *fault);
void owner_close(struct owner *owner);

/* Hold until something happens on the chain, at most `wait_ms`, and read the state anew. */
NODISCARD bool owner_await(struct owner *owner, int wait_ms, struct fault *fault);
NODISCARD bool owner_refresh(struct owner *owner, struct fault *fault);

/* Has this account committed in this round? */
bool owner_committed(const struct owner *owner);

/* Take up what was begun before, or make and keep a contribution of `vector`, which is taken over.
 * False where another vector was begun, or one that may not be shared again. */
NODISCARD bool owner_begin(struct owner *owner, int64_t *vector, struct fault *fault);
/* Take up what was begun before; an error where there is nothing. */
NODISCARD bool owner_resume(struct owner *owner, struct fault *fault);

/* Join where that is still to be done, and commit. */
NODISCARD bool owner_commit(struct owner *owner, struct fault *fault);
/* Prove, in PHASE_PROVE; an account that proved already does not again. */
NODISCARD bool owner_prove(struct owner *owner, struct fault *fault);

/* The ciphertexts of the update, in files beside that of the contribution. To be closed in any case. */
NODISCARD bool owner_share(const struct owner *owner, struct ciphertexts *out, struct fault *fault);

/* Start and take up deliveries that are due; true while some are on their way or still to be sent. */
bool owner_deliver(struct owner *owner, struct fault *fault);

/* Servers above t that hold our ciphertexts, or can read them on the chain, as far as it says so after
 * ACK; an answer of theirs may still be on its way when they have acknowledged. Mask. */
NODISCARD bool owner_acknowledged(struct owner *owner, uint32_t *servers, struct fault *fault);

/* What a dispute asks of the owner, each in its phase: publish what a server says it has not, claim
 * values, open a share in place of a silent server. Nothing where nothing is asked. */
NODISCARD bool owner_publish(struct owner *owner, struct fault *fault);
NODISCARD bool owner_claim(struct owner *owner, struct fault *fault);
NODISCARD bool owner_justify(struct owner *owner, struct fault *fault);

/* The round is over: remove what was kept, and remember a vector that must not be shared again. */
NODISCARD bool owner_end(struct owner *owner, struct fault *fault);

/* Sign, send and wait; tells `done` with block and fee unless --json was given. */
NODISCARD bool owner_send(struct owner *owner, const struct submit_native *natives, size_t count,
                          struct bytes sidecar, const char *done, struct fault *fault);

/* Make the proof and its ciphertexts where that was not done yet. */
NODISCARD bool owner_make(struct owner *owner, struct fault *fault);

#endif /* TOOLS_WALLET_OWNER_H */
