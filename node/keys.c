#include "node/keys.h"

#include "crypto/keystore.h"
#include "node/disk.h"
#include "node/fault.h"
#include "node/home.h"
#include "node/signer_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX  4096 /* bytes of any key file */
#define PASSWORD_BYTES 24   /* of randomness in a password that we make */

/* The password lies beside the key unless the operator moves it, so the cost of guessing protects
 * a copy of the key alone: 16 MiB and 60 ms keep the start quick. */
#define NODE_KEYSTORE_COST ((struct keystore_cost){(uint64_t)1 << 14, 8, 1})

void keys_close(struct keys *keys)
{
    secret_key_close(&keys->validator);
    secret_key_close(&keys->node);
    keys->has_validator = false;
}

void keys_random(uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno != EINTR) {
            fault_stop(FAULT_DISK, "the system gives no random bytes: %s", strerrordesc_np(errno));
        }
        if (got > 0) {
            out += got;
            size -= (size_t)got;
        }
    }
}

static bool fail(char *error, size_t error_size, const char *path, const char *what)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s: %s", path, what);
    }
    return false;
}

/* Read a whole small file. `secret`: it must not be readable by other users. *absent says that
 * there is no such file. */
static bool read_file(struct buffer *out, const char *path, bool secret, bool *absent, char *error,
                      size_t error_size)
{
    struct stat status;
    uint8_t content[FILE_SIZE_MAX + 1];
    *absent = false;
    int file;
    size_t size;
    int failure = disk_open_input(path, &file);
    if (failure != 0) {
        *absent = failure == ENOENT;
        return fail(error, error_size, path, disk_error_text(failure));
    }
    failure = disk_read_input(file, content, sizeof(content), &size);
    if (failure == 0 && fstat(file, &status) != 0) {
        failure = errno;
    }
    (void)close(file);
    if (failure != 0) {
        return fail(error, error_size, path, disk_error_text(failure));
    }
    if (size > FILE_SIZE_MAX) {
        return fail(error, error_size, path, "too large for a key file");
    }
    if (secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(error, error_size, path, "readable by other users: chmod 600 it");
    }
    buffer_append(out, (struct bytes){content, size});
    explicit_bzero(content, sizeof(content));
    return true;
}

static void wipe(struct buffer *buffer)
{
    if (buffer->capacity > 0) {
        explicit_bzero(buffer->data, buffer->capacity);
    }
    buffer_close(buffer);
}

static void trim_line(struct buffer *buffer)
{
    while (buffer->size > 0 &&
           (buffer->data[buffer->size - 1] == '\n' || buffer->data[buffer->size - 1] == '\r')) {
        buffer->size--;
    }
}

static bool load_node(struct secret_key *out, const char *home, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    bool absent;
    struct buffer text = {0};
    if (!home_path(path, home, KEYS_NODE, error, error_size) ||
        !read_file(&text, path, true, &absent, error, error_size)) {
        wipe(&text);
        return false;
    }
    uint8_t scalar[32];
    trim_line(&text);
    bool good = text.size == 64 && hex_decode(scalar, sizeof(scalar), buffer_text(&text)) &&
                secret_key_init(out, scalar);
    explicit_bzero(scalar, sizeof(scalar));
    wipe(&text);
    return good || fail(error, error_size, path, "64 hexadecimal digits of a key are expected");
}

static bool load_password(struct buffer *out, const char *home, const char *password_file,
                          char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    bool absent;
    const char *chosen = secure_getenv("SOUKD_PASSWORD_FILE");
    if (chosen == NULL || chosen[0] == '\0') {
        chosen = password_file;
    }
    if (chosen[0] == '\0') {
        if (!home_path(path, home, KEYS_PASSWORD, error, error_size)) {
            return false;
        }
        chosen = path;
    }
    if (!read_file(out, chosen, true, &absent, error, error_size)) {
        return false;
    }
    trim_line(out);
    return true;
}

static bool unlock(struct keys *out, struct bytes text, struct bytes password, const char *path,
                   char *error, size_t error_size)
{
    char line[256];
    struct keystore_secret secret;
    if (keystore_open(&secret, text, password, line, sizeof(line)) != KEYSTORE_OK) {
        return fail(error, error_size, path, line);
    }
    out->has_validator = keystore_account(&out->validator, &secret, 0);
    keystore_secret_close(&secret);
    return out->has_validator || fail(error, error_size, path, "holds no account 0");
}

bool keys_load(struct keys *out, const char *home, const char *password_file, char *error,
               size_t error_size)
{
    memset(out, 0, sizeof(*out));
    char path[HOME_PATH_MAX];
    bool absent;
    struct buffer text = {0};
    struct buffer password = {0};
    if (!load_node(&out->node, home, error, error_size) ||
        !home_path(path, home, KEYS_VALIDATOR, error, error_size)) {
        return false;
    }
    bool good = read_file(&text, path, true, &absent, error, error_size);
    if (!good && absent) {
        return true; /* an observer */
    }
    good = good && load_password(&password, home, password_file, error, error_size) &&
           unlock(out, buffer_bytes(&text), buffer_bytes(&password), path, error, error_size);
    wipe(&text);
    wipe(&password);
    if (!good) {
        keys_close(out);
    }
    return good;
}

/* Write a new file of mode 0600, durably; an existing one is an error. */
static bool write_file(const char *path, struct bytes content, char *error, size_t error_size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(error, error_size, path, strerrordesc_np(errno));
    }
    bool good =
        write(file, content.data, content.size) == (ssize_t)content.size && fsync(file) == 0;
    good = close(file) == 0 && good;
    if (!good) {
        (void)unlink(path);
    }
    return good || fail(error, error_size, path, "cannot be written");
}

static void new_key(struct secret_key *out)
{
    uint8_t random[32];
    do {
        keys_random(random, sizeof(random));
    } while (!secret_key_init(out, random));
    explicit_bzero(random, sizeof(random));
}

static bool make_node(const char *path, char *error, size_t error_size)
{
    struct secret_key key;
    char text[66];
    new_key(&key);
    hex_encode(text, BYTES_OF(key));
    secret_key_close(&key);
    text[64] = '\n';
    bool good = write_file(path, (struct bytes){(const uint8_t *)text, 65}, error, error_size);
    explicit_bzero(text, sizeof(text));
    return good;
}

static bool make_password(const char *path, char *error, size_t error_size)
{
    uint8_t random[PASSWORD_BYTES];
    char text[2 * PASSWORD_BYTES + 2];
    keys_random(random, sizeof(random));
    hex_encode(text, BYTES_OF(random));
    text[sizeof(text) - 2] = '\n';
    bool good = write_file(path, (struct bytes){(const uint8_t *)text, 2 * PASSWORD_BYTES + 1},
                           error, error_size);
    explicit_bzero(text, sizeof(text));
    explicit_bzero(random, sizeof(random));
    return good;
}

static bool make_validator(const char *path, struct bytes password, const char *prefix, char *error,
                           size_t error_size)
{
    struct keystore_secret secret;
    struct keystore_random random;
    struct buffer text = {0};
    memset(&secret, 0, sizeof(secret));
    secret.kind = KEYSTORE_KEY;
    new_key(&secret.is.key);
    keys_random((uint8_t *)&random, sizeof(random));
    enum keystore_status status =
        keystore_seal(&text, &secret, prefix, password, &NODE_KEYSTORE_COST, &random);
    keystore_secret_close(&secret);
    bool good = status == KEYSTORE_OK ? write_file(path, buffer_bytes(&text), error, error_size)
                                      : fail(error, error_size, path, keystore_status_text(status));
    buffer_close(&text);
    return good;
}

bool keys_make(const char *home, bool validator, const char *prefix, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, home, KEYS_NODE, error, error_size) ||
        (access(path, F_OK) != 0 && !make_node(path, error, error_size))) {
        return false;
    }
    if (!validator) {
        return true;
    }
    if (!home_path(path, home, KEYS_VALIDATOR, error, error_size) || access(path, F_OK) == 0) {
        return access(path, F_OK) == 0;
    }
    char password_path[HOME_PATH_MAX];
    struct buffer password = {0};
    bool absent;
    bool good =
        home_path(password_path, home, KEYS_PASSWORD, error, error_size) &&
        (access(password_path, F_OK) == 0 || make_password(password_path, error, error_size)) &&
        read_file(&password, password_path, true, &absent, error, error_size);
    if (good) {
        trim_line(&password);
        /* The mark first: a key without one may have signed anything. */
        good = signer_mark_begin(home, error, error_size) &&
               make_validator(path, buffer_bytes(&password), prefix, error, error_size);
    }
    wipe(&password);
    return good;
}

bool keys_show_validator(struct public_key *out, const char *home, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    char line[256];
    bool absent;
    struct buffer text = {0};
    struct keystore keystore;
    bool good = home_path(path, home, KEYS_VALIDATOR, error, error_size) &&
                read_file(&text, path, true, &absent, error, error_size);
    if (good && keystore_parse(&keystore, buffer_bytes(&text), line, sizeof(line)) != KEYSTORE_OK) {
        good = fail(error, error_size, path, line);
    }
    if (good) {
        *out = keystore.public_key;
    }
    buffer_close(&text);
    return good;
}

bool keys_show_node(struct point *out, const char *home, char *error, size_t error_size)
{
    struct secret_key key;
    if (!load_node(&key, home, error, error_size)) {
        return false;
    }
    point_of(out, &key);
    secret_key_close(&key);
    return true;
}
