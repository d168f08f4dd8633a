#!/bin/sh
# Four nodes on loopback: transfers commit on all of them with equal state roots, nothing is made when
# nobody sends, SIGTERM ends a node cleanly, and a home serves one process.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready: $(get "$(rpc_port "$i")" /readyz)"
done

echo "no block without a transaction"
before=$(height 0)
sleep 1
[ "$(height 0)" -eq "$before" ] || fail "blocks without work: $before, $(height 0)"

echo "transfers commit"
to=$(new_address receiver)
for i in 0 1 2 3 0 1 2 3; do
    transfer "$i" 1000 "$to" >/dev/null
done
tip=$(height 3)
for i in 0 1 2 3; do
    wait_for 50 at_height "$i" "$tip" || fail "node $i stays at $(height "$i") below $tip"
    [ "$(balance "$i" "$to")" = 8000 ] || fail "node $i has balance $(balance "$i" "$to")"
done
same_state 0 1 2 3

echo "the chain rests again"
wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"
before=$(height 0)
sleep 1
[ "$(height 0)" -eq "$before" ] || fail "blocks without work: $before, $(height 0)"

echo "a second process on the same home is refused"
if "$SOUKD" start --home "$WORK/node0" >"$WORK/second" 2>&1; then
    fail "it started"
fi
grep -q 'in use by process' "$WORK/second" || fail "it says $(cat "$WORK/second")"

echo "SIGTERM ends a node cleanly"
pid=$(cat "$WORK/node3/pid")
kill -TERM "$pid"
wait "$pid" || fail "exit code $?"
rm "$WORK/node3/pid"
grep -q 'event=stopped' "$WORK/node3/log" || fail "no clean end in the log"

echo "and it starts again where it was"
start 3
wait_for 100 ready 3 || fail "node 3 is not ready after its restart"
transfer 3 1 "$to" >/dev/null
