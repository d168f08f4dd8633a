#!/bin/sh
# Two of four are killed while there is work: one line of the log names both, consensus_state shows who
# has not spoken, lines stay rare; both come back, and a line says that blocks come again.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready: $(get "$(rpc_port "$i")" /readyz)"
done
to=$(new_address receiver)
transfer 0 1 "$to" >/dev/null || fail "no transfer on a whole network"
! grep -q event=stalled "$WORK"/node*/log || fail "a line about a stall that was none"

wait_for 100 settled 0 1 2 3 || fail "no rest at $(for i in 0 1 2 3; do height "$i"; done)"

kill_node 2
kill_node 3
begin_transfer "$to"
told() { grep -q "event=stalled .*node2 (offline).*node3 (offline)" "$WORK/node$1/log"; }
for i in 0 1; do
    wait_for 120 told "$i" || fail "node $i does not name node2 and node3"
    line=$(grep event=stalled "$WORK/node$i/log")
    case $line in
    *node0* | *node1*) fail "node $i accuses who is there: $line" ;;
    esac
    [ "$(echo "$line" | wc -l)" -eq 1 ] || fail "more than one line in ten seconds: $line"
done

# without <what>: who lacks it
without() { call 0 consensus_state | field "[.result.votes[] | select(.$1 | not) | .name] | join(\" \")"; }
two_without() { [ "$(without "$1")" = "node2 node3" ]; }
wait_for 100 two_without round_change || fail "'$(without round_change)' have not changed their round"
wait_for 100 two_without connected || fail "'$(without connected)' are away"

start 2
start 3
over() { grep -q event=moving_again "$WORK/node0/log"; }
wait_for 200 over || fail "no line says that blocks come again"
wait "$begun" || fail "the transfer that waited: $(cat "$WORK/begun")"
wait_for 100 has_balance 1 "$to" 2 || fail "node 1 does not have the transfer that waited"
transfer 1 1 "$to" >/dev/null || fail "no transfer after all came back"
