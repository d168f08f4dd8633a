#!/bin/sh
# A model that pays by what each update adds to the sum: credits are opened after the sum, and the
# reward is split by them, to the unit. An update against the sum gets its stake back and nothing more.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 4 4
make_update "$WORK/update1.npy" 64 '1 + 0 * k'
make_update "$WORK/update2.npy" 64 '2 + 0 * k'
make_update "$WORK/update3.npy" 64 '3 + 0 * k'
make_update "$WORK/update4.npy" 64 '-1 + 0 * k'
refused "neither with --pad" as modeller model publish --name credits --dimension 64 --servers "$servers" --credit --pad
paying modeller model publish --name credits --dimension 64 --servers "$servers" --rounds 1 --credit \
    --reward 901 --server-fee 10 --owners-min 3 --owners-max 4 --owner-stake 50 --bound 30000000 \
    --commit-window 1000 --window 40
paying modeller round open 1 --model "$WORK/update1.npy"
for i in 1 2 3 4; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
settles 1 1 4 '5 + 0 * k'
# The sum is 5, the credits are as 1 : 2 : 3 : -1; the last weighs nothing, and 1 of 901 goes back.
for i in 1 2 3 4; do end_owner "owner$i" 0; done
owner_has 1 150
owner_has 2 300
owner_has 3 450
owner_has 4 0
for j in 1 2 3 4; do server_has "$j" 10; done
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 941 + 1))
same_state 0 1 2 3
