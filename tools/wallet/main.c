/* souk: wallet and client of a data market. */
#include "tools/wallet/commands.h"
#include "tools/wallet/session.h"

int main(int argc, char **argv)
{
    const struct cli_command commands[] = {
        {"wallet new", "[NAME]", "make a wallet with a fresh recovery phrase", 0, 1,
         wallet_new_options, wallet_new_option_count, run_wallet_new},
        {"wallet import", "[NAME]", "make a wallet of a phrase or key on standard input", 0, 1,
         wallet_new_options, wallet_new_option_count, run_wallet_import},
        {"wallet list", "", "wallets and their addresses", 0, 0, NULL, 0, run_wallet_list},
        {"wallet address", "[NAME]", "address of a wallet", 0, 1, NULL, 0, run_wallet_address},
        {"wallet phrase", "[NAME]", "show the recovery phrase", 0, 1, NULL, 0, run_wallet_phrase},
        {"balance", "[ADDRESS]", "balance, nonce and roles of an account", 0, 1, NULL, 0,
         run_balance},
        {"send", "AMOUNT ADDRESS", "transfer units", 2, 2, NULL, 0, run_send},
        {"role set", "ADDRESS ROLES", "grant roles (by an admin): publisher,contributor,...", 2, 2,
         NULL, 0, run_role_set},
        {"server list", "", "aggregation servers", 0, 0, NULL, 0, run_server_list},
        {"server show", "ADDRESS", "one aggregation server", 1, 1, NULL, 0, run_server_show},
        {"server leave", "", "stop serving and take the stake back", 0, 0, NULL, 0,
         run_server_leave},
        {"model publish", "", "offer rewards for training a model", 0, 0, model_publish_options,
         model_publish_option_count, run_model_publish},
        {"model list", "", "models", 0, 0, NULL, 0, run_model_list},
        {"model show", "MODEL", "a model and its terms", 1, 1, NULL, 0, run_model_show},
        {"model close", "MODEL", "end a model, take the rest of the escrow back", 1, 1, NULL, 0,
         run_model_close},
        {"round open", "MODEL", "open the next round with the present model", 1, 1,
         round_open_options, round_open_option_count, run_round_open},
        {"round join", "MODEL [ROUND]", "take a seat in a round, with the stake", 1, 2, NULL, 0,
         run_round_join},
        {"round show", "MODEL [ROUND]", "a round and its owners", 1, 2, NULL, 0, run_round_show},
        {"round wait", "MODEL [ROUND]", "wait until a round is settled", 1, 2, round_wait_options,
         round_wait_option_count, run_round_wait},
        {"round model", "MODEL [ROUND]", "fetch the model of a round", 1, 2, round_fetch_options,
         round_fetch_option_count, run_round_model},
        {"round result", "MODEL [ROUND]", "fetch the sum of the updates as .npy", 1, 2,
         round_fetch_options, round_fetch_option_count, run_round_result},
        {"share commit", "MODEL [ROUND]", "contribute an update: share, commit, deliver", 1, 2,
         share_commit_options, share_commit_option_count, run_share_commit},
        {"share deliver", "MODEL [ROUND]", "deliver the shares of a commitment again", 1, 2, NULL,
         0, run_share_deliver},
        {"status", "", "the node and its chain", 0, 0, NULL, 0, run_status},
        {"validators", "", "the validators", 0, 0, NULL, 0, run_validators},
        {"block", "[HEIGHT]", "a block", 0, 1, NULL, 0, run_block},
        {"tx", "ID", "a transaction and its receipt", 1, 1, NULL, 0, run_tx},
        {"events", "", "what happened on the chain", 0, 0, events_options, events_option_count,
         run_events},
        {"rpc", "METHOD [PARAMS]", "any call of the node's JSON-RPC", 1, 2, NULL, 0, run_rpc},
        {"asm", "FILE", "assemble a program to hexadecimal", 1, 1, asm_options, asm_option_count,
         run_asm},
        {"disasm", "PROGRAM", "a hexadecimal program as text", 1, 1, asm_options, asm_option_count,
         run_disasm},
        {"program send", "FILE", "assemble, sign and send a program", 1, 1, NULL, 0,
         run_program_send},
    };
    const struct cli_program program = {
        .name = "souk",
        .summary =
            "Wallet and client of Souk: publish models, contribute updates, query the chain.",
        .commands = commands,
        .command_count = ARRAY_COUNT(commands),
        .common_options = session_options,
        .common_option_count = session_option_count,
    };
    return cli_main(&program, argc, argv);
}
