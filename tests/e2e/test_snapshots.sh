#!/bin/sh
# Snapshots of running and of stopped nodes: nodes make the same ones, a snapshot is checked before it is
# used, damage is found, and a node that begins from one has the state of the others without their old
# blocks.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
add_observer 4
for i in 0 1 2 3; do start "$i" --snapshot-interval 10; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)

# more_blocks <count>: transfers until the chain is so much higher.
more_blocks() {
    until=$(($(height 0) + $1))
    while [ "$(height 0)" -lt "$until" ]; do
        transfer 0 1 "$to" >/dev/null
    done
}
has_snapshot() {
    [ "$(call "$1" chain_status | field .result.snapshot_height)" -ge "$2" ]
}
# listed <node> <height> <member>
listed() {
    "$SOUKD" snapshot list --home "$WORK/node$1" | jq -r "select(.height == \"$2\") | .$3"
}

echo "every node makes the same snapshots, and keeps two"
more_blocks 33
for i in 0 1 2 3; do wait_for 100 has_snapshot "$i" 30 || fail "node $i has no snapshot at 30"; done
for i in 1 2 3; do
    [ "$(listed 0 30 hash)" = "$(listed "$i" 30 hash)" ] || fail "node $i has another snapshot"
done
[ "$(listed 0 30 state_root)" = "$(state_root_at 0 30)" ] || fail "a wrong root"
forgotten() { [ -z "$(listed 0 10 hash)" ]; }
wait_for 100 forgotten || fail "an old snapshot is kept"

echo "on demand"
wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"
before=$(call 0 chain_status | field .result.snapshot_height)
"$SOUKD" snapshot create --home "$WORK/node0" | field .result.begins | grep -q true || fail "create"
# The next block is the transaction's, the one after certifies it, and no other comes.
transfer 0 1 "$to" >/dev/null
wait_for 100 has_snapshot 0 $((before + 1)) || fail "no snapshot on demand"

# at_rest <node>: the last header certifies the state that is there.
at_rest() {
    [ "$(call "$1" chain_header | field .result.header.state_root)" = \
        "$(call "$1" chain_status | field .result.state_root)" ]
}
wait_for 100 at_rest 1 || fail "the chain does not come to rest"

echo "of a stopped node, and what a check finds"
kill -TERM "$(cat "$WORK/node1/pid")"
wait "$(cat "$WORK/node1/pid")" || fail "the stop of node 1"
"$SOUKD" snapshot create --home "$WORK/node1" >"$WORK/created" || fail "create of a stopped node"
made=$(field .height <"$WORK/created")
"$SOUKD" snapshot verify "$made" --home "$WORK/node1" >"$WORK/out" || fail "verify"
trust=$(jq -r .trust "$WORK/out")
"$SOUKD" snapshot verify "$made" "$trust" --home "$WORK/node1" >/dev/null || fail "verify by its name"
for wrong in "$made:$(printf '%064d' 0)" "$made:$(printf '%063d1' 0)" "$((made - 1)):${trust#*:}" "1:$(printf '%064d' 0)" ""; do
    if "$SOUKD" snapshot verify "$made" "$wrong" --home "$WORK/node1" >"$WORK/out" 2>&1; then
        fail "the trust '$wrong' is taken"
    fi
    grep -q "that is trusted\|HEIGHT:HASH" "$WORK/out" || fail "of '$wrong': $(cat "$WORK/out")"
done
cp -R "$(field .directory <"$WORK/created")" "$WORK/snapshot"
cp -R "$WORK/snapshot" "$WORK/damaged"
python3 - "$WORK/damaged/00001.chunk" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[len(data) // 2] ^= 1
open(sys.argv[1], "wb").write(data)
PY
if "$SOUKD" snapshot verify "$WORK/damaged" --home "$WORK/node1" >"$WORK/out" 2>&1; then
    fail "a damaged chunk is taken"
fi
grep -q 'a chunk is not the one that the manifest names' "$WORK/out" || fail "$(cat "$WORK/out")"
if "$SOUKD" snapshot restore "$WORK/damaged" --home "$WORK/node4" >"$WORK/out" 2>&1; then
    fail "a damaged snapshot is restored"
fi
[ ! -e "$WORK/node4/data/state" ] || fail "a refused snapshot left a state"
start 1 --snapshot-interval 10

echo "a node that begins from it"
"$SOUKD" snapshot restore "$WORK/snapshot" --home "$WORK/node4" >/dev/null || fail "restore"
if "$SOUKD" snapshot restore "$WORK/snapshot" --home "$WORK/node4" 2>"$WORK/out"; then
    fail "it overwrites a state"
fi
grep -q 'has a state or blocks already' "$WORK/out" || fail "$(cat "$WORK/out")"
start 4
tip=$(height 0)
wait_for 100 at_height 4 "$tip" || fail "it stays at $(height 4)"
more_blocks 2
wait_for 100 at_height 4 $((tip + 2)) || fail "it does not follow"
[ "$(call 4 chain_status | field .result.lowest_height)" = "$made" ] || fail "its lowest height"
same_state 0 1 2 3 4
[ "$(balance 4 "$to")" = "$(balance 0 "$to")" ] || fail "another balance"
call 4 chain_block '{"height":2}' | grep -qi 'pruned' || fail "old blocks"
kill_node 4
start 4
wait_for 100 ready 4 || fail "it does not start again"
