/* A node in a process of its own, and us, a validator that means it harm, on the other end of a connection. */
#ifndef TESTS_LIB_HOSTILE_FIXTURE_H
#define TESTS_LIB_HOSTILE_FIXTURE_H

#include "consensus/message.h"
#include "node/frames.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/storage_fixture.h"

#define HOSTILE_BLOCKS      7 /* of the node that does not vote: we lead the next height */
#define HOSTILE_DEADLINE_MS 120000
#define HOSTILE_BLOB_SIZE   300000u /* two segments */

struct hostile {
    char home[FIXTURE_PATH_MAX];
    struct chain chain;
    uint16_t rpc_port;
    uint32_t us; /* we are validator 0, or 1 where the node is a validator */
    uint32_t ups;
    uint32_t downs;
    uint32_t answers;                /* BLOCKS frames */
    uint32_t asks;                   /* GET_BLOB frames */
    uint32_t blobs;                  /* BLOB frames, */
    struct buffer blob_answer;       /* and the last one's payload */
    bool honest;                     /* we answer them as they should be */
    bool silent;                     /* we do not answer them */
    bool lacking;                    /* we answer that we do not hold them */
    uint32_t prepares;               /* of the node */
    uint32_t proposals;              /* of the node, whole */
    uint32_t body_asks;              /* its GET_BODY messages, */
    uint32_t bodies;                 /* and BODY */
    uint32_t round;                  /* of its last ROUND_CHANGE */
    uint32_t batches;                /* TXS frames */
    uint32_t item_asks;              /* ASK frames for items, */
    uint32_t whole_asks;             /* and for a whole proposal */
    uint8_t blob[HOSTILE_BLOB_SIZE]; /* that a transaction of ours names */
};
extern struct hostile hostile;

void hostile_set_up(void);           /* A node that follows. */
void hostile_set_up_validator(void); /* One that is validator 0 of a new chain; we lead height 1. */
void hostile_tear_down(void);

/* Where the node is validator 0: from now on we are 2 and 3 as well. What the node says to all is counted three times. */
void hostile_join(void);
void hostile_send_as(uint32_t validator, struct bytes wire); /* A message of that one of ours. */
void hostile_vote_as(uint32_t validator,
                     struct vote *vote); /* Signed and sent by that one of ours. */

/* Run the loop for `ms`, or until *count reaches `wanted`. */
void hostile_run_loop(uint64_t ms, const uint32_t *count, uint32_t wanted);
void hostile_send_frame(enum frame_type type, struct bytes payload);
void hostile_send_vote(struct vote *vote, uint32_t signer, bool spoil);

int hostile_ask(struct bytes request); /* A connection to the RPC on which `request` was sent. */
void hostile_hear(int client, struct buffer *page); /* All that comes until it is closed. */
bool hostile_metrics_hold(const char *line);
void hostile_await_metric(const char *line);
void hostile_await_ignored(uint64_t count); /* Messages of consensus, at least. */
void hostile_fill_blob(void);

#endif /* TESTS_LIB_HOSTILE_FIXTURE_H */
