#include "tools/client/wallet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/client/file.h"
#include "tools/client/random.h"

void wallet_password_close(struct wallet_password *password)
{
    explicit_bzero(password, sizeof(*password));
}

/* Ask on the terminal itself, so that standard input stays free for data. */
static bool ask(const char *prompt, char *out, struct fault *fault)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    if (terminal == NULL) {
        return fault_set(fault, "a password is needed and there is no terminal to ask at: name a "
                                "file that holds it by --password-file or SOUK_PASSWORD_FILE");
    }
    struct termios before;
    bool quiet = tcgetattr(fileno(terminal), &before) == 0;
    if (quiet) {
        struct termios hidden = before;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    }
    (void)fputs(prompt, terminal);
    (void)fflush(terminal);
    bool got = fgets(out, WALLET_PASSWORD_MAX, terminal) != NULL;
    if (quiet) {
        (void)tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    }
    (void)fputc('\n', terminal);
    (void)fclose(terminal);
    out[strcspn(out, "\r\n")] = '\0';
    return got || fault_set(fault, "no password was typed");
}

static bool read_password_file(struct wallet_password *out, const char *path, struct fault *fault)
{
    struct buffer content = {0};
    bool good = file_read(&content, path, WALLET_PASSWORD_MAX - 1, fault);
    if (good) {
        const char *text = buffer_text(&content);
        (void)snprintf(out->text, sizeof(out->text), "%.*s", (int)strcspn(text, "\r\n"), text);
        explicit_bzero(content.data, content.size);
        good = out->text[0] != '\0' || fault_set(fault, "%s: the first line is empty", path);
    }
    buffer_close(&content);
    return good;
}

bool wallet_password_get(struct wallet_password *out, const char *file, bool twice,
                         struct fault *fault)
{
    const char *path = file == NULL ? secure_getenv("SOUK_PASSWORD_FILE") : file;
    memset(out, 0, sizeof(*out));
    if (path != NULL && path[0] != '\0') {
        return read_password_file(out, path, fault);
    }
    if (!ask("password: ", out->text, fault)) {
        return false;
    }
    if (out->text[0] == '\0') {
        return fault_set(fault, "the password is empty");
    }
    if (!twice) {
        return true;
    }
    struct wallet_password again = {0};
    bool good = ask("once more: ", again.text, fault) &&
                (strcmp(out->text, again.text) == 0 ||
                 fault_set(fault, "the two passwords are not the same"));
    wallet_password_close(&again);
    return good;
}

bool wallet_path(char out[WALLET_PATH_MAX], const char *home, const char *name, struct fault *fault)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(name);
    if (length < 1 || length > 64 || strspn(name, allowed) != length) {
        return fault_set(fault,
                         "the wallet's name is '%s', 1 to 64 letters, digits, '-' and '_' are "
                         "expected",
                         name);
    }
    if (snprintf(out, WALLET_PATH_MAX, "%s/wallets/%s.key", home, name) >= WALLET_PATH_MAX) {
        return fault_set(fault, "%s: the path is too long", home);
    }
    return true;
}

bool wallet_prefix_check(const char *prefix, const char *what, struct fault *fault)
{
    size_t length = strlen(prefix);
    return (length >= 1 && length <= ADDRESS_PREFIX_MAX &&
            strspn(prefix, "abcdefghijklmnopqrstuvwxyz") == length) ||
           fault_set(fault, "%s is '%s', 1 to %d lower-case letters are expected", what, prefix,
                     ADDRESS_PREFIX_MAX);
}

bool wallet_load(struct keystore *out, const char *path, struct fault *fault)
{
    struct buffer text = {0};
    char error[200];
    if (!file_exists(path)) {
        return fault_set(fault, "there is no wallet %s ('souk wallet new' makes one)", path);
    }
    bool good = file_read(&text, path, KEYSTORE_TEXT_MAX, fault);
    if (good && keystore_parse(out, buffer_bytes(&text), error, sizeof(error)) != KEYSTORE_OK) {
        good = fault_set(fault, "%s: %s", path, error);
    }
    buffer_close(&text);
    return good;
}

bool wallet_open(struct secret_key *out, const char *path, const struct wallet_password *password,
                 uint32_t index, struct fault *fault)
{
    struct keystore keystore;
    struct keystore_secret secret;
    if (!wallet_load(&keystore, path, fault)) {
        return false;
    }
    enum keystore_status status =
        keystore_unlock(&secret, &keystore, bytes_of_text(password->text));
    if (status != KEYSTORE_OK) {
        return fault_set(fault, "%s: %s", path, keystore_status_text(status));
    }
    bool good = keystore_account(out, &secret, index) ||
                fault_set(fault, "%s: this wallet has no account %u", path, index);
    keystore_secret_close(&secret);
    return good;
}

bool wallet_create(const char *path, const struct keystore_secret *secret, const char *prefix,
                   const struct wallet_password *password, const struct keystore_cost *cost,
                   struct fault *fault)
{
    struct keystore_random random;
    struct keystore_cost standard = KEYSTORE_COST_DEFAULT;
    struct buffer text = {0};
    if (file_exists(path)) {
        return fault_set(fault, "%s: there is a wallet of this name already", path);
    }
    random_fill(&random, sizeof(random));
    enum keystore_status status =
        keystore_seal(&text, secret, prefix, bytes_of_text(password->text),
                      cost == NULL ? &standard : cost, &random);
    bool good =
        status == KEYSTORE_OK || fault_set(fault, "%s: %s", path, keystore_status_text(status));
    good = good && file_make_folder_of(path, fault) &&
           file_write(path, buffer_bytes(&text), 0600, fault);
    buffer_close(&text);
    return good;
}
