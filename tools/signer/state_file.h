/* The guard's memory on disk: one small file that is overwritten in place.
 *
 * Two pairs of slots take turns, each slot with its sequence and a checksum. A state is written into both slots
 * of a pair and synced once. So a power cut in the middle of that leaves the other pair, of which nothing that
 * was signed is missing; and where a slot rots later, its twin has the same. The reader cannot tell a tear from
 * rot, and need not: the newest slot that is whole is the state, as long as not both slots of one pair rot.
 * The file never grows. docs/decisions/0210. */
#ifndef TOOLS_SIGNER_STATE_FILE_H
#define TOOLS_SIGNER_STATE_FILE_H

#include "consensus/vote_guard.h"
#include "tools/client/fault.h"

struct signer_state {
    uint64_t sequence; /* of the newest slot */
    bool bound;        /* chain_id is set: the signer signs for this chain alone */
    struct hash chain_id;
    struct vote_guard guard;
};

struct state_file {
    int descriptor;
    struct signer_state state; /* as it is on disk, or newer: state_file_store() */
    unsigned damaged;          /* slots that were not whole when it was read: torn, or rotted */
};

/* Make `path` with nothing signed, durably. Refuses to replace one: what it remembers would be
 * forgotten. */
NODISCARD bool state_file_create(const char *path, struct fault *fault);

/* Read `path` for people: a running signer may go on meanwhile. False where it is missing or damaged. */
NODISCARD bool state_file_read(struct signer_state *out, const char *path, struct fault *fault);

/* Open `path` and lock it against a second signer, and make what it says durable in all slots. False where
 * it is missing, locked, cannot be written, or no slot is whole. */
NODISCARD bool state_file_open(struct state_file *file, const char *path, struct fault *fault);
void state_file_close(struct state_file *file);

/* Make file->state durable. After a failure nothing may be signed any more: what is on disk is
 * unknown. */
NODISCARD bool state_file_store(struct state_file *file, struct fault *fault);

/* The same, and no slot holds anything older then. */
NODISCARD bool state_file_store_everywhere(struct state_file *file, struct fault *fault);

#endif /* TOOLS_SIGNER_STATE_FILE_H */
