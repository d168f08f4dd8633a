#!/bin/sh
# What strangers may send to an aggregation server, and a disk that is full: each is told what is
# wrong, nothing is written where it should not be, and the server goes on.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

make_network 1
start 0
wait_for 100 ready 0 || fail "the node is not ready"
SOUK_NODE=http://127.0.0.1:$(rpc_port 0)
export SOUK_NODE
make_servers 3
for j in 1 2 3; do start_server "$j"; done
for j in 1 2 3; do await_server "$j"; done
for i in 1 2 3; do make_owner "owner$i"; done
make_update "$WORK/update.npy" 20000 0
as rich model publish --name abuse --dimension 20000 --servers "$servers" --rounds 1 --reward 900 \
    --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 --commit-window 900 --window 60 \
    >/dev/null
as rich round open 1 --model "$WORK/password" >/dev/null

PORT=$(cat "$WORK/server2/port")

# post_to <path> <body> <status> <text>: a POST to server 2 is answered so.
post_to() {
    curl -sS -m 10 --path-as-is -w ' %{http_code}' -X POST --data-binary "$2" \
        "http://127.0.0.1:$PORT$1" | tr -d '\n' >"$WORK/answer"
    grep -q -- "$4.* $3\$" "$WORK/answer" || fail "'$1' is answered by $(cat "$WORK/answer")"
}

echo "what strangers send"
post_to /share/1/1/../../../../etc/passwd x 400 'the path is'
post_to /share/1/1/%2e%2e%2fx x 400 'owner:'
post_to "/share/1/1/$RICH" x 409 'no commitment of this owner'
post_to "/share/1/2/$RICH" x 404 'has no round 2'
post_to "/share/9/1/$RICH" x 404 'has no round 1'
post_to "/share/99999999999999999999/1/$RICH" x 400 'the path is'
post_to /sum/1/1/11 x 400 'the path is'
post_to /sum/1/1/1 x 409 "the round's phase is 'commit'"
post_to "/aux/1/1/$RICH" x 409 'no commitment of this owner'
post_to /share/1/1/pad x 404 'the model has no pad'
post_to /nothing x 404 'POST is for'
python3 - "$PORT" "$RICH" <<'PY'
import socket, sys
one = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
one.sendall(f"POST /share/1/1/{sys.argv[2]} HTTP/1.1\r\nHost: x\r\nContent-Length: 140000000\r\n\r\n".encode())
answer = one.recv(1000)
assert b" 413 " in answer and b"longer than allowed" in answer, answer
PY
kept=$(find "$WORK/server2/rounds" -type f)
[ -z "$kept" ] || fail "something was kept: $kept"

echo "clients that send more than is checked at once"
pause_node() { kill "-$1" "$(cat "$WORK/node0/pid")"; }
pause_node STOP
python3 - "$PORT" "$(cat "$WORK/server2/pid")" "$RICH" <<'PY'
import os, socket, sys, time
port, pid, owner = sys.argv[1:]
request = f"POST /share/1/1/{owner} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx".encode()
held = [socket.create_connection(("127.0.0.1", int(port))) for _ in range(50)]
for one in held:
    one.sendall(request * 16)
time.sleep(1)
files = len(os.listdir(f"/proc/{pid}/fd"))
assert files < 400, f"{files} files are open for 800 deliveries"
PY
pause_node CONT
wait_for 100 server_up 2 || fail "the server does not come back"
post_to "/share/1/1/$RICH" x 409 'no commitment of this owner'

echo "clients that hang up"
python3 - "$PORT" <<'PY'
import socket, struct, sys
for n in range(100):
    try:
        one = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        if n % 2 == 0:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        one.close()
    except ConnectionError:
        pass
PY
await_server 2

echo "a full disk"
as owner1 share commit 1 --update "$WORK/update.npy" >/dev/null || fail "the first delivery"
[ "$(stat -c %a "$WORK/server2/rounds/1-1")" = 700 ] || fail "others may list the shares"
[ "$(stat -c %a "$WORK"/server2/rounds/1-1/x-*)" = 600 ] || fail "others may read a share"
kill_server 2
if unshare -m true 2>/dev/null; then
    # A file system of its own, which has room for one share of 160 kB and not for two.
    # shellcheck disable=SC2016 # expanded by the inner shell
    SOUK_PASSWORD_FILE=$WORK/password unshare -m sh -c '
        set -e
        mkdir "$1/tiny"
        mount -t tmpfs -o size=300k tmpfs "$1/tiny"
        cp -r "$1/server2/rounds/1-1" "$1/tiny/"
        mount --bind "$1/tiny" "$1/server2/rounds"
        exec "$2" run --home "$1/server2" --port "$(cat "$1/server2/port")"' \
        sh "$WORK" "$SERVER" >>"$WORK/server2/log" 2>&1 &
    echo $! >"$WORK/server2/pid"
    await_server 2
    if as owner2 share commit 1 --update "$WORK/update.npy" >"$WORK/out" 2>&1; then
        fail "a share was stored on a full disk"
    fi
    grep -q 'the body could not be stored: the disk is full or failed' "$WORK/out" ||
        fail "owner2 says: $(cat "$WORK/out")"
    grep -q 'event=spool .*No space left on device' "$WORK/server2/log" || fail "the server says nothing"
    kill_server 2
    start_server 2
    await_server 2
    as owner2 share deliver 1 >/dev/null || fail "delivery after there was room again"

    echo "an owner's full disk: nothing was committed"
    # shellcheck disable=SC2016 # expanded by the inner shell
    SOUK_PASSWORD_FILE=$WORK/password SOUK_HOME=$WORK/wallets unshare -m sh -c '
        mount -t tmpfs -o size=60k tmpfs "$1/wallets/shares"
        "$2" share commit 1 --update "$1/update.npy" --wallet owner3' sh "$WORK" "$SOUK" >"$WORK/out" 2>&1 &&
        fail "a contribution was begun on a full disk"
    grep -q 'No space left on device' "$WORK/out" || fail "owner3 says: $(cat "$WORK/out")"
    [ "$(round_field 1 1 committed)" = 2 ] || fail "$(round_field 1 1 committed) owners committed, not 2"
    as owner3 share commit 1 --update "$WORK/update.npy" >/dev/null || fail "owner3, with room again"
else
    echo "skipped a full disk: no mount namespaces here"
    start_server 2
    await_server 2
fi
kill_server 2
