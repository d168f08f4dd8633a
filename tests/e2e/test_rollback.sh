#!/bin/sh
# A stopped validator goes back to a height, by its blocks from 1, and a node that began from a snapshot by
# that snapshot; both catch up again; the validator observes until the chain has passed what it had signed.
# What cannot be is refused by name, and changes nothing.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
add_observer 4
for i in 0 1 2 3; do start "$i" --snapshot-interval 10; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)

blocks_to() {
    while [ "$(height 0)" -lt "$1" ]; do transfer 0 1 "$to" >/dev/null; done
}
stop() {
    kill -TERM "$(cat "$WORK/node$1/pid")"
    wait "$(cat "$WORK/node$1/pid")" || fail "the stop of node $1"
}
# refused <text> <node> <height>
refused() {
    before=$("$SOUKD" inspect status --home "$WORK/node$2")
    if "$SOUKD" rollback "$3" --home "$WORK/node$2" >"$WORK/out" 2>&1; then fail "not refused: $3"; fi
    grep -q "$1" "$WORK/out" || fail "rollback $3 says $(cat "$WORK/out")"
    [ "$("$SOUKD" inspect status --home "$WORK/node$2")" = "$before" ] || fail "a refusal changed something"
}

echo "a validator goes back"
blocks_to 25
"$SOUKD" rollback 5 --home "$WORK/node3" 2>&1 | grep -q 'is in use' || fail "of a running node"
stop 3
signed=$("$SOUKD" signer --home "$WORK/node3" | field .height)
refused 'expected below the last block' 3 100000
root=$(state_root_at 0 17)
"$SOUKD" rollback 17 --home "$WORK/node3" >"$WORK/out" || fail "rollback"
[ "$(field .state_root <"$WORK/out")" = "$root" ] || fail "another root: $(cat "$WORK/out")"
[ "$("$SOUKD" inspect status --home "$WORK/node3" | field '.state.height + " " + .blocks.last')" = '17 17' ] ||
    fail "another height"
"$SOUKD" verify --home "$WORK/node3" >/dev/null 2>&1 || fail "verify"
"$SOUKD" signer --home "$WORK/node3" >"$WORK/mark"
[ "$(field .height <"$WORK/mark")" = "$signed" ] || fail "what was signed is forgotten"
[ "$(field .trusted <"$WORK/mark")" = false ] || fail "the log is trusted"

echo "it observes, and then votes again"
blocks_to $((signed + 3))
start 3 --snapshot-interval 10
wait_for 50 grep -q 'event=observing' "$WORK/node3/log" || fail "it does not observe"
tip=$(height 0)
wait_for 200 at_height 3 "$tip" || fail "node 3 stays at $(height 3)"
votes() { [ "$(call 3 chain_status | field .result.observing)" = false ]; }
wait_for 200 votes || fail "it never votes again"
kill_node 2
blocks_to $((tip + 4))
start 2 --snapshot-interval 10
wait_for 200 at_height 2 "$(height 0)" || fail "node 2 stays behind"

echo "a node that began from a snapshot"
stop 3
made=$("$SOUKD" snapshot list --home "$WORK/node3" | jq -rs '.[-1].height')
cp -R "$WORK"/node3/data/snapshots/*"$made" "$WORK/snapshot"
start 3 --snapshot-interval 10
"$SOUKD" snapshot restore "$WORK/snapshot" --home "$WORK/node4" >/dev/null || fail "restore"
start 4 --snapshot-interval 0
blocks_to $((made + 16))
wait_for 200 at_height 4 $((made + 16)) || fail "node 4 stays at $(height 4)"
stop 4
refused "no snapshot from there to $((made + 7)) is kept" 4 $((made + 7))
mkdir -p "$WORK/node4/data/snapshots"
cp -R "$WORK/snapshot" "$WORK/node4/data/snapshots/$(printf %020d "$made")"
refused "no snapshot from there to $((made - 1)) is kept" 4 $((made - 1))
"$SOUKD" rollback $((made + 7)) --home "$WORK/node4" >"$WORK/out" || fail "rollback from a snapshot"
[ "$(field .state_root <"$WORK/out")" = "$(state_root_at 0 $((made + 7)))" ] || fail "another root"
[ "$(field .executed_from <"$WORK/out")" = $((made + 1)) ] || fail "$(cat "$WORK/out")"
start 4 --snapshot-interval 0
tip=$(height 0)
wait_for 200 at_height 4 "$tip" || fail "node 4 stays at $(height 4)"
[ "$(balance 4 "$to")" = "$(balance 0 "$to")" ] || fail "another balance"
