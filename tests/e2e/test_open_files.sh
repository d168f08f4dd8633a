#!/bin/sh
# Clients of the RPC can take every connection that the node gives them, and still it has the files that
# it needs for itself: to write, and to reach its peers.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 4
printf '#!/bin/sh\nexec prlimit --nofile=200:200 "%s" "$@"\n' "$SOUKD" >"$WORK/soukd"
chmod +x "$WORK/soukd"
SOUKD=$WORK/soukd
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
grep -q 'event=open_files' "$WORK/node0/log" || fail "the log does not say that connections are fewer"
to=$(new_address receiver)
transfer 1 1 "$to" >/dev/null

echo "all connections of node 0 are taken"
python3 - "$(rpc_port 0)" "$WORK/held" <<'PY' &
import pathlib, socket, sys, time

def connect():
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", int(sys.argv[1])))
    return one

held = [connect() for _ in range(500)]
time.sleep(0.5)
pathlib.Path(sys.argv[2]).touch()
while True:
    for i, one in enumerate(held): # one that is closed is opened again
        try:
            if one.recv(100) == b"":
                held[i] = connect()
        except BlockingIOError:
            pass
        except OSError:
            held[i] = connect()
    time.sleep(0.02)
PY
holder=$!
echo "$holder" >"$WORK/holder.pid"
wait_for 50 test -e "$WORK/held" || fail "no connections"

echo "a peer that comes back is reached all the same"
kill_node 1
start 1
# reaches <node> <peer>: the one is connected to the other.
reaches() {
    [ "$(call "$1" net_peers | field ".result.peers[] | select(.name == \"$2\") | .connected")" = true ]
}
wait_for 60 reaches 1 node0 || fail "node 1 and node 0 do not find each other"
wait_for 60 ready 1 || fail "node 1 is not ready"
transfer 1 2 "$to" >/dev/null
kill -0 "$(cat "$WORK/node0/pid")" || fail "node 0 ended"
kill "$holder" || fail "the connections were given up"
wait "$holder" 2>/dev/null || true

echo "and the node is there for clients again"
wait_for 100 alive 0 || fail "node 0 does not answer"
tip=$(height 1)
wait_for 50 at_height 0 "$tip" || fail "node 0 stays at $(height 0) below $tip"
[ "$(balance 0 "$to")" = 3 ] || fail "node 0 has balance $(balance 0 "$to")"
