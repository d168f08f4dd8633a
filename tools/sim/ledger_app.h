/* The market's ledger behind the simulated replicas: real transactions, state and roots. */
#ifndef TOOLS_SIM_LEDGER_APP_H
#define TOOLS_SIM_LEDGER_APP_H

#include "tools/sim/app.h"

/* Accounts that send each other units, and now and then something that must be refused; validators that
 * governance adds, removes and pardons, and that reports of double votes jail. */
void sim_app_ledger(struct sim_app *out, const struct sim_options *options, uint32_t host_count);

#endif /* TOOLS_SIM_LEDGER_APP_H */
