/* The commands of `souk`, a table for each subject. */
#ifndef TOOLS_WALLET_COMMANDS_H
#define TOOLS_WALLET_COMMANDS_H

#include "tools/client/cli.h"

int run_wallet_new(struct cli *cli);
int run_wallet_import(struct cli *cli);
int run_wallet_list(struct cli *cli);
int run_wallet_address(struct cli *cli);
int run_wallet_phrase(struct cli *cli);
extern const struct cli_option wallet_new_options[];
extern const size_t wallet_new_option_count;

int run_status(struct cli *cli);
int run_validators(struct cli *cli);
int run_block(struct cli *cli);
int run_tx(struct cli *cli);
int run_events(struct cli *cli);
int run_rpc(struct cli *cli);
extern const struct cli_option events_options[];
extern const size_t events_option_count;

int run_balance(struct cli *cli);
int run_send(struct cli *cli);
int run_role_set(struct cli *cli);

int run_server_list(struct cli *cli);
int run_server_show(struct cli *cli);
int run_server_leave(struct cli *cli);
int run_server_stake(struct cli *cli);

int run_model_publish(struct cli *cli);
int run_model_list(struct cli *cli);
int run_model_show(struct cli *cli);
int run_model_close(struct cli *cli);
extern const struct cli_option model_publish_options[];
extern const size_t model_publish_option_count;

int run_round_open(struct cli *cli);
int run_round_defend(struct cli *cli);
int run_round_join(struct cli *cli);
int run_round_show(struct cli *cli);
int run_round_wait(struct cli *cli);
int run_round_model(struct cli *cli);
int run_round_result(struct cli *cli);
extern const struct cli_option round_open_options[];
extern const size_t round_open_option_count;
extern const struct cli_option round_fetch_options[];
extern const size_t round_fetch_option_count;
extern const struct cli_option round_wait_options[];
extern const size_t round_wait_option_count;

int run_share_run(struct cli *cli);
int run_share_commit(struct cli *cli);
int run_share_prove(struct cli *cli);
int run_share_deliver(struct cli *cli);
extern const struct cli_option share_options[];
extern const size_t share_option_count;

int run_gov_propose(struct cli *cli);
int run_gov_vote(struct cli *cli);
int run_gov_list(struct cli *cli);
int run_gov_show(struct cli *cli);

int run_validator_list(struct cli *cli);
int run_validator_heartbeat(struct cli *cli);
int run_validator_account(struct cli *cli);

int run_asm(struct cli *cli);
int run_disasm(struct cli *cli);
int run_program_send(struct cli *cli);
extern const struct cli_option program_send_options[];
extern const size_t program_send_option_count;
extern const struct cli_option asm_options[];
extern const size_t asm_option_count;

int run_verify(struct cli *cli);
extern const struct cli_option prove_options[]; /* of the commands that take --prove */
extern const size_t prove_option_count;
extern const struct cli_option verify_options[];
extern const size_t verify_option_count;

#endif /* TOOLS_WALLET_COMMANDS_H */
