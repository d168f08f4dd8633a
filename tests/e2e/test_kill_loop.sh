#!/bin/sh
# Four nodes under a steady load; one after the other is killed with -9 at a random moment and started
# again, never two at once. Then: whatever was answered as committed is on every node exactly once,
# balances and state roots are equal, and `soukd verify` finds every home in order.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
KILLS=${KILLS:-15}

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
for i in 0 1 2 3; do
    new_address "sender$i" >"$WORK/address$i"
    transfer 0 1000000000 "$(cat "$WORK/address$i")" >/dev/null
done

senders=
for i in 0 1 2 3; do
    sender "$i" "$to" &
    senders="$senders $!"
done
# shellcheck disable=SC2046
python3 tests/e2e/history.py watch "$WORK/stop" "$to" $(rpc_ports 4) >"$WORK/watched" 2>&1 &
watcher=$!

# random <limit>: a number below it.
random() {
    od -An -N2 -tu2 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}
echo "killing $KILLS times"
kills=0
while [ "$kills" -lt "$KILLS" ]; do
    victim=$(random 4)
    kill_node "$victim"
    sleep "0.$(random 8)"
    start "$victim"
    wait_for 150 ready "$victim" ||
        fail "node $victim is not ready after kill $kills: $(get "$(rpc_port "$victim")" /readyz)"
    sleep "0.$(random 6)"
    kills=$((kills + 1))
done
answered() { cat "$WORK"/count[0-3] 2>/dev/null | wc -l; }
enough() { [ "$(answered)" -gt 20 ]; }
wait_for 300 enough || fail "hardly any transfer got through: $(cat "$WORK"/refused*)"
touch "$WORK/stop"
# shellcheck disable=SC2086 # a list of processes
wait $senders
wait "$watcher" || fail "$(cat "$WORK/watched")"
cat "$WORK/watched"
echo "$(answered) transfers were answered as committed"

echo "all agree"
transfer 0 1 "$(cat "$WORK/address0")" >/dev/null
same_state 0 1 2 3
# shellcheck disable=SC2046
python3 tests/e2e/history.py compare "$to" 5 "$(answered)" $(rpc_ports 4)

echo "every home is in order"
for i in 0 1 2 3; do
    pid=$(cat "$WORK/node$i/pid")
    kill -TERM "$pid"
    wait "$pid" || fail "node $i ends with exit code $?"
    rm "$WORK/node$i/pid"
    "$SOUKD" verify --home "$WORK/node$i" >"$WORK/verify" 2>&1 || fail "node $i: $(cat "$WORK/verify")"
done
