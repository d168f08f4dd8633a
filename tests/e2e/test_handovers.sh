#!/bin/sh
# The validators change three times. Proofs from a node that has executed everything are believed with
# nothing but the genesis; so are those from a node that began above the changes, from a snapshot that it
# fetched or restored, with the genesis alone as its root of trust. Real processes.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_governance.sh

GENESIS=$WORK/node0/config/genesis.json

# proves <node> <account>: its proof of the account is right and shows what the first node shows.
proves() {
    level 0 "$1"
    "$SOUK" balance "$2" --node "http://127.0.0.1:$(rpc_port "$1")" --prove "$WORK/proof" \
        --genesis "$GENESIS" >"$WORK/out" 2>&1 || fail "node $1 proves nothing: $(cat "$WORK/out")"
    [ "$("$SOUK" verify "$WORK/proof" --genesis "$GENESIS" --json | jq -r .value.balance)" = \
        "$(balance 0 "$2")" ] || fail "node $1 proves another balance"
}

make_network 4
for i in 0 1 2 3; do start "$i" --snapshot-interval 20; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
for i in 0 1 2 3; do fund "$i"; done
to=$(new_address receiver)

echo "one joins, one leaves, one gets other keys"
new_node 4 0 1 2 3
new_node 5 0 1 2 3 4
new_node 6 0 2 3 4
fund 4
fund 5
for i in 4 5 6; do decide '0 1 2' node-permit "new$i" "$(public "$i" node_key)"; done
start 4 --snapshot-interval 20
wait_for 200 ready 4 || fail "node 4 does not follow"
node_souk 0 validator heartbeat "http://127.0.0.1:$(rpc_port 4)" >/dev/null
decide '0 1 2' validator-add five "$(public 4 public_key)" "$(public 4 node_key)"
wait_for 100 has_names 4 'node0 node1 node2 node3 five' || fail "the set is $(names 4)"
proves 0 "$RICH"
kill_node 3
[ "$("$SOUKD" inspect status --home "$WORK/node3" | jq .validators)" = 5 ] || fail "inspect shows the set of the genesis"
start 3 --snapshot-interval 20
wait_for 200 ready 3 || fail "node 3 is not back"
cp "$WORK/proof" "$WORK/early"
"$SOUK" verify "$WORK/early" --genesis "$GENESIS" --save-trust "$WORK/trust" >/dev/null || fail "no trust is kept"
[ "$(jq '.validators | length' "$WORK/trust")" -ge 4 ] || fail "the trust is $(cat "$WORK/trust")"
cp "$WORK/trust" "$WORK/early-trust"
decide '0 2 3 4' validator-remove node1
wait_for 100 has_names 0 'node0 node2 node3 five' || fail "the set is $(names 0)"
kill_node 1
start 5
wait_for 200 ready 5 || fail "node 5 does not follow"
node_souk 0 validator heartbeat "http://127.0.0.1:$(rpc_port 5)" >/dev/null
decide '0 3 4' validator-replace node2 "$(public 5 public_key)" "$(public 5 node_key)"
is_node2() { [ "$(call 5 chain_status | field .result.validator)" = node2 ]; }
wait_for 100 is_node2 || fail "node 5 does not validate"
kill_node 2
transfer 0 5 "$to" >/dev/null
for i in 0 3 4 5; do proves "$i" "$to"; done

echo "trust moves up to a later header, and needs no genesis then"
"$SOUK" verify "$WORK/proof" --trust "$WORK/trust" --save-trust "$WORK/trust" >"$WORK/out" 2>&1 ||
    fail "not across the changes: $(cat "$WORK/out")"
jq -e '[.validators[].name] | index("node1") | not' "$WORK/trust" >/dev/null || fail "it did not move"
[ "$("$SOUK" verify "$WORK/proof" --trust "$WORK/trust" --genesis "$GENESIS" --json | jq -r .value.balance)" = \
    "$(balance 0 "$to")" ] || fail "the later trust shows another balance"
"$SOUK" balance "$to" --node "http://127.0.0.1:$(rpc_port 0)" --prove "$WORK/again" --trust "$WORK/trust" \
    --save-trust "$WORK/trust" >/dev/null || fail "--prove does not take --trust"
if "$SOUK" verify "$WORK/early" --trust "$WORK/trust" >"$WORK/out" 2>&1; then
    fail "a proof below the trusted header holds"
fi
grep -q "below the trusted one" "$WORK/out" || fail "an early proof: $(cat "$WORK/out")"
jq '.network = "other"' "$GENESIS" >"$WORK/other.json"
if "$SOUK" verify "$WORK/proof" --trust "$WORK/trust" --genesis "$WORK/other.json" >"$WORK/out" 2>&1; then
    fail "the trust is taken for another chain"
fi
grep -q "of another chain" "$WORK/out" || fail "another genesis: $(cat "$WORK/out")"

echo "a state that is executed again has the handovers too"
kill_node 3
rm -rf "$WORK/node3/data/state"
start 3 --snapshot-interval 20
wait_for 200 ready 3 || fail "node 3 is not back"
proves 3 "$to"

echo "a node begins above the changes, from the genesis alone"
changed=$(height 0)
while [ "$(height 0)" -lt $((changed / 20 * 20 + 22)) ]; do transfer 0 1 "$to" >/dev/null; done
made=$((changed / 20 * 20 + 20))
for i in 0 3 4; do
    wait_for 100 grep -q "event=snapshot height=$made " "$WORK/node$i/log" || fail "no snapshot $made"
done
start 6 --snapshot-fetch 5 --snapshot-interval 20
wait_for 200 grep -q "event=statesync_done" "$WORK/node6/log" || fail "no snapshot is taken"
wait_for 100 alive 6 || fail "node 6 does not serve"
tip=$(height 0)
wait_for 200 at_height 6 "$tip" || fail "node 6 stays at $(height 6)"
[ "$(call 6 chain_status | field .result.lowest_height)" = "$made" ] || fail "it fetched all blocks"
[ "$(names 6)" = "$(names 0)" ] || fail "node 6 knows the set $(names 6)"
transfer 0 3 "$to" >/dev/null
tip=$(height 0)
wait_for 100 at_height 6 "$tip" || fail "node 6 does not follow"
proves 6 "$to"

echo "its own snapshot leads from the genesis too"
while [ "$(height 0)" -lt $((made + 22)) ]; do transfer 0 1 "$to" >/dev/null; done
wait_for 100 grep -q "event=snapshot height=$((made + 20)) " "$WORK/node6/log" || fail "no snapshot of node 6"
new_node 7 0
"$SOUKD" snapshot restore "$WORK"/node6/data/snapshots/*"$((made + 20))" --home "$WORK/node7" >/dev/null ||
    fail "it is not restored"

echo "what it has is verified"
kill -TERM "$(cat "$WORK/node6/pid")"
wait "$(cat "$WORK/node6/pid")" || fail "the stop of node 6"
"$SOUKD" verify --home "$WORK/node6" >"$WORK/out" 2>&1 || fail "verify: $(cat "$WORK/out")"
grep -q "^good: blocks $made to" "$WORK/out" || fail "verify says $(cat "$WORK/out")"
"$SOUKD" inspect status --home "$WORK/node6" | jq -e '.snapshots | length >= 1' >/dev/null || fail "inspect"
"$SOUKD" inspect validators "$made" --home "$WORK/node6" | jq -e '.handovers | length == 3' >/dev/null ||
    fail "inspect shows other handovers"

for i in 0 3; do
    kill_node "$i"
    "$SOUKD" verify --home "$WORK/node$i" >"$WORK/out" 2>&1 || fail "verify of node $i: $(cat "$WORK/out")"
    start "$i" --snapshot-interval 20
done
for i in 0 3; do wait_for 200 ready "$i" || fail "node $i is not back"; done

echo "where the validators of the genesis are gone, the block is named"
kill_node 3
restart_empty() {
    "$SOUKD" reset yes --home "$WORK/node6" >/dev/null || fail "reset"
    start 6 --snapshot-fetch 5 --sync-timeout-ms 200 "$@"
}
restart_empty
wait_for 200 grep -q 'event=statesync_over text="too few validators of the genesis' "$WORK/node6/log" ||
    fail "node 6 does not say what is missing"
kill_node 6
restart_empty --snapshot-trust "$("$SOUKD" snapshot list --home "$WORK/node4" | jq -r .trust | tail -n 1)"
wait_for 200 grep -q "event=statesync_done" "$WORK/node6/log" || fail "no snapshot is taken by its name"
wait_for 100 alive 6 || fail "node 6 does not serve again"
tip=$(height 0)
wait_for 200 at_height 6 "$tip" || fail "node 6 stays at $(height 6)"
[ "$(names 6)" = "$(names 0)" ] || fail "node 6 knows the set $(names 6)"
