#!/bin/sh
# A node without a validator key joins late, catches up from blocks and certificates, follows, takes
# transactions, and votes on nothing. Reading by RPC: batches, events by long poll, receipts.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
# shellcheck disable=SC2046
set -- $(free_ports 2)
"$SOUKD" init --observer --home "$WORK/node4" >"$WORK/node4.keys"
echo "$2" >"$WORK/node4/rpc"
key=$(sed -n 's/^node_key = //p' "$WORK/node4.keys")
cp "$WORK/node0/config/genesis.json" "$WORK/node4/config/"
{
    printf '[p2p]\nlisten = 127.0.0.1:%s\n[rpc]\nlisten = 127.0.0.1:%s\n[peers]\n' "$1" "$2"
    for i in 0 1 2 3; do
        echo "node$i = $(sed -n 's/^node_key = //p' "$WORK/node$i.keys")@127.0.0.1:$(cat "$WORK/node$i/p2p")"
    done
} >"$WORK/node4/config/soukd.conf"
for i in 0 1 2 3; do echo "watcher = $key" >>"$WORK/node$i/config/soukd.conf"; done

for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
n=0
while [ "$n" -lt 20 ]; do
    transfer 0 1 "$to" >/dev/null
    n=$((n + 1))
done

echo "the observer catches up"
start 4
tip=$(height 0)
wait_for 100 at_height 4 "$tip" || fail "the observer stays at $(height 4) below $tip"
[ "$(balance 4 "$to")" = 20 ] || fail "balance $(balance 4 "$to")"
call 4 chain_status | field .result.validator | grep -q '^null$' || fail "it is a validator"

echo "it follows and takes transactions"
transfer 4 5 "$to" >/dev/null
tip=$(height 4)
wait_for 50 at_height 0 "$tip" || fail "node 0 is behind the observer"
same_state 0 1 2 3 4

echo "the validators do not need it"
kill_node 4
transfer 1 5 "$to" >/dev/null

echo "events by long poll"
same_state 0 1 2 3
cursor=$(call 2 events_list '{"after":"latest"}' | field .result.cursor)
call 2 events_list "{\"after\":\"$cursor\",\"wait_ms\":30000}" >"$WORK/polled" &
poll=$!
transfer 3 7 "$to" >/dev/null
wait "$poll"
field '.result.events[0].name' <"$WORK/polled" | grep -q '^transfer$' || fail "$(cat "$WORK/polled")"
field '.result.events[0].data.amount' <"$WORK/polled" | grep -q '^7$' || fail "$(cat "$WORK/polled")"
id=$(field '.result.events[0].transaction_id' <"$WORK/polled")
cursor=$(field .result.cursor <"$WORK/polled")
call 2 events_list "{\"after\":\"$cursor\",\"wait_ms\":300}" | field '.result.events | length' |
    grep -q '^0$' || fail "an event after the last one"

echo "receipts and batches"
got() { call 1 tx_get "{\"id\":\"$id\"}" | field .result.receipt.ok | grep -q '^true$'; }
wait_for 50 got || fail "tx_get"
post "$(rpc_port 0)" '[{"jsonrpc":"2.0","id":1,"method":"chain_header"},{"jsonrpc":"2.0","method":"chain_status"},{"jsonrpc":"2.0","id":"b","method":"mempool_status"}]' \
    >"$WORK/batch"
[ "$(field 'length' <"$WORK/batch")" = 2 ] || fail "a batch: $(cat "$WORK/batch")"
[ "$(field '.[1].id' <"$WORK/batch")" = b ] || fail "a batch: $(cat "$WORK/batch")"
[ "$(field '.[0].result.certificate.signers | length' <"$WORK/batch")" -ge 3 ] || fail "signers"
