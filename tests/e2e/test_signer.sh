#!/bin/sh
# A validator whose key is with souk-signer: it votes; while the signer is away the others go on and it follows; the
# signer killed with -9 remembers; a node whose data is lost, and a second node with the same signer, get no two votes
# for one place.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
SIGNER=$BUILD/souk-signer

"$BUILD/souk-signer" show --home "$WORK/nothing" 2>&1 | grep -q "'souk-signer init' makes one" || fail "no key, and no word how to make one"
make_network 4
home=$WORK/node_signer
key=$WORK/node0/config/validator_key
"$SIGNER" init --home "$home" --key "$key" --password-file "$WORK/node0/config/password" >"$WORK/init"
public=$(sed -n 's/^public key  //p' "$WORK/init")
grep -q "^public_key = $public$" "$WORK/node0.keys" || fail "init shows another key: $(cat "$WORK/init")"
cp "$WORK/node0/config/password" "$WORK/signer_password"
rm "$key" "$WORK/node0/config/password"
printf '[keys]\nsigner = %s/signer.sock\n' "$home" >>"$WORK/node0/config/soukd.conf"

# A signer that was begun once more says it once more.
begun=0
listens() { [ "$(grep -c event=listening "$home/log")" -ge "$begun" ]; }
begin_signer() {
    begun=$((begun + 1))
    "$SIGNER" run --home "$home" --password-file "$WORK/signer_password" >>"$home/log" 2>&1 &
    echo $! >"$home/pid"
    wait_for 100 listens || fail "the signer does not listen: $(cat "$home/log")"
}
kill_signer() {
    kill -9 "$(cat "$home/pid")"
    wait "$(cat "$home/pid")" 2>/dev/null || true
    rm -f "$home/pid" "$home/signer.sock"
}
signed_height() {
    "$SIGNER" show --home "$home" --json | field .height
}
signs_above() {
    transfer 1 1 "$to" >/dev/null
    [ "$(signed_height)" -gt "$1" ]
}

echo "without its signer the node does not start, and says why"
"$SOUKD" start --home "$WORK/node0" >"$WORK/said" 2>&1 && fail "it started"
grep -q 'signer.sock: No such file' "$WORK/said" || fail "$(cat "$WORK/said")"

begin_signer
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
transfer 0 1 "$to" >/dev/null
wait_for 50 signs_above 1 || fail "the signer signed up to $(signed_height)"

echo "it signs a heartbeat, which the chain takes"
"$SOUK" validator heartbeat "http://127.0.0.1:$(rpc_port 0)" --node "http://127.0.0.1:$(rpc_port 1)" --home "$WORK/wallets" \
    --wallet rich --password-file "$WORK/password" >"$WORK/said" 2>&1 || fail "$(cat "$WORK/said")"
call 1 events_list | field '.result.events[].name' | grep -q '^heartbeat$' || fail "no heartbeat: $(cat "$WORK/said")"
level 0 1

echo "a checkpoint is signed once: another call for it needs no signer"
kill_signer
heartbeat() { call 0 governance_heartbeat | jq -ec .result.heartbeat; }
kept=$(heartbeat) || fail "no heartbeat without the signer: $(call 0 governance_heartbeat)"
begin_signer
[ "$(heartbeat)" = "$kept" ] || fail "two heartbeats for one checkpoint"

echo "a second signer on the same memory is refused"
"$SIGNER" run --home "$home" --password-file "$WORK/signer_password" >"$WORK/said" 2>&1 && fail "it runs"
grep -q 'in use by another signer' "$WORK/said" || fail "$(cat "$WORK/said")"

echo "while the signer is away the others go on and the node follows"
kill_signer
tip=$(height 1)
transfer 1 1 "$to" >/dev/null
transfer 2 1 "$to" >/dev/null
wait_for 100 at_height 0 $((tip + 2)) || fail "node 0 stays at $(height 0)"
wait_for 100 grep -q 'event=signer' "$WORK/node0/log" || fail "the node says nothing about its signer"

echo "back, it remembers, and the node votes again"
before=$(signed_height)
begin_signer
wait_for 100 signs_above "$before" || fail "the signer signed up to $(signed_height) only"

echo "a node whose data is lost contradicts nothing"
kill_node 0
rm -rf "$WORK/node0/data/wal" "$WORK/node0/data/blocks" "$WORK/node0/data/state" "$WORK"/node0/config/signer_mark*
start 0
wait_for 150 ready 0 || fail "node 0 does not come back: $(get "$(rpc_port 0)" /readyz)"
before=$(signed_height)
wait_for 100 signs_above "$before" || fail "the signer signed up to $(signed_height) only"
same_state 0 1 2 3
if grep -h 'event=evidence\|event=fault' "$WORK"/node[0-3]/log; then
    fail "somebody contradicted itself"
fi

echo "its memory lost: nothing is signed below the height it is told"
kill -TERM "$(cat "$home/pid")"
wait "$(cat "$home/pid")" || fail "the signer ends with exit code $?"
rm "$home/pid" "$home/state"
"$SIGNER" run --home "$home" --password-file "$WORK/signer_password" >"$WORK/said" 2>&1 && fail "it runs"
grep -q 'souk-signer recover' "$WORK/said" || fail "$(cat "$WORK/said")"
goal=$(($(height 1) + 5))
"$SIGNER" recover "$goal" --home "$home" | grep -q "nothing below height $goal" || fail "recover"
cp "$home/state" "$WORK/recovered"
for slot in 0 4096 8192 12288; do
    printf x | dd of="$home/state" bs=1 seek=$((slot + 10)) conv=notrunc status=none
    "$SIGNER" show --home "$home" | grep -q "^height  *$goal\$" || fail "damage at $slot makes it forget $goal"
    cp "$WORK/recovered" "$home/state"
done
printf x | dd of="$home/state" bs=1 seek=10 conv=notrunc status=none
begin_signer
grep -q 'event=mended .*slots=1' "$home/log" || fail "it does not say that it mended a slot: $(cat "$home/log")"
wait_for 200 signs_above "$goal" || fail "the signer signed up to $(signed_height) only"
if grep -h 'event=evidence' "$WORK"/node[1-3]/log; then
    fail "the validator contradicted itself"
fi
