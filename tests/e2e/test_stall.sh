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

kill_node 2
kill_node 3
timeout 2 "$SOUK" send 1 "$to" --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" \
    --wallet rich --password-file "$WORK/password" >/dev/null 2>&1 || true
told() { grep -q "event=stalled .*node2 (offline).*node3 (offline)" "$WORK/node$1/log"; }
for i in 0 1; do
    wait_for 120 told "$i" || fail "node $i does not name node2 and node3"
    line=$(grep event=stalled "$WORK/node$i/log")
    case $line in
    *node0* | *node1*) fail "node $i accuses who is there: $line" ;;
    esac
    [ "$(echo "$line" | wc -l)" -eq 1 ] || fail "more than one line in ten seconds: $line"
done

silent=$(call 0 consensus_state | field '[.result.votes[] | select(.round_change | not) | .name] | join(" ")')
[ "$silent" = "node2 node3" ] || fail "consensus_state says '$silent' have not changed their round"
away=$(call 0 consensus_state | field '[.result.votes[] | select(.connected | not) | .name] | join(" ")')
[ "$away" = "node2 node3" ] || fail "consensus_state says '$away' are away"

start 2
start 3
over() { grep -q event=moving_again "$WORK/node0/log"; }
wait_for 200 over || fail "no line says that blocks come again"
transfer 1 1 "$to" >/dev/null || fail "no transfer after all came back"
