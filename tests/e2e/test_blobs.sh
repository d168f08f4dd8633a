#!/bin/sh
# Models and aggregates of a million elements: a round of four validators settles, its sum is exact; a
# validator that is killed while it fetches comes back and agrees; one that was away, and one that joins
# with nothing, catch up with all blobs. What a PUT is refused for.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh
D=${D:-1000000}

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
SOUK_NODE=http://127.0.0.1:$(rpc_port 0)
export SOUK_NODE

blobs() { # blobs <node>: how many it holds
    get "$(rpc_port "$1")" /metrics | sed -n 's/^blob_store_blobs //p'
}
holds() { # holds <node> <count>
    [ "$(blobs "$1")" = "$2" ]
}

# put <node> <root> <content-range> <file>: status of the answer, with its body in $WORK/put.
put() {
    curl -sS -m 120 -o "$WORK/put" -w '%{http_code}' -X PUT -H "Content-Range: $3" -H 'Expect:' \
        --data-binary "@$4" "http://127.0.0.1:$(rpc_port "$1")/blob/$2"
}
expect() { # expect <status> <text> <put's arguments>
    status=$1
    text=$2
    shift 2
    got=$(put "$@")
    [ "$got" = "$status" ] || fail "PUT $*: $got, not $status: $(cat "$WORK/put")"
    grep -q "$text" "$WORK/put" || fail "PUT $*: says $(cat "$WORK/put"), not $text"
}

echo "a PUT is in order, within its size, and has its root"
python3 - "$WORK" "$D" <<'PY'
import array, hashlib, pathlib, sys
work, d = pathlib.Path(sys.argv[1]), int(sys.argv[2])
def npy(name, values):
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % len(values)
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()
    (work / name).write_bytes(data + array.array("f", values).tobytes())
npy("model.npy", [0.25 * (k % 7) for k in range(d)])
for i in (1, 2, 3):
    npy(f"update{i}.npy", [((k * i) % 5 - 2) / 256 for k in range(d)])
H = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
def root(data):
    level = [H(b"\0", (i // 4096).to_bytes(8, "little"), data[i:i + 4096]) for i in range(0, len(data), 4096)]
    while len(level) > 1:
        level = [H(b"\1", *level[i:i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return H(b"\2", len(data).to_bytes(8, "little"), level[0]).hex()
data = bytes(k * 7 % 251 for k in range(300000))
(work / "first").write_bytes(data[:100000])
(work / "rest").write_bytes(data[100000:])
(work / "wrong").write_bytes(data[100000:-1] + b"x")
(work / "root").write_text(root(data))
(work / "whole").write_bytes(data)
PY
: >"$WORK/nothing"
root=$(cat "$WORK/root")
expect 400 "64 hexadecimal digits" 0 "${root}0" "bytes 0-99999/300000" "$WORK/first"
expect 400 "content-range" 0 "$root" "bytes 0-99998/300000" "$WORK/first"
expect 400 "content-range" 0 "$root" "bytes 00-1/2/3" "$WORK/first"
expect 413 "1 to 134217728 bytes" 0 "$root" "bytes */134217729" "$WORK/nothing"
expect 409 '"offset":0' 0 "$root" "bytes 100000-299999/300000" "$WORK/rest"
expect 202 '"offset":100000' 0 "$root" "bytes 0-99999/300000" "$WORK/first"
expect 202 '"offset":100000' 0 "$root" "bytes */300000" "$WORK/nothing"
expect 409 'another size' 0 "$root" "bytes */300001" "$WORK/nothing"
expect 422 'do not have this root' 0 "$root" "bytes 100000-299999/300000" "$WORK/wrong"
expect 202 '"offset":0' 0 "$root" "bytes */300000" "$WORK/nothing"
expect 202 '"offset":100000' 0 "$root" "bytes 0-99999/300000" "$WORK/first"
expect 201 '"offset":300000' 0 "$root" "bytes 100000-299999/300000" "$WORK/rest"
expect 200 '"offset":300000' 0 "$root" "bytes 0-99999/300000" "$WORK/first"
holds 0 1 || fail "node 0 holds $(blobs 0) blobs"

echo "a GET has the whole, and ranges of it"
url=http://127.0.0.1:$(rpc_port 0)/blob/$root
curl -sS "$url" | cmp - "$WORK/whole" || fail "GET"
curl -sS -r 100000- "$url" | cmp - "$WORK/rest" || fail "GET of a range"
[ "$(curl -sS -o /dev/null -w '%{http_code}' -r 300000- "$url")" = 416 ] || fail "GET beyond the end"
curl -sSI "$url" | grep -qi '^content-length: 300000' || fail "HEAD"

echo "a round of $D elements"
make_servers 4
for j in 1 2 3 4; do # the aggregate costs its leader 5 gas for each element, and a fifth in reserve
    as rich send $((D * 10)) "$(server address --home "$WORK/server$j")" >/dev/null
    start_server "$j"
done
for j in 1 2 3 4; do await_server "$j"; done
for i in 1 2 3; do make_owner "owner$i"; done
as rich model publish --name large --model "$WORK/model.npy" --servers "$servers" --rounds 1 \
    --reward 900 --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 \
    --commit-window 900 --window 900 >/dev/null
kill_node 3
as rich round open 1 --model "$WORK/model.npy" >/dev/null
for i in 1 2; do
    wait_for 100 holds "$i" 1 || fail "node $i has $(blobs "$i") blobs"
done
"$SOUK" round model 1 --out "$WORK/fetched.npy" --node "http://127.0.0.1:$(rpc_port 2)" >/dev/null
cmp "$WORK/model.npy" "$WORK/fetched.npy" || fail "another model was fetched"

echo "a validator is killed again and again while it fetches"
for try in 1 2 3 4; do
    start 3
    wait_for 100 grep -q event=peer_up "$WORK/node3/log" || fail "node 3 has no peer"
    : "$try"
    kill_node 3
    : >"$WORK/node3/log"
done
start 3
wait_for 300 holds 3 1 || fail "node 3 has $(blobs 3) blobs"
wait_for 300 ready 3 || fail "node 3 is not ready"
[ -z "$(find "$WORK/node3/data/blobs" -name '*.part')" ] || fail "parts are left"

echo "owners contribute, and the sum is exact"
cat >"$WORK/measured" <<PY
#!/usr/bin/env python3
import pathlib, resource, subprocess, sys
code = subprocess.run(["$SOUK"] + sys.argv[1:]).returncode
pathlib.Path("$WORK/peak").write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
PY
chmod +x "$WORK/measured"
real=$SOUK
for i in 1 2 3; do
    as "owner$i" round join 1 >/dev/null
    [ "$i" != 1 ] || SOUK=$WORK/measured
    begin_owner "owner$i" 1 1 "$WORK/update$i.npy"
    SOUK=$real
done
phase() {
    call 0 market_round '{"model":1,"round":1}' | field .result.round.phase
}
in_check() {
    case $(phase) in check* | settled) ;; *) return 1 ;; esac
}
wait_for 3000 in_check || fail "the round stays in phase $(phase)"
kill "$(cat "$WORK/node2/pid")"
wait "$(cat "$WORK/node2/pid")" || fail "node 2 does not stop in order"
rm "$WORK/node2/pid"
mv "$WORK/node2/data/blobs" "$WORK/kept"
as rich round wait 1 --timeout 600 >/dev/null || fail "the round does not settle: $(cat "$WORK"/owner*.out)"
for i in 1 2 3; do end_owner "owner$i" 0; done

# An owner has the update, 8 bytes for each element and 4 of the file, and a table of at most 16 MB; it sends
# 24 bytes for each. A server takes 8 for each owner, and has 8 for its sum and 8 for each server's as a
# leader: all of that is on disk. The programs themselves take about 12 MB.
[ "$(cat "$WORK/peak")" -lt $((D * 14 / 1024 + 40000)) ] ||
    fail "an owner took $(cat "$WORK/peak") kB of memory"
for j in 1 2 3 4; do
    peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(cat "$WORK/server$j/pid")/status")
    [ "$peak" -lt 40000 ] || fail "server $j took $peak kB of memory"
done
"$SOUK" round result 1 --out "$WORK/sum.npy" --node "http://127.0.0.1:$(rpc_port 3)" >/dev/null
python3 - "$WORK/sum.npy" "$D" <<'PY'
import array, sys
data, d = open(sys.argv[1], "rb").read(), int(sys.argv[2])
size = 8 if b"<f8" in data[:128] else 4
values = array.array("d" if size == 8 else "f", data[-size * d:])
for k in range(d):
    expected = sum((k * i) % 5 - 2 for i in (1, 2, 3)) / 256
    assert values[k] == expected, (k, values[k], expected)
PY

echo "who lost its blobs fetches those that its state and its blocks name"
start 2
tip=$(height 0)
wait_for 600 at_height 2 "$tip" || fail "node 2 stays at $(height 2) below $tip"
wait_for 300 holds 2 2 || fail "node 2 has $(blobs 2) blobs"

echo "who was away has nothing missing, and one that begins anew neither"
tip=$(height 0)
kill_node 1
rm -rf "$WORK/node1/data/state" "$WORK/node1/data/blocks" "$WORK/node1/data/blobs"
start 1
wait_for 600 at_height 1 "$tip" || fail "node 1 stays at $(height 1) below $tip"
wait_for 300 holds 1 2 || fail "node 1 has $(blobs 1) blobs"
same_state 0 1 2 3
kill_node 1
"$SOUKD" verify --home "$WORK/node1" >/dev/null || fail "soukd verify"

echo "a blob that changed on disk is found, and fetched again when it is gone"
blob=$(find "$WORK/node1/data/blobs" -type f | head -1)
printf x | dd of="$blob" conv=notrunc bs=1 seek=5000 2>/dev/null
if "$SOUKD" verify --home "$WORK/node1" 2>"$WORK/out"; then
    fail "soukd verify takes a changed blob"
fi
grep -q "do not have this root" "$WORK/out" || fail "soukd verify says $(cat "$WORK/out")"
echo passed
