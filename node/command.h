/* Subcommands of soukd that work on the home of a stopped node. */
#ifndef NODE_COMMAND_H
#define NODE_COMMAND_H

/* `soukd verify --home DIR`: check the chain of blocks, their certificates, the write-ahead log, and
 * execute everything again from genesis, comparing each root; of a home whose blocks do not begin at 1
 * all but the execution (node/verify_kept.h). Progress on stderr. argv[0] is the verb.
 * Exit code: 0 all is right, 1 something is not (one line says what), 2 wrong usage. */
int command_verify(int argc, char **argv);

/* `soukd inspect --home DIR [status|block H|account A|state KEY|validators H]`: one JSON object on stdout. KEY is
 * hexadecimal. Exit codes as above; 1 also where there is no such thing. */
int command_inspect(int argc, char **argv);

/* `soukd signer [show|trust] --home DIR`: the mark of what the validator key may have signed, as one
 * JSON object; `trust` lets it speak of the log that is there. Exit codes as above. */
int command_signer(int argc, char **argv);

/* `soukd snapshot list|create|verify|restore [HEIGHT|DIR] --home DIR` (node/snapshot.h); `create` asks
 * the running node where there is one. Exit codes as above. */
int command_snapshot(int argc, char **argv);

/* `soukd fork --home DIR OUT`: write OUT/genesis.json and OUT/base_state, with which a new chain goes on
 * from the last state of this stopped node. Its validators are the present ones, to be edited. Exit
 * codes as above. */
int command_fork(int argc, char **argv);

/* `soukd rollback HEIGHT --home DIR`: blocks and state of a stopped node as they were after block HEIGHT, by
 * executing the blocks from 1 or from a kept snapshot again. The log is removed, and the mark of what was
 * signed stays: a validator observes until the chain has passed it. Exit codes as above. */
int command_rollback(int argc, char **argv);

/* `soukd prune KEEP --home DIR`: forget all but the last KEEP blocks (node/prune.h). `soukd compact`: write
 * the state database anew without its free pages. `soukd reset`: remove blocks, state and log, and keep the
 * keys and the mark of what was signed; asks, unless the word `yes` is given. Exit codes as above. */
int command_prune(int argc, char **argv);
int command_compact(int argc, char **argv);
int command_reset(int argc, char **argv);

#endif /* NODE_COMMAND_H */
