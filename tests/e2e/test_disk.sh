#!/bin/sh
# Four nodes; the disk of one of them fails in every way that storage.md names: full, torn, damaged,
# lost. It says so in one line and ends, or mends itself; the others go on; it comes back and agrees.
set -eu
cd "$(dirname "$0")/../.."
# A mount of our own, where we may: it ends with this process.
if [ -z "${OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    exec env OWN_MOUNTS=1 unshare -m "$0"
fi
. tests/e2e/lib.sh

make_network 4
data=$WORK/node3/data
mkdir -p "$data"
small=
if [ -n "${OWN_MOUNTS:-}" ] && mount -t tmpfs -o size=64m none "$data" 2>/dev/null; then
    small=yes
fi
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do wait_for 100 ready "$i" || fail "node $i is not ready"; done
to=$(new_address receiver)
sent=0
load() {
    n=0
    while [ "$n" -lt "$1" ]; do
        transfer 0 1 "$to" >/dev/null || fail "a transfer failed"
        n=$((n + 1))
        sent=$((sent + 1))
    done
}

# stop_node: by SIGTERM, cleanly.
stop_node() {
    kill -TERM "$(cat "$WORK/node3/pid")"
    wait "$(cat "$WORK/node3/pid")" || fail "node 3 ends with exit code $?"
    rm "$WORK/node3/pid"
}

# agrees: node 3 is ready, catches up, votes and has what the others have.
agrees() {
    wait_for 150 ready 3 || fail "node 3 is not ready: $(get "$(rpc_port 3)" /readyz)"
    load 2
    tip=$(height 0)
    for i in 1 2 3; do
        wait_for 100 at_height "$i" "$tip" || fail "node $i stays at $(height "$i") below $tip"
    done
    [ "$(balance 3 "$to")" = "$sent" ] || fail "node 3 has balance $(balance 3 "$to"), not $sent"
    same_state 0 1 2 3
}
comes_back() {
    start 3
    agrees
}

# refuses <words>: node 3 does not start, and says why in one line of log and nothing else.
refuses() {
    if timeout 120 "$SOUKD" start --home "$WORK/node3" >"$WORK/said" 2>&1; then
        fail "it ran; '$1' was expected"
    fi
    grep -q "$1" "$WORK/said" || fail "'$1' was expected, it says: $(cat "$WORK/said")"
    [ "$(grep -c 'level=error' "$WORK/said")" = 1 ] || fail "not one line: $(cat "$WORK/said")"
}

load 5
if [ -n "$small" ]; then
    echo "the disk runs full"
    head -c 100000000 /dev/zero >"$data/filler" 2>/dev/null || true
    n=0
    while kill -0 "$(cat "$WORK/node3/pid")" 2>/dev/null && [ "$n" -lt 300 ]; do
        load 1
        n=$((n + 1))
    done
    kill -0 "$(cat "$WORK/node3/pid")" 2>/dev/null && fail "node 3 runs on with a full disk"
    code=0
    wait "$(cat "$WORK/node3/pid")" || code=$?
    rm "$WORK/node3/pid"
    [ "$code" -eq 1 ] || fail "exit code $code, 1 was expected"
    [ "$(grep -c 'level=error' "$WORK/node3/log")" = 1 ] || fail "not one line of error"
    grep -q 'event=fault kind=disk.*No space left' "$WORK/node3/log" || fail "no clear line"
    load 3
    echo "still full at the start"
    if timeout 120 "$SOUKD" start --home "$WORK/node3" >"$WORK/said" 2>&1; then
        fail "it ran on a full disk"
    fi
    grep -q 'level=error.*No space left' "$WORK/said" || fail "it says: $(cat "$WORK/said")"
    rm "$data/filler"
    comes_back
else
    echo "skipped: this process may not mount, so no disk runs full"
fi

echo "the state database is damaged"
stop_node
python3 - "$data/state/data.mdb" <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    size = file.seek(0, 2)
    file.seek(0)
    file.write(b"\xa5" * min(size, 1 << 20))
PY
refuses 'remove data/state'
rm -rf "$data/state"
comes_back

echo "the state database is cut off"
stop_node
truncate -s 20000 "$data/state/data.mdb"
refuses 'remove data/state'
rm -rf "$data/state"
comes_back

# spoil <tail|middle|group|both> <file>: cut 5 bytes off what is written, or change one in the first third, in the
# last group of a log, or in that and in its copy. Prints how many bytes are whole before that group.
spoil() {
    python3 - "$1" "$2" <<'PY'
import struct, sys
how, path = sys.argv[1:]
with open(path, "r+b") as file:
    content = file.read()
    used = len(content.rstrip(b"\0"))
    if how in ("group", "both"):
        salt = struct.unpack_from("<I", content, 20)[0]
        copy = max(at for at in range(4096, used, 4096)
                   if struct.unpack_from("<I", content, at)[0] == salt ^ at ^ 0xFFFFFFFF)
        group = struct.unpack_from("<I", content, copy + 8)[0]
        for place in (group, copy) if how == "both" else (group,):
            file.seek(place + 20)
            file.write(bytes([content[place + 20] ^ 0x40]))
        print(group)
    elif how == "tail":
        file.seek(used - 5)
        file.write(b"\0" * 5)
    else:
        place = next(at for at in range(used // 3, used) if content[at])
        file.seek(place)
        file.write(bytes([content[place] ^ 0x40]))
PY
}
last_of() {
    set -- "$1"/*"$2"
    for file in "$@"; do :; done
    echo "$file"
}

echo "the log's tail is torn"
load 3
kill_node 3
spoil tail "$(last_of "$data/wal" .log)"
comes_back

echo "the log's last group has rotted, and its copy is read"
load 3
kill_node 3
log=$(last_of "$data/wal" .log)
cp "$log" "$WORK/kept"
group=$(spoil group "$log")
comes_back
cmp -n "$((group + 4096))" "$log" "$WORK/kept" || fail "the last group is not as it was"

echo "the log's last group is torn with its copy"
load 3
kill_node 3
spoil both "$(last_of "$data/wal" .log)" >/dev/null
comes_back

echo "the log is damaged where it was durable"
kill_node 3
log=$(last_of "$data/wal" .log)
cp "$log" "$WORK/kept"
spoil middle "$log"
refuses 'wal-.*byte'
cp "$WORK/kept" "$log"
comes_back

echo "the last block is torn while its state was not yet written"
kill_node 3
spoil tail "$(last_of "$data/blocks" .seg)"
rm -rf "$data/state"
comes_back

echo "blocks are lost that the state stands on"
stop_node
truncate -s 400 "$(last_of "$data/blocks" .seg)"
refuses 'remove data/blocks and data/state, keep data/wal'
rm -rf "$data/blocks" "$data/state"
comes_back

echo "the log of a validator is lost: it observes until the chain is past what it may have signed"
stop_node
rm -rf "$data/wal"
start 3
observes() { grep -q 'event=observing .*data/wal' "$WORK/node3/log"; }
votes() { call 3 chain_status 2>/dev/null | field .result.validator | grep -qv '^null$'; }
wait_for 100 observes || fail "it does not say that it observes"
load 3
wait_for 200 votes || fail "it still observes at $(height 3) of $(height 0)"
agrees

echo "the home is in order"
stop_node
"$SOUKD" verify --home "$WORK/node3" >"$WORK/said" 2>&1 || fail "$(cat "$WORK/said")"

echo "files that do not fit leave no half behind"
rm "$WORK/node3/config/soukd.conf"
# no_room <command...>: with 512 bytes for each file.
no_room() {
    (trap '' XFSZ && ulimit -f 1 && exec "$@" >/dev/null 2>&1)
}
! no_room "$SOUKD" init --home "$WORK/node3" || fail "init says that all is well"
! no_room "$SOUKD" fork "$WORK/forked" --home "$WORK/node3" || fail "fork says that all is well"
[ ! -e "$WORK/node3/config/soukd.conf" ] || fail "half a configuration was left"
[ ! -e "$WORK/forked/genesis.json" ] || fail "half a genesis was left"
[ -z "$small" ] || umount -l "$data"
