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
    tip=$(height 0)
    for i in 0 1 2 3; do
        wait_for 100 at_height "$i" "$tip" || fail "node $i stays at $(height "$i") below $tip"
        wait_for 100 ready "$i" || fail "node $i is not ready: $(get "$(rpc_port "$i")" /readyz)"
        [ "$(balance "$i" "$to")" = "$sent" ] ||
            fail "node $i has balance $(balance "$i" "$to"), not $sent"
    done
    sleep 0.5
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
while [ "$(date +%s)" -lt "$end" ]; do load "$through" 1; done
[ $((sent - before)) -ge 3 ] || fail "only $((sent - before)) transfers while node $leader was stopped"
resume "$leader"
load "$leader" 2
settle

echo "two are stopped: nothing is decided; they go on: all that was sent is"
pause 2
pause 3
before=$(height 0)
"$SOUK" send 1 "$to" --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" --wallet rich \
    --password-file "$WORK/password" >"$WORK/said" 2>&1 &
sender=$!
sleep 4
[ "$(height 0) $(height 1)" = "$before $before" ] || fail "two of four decided a block"
resume 2
resume 3
wait "$sender" || fail "the transfer that waited failed: $(cat "$WORK/said")"
sent=$((sent + 1))
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
