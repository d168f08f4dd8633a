/* Named wallets: encrypted key files in a folder, and where passwords come from.
 *
 * A secret is never an argument of a program: it is typed at the terminal, or read from a file that
 * --password-file or SOUK_PASSWORD_FILE names. */
#ifndef TOOLS_CLIENT_WALLET_H
#define TOOLS_CLIENT_WALLET_H

#include "crypto/keystore.h"
#include "tools/client/fault.h"

#define WALLET_PATH_MAX     4096
#define WALLET_PASSWORD_MAX 256 /* bytes */

struct wallet_password {
    char text[WALLET_PASSWORD_MAX];
};

void wallet_password_close(struct wallet_password *password); /* Overwrites it. */

/* Get the password from the first line of `file` (NULL: of the file SOUK_PASSWORD_FILE names, or
 * else by asking at the terminal, `twice` for a new one). */
NODISCARD bool wallet_password_get(struct wallet_password *out, const char *file, bool twice,
                                   struct fault *fault);

/* Path of a named wallet: `home`/wallets/`name`.key. `name` is 1 to 64 letters, digits, '-', '_'. */
NODISCARD bool wallet_path(char out[WALLET_PATH_MAX], const char *home, const char *name,
                           struct fault *fault);

/* False, with a line that begins with `what`, where a prefix of addresses is not 1 to
 * ADDRESS_PREFIX_MAX lower-case letters. */
NODISCARD bool wallet_prefix_check(const char *prefix, const char *what, struct fault *fault);

/* Read a wallet without its password: whose it is. */
NODISCARD bool wallet_load(struct keystore *out, const char *path, struct fault *fault);

/* Open account `index` of a wallet. Wipe the key with secret_key_close(). */
NODISCARD bool wallet_open(struct secret_key *out, const char *path,
                           const struct wallet_password *password, uint32_t index,
                           struct fault *fault);

/* Write a new wallet; refuses to replace one. `cost` NULL: the default. */
NODISCARD bool wallet_create(const char *path, const struct keystore_secret *secret,
                             const char *prefix, const struct wallet_password *password,
                             const struct keystore_cost *cost, struct fault *fault);

#endif /* TOOLS_CLIENT_WALLET_H */
