/* One process for one home: an advisory lock (flock) that the kernel drops with the process. */
#ifndef NODE_HOME_LOCK_H
#define NODE_HOME_LOCK_H

#include "base/bytes.h"

struct home_lock {
    int descriptor; /* of data/LOCK; -1 where the lock is not held */
};

/* Take the lock of `home`, whose data directory exists, and write our process id into the file.
 * False, with one line in `error`, where another process holds it: "home /x is in use by process 17",
 * or where the file cannot be opened. Released by home_lock_release() or the end of the process. */
NODISCARD bool home_lock_take(struct home_lock *lock, const char *home, char *error,
                              size_t error_size);
void home_lock_release(struct home_lock *lock); /* Also where it is not held. */

/* Does a process hold the lock now? False also where there is no home yet. */
bool home_lock_held(const char *home);

#endif /* NODE_HOME_LOCK_H */
