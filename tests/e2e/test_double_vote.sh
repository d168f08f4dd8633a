#!/bin/sh
# Somebody copies a validator's home to a second machine, vouches for the copy and runs both. The two propose different
# blocks for the same height and round. Who hears both, with its key at a signer, sends the proof by itself: again where
# its signer refused at first, and where it was killed and started again meanwhile. It enters a block, and the validator is
# jailed on every node; the transfer that waited is committed all the same.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_governance.sh

make_network 4
# The rounds are long, so that the second machine speaks in the round of the first.
for i in 0 1 2 3; do printf '\n[consensus]\nround_timeout_ms = 30000\n' >>"$WORK/node$i/config/soukd.conf"; done
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
for i in 0 1 2 3; do fund "$i"; done
to=$(new_address receiver)
wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"

# The offender leads the next block; the witness is the one after it.
name=$(call 0 consensus_state | field .result.leader)
offender=${name#node}
witness=$(((offender + 1) % 4))
others="$(((offender + 2) % 4)) $(((offender + 3) % 4))"
next=$(($(height 0) + 1))
stop_in_order() {
    kill -TERM "$(cat "$WORK/node$1/pid")"
    wait "$(cat "$WORK/node$1/pid")" || fail "node $1 ends with exit code $?"
    rm "$WORK/node$1/pid"
}

echo "the home of $name is copied, and the copy is vouched for"
for i in "$offender" $others; do stop_in_order "$i"; done
cp -Rp "$WORK/node$offender" "$WORK/node4"
"$SOUKD" signer trust --home "$WORK/node4" | field .trusted | grep -q true || fail "the copy is not trusted"

echo "the witness's key goes to a signer"
stop_in_order "$witness"
key=$WORK/node$witness/config/validator_key
password=$WORK/node$witness/config/password
"$BUILD/souk-signer" init --home "$WORK/node_signer" --key "$key" --password-file "$password" >/dev/null
mv "$password" "$WORK/signer_password"
rm "$key"
printf '\n[keys]\nsigner = %s\n' "$WORK/node_signer/signer.sock" >>"$WORK/node$witness/config/soukd.conf"
run_signer() {
    "$BUILD/souk-signer" run --home "$WORK/node_signer" --password-file "$WORK/signer_password" "$@" >"$WORK/node_signer/log" 2>&1 &
    echo $! >"$WORK/node_signer/pid"
    wait_for 100 grep -q event=listening "$WORK/node_signer/log" || fail "the signer does not listen"
}
run_signer
start "$witness"

echo "the first machine proposes a block to a network that cannot decide it"
start "$offender"
"$SOUK" send 5 "$to" --node "http://127.0.0.1:$(rpc_port "$witness")" --home "$WORK/wallets" --wallet rich \
    --password-file "$WORK/password" >"$WORK/sent" 2>&1 &
sender=$!
prepared() {
    call "$witness" consensus_state |
        field ".result.votes[] | select(.name == \"$name\") | .prepare" | grep -q true
}
wait_for 200 prepared || fail "node $witness hears nothing of $name: $(call "$witness" consensus_state)"
kill_node "$offender"
if grep -h event=evidence "$WORK/node$witness/log"; then fail "evidence before there are two votes"; fi

echo "the second machine proposes another one"
start 4
accuses() { grep -q "event=evidence validator=$offender height=$next type=propose" "$WORK/node$witness/log"; }
wait_for 300 accuses || fail "node $witness does not see it: $(grep evidence "$WORK/node$witness/log")"
wait_for 100 grep -q 'event=evidence_sent result="signer ' "$WORK/node$witness/log" ||
    fail "the signer does not refuse: $(grep evidence "$WORK/node$witness/log")"

echo "the witness is killed, and holds the proof all the same"
held() { [ -e "$WORK/node$witness/data/evidence" ]; }
wait_for 100 held || fail "node $witness does not keep the proof"
kill_node "$witness"
stop_in_order _signer
run_signer --evidence-fees 1000000
mv "$WORK/node$witness/log" "$WORK/node$witness/log_before"
start "$witness"

echo "the others come back: the proof is sent again, and $name is jailed on every node"
for i in $others; do start "$i"; done
wait_for 300 grep -q 'event=evidence_sent result="ok"' "$WORK/node$witness/log" ||
    fail "the proof is not sent: $(grep evidence "$WORK/node$witness/log")"
if grep 'event=evidence ' "$WORK/node$witness/log"; then fail "node $witness has heard both again"; fi
grep -q 'event=evidence status="ok"' "$WORK/node_signer/log" || fail "the signer: $(cat "$WORK/node_signer/log")"
jailed() { call "$1" chain_validators | field '[.result.validators[] | select(.jailed) | .name] | join(" ")'; }
is_jailed() { [ "$(jailed "$1")" = "$name" ]; }
for i in "$witness" $others 4; do wait_for 300 is_jailed "$i" || fail "node $i: jailed '$(jailed "$i")'"; done
call "$witness" events_list >"$WORK/events"
[ "$(field "[.result.events[] | select(.name == \"validator_jailed\") | .data.height] | join(\" \")" <"$WORK/events")" = "$next" ] ||
    fail "not one jail for height $next: $(cat "$WORK/events")"
wait "$sender" || true # its node was killed meanwhile: the balances tell
for i in "$witness" $others 4; do
    wait_for 100 has_balance "$i" "$to" 5 || fail "node $i has balance $(balance "$i" "$to")"
done

forgotten() { ! held; }
wait_for 100 forgotten || fail "node $witness keeps the proof of one that is jailed"

echo "it leads no more"
begin=$(height "$witness")
for _ in 1 2 3 4 5 6 7 8; do transfer "$witness" 1 "$to" >/dev/null; done
h=$((begin + 2))
while [ "$h" -le "$(height "$witness")" ]; do
    [ "$(call "$witness" chain_header "{\"height\":$h}" | field .result.header.proposer_name)" != "$name" ] ||
        fail "$name proposed block $h"
    h=$((h + 1))
done
# shellcheck disable=SC2086 # a list of nodes
same_state "$witness" $others 4
