#!/bin/sh
# Four nodes whose connections go through a network that is cut, held, slowed and spoilt under load. A quorum that
# can talk goes on; less than one decides nothing; and when the network is whole again all have the same blocks,
# nothing that was answered as committed is lost, and nobody contradicted itself.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
STEPS=${STEPS:-8}

make_network 4
link_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
for i in 0 1 2 3; do
    address=$(new_address "sender$i")
    transfer 0 1000000000 "$address" >/dev/null
done
# shellcheck disable=SC2046
python3 tests/e2e/history.py watch "$WORK/stop" "$to" $(rpc_ports 4) >"$WORK/watched" 2>&1 &
watcher=$!
senders=
for i in 0 1 2 3; do
    sender "$i" "$to" &
    senders="$senders $!"
done

answered() {
    cat "$WORK"/count[0-3] 2>/dev/null | wc -l
}
# goes_on <node> <what>: blocks come.
moved() {
    [ "$(height "$1")" -gt "$2" ]
}
goes_on() {
    before=$(height "$1")
    wait_for 200 moved "$1" "$before" || fail "$2: node $1 stays at $before"
}
highest() {
    for i in 0 1 2 3; do height "$i"; done | sort -n | tail -n 1
}
# between <words> <nodes> <nodes>: a command for every direction between two groups of nodes.
between() {
    for a in $2; do
        for b in $3; do
            network "$1" "$a" "$b"
            network "$1" "$b" "$a"
        done
    done
}

goes_on 0 "a whole network"

echo "one behind a dead route: the others go on"
between hold "0 1 2" 3
goes_on 0 "without node 3"
network heal
goes_on 3 "healed"

echo "two and two: nobody decides"
between hold "0 1" "2 3"
# What was on its way arrives, and one may still get from its own half what that decided before.
quiet() {
    first=$(highest)
    sleep 3
    [ "$(highest)" = "$first" ]
}
wait_for 100 quiet || fail "half of the network decides: block $(highest)"
sleep 4
[ "$(highest)" = "$first" ] || fail "half of the network decided: $first became $(highest)"
network heal
goes_on 0 "healed"
goes_on 2 "healed"

echo "one hears nobody but is heard; one is heard by nobody but hears"
for i in 1 2 3; do network hold "$i" 0; done
goes_on 1 "node 0 hears nobody"
network heal
for i in 0 2 3; do network hold 1 "$i"; done
goes_on 2 "node 1 is heard by nobody"
network heal

echo "connections that are closed again and again, and bytes that are spoilt"
for i in 0 1 2 3; do
    network spoil "$i" $(((i + 1) % 4))
    network cut "$i" $(((i + 2) % 4))
    goes_on $(((i + 3) % 4)) "a cut and a spoilt link"
    network heal
done

echo "one slow node, then a slow network"
for i in 1 2 3; do
    network slow 0 "$i" 150
    network slow "$i" 0 150
done
goes_on 1 "node 0 is slow"
network heal
for i in 0 1 2 3; do
    for j in 0 1 2 3; do
        [ "$i" -eq "$j" ] || network slow "$i" "$j" 80
    done
done
goes_on 1 "everybody is slow"
network heal

echo "$STEPS random faults"
random() {
    od -An -N2 -tu2 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}
step=0
while [ "$step" -lt "$STEPS" ]; do
    a=$(random 4)
    b=$(((a + 1 + $(random 3)) % 4))
    case $(random 5) in
    0) network hold "$a" "$b" ;;
    1) network slow "$a" "$b" "$(random 400)" ;;
    2) network cut "$a" "$b" ;;
    3) network spoil "$a" "$b" ;;
    4) network heal ;;
    esac
    sleep "0.$(random 10)"
    step=$((step + 1))
done
network heal

enough() { [ "$(answered)" -gt 20 ]; }
wait_for 300 enough || fail "hardly any transfer got through: $(cat "$WORK"/refused*)"
touch "$WORK/stop"
# shellcheck disable=SC2086 # a list of processes
wait $senders
wait "$watcher" || fail "$(cat "$WORK/watched")"
cat "$WORK/watched"
transfer 0 1 "$(new_address probe)" >/dev/null || fail "the healed network takes no transfer"
echo "$(answered) transfers were answered as committed"
# shellcheck disable=SC2046
python3 tests/e2e/history.py compare "$to" 5 "$(answered)" $(rpc_ports 4)
if grep -h 'event=evidence\|event=fault' "$WORK"/node[0-3]/log; then
    fail "somebody contradicted itself"
fi
