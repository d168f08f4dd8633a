/* A damaged LMDB file can make the library follow a wild pointer: its pages have no checksums. While
 * a thread is inside the library, a fault signal means that, and ends the process with a clear line
 * and exit code 1 instead of a crash. Anywhere else signals are as they were. */
#ifndef NODE_STATE_GUARD_H
#define NODE_STATE_GUARD_H

#include "base/bytes.h"

/* What to do about a damaged database; every message about one ends with it. */
#define STATE_GUARD_ADVICE "remove data/state: the node rebuilds it from its blocks"

void state_guard_install(void); /* Once for the process; later calls do nothing. */

/* The calling thread enters the library for the database at `path` (borrowed until it leaves).
 * Returns what state_guard_leave() wants back. */
NODISCARD const char *state_guard_enter(const char *path);
void state_guard_leave(const char *previous);

#endif /* NODE_STATE_GUARD_H */
