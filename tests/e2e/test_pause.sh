#!/bin/sh
# Four nodes under load; processes are stopped (SIGSTOP) and go on later, as machines do that swap,
# migrate or sleep. One at a time the others go on; two at a time nothing is decided and nothing is
# lost; and nobody who comes back contradicts what it said before.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
sent=0
load() {
    n=0
    while [ "$n" -lt "$2" ]; do
        transfer "$1" 1 "$to" >/dev/null || fail "a transfer through node $1 failed"
        n=$((n + 1))
        sent=$((sent + 1))
    done
}
pause() {
    kill -STOP "$(cat "$WORK/node$1/pid")"
}
resume() {
    kill -CONT "$(cat "$WORK/node$1/pid")"
}

# settle: all four have everything, and the same roots.
settle() {
    for i in 0 1 2 3; do
        wait_for 100 ready "$i" || fail "node $i is not ready: $(get "$(rpc_port "$i")" /readyz)"
        wait_for 100 has_balance "$i" "$to" "$sent" ||
            fail "node $i has balance $(balance "$i" "$to"), not $sent"
    done
    wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"
    same_state 0 1 2 3
}

load 0 5
echo "the next leader is stopped for 5 s under load"
leader=$(($(height 0) + 1))
leader=$((leader % 4))
through=$(((leader + 1) % 4))
pause "$leader"
end=$(($(date +%s) + 5))
before=$sent
while [ "$(date +%s)" -lt "$end" ] || [ $((sent - before)) -lt 3 ]; do load "$through" 1; done
resume "$leader"
load "$leader" 2
settle

echo "two are stopped: nothing is decided; they go on: all that was sent is"
pause 2
pause 3
before=$(height 0)
begin_transfer "$to"
sleep 4
[ "$(height 0) $(height 1)" = "$before $before" ] || fail "two of four decided a block"
resume 2
resume 3
wait "$begun" || fail "the transfer that waited failed: $(cat "$WORK/begun")"
sent=$((sent + 1))
wait_for 100 has_balance 1 "$to" "$sent" || fail "node 1 does not have the transfer that waited"
load 1 3
settle

echo "each is stopped for a moment, again and again"
for i in 0 1 2 3 0 1 2 3; do
    pause "$i"
    load $(((i + 2) % 4)) 2
    resume "$i"
done
load 0 2
settle
if grep -h 'event=evidence\|event=fault' "$WORK"/node*/log; then
    fail "somebody contradicted itself"
fi
