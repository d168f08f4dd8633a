#!/bin/sh
# A node that keeps few blocks: old files are deleted while it runs, what was forgotten is refused by name
# and with the lowest height that is there, it starts again after kill -9, others still join, and the
# commands prune, compact and reset make room on a stopped node.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
sed -i 's/"window_max": 1000/"window_max": 20/; s/"empty_block_interval_ms": 200/"empty_block_interval_ms": 5/' \
    "$WORK"/node?/config/genesis.json
start 0 --storage-keep-blocks 100 --storage-segment-bytes 65536
for i in 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done

lowest() {
    call "$1" chain_status | field .result.lowest_height
}
pruned() {
    [ "$(lowest "$1")" -gt 1 ]
}
# load <height>: transfers until the chain is there.
load() {
    while [ "$(height 0)" -lt "$1" ]; do
        "$BUILD"/souk-bench load --rate 400 --seconds 2 --accounts 5 --workers 4 \
            --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" --wallet rich \
            --password-file "$WORK/password" >/dev/null
    done
}

echo "old blocks make room"
load 700
wait_for 100 pruned 0 || fail "nothing was forgotten at $(height 0)"
gone() { [ ! -e "$WORK/node0/data/blocks/blocks-0000000000000001.seg" ]; }
wait_for 100 gone || fail "the first file is there"
[ "$(lowest 1)" = 1 ] || fail "node 1 forgot blocks"
call 0 chain_block '{"height":1}' | grep -q 'blocks are kept from [1-9]' || fail "chain_block"
call 0 events_list '{"after":"1.0.0"}' | grep -q 'events are kept from [1-9]' || fail "events_list"
call 1 events_list '{"after":"1.0.0","limit":1}' | grep -q '"events"' || fail "node 1 has all events"

echo "killed, it starts again; a node that has all serves the others"
kill_node 0
start 0 --storage-keep-blocks 100 --storage-segment-bytes 65536
wait_for 100 ready 0 || fail "node 0 is not ready"
kill -TERM "$(cat "$WORK/node3/pid")"
wait "$(cat "$WORK/node3/pid")" || fail "the stop of node 3"
printf 'no\n' | "$SOUKD" reset --home "$WORK/node3" 2>/dev/null && fail "it did not ask"
[ -e "$WORK/node3/data/blocks" ] || fail "it removed without a yes"
printf 'yes\n' | "$SOUKD" reset --home "$WORK/node3" 2>/dev/null | grep -q true || fail "reset"
[ ! -e "$WORK/node3/data/state" ] || fail "the state is there"
[ -e "$WORK/node3/config/signer_mark" ] || fail "the mark of what was signed is gone"
start 3
tip=$(height 0)
wait_for 300 at_height 3 "$tip" || fail "node 3 stays at $(height 3) below $tip"
same_state 0 1 2 3

echo "a stopped node"
kill -TERM "$(cat "$WORK/node1/pid")"
wait "$(cat "$WORK/node1/pid")" || fail "the stop of node 1"
"$SOUKD" prune 5 --home "$WORK/node1" 2>/dev/null && fail "prune keeps too little"
if unshare -m true 2>/dev/null; then
    # A copy on a disk of its own, whose database has no free pages.
    mkdir "$WORK/small"
    # shellcheck disable=SC2016 # expanded by the inner shell
    SOUKD=$SOUKD WORK=$WORK unshare -m sh -c '
        set -eu
        fail() { echo "$1: $(cat "$WORK/pruned")"; exit 1; }
        # leave <KiB>: fill the disk up to that.
        leave() {
            rm -f "$WORK/small/filler"
            free=$(df -k --output=avail "$WORK/small" | tail -n 1)
            head -c "$((free - $1))k" /dev/zero >"$WORK/small/filler"
        }
        mount -t tmpfs -o size=256m none "$WORK/small"
        cp -a "$WORK/node1" "$WORK/small/home"
        rm -rf "$WORK/small/home/data/wal"
        "$SOUKD" compact --home "$WORK/small/home" >/dev/null
        leave 0
        "$SOUKD" prune 100 --home "$WORK/small/home" >"$WORK/pruned" 2>&1 && fail "there was no room"
        grep -q "data/state: the disk is full.*make 1 MiB on it.*data/snapshots" "$WORK/pruned" || fail "prune says"
        leave 256
        "$SOUKD" prune 100 --home "$WORK/small/home" >"$WORK/pruned" 2>&1 || fail "prune on a full disk"
        rm "$WORK/small/filler"
        "$SOUKD" verify --home "$WORK/small/home" >"$WORK/pruned" 2>&1 || fail "verify"' || fail "on a full disk"
else
    echo "skipped: this process may not mount, so no disk runs full"
fi
"$SOUKD" prune 100 --home "$WORK/node1" >"$WORK/pruned" 2>"$WORK/said" || fail "prune"
windows=$((2 * $(jq -r .parameters.window_max "$WORK/node1/config/genesis.json")))
[ "$(field .kept_blocks <"$WORK/pruned")" = $((windows + 100)) ] || fail "$(cat "$WORK/pruned")"
grep -q "the last $((windows + 100)) blocks are kept: 100 as asked for, and $windows, two windows" "$WORK/said" ||
    fail "prune says $(cat "$WORK/said")"
[ "$(field .lowest_receipts <"$WORK/pruned")" -gt 250 ] || fail "$(cat "$WORK/pruned")"
"$SOUKD" compact --home "$WORK/node1" >"$WORK/compacted" || fail "compact"
[ "$(field .after_bytes <"$WORK/compacted")" -lt "$(field .before_bytes <"$WORK/compacted")" ] ||
    fail "it is no smaller: $(cat "$WORK/compacted")"
"$SOUKD" verify --home "$WORK/node1" >"$WORK/out" 2>&1 || fail "verify: $(cat "$WORK/out")"
start 1
wait_for 100 ready 1 || fail "node 1 is not ready"
to=$(new_address receiver)
transfer 1 5 "$to" >/dev/null
[ "$(balance 1 "$to")" = 5 ] || fail "balance"
tip=$(height 1)
for i in 0 2 3; do wait_for 100 at_height "$i" "$tip" || fail "node $i stays behind"; done
same_state 0 1 2 3

echo "what is kept is verified"
kill -TERM "$(cat "$WORK/node0/pid")"
wait "$(cat "$WORK/node0/pid")" || fail "the stop of node 0"
"$SOUKD" verify --home "$WORK/node0" >"$WORK/out" 2>&1 || fail "verify: $(cat "$WORK/out")"
grep -q '^good: blocks [1-9][0-9]* to' "$WORK/out" || fail "verify says $(cat "$WORK/out")"
