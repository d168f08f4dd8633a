#!/bin/sh
# Four validators add a fifth while transfers run, replace the keys of one, remove one, and change a
# parameter; somebody who runs two nodes with one key is jailed and pardoned; a feature that nobody
# knows stops every node before its height. Real processes; each change is voted by souk.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_governance.sh

make_network 4
# The validators pay for their votes from accounts of their own.
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done

# refused <text> <command...>
refused() {
    text=$1
    shift
    if "$@" >"$WORK/out" 2>&1; then fail "not refused: $*"; fi
    grep -q -- "$text" "$WORK/out" || fail "'$*' does not say '$text': $(cat "$WORK/out")"
}

jailed() { call "$1" chain_validators | field '[.result.validators[] | select(.jailed) | .name] | join(" ")'; }
validates() { [ "$(call "$1" chain_status | field .result.validator)" = "$2" ]; }
is_jailed() { [ "$(jailed "$1")" = "$2" ]; }

for i in 0 1 2 3; do fund "$i"; done

for kind in $("$SOUK" gov propose nothing 2>&1 | sed -n 's/.*KIND is one of: //p' | tr ',' '\n' | awk '{ print $1 }'); do
    "$SOUK" gov propose --help | grep -qw -- "$kind" || fail "the help of gov propose lacks $kind"
done

echo "transfers run all the time"
to=$(new_address receiver)
for i in 1 2; do
    transfer 0 1000000000 "$(new_address "sender$i")" >/dev/null
    : >"$WORK/count$i"
    sender "$i" "$to" &
    echo $! >"$WORK/sender$i.pid"
done

echo "a node is permitted, follows, and becomes a validator without a restart"
new_node 4 0 1 2 3
fund 4
refused 'CANDIDATE_UNKNOWN' node_souk 0 gov propose validator-add five "$(public 4 public_key)" "$(public 4 node_key)"
refused 'validator-remove VALIDATOR, ' node_souk 0 gov propose validator-remove
refused "the name is 'a?b'" node_souk 0 gov propose node-permit "$(printf 'a\tb')" "$(public 4 node_key)"
refused 'at most 32 characters' node_souk 0 gov propose node-permit 123456789012345678901234567890123 "$(public 4 node_key)"
"$SOUK" gov list --node "http://127.0.0.1:$(rpc_port 0)" | grep -q '^there are no proposals' || fail "gov list"
decide '0 1 2' node-permit five "$(public 4 node_key)"
"$SOUK" gov list --node "http://127.0.0.1:$(rpc_port 0)" >"$WORK/out"
grep -q '^1    passed   3 yes of 3, 0 no  node .*name=five' "$WORK/out" || fail "gov list: $(cat "$WORK/out")"
"$SOUK" gov show 1 --node "http://127.0.0.1:$(rpc_port 0)" >"$WORK/out"
grep -Eq '^  node3 +-$' "$WORK/out" || fail "gov show: $(cat "$WORK/out")"
grep -Eq '^  node1 +yes$' "$WORK/out" || fail "gov show: $(cat "$WORK/out")"
start 4
wait_for 200 ready 4 || fail "node 4 does not follow"
node_souk 0 validator heartbeat "http://127.0.0.1:$(rpc_port 4)" >/dev/null
decide '0 1 2' validator-add five "$(public 4 public_key)" "$(public 4 node_key)"
wait_for 100 has_names 4 'node0 node1 node2 node3 five' || fail "the set is $(names 4)"
wait_for 100 validates 4 five || fail "node 4 does not know that it validates"
leads() { call 0 chain_header | field .result.header.proposer_name | grep -q "^$1\$"; }
wait_for 200 leads five || fail "the fifth never leads"

echo "with one of the first four gone the fifth's vote is needed"
kill_node 3
transfer 0 7 "$to" >/dev/null
start 3
wait_for 100 ready 3 || fail "node 3 is not back"

echo "the others outlive a peer that the chain admitted while they ran, and it comes back"
kill_node 4
transfer 0 3 "$to" >/dev/null
start 4
wait_for 100 ready 4 || fail "node 4 is not back"

echo "a validator's keys are replaced by those of another machine"
new_node 5 0 1 2 3 4
fund 5
decide '0 1 2 3' node-permit six "$(public 5 node_key)"
start 5
wait_for 200 ready 5 || fail "node 5 does not follow"
node_souk 0 validator heartbeat "http://127.0.0.1:$(rpc_port 5)" >/dev/null
decide '0 1 2 3' validator-replace node2 "$(public 5 public_key)" "$(public 5 node_key)"
wait_for 100 validates 5 node2 || fail "node 5 does not know that it validates"
has_names 5 'node0 node1 node2 node3 five' || fail "the set is $(names 5)"
wait_for 100 validates 2 null || fail "node 2 still believes that it validates"

echo "one is removed and follows on as an observer"
decide '0 1 3 4' validator-remove node1
wait_for 100 has_names 0 'node0 node2 node3 five' || fail "the set is $(names 0)"
decide '0 3 4' node-permit watcher "$(public 1 node_key)"
transfer 0 3 "$to" >/dev/null
tip=$(height 0)
wait_for 100 at_height 1 "$tip" || fail "the removed one stays at $(height 1)"
refused 'NO_VOICE' node_souk 1 gov propose validator-remove node0

echo "what has passed still shows the quorum that passed it"
[ "$(call 0 governance_proposals | field '[.result.proposals[] | select(.status == "passed" and .yes < .needed)] | length')" = 0 ] ||
    fail "a passed proposal without its votes: $(call 0 governance_proposals)"

echo "a parameter"
decide '0 3 4' parameter gas_per_byte 2
transfer 0 3 "$to" >/dev/null
costs_two() { [ "$(call 3 chain_parameters | field .result.parameters.gas_per_byte)" = 2 ]; }
wait_for 100 costs_two || fail "gas_per_byte stays"

echo "no transfer was lost"
enough() { [ "$(cat "$WORK"/count1 "$WORK"/count2 | wc -l)" -gt 10 ]; }
wait_for 300 enough || fail "hardly any transfer got through: $(cat "$WORK"/refused*)"
touch "$WORK/stop"
for i in 1 2; do wait "$(cat "$WORK/sender$i.pid")" || true; done
same_state 0 3 4 5
# Whose node was killed, or asked to take part no more, got no answer; it may have been committed all the same.
sent=$(cat "$WORK"/count1 "$WORK"/count2 | wc -l)
unsure=$(cat "$WORK"/unsure1 "$WORK"/unsure2 2>/dev/null | wc -l)
received=$(($(balance 0 "$to") - 16))
if [ "$received" -lt "$sent" ] || [ "$received" -gt $((sent + unsure)) ]; then
    fail "of senders the receiver has $received; $sent were answered, $unsure were not"
fi
