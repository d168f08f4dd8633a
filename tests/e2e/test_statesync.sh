#!/bin/sh
# A new node begins from a snapshot that it fetches from several validators, while blocks go on; one of
# them sends wrong chunks and is left alone; the node is killed amid the fetch and goes on with what it
# has; it ends with the state of the others.
set -eu
cd "$(dirname "$0")/../.."
# A mount of our own, where we may: it ends with this process.
if [ -z "${OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    exec env OWN_MOUNTS=1 unshare -m "$0"
fi
. tests/e2e/lib.sh

make_network 4
add_observer 4
add_observer 5
add_observer 6
for i in 0 1 2 3; do start "$i" --snapshot-interval 10; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)

# transfers <count>
transfers() {
    n=$1
    while [ "$n" -gt 0 ]; do
        transfer 0 1 "$to" >/dev/null
        n=$((n - 1))
    done
}
# begun <node>: has it begun from a snapshot?
begun() {
    grep -q 'event=statesync_done' "$WORK/node$1/log"
}

while [ "$(height 0)" -lt 22 ]; do transfers 1; done
wait_for 100 grep -q 'event=snapshot height=20' "$WORK/node3/log" || fail "no snapshot"

echo "one validator sends wrong chunks"
python3 - "$WORK"/node0/data/snapshots/*20 <<'PY'
import pathlib, sys
for chunk in pathlib.Path(sys.argv[1]).glob("*.chunk"):
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
PY
start 4 --snapshot-fetch 5
wait_for 200 begun 4 || fail "node 4 does not begin from a snapshot"
wait_for 100 alive 4 || fail "node 4 does not serve"
tip=$(height 0)
wait_for 200 at_height 4 "$tip" || fail "node 4 stays at $(height 4)"
transfers 3
tip=$(height 0)
wait_for 100 at_height 4 "$tip" || fail "node 4 does not follow"
[ "$(call 4 chain_status | field .result.lowest_height)" -ge 20 ] || fail "it fetched all blocks"
same_state 0 1 2 3 4
[ "$(balance 4 "$to")" = "$(balance 0 "$to")" ] || fail "another balance"
tidy() { [ ! -e "$WORK/node4/data/fetch" ]; }
wait_for 50 tidy || fail "what was fetched is left"

echo "killed amid the fetch, under load"
transfers 1
touch "$WORK/node5/log"
loads=0
while [ "$loads" -lt 30 ]; do
    transfer 1 1 "$to" >/dev/null 2>&1 || true
    loads=$((loads + 1))
done &
load=$!
kills=1
while ! begun 5; do
    [ "$kills" -lt 60 ] || fail "node 5 never begins"
    "$SOUKD" start --home "$WORK/node5" --snapshot-fetch 5 >>"$WORK/node5/log" 2>&1 &
    echo $! >"$WORK/node5/pid"
    sleep "$((kills / 10)).$((kills % 10))" # longer each time: a slow machine begins too
    kill_node 5
    kills=$((kills + 1))
done
wait "$load"
start 5 --snapshot-fetch 5
tip=$(height 0)
wait_for 200 at_height 5 "$tip" || fail "node 5 stays at $(height 5)"
[ "$(call 5 chain_status | field .result.lowest_height)" -ge 20 ] || fail "it fetched all blocks"
same_state 0 1 2 3 5

echo "the disk is full amid the fetch: blocks instead"
fetch=$WORK/node6/data/fetch
mkdir -p "$fetch"
if [ -n "${OWN_MOUNTS:-}" ] && mount -t tmpfs -o size=4k none "$fetch" 2>/dev/null; then
    start 6 --snapshot-fetch 5
    wait_for 200 grep -q 'event=statesync_over text=.*No space left' "$WORK/node6/log" ||
        fail "the full disk is not said"
    gives_up() { get "$(rpc_port 6)" /metrics | grep -q '^statesync_syncing 0'; }
    wait_for 50 gives_up || fail "it goes on fetching"
    tip=$(height 0)
    wait_for 200 at_height 6 "$tip" || fail "node 6 stays at $(height 6)"
    [ "$(call 6 chain_status | field .result.lowest_height)" = 1 ] || fail "it has not all blocks"
    same_state 0 1 2 3 6
    emptied() { [ -z "$(ls "$fetch")" ]; }
    wait_for 50 emptied || fail "what was fetched is left"
    kill_node 6
    umount "$fetch"
else
    echo "skipped: this process may not mount, so no disk runs full"
fi

echo "a block that nobody has is no ground to begin from"
"$SOUKD" config check --home "$WORK/node5" --snapshot-trust 7:abc 2>&1 |
    grep -q 'snapshot.trust: .* is not HEIGHT:HASH' || fail "config check"
"$SOUKD" config check --home "$WORK/node5" --snapshot-trust "7:$(printf '%064d' 0)" 2>&1 |
    grep -q 'snapshot.trust: .* is not HEIGHT:HASH' || fail "config check takes no hash for a hash"
