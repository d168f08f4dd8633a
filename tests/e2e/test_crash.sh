#!/bin/sh
# Under load: one of four nodes is killed with -9, the others go on, it comes back and agrees on every
# state root. Two are killed: no progress and no fork. They come back: progress.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready: $(get "$(rpc_port "$i")" /readyz)"
done
to=$(new_address receiver)

# load <node> <count>: transfers, one after the other; how many were sent is in $sent.
sent=0
load() {
    i=0
    while [ "$i" -lt "$2" ]; do
        transfer "$1" 1 "$to" >/dev/null || fail "a transfer through node $1 failed"
        sent=$((sent + 1))
        i=$((i + 1))
    done
}

# check_all: all four have all that was sent, and equal roots at every height.
h=1
check_all() {
    for i in 0 1 2 3; do
        wait_for 150 has_balance "$i" "$to" "$sent" ||
            fail "node $i has balance $(balance "$i" "$to"), not $sent"
    done
    wait_for 150 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"
    tip=$(height 0)
    while [ "$h" -lt "$tip" ]; do
        root=$(state_root_at 0 "$h")
        for i in 1 2 3; do
            [ "$(state_root_at "$i" "$h")" = "$root" ] || fail "node $i differs at height $h"
        done
        h=$((h + 1))
    done
}

echo "one is killed under load"
load 0 5
(
    i=0
    while [ "$i" -lt 30 ]; do
        transfer 0 1 "$to" >/dev/null || exit 1
        i=$((i + 1))
    done
) &
loader=$!
loaded() { [ "$(balance 0 "$to")" -ge 8 ]; }
wait_for 100 loaded || fail "no transfer is committed"
kill_node 3
wait "$loader" || fail "the load stopped when one node was killed"
sent=$((sent + 30))
load 1 10

echo "it comes back and agrees"
start 3
check_all

echo "it votes again: another one is killed, and the chain goes on"
kill_node 2
load 3 5
start 2
check_all

echo "two are killed: no progress, no fork"
kill_node 2
kill_node 3
before=$(height 0)
begin_transfer "$to"
sleep 4
kill "$begun" || fail "a transfer was committed by two of four, or failed: $(cat "$WORK/begun")"
wait "$begun" 2>/dev/null || true
sent=$((sent + 1)) # it waits in the pool of those that live
[ "$(height 0) $(height 1)" = "$before $before" ] ||
    fail "heights moved from $before to $(height 0) and $(height 1)"

echo "they are back: progress"
start 2
start 3
moved() { [ "$(height 0)" -gt "$before" ]; }
wait_for 200 moved || fail "no progress after two nodes came back"
wait_for 200 has_balance 2 "$to" "$sent" || fail "the transfer that waited is not committed"
load 2 3
check_all

echo "all four are killed at once and come back"
for i in 0 1 2 3; do kill_node "$i"; done
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 150 ready "$i" || fail "node $i is not ready"; done
load 1 3
check_all
