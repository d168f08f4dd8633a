/* What most commands of `souk` begin with: a node, its chain, and a key to sign with. */
#ifndef TOOLS_WALLET_SESSION_H
#define TOOLS_WALLET_SESSION_H

#include "tools/client/cli.h"
#include "tools/client/submit.h"

struct session {
    struct cli *cli;
    struct rpc *rpc;
    struct chain_info chain;
    bool can_sign;
    struct secret_key key;
    struct public_key public_key;
    struct address address;
    char address_text[ADDRESS_TEXT_MAX];
};

extern const struct cli_option session_options[]; /* common to all commands */
extern const size_t session_option_count;

/* Has a common option an effect on a command? As cli_program wants it. */
bool session_heeds(const char *command, const char *option);

/* Folder of wallets and of owners' unfinished rounds: --home, SOUK_HOME or ~/.souk. */
const char *session_home(const struct cli *cli);

/* Name of the wallet to sign with: --wallet, SOUK_WALLET or "default". */
const char *session_wallet(const struct cli *cli);

/* Connect and learn the chain; session_open_signer() also opens the wallet. */
NODISCARD bool session_open(struct session *out, struct cli *cli, struct fault *fault);
NODISCARD bool session_open_signer(struct session *out, struct cli *cli, struct fault *fault);
void session_close(struct session *session);

/* Open only the wallet's key, without a node. */
NODISCARD bool session_key(const struct cli *cli, struct secret_key *out, struct fault *fault);

/* The address of the wallet's account 0, without its password. */
NODISCARD bool session_wallet_address(const struct cli *cli, struct address *out,
                                      struct fault *fault);

/* Read an address, or "me" for the wallet's own. */
NODISCARD bool session_address(const struct session *session, struct address *out, const char *text,
                               struct fault *fault);

/* Sign and send native instructions, wait, and print `done` with the receipt (or JSON). Returns the
 * exit code. */
int session_submit(struct session *session, const struct submit_native *natives, size_t count,
                   struct bytes sidecar, const char *done);

/* The same for a program of the caller's. */
int session_submit_program(struct session *session, struct bytes program, struct bytes sidecar,
                           const char *done);

/* Sign and send native instructions, and wait, without printing. */
NODISCARD bool session_send(struct session *session, const struct submit_native *natives,
                            size_t count, struct bytes sidecar, struct submit_receipt *receipt,
                            struct fault *fault);

#endif /* TOOLS_WALLET_SESSION_H */
