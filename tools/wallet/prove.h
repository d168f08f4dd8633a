/* --prove: what a command shows is taken from a proof, checked and kept, instead of believed. */
#ifndef TOOLS_WALLET_PROVE_H
#define TOOLS_WALLET_PROVE_H

#include "tools/wallet/session.h"

/* True where the command was given --prove. */
bool prove_wanted(const struct cli *cli);

/* Ask the node for a proof about a key of the state, or a transaction; check it against the genesis of
 * --genesis, keep it in the file of --prove, and print what it shows. Returns the exit code. */
int prove_state(struct session *session, const struct market_key *key);
int prove_transaction(struct session *session, const char *id);

#endif /* TOOLS_WALLET_PROVE_H */
