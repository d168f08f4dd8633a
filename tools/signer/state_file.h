/* The guard's memory on disk: one small file that is overwritten in place.
 *
 * Two slots take turns, each with its sequence and a checksum, so a power cut in the middle of a write
 * leaves the other one. Storing is one write and one fdatasync of a file that never grows. */
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
};

/* Make `path` with nothing signed, durably. Refuses to replace one: what it remembers would be
 * forgotten. */
NODISCARD bool state_file_create(const char *path, struct fault *fault);

/* Read `path` for people: a running signer may go on meanwhile. False where it is missing or damaged. */
NODISCARD bool state_file_read(struct signer_state *out, const char *path, struct fault *fault);

/* Open `path` and lock it against a second signer. False where it is missing, locked, or neither slot
 * is whole. */
NODISCARD bool state_file_open(struct state_file *file, const char *path, struct fault *fault);
void state_file_close(struct state_file *file);

/* Make file->state durable. After a failure nothing may be signed any more: what is on disk is
 * unknown. */
NODISCARD bool state_file_store(struct state_file *file, struct fault *fault);

#endif /* TOOLS_SIGNER_STATE_FILE_H */
