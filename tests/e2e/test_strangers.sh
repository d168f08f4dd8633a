#!/bin/sh
# Who is not let in is told why, and so is who does not let in; strangers cannot fill the log, nor the RPC so that the
# probes of /livez and /readyz find no place. A node that lost its key says so, and one whose files may not grow.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 1
printf '[rpc]\nlisten = 127.0.0.1:%s\nconnections_max = 20\n' "$(rpc_port 0)" >"$WORK/rpc.conf"
sed -i -e '/^\[rpc\]/,/^listen/d' "$WORK/node0/config/soukd.conf"
cat "$WORK/rpc.conf" >>"$WORK/node0/config/soukd.conf"
start 0
wait_for 100 ready 0 || fail "node 0 is not ready"

echo "a node whose key the chain does not name"
cp "$WORK/node0/config/soukd.conf" "$WORK/before"
add_observer 1
cp "$WORK/before" "$WORK/node0/config/soukd.conf"
start 1
refused() { grep -q "event=connection_refused address=127.0.0.1 node_key=$key reason=\"the key is not" "$WORK/node0/log"; }
wait_for 100 refused || fail "node 0 does not say whom it refuses"
told() {
    grep "event=peer_refuses peer=node0 address=127.0.0.1:$(cat "$WORK/node0/p2p") own_node_key=$key" "$WORK/node1/log" |
        grep -q "does not let us in"
}
wait_for 100 told || fail "node 1 does not say that it is refused"
kill_node 1

echo "a flood of strangers"
python3 - "$(cat "$WORK/node0/p2p")" <<'PY'
import os, socket, sys
for i in range(100):
    one = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
    try:
        one.sendall(os.urandom(50))
        while one.recv(4096):
            pass
    except OSError:
        pass
PY
counted() {
    [ "$(call 0 net_peers | field '[.result.refused[] | select(.reason == "the handshake failed") | .count] | add')" -ge 100 ]
}
wait_for 100 counted || fail "refused connections are not counted: $(call 0 net_peers)"
lines=$(grep -c 'event=connection_refused .*node_key=- ' "$WORK/node0/log")
{ [ "$lines" -ge 5 ] && [ "$lines" -le 15 ]; } || fail "$lines lines about 100 strangers"

echo "clients that ask nothing"
cat >"$WORK/idle.py" <<'PY'
import socket, sys, time
idle = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) for _ in range(60)]
print("open", flush=True)
time.sleep(3600)
PY
python3 "$WORK/idle.py" "$(rpc_port 0)" >"$WORK/idle" &
echo $! >"$WORK/idle.pid"
wait_for 100 grep -q open "$WORK/idle" || fail "no connections"
i=0
while [ "$i" -lt 10 ]; do
    get "$(rpc_port 0)" /livez | grep -q ' 200$' || fail "/livez finds no place"
    get "$(rpc_port 0)" /readyz | grep -q ' 200$' || fail "/readyz finds no place"
    i=$((i + 1))
done
displaced() { [ "$(get "$(rpc_port 0)" /metrics | sed -n 's/^rpc_connections_displaced_total //p')" -ge 40 ]; }
wait_for 100 displaced || fail "no metric counts them"
wait_for 100 grep -q 'event=rpc_full .*displaced=[1-9]' "$WORK/node0/log" || fail "no line says so"
[ "$(grep -c event=rpc_full "$WORK/node0/log")" -le 3 ] || fail "many lines say so"

echo "a home that has lost its key"
kill_node 0
mv "$WORK/node0/config/validator_key" "$WORK/key"
! grep -q event=no_key "$WORK/node0/log" || fail "a line about a key that is there"
start 0
grep -q 'event=no_key .*Put the key back' "$WORK/node0/log" || fail "no line about the key"
kill_node 0
mv "$WORK/key" "$WORK/node0/config/validator_key"

echo "files that may not grow"
rm -rf "$WORK/node0/data"
(
    ulimit -f 8
    timeout 60 "$SOUKD" start --home "$WORK/node0" 2>&1 || echo "exit=$?"
) | cat >"$WORK/limited"
grep -q '^exit=1$' "$WORK/limited" || fail "it does not end by itself: $(cat "$WORK/limited")"
grep -q 'level=error .*File too large' "$WORK/limited" || fail "it does not say why: $(cat "$WORK/limited")"
