/* Local faults: the disk failed, a file of ours is corrupt, or our state differs from the certified
 * one. Each ends the process at once: a stopped replica is safe, a lying one is not.
 *
 * Nothing is ever retried after a failed fsync: the kernel may have dropped the dirty pages and report
 * the next fsync as successful ("Can Applications Recover from fsync Failures?", USENIX ATC 2020). */
#ifndef NODE_FAULT_H
#define NODE_FAULT_H

#include "base/bytes.h"

#define FAULT_KIND_LIST(X)                                                                         \
    X(FAULT_DISK, "disk")         /* a write, fsync or read failed: EIO, ENOSPC, ... */            \
    X(FAULT_CORRUPT, "corrupt")   /* a file is not what we wrote */                                \
    X(FAULT_DIVERGED, "diverged") /* execution gave other roots than a quorum certified */         \
    X(FAULT_UPGRADE, "upgrade") /* the chain goes on under a rule that this program does not know */

#define FAULT_KIND_ENUM(name, text) name,
enum fault_kind { FAULT_KIND_LIST(FAULT_KIND_ENUM) };
#undef FAULT_KIND_ENUM

#define FAULT_LINE_MAX 512 /* characters of a fault's text */

const char *fault_kind_text(enum fault_kind kind); /* Static string; never NULL. */

#define FAULT_EXIT_UPGRADE 3 /* of FAULT_UPGRADE; of the others 1 */

/* Say what happened in one line and end the process with the kind's exit code. For any thread. No exit
 * handler runs and no buffer is flushed: what is on disk stays as it is. Without a hook the line goes
 * to stderr as `level=error event=fault kind=disk text="..."`. */
_Noreturn void fault_stop(enum fault_kind kind, const char *format, ...) PRINTF_LIKE(2, 3);

/* Give the line to `hook` instead. It runs on the thread that found the fault, must not block for
 * long and may not call fault_stop(). NULL restores stderr. Set it before any thread starts. */
void fault_set_hook(void (*hook)(void *context, enum fault_kind kind, const char *line),
                    void *context);

#endif /* NODE_FAULT_H */
