/* Randomness from the operating system, for keys, masks and nonces. */
#ifndef TOOLS_CLIENT_RANDOM_H
#define TOOLS_CLIENT_RANDOM_H

#include "crypto/key.h"

void random_fill(void *out, size_t size);       /* Ends the program where the system has none. */
void random_secret_key(struct secret_key *out); /* Wipe it with secret_key_close(). */

#endif /* TOOLS_CLIENT_RANDOM_H */
