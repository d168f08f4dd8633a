#!/bin/sh
# What dashboards are built on: every name that docs/operating.md lists is there, and with one of four
# killed the page says who is missing, which rounds were given up and why.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
page() { get "$(rpc_port 0)" /metrics | sed '$d'; } # without the status
# sample <name with labels>: its value
sample() { page | awk -v name="$1" '$1 == name { print $2 }'; }

transfer 0 1 "$to" >/dev/null
call 0 tx_get '{"id":"00"}' >/dev/null
call 0 no_such_method >/dev/null
is() { [ "$(sample "$1")" = "$2" ]; }
more() { [ "$(sample "$1")" -gt "$2" ]; }
wait_for 50 is 'rpc_requests_total{method="tx_send",code="0"}' 1 || fail "tx_send is not counted"
wait_for 50 is 'rpc_requests_total{method="tx_get",code="-32602"}' 1 || fail "a refused tx_get is not counted"
wait_for 50 is 'rpc_requests_total{method="",code="-32601"}' 1 || fail "an unknown method is not counted"
# STATUS goes out once a second.
wait_for 100 more 'p2p_message_send_bytes_total{type="consensus"}' 1000 || fail "hardly any bytes of consensus"
wait_for 100 is tx_commit_latency_seconds_count 1 || fail "the latency of a committed transfer is not there"
wait_for 100 more consensus_round_duration_seconds_count 0 || fail "no duration"

signed='consensus_validator_last_signed_height{validator="node3"}'
wait_for 100 more "$signed" 0 || fail "node3 has signed nothing"

kill_node 3
for i in 1 2 3 4 5 6 7 8; do transfer 0 1 "$to" >/dev/null; done
wait_for 100 more 'consensus_validator_missed_blocks{validator="node3"}' 7 || fail "node3 has missed nothing"
wait_for 100 more 'consensus_view_changes_total{reason="propose"}' 0 || fail "no round of node3 was given up"

page >"$WORK/page"
grep -v '^#' "$WORK/page" |
    grep -Evn '^[a-z0-9_]+(\{([a-z]+="([^"\\]|\\.)*",?)+\})? [0-9]+(\.[0-9]+)?$' && fail "not the text format"
grep -q '^consensus_late_votes_total{type="round_change"} ' "$WORK/page" || fail "the type of a late vote is no word"
! grep -q 'mempool_failed_txs_total{reason="MEMPOOL_KNOWN"}' "$WORK/page" || fail "a transaction that came twice has failed"
sed -n '/^## What to watch/,/^No blocks/p' docs/operating.md | grep '^|' | cut -d'|' -f2 |
    grep -o '[a-z0-9]*_[a-z0-9_]*' | grep -v '^quota$' >"$WORK/names"
[ "$(wc -l <"$WORK/names")" -gt 30 ] || fail "the names are not in docs/operating.md any more"
while read -r name; do
    grep -q "^# TYPE $name " "$WORK/page" || fail "$name is in docs/operating.md and not on the page"
done <"$WORK/names"
