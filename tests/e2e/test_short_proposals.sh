#!/bin/sh
# Every proposal in short form: transfers commit on four nodes under load, out of the pools and with what is
# fetched; one that was killed and comes back with an empty pool follows; all have the same state.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
NET=$WORK/net
stop_all() { "$BUILD/souk-testnet" down --home "$NET" >/dev/null 2>&1 || true; }
BASE=$(free_port_range 8)
rpc_port() { echo $((BASE + 1 + 2 * $1)); }
# metric <node> <name with labels>: its value
metric() { get "$(rpc_port "$1")" /metrics | awk -v name="$2" '$1 == name { print $2 }'; }
load() {
    "$BUILD/souk-bench" load --rate 300 --seconds 3 --accounts 40 --workers 4 --json >"$WORK/out" ||
        fail "$1: $(cat "$WORK/out")"
    jq -e '.committed == 900 and .failed == 0 and .lost == 0 and .refused == 0' "$WORK/out" >/dev/null ||
        fail "$1: $(cat "$WORK/out")"
}

"$BUILD/souk-testnet" init --home "$NET" --servers 0 --owners 0 --base-port "$BASE" >/dev/null
for conf in "$NET"/node-*/config/soukd.conf; do
    sed -i 's/^short_bytes = .*/short_bytes = 0/' "$conf"
    grep -q '^short_bytes = 0' "$conf" || fail "$conf has no short_bytes"
done
"$BUILD/souk-testnet" up --home "$NET" >/dev/null 2>&1
# shellcheck source=/dev/null # made by souk-testnet init
. "$NET/env"

load "four nodes"
for i in 0 1 2 3; do
    [ "$(metric "$i" consensus_short_proposals_sent_total)" -gt 0 ] || fail "node $i proposed nothing in short form"
    [ "$(metric "$i" 'consensus_short_proposals_total{from="pool"}')" -gt 0 ] ||
        fail "node $i put nothing together out of its pool"
    [ "$(metric "$i" consensus_messages_refused_total)" -eq 0 ] || fail "node $i refused a message"
done

"$BUILD/souk-testnet" kill 4 --home "$NET" >/dev/null
load "three nodes"
"$BUILD/souk-testnet" restart 4 --home "$NET" >/dev/null 2>&1
load "four again"
same() {
    [ "$(for i in 0 1 2 3; do call "$i" chain_status | jq -c '.result | [.height, .state_root]'; done | sort -u | wc -l)" -eq 1 ]
}
wait_for 200 same || fail "the nodes differ: $(for i in 0 1 2 3; do call "$i" chain_status; done)"
