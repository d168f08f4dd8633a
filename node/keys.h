/* The two keys of a node, in its home:
 *
 *     config/validator_key  signs votes; an encrypted key file (crypto/keystore.h); absent on an
 *                           observer
 *     config/password       the password of it, one line, mode 0600; or another file by the setting
 *                           keys.password_file or the environment SOUKD_PASSWORD_FILE
 *     config/node_key       static key of the transport, 64 hexadecimal digits and a newline */
#ifndef NODE_KEYS_H
#define NODE_KEYS_H

#include "crypto/key.h"

#define KEYS_VALIDATOR "config/validator_key"
#define KEYS_PASSWORD  "config/password"
#define KEYS_NODE      "config/node_key"

struct keys {
    bool has_validator;
    struct secret_key validator;
    struct secret_key node;
};

void keys_close(struct keys *keys); /* Wipes both. */

/* Load the keys of `home`. `password_file` may be empty. False with one line in `error` that names
 * the file: missing, readable by others, malformed, wrong password. */
NODISCARD bool keys_load(struct keys *out, const char *home, const char *password_file, char *error,
                         size_t error_size);

/* Make what is missing: node_key, and where `validator` also password and validator_key, for
 * addresses with `prefix`. Existing files are left alone. */
NODISCARD bool keys_make(const char *home, bool validator, const char *prefix, char *error,
                         size_t error_size);

/* Who the keys of `home` are, without the password. False where there is no such key. */
NODISCARD bool keys_show_validator(struct public_key *out, const char *home, char *error,
                                   size_t error_size);
NODISCARD bool keys_show_node(struct point *out, const char *home, char *error, size_t error_size);

/* Secure random bytes of the system; the process ends where there are none. */
void keys_random(uint8_t *out, size_t size);

#endif /* NODE_KEYS_H */
