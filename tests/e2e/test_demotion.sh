#!/bin/sh
# One of four validators is killed for ever. Its first turn costs a time-out; then it is demoted, and what is
# counted is how many of the next blocks needed a second round: without demotion, one of four.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

BLOCKS=64
make_network 4
for i in 0 1 2 3; do printf '\n[consensus]\nround_timeout_ms = 2000\n' >>"$WORK/node$i/config/soukd.conf"; done
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready: $(get "$(rpc_port "$i")" /readyz)"
done

# of_node3 <node> <field>
of_node3() { call "$1" chain_validators | field ".result.validators[] | select(.name == \"node3\") | .$2"; }
demoted() { [ "$(of_node3 "$1" failures)" -gt 0 ]; }
round_of() { call 0 chain_block "{\"height\":\"$1\"}" | field .result.certificate.round; }

to=$(new_address receiver)

# blocks_until <command...>: transfers through node 0 until it succeeds, 200 at most.
blocks_until() {
    sent=0
    while ! "$@"; do
        [ "$sent" -lt 200 ] || return 1
        transfer 0 1 "$to" >/dev/null || fail "a transfer through node 0 failed"
        sent=$((sent + 1))
    done
}

[ "$(of_node3 0 failures)" = 0 ] || fail "a leader has failed before anything happened"
kill_node 3
blocks_until demoted 0 || fail "node3 never failed: height $(height 0)"
for i in 1 2; do wait_for 100 demoted "$i" || fail "node $i does not know that node3 failed"; done
get "$(rpc_port 0)" /metrics | grep -q '^consensus_demoted_validators' || fail "no metric of demoted validators"

first=$(height 0)
last=$((first + BLOCKS))
reached() { [ "$(height 0)" -gt "$last" ]; }
blocks_until reached || fail "node 0 stays at height $(height 0) below $last"
slow=0
h=$first
while [ "$h" -le "$last" ]; do
    [ "$(round_of "$h")" = 0 ] || slow=$((slow + 1))
    h=$((h + 1))
done
echo "$slow of $((BLOCKS + 1)) blocks needed another round; $((BLOCKS / 4)) did without demotion"
# The terms double: 8, 16, 32 heights. The rest is for a machine under load.
[ "$slow" -le $((BLOCKS / 8)) ] || fail "$slow blocks waited for a leader"

echo "a node that is killed knows whom it must pass over"
kill_node 0
start 0
wait_for 200 ready 0 || fail "node 0 is not ready again"
demoted 0 || fail "node 0 has forgotten that node3 failed"

echo "it comes back, and leads again after its term"
start 3
wait_for 200 ready 3 || fail "node 3 is not ready again"
led_again() { [ "$(of_node3 0 failures)" = 0 ]; }
blocks_until led_again || fail "node3 has not led a block: height $(height 0), demoted until $(of_node3 0 demoted_until)"
