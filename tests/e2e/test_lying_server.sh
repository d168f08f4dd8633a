#!/bin/sh
# A server that lies, with real processes: its key posts a wrong aggregate, wrong values of DECIDE and
# FALLBACK, and a wrong value of CHECK. The lie is seen, the liar loses stake, and the round settles with
# the exact sum.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready"
done
SOUK_NODE=http://127.0.0.1:$(rpc_port 0)
export SOUK_NODE

make_servers 4
for j in 1 2 3 4; do start_server "$j"; done
for j in 1 2 3 4; do await_server "$j"; done
make_owner modeller publisher
for i in 1 2 3; do make_owner "owner$i"; done
python3 - "$WORK" <<'PY'
import struct, sys
head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (64,), }"
head += b" " * (117 - len(head)) + b"\n"
for name in range(1, 4):
    with open(f"{sys.argv[1]}/update{name}.npy", "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
        out.write(struct.pack("<64d", *(name + k / 64 for k in range(64))))
PY
as modeller model publish --name lies --dimension 64 --servers "$servers" --rounds 3 --reward 900 \
    --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 --commit-window 100 \
    --window 24 >/dev/null

round_field() { as modeller round show 1 "$1" --json | field ".$2"; }
posted() { [ "$(round_field "$1" phase)" = "$2" ] && [ $(($(round_field "$1" posted) & $3)) -ne 0 ]; }
until_phase() { as modeller round wait 1 "$1" --until "$2" --timeout 60 >/dev/null; }
stake() { as rich server show "$(server address --home "$WORK/server$1")" --json | field .server.stake; }
hold_server() { kill -STOP "$(cat "$WORK/server$1/pid")"; }
release_server() { kill -CONT "$(cat "$WORK/server$1/pid")"; }

# penalised <j> <units> <times>: its stake is smaller by as many penalties.
penalised() {
    [ "$(stake "$1")" -eq $(($2 - 100 * $3)) ] || fail "server $1 has a stake of $(stake "$1"), it was $2"
}

# lie <j> <program> [sidecar]: sign and send with the key of server j.
lie() {
    echo "$2" >"$WORK/lie.asm"
    echo STOP >>"$WORK/lie.asm"
    SOUK_PASSWORD_FILE=$WORK/password "$SOUK" program send "$WORK/lie.asm" --home "$WORK/server$1" \
        --wallet identity ${3:+--sidecar "$3"} >"$WORK/lie.out" 2>&1 || {
        cat "$WORK/lie.out"
        return 1
    }
}

open_round() {
    as modeller round open 1 --model "$WORK/update1.npy" >/dev/null
    for i in 1 2 3; do
        as "owner$i" share commit 1 "$1" --update "$WORK/update$i.npy" >/dev/null
    done
}

settles() {
    as modeller round wait 1 "$1" --timeout 90 >/dev/null || fail "round $1 does not settle"
    as modeller round result 1 "$1" --out "$WORK/sum$1.npy" >/dev/null
    python3 - "$WORK/sum$1.npy" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()[128:]
assert struct.unpack("<64d", data) == tuple(6 + 3 * k / 64 for k in range(64)), "the sum is another"
PY
    [ "$(as modeller round show 1 "$1" | grep -c 'paid 300')" -eq 3 ] || fail "owners are not paid"
}

echo "an aggregate with one element off, posted by the leader"
# Server 4 is held, so that DECIDE stays open until the leader has posted and is replaced.
before=$(stake 1)
open_round 1
until_phase 1 "decide beacon"
hold_server 4
wait_for 200 posted 1 decide 1 || fail "server 1 does not post in DECIDE"
kill_server 1
release_server 4
until_phase 1 aggregate
as modeller rpc market_participants '{"model": "1", "round": 1}' --json >"$WORK/owners"
owners=$(python3 - "$WORK" <<'PY'
import hashlib, json, struct, sys
work = sys.argv[1]
keys = sorted(bytes.fromhex(p["owner_key"]) for p in json.load(open(f"{work}/owners"))["participants"])
print(hashlib.sha256(b"".join(keys)).hexdigest())
with open(f"{work}/aggregate", "wb") as out:
    total = [(6 * 64 + 3 * k) * 1024 for k in range(64)]
    total[7] += 1
    out.write(struct.pack("<64Q", *total))
PY
)
lie 1 "BATCH_AGGREGATE model=1 round=1 owners=$owners" "$WORK/aggregate" || fail "the lie is not taken"
settles 1
penalised 1 "$before" 2 # for the lie, and for its silence in CHECK
[ "$(round_field 1 leader)" -eq 2 ] || fail "the next leader did not post"
start_server 1
await_server 1

echo "wrong values of DECIDE and FALLBACK"
before=$(stake 4)
open_round 2
until_phase 2 "decide beacon"
hold_server 4
until_phase 2 decide
lie 4 "BATCH_DECIDE model=1 round=2 value=01000000000000000200000000000000" || fail "not taken"
until_phase 2 fallback
value=03000000000000000400000000000000
lie 4 "BATCH_FALLBACK model=1 round=2 values=$value$value$value" || fail "not taken"
settles 2
penalised 4 "$before" 1
release_server 4

echo "a wrong value of CHECK"
before=$(stake 4)
open_round 3
until_phase 3 "check beacon"
hold_server 4
until_phase 3 check
refused VALUE_NOT_CANONICAL lie 4 "BATCH_CHECK model=1 round=3 value=ffffffffffffffffffffffffffffffff"
lie 4 "BATCH_CHECK model=1 round=3 value=01000000000000000200000000000000" || fail "not taken"
settles 3
penalised 4 "$before" 1
release_server 4

same_state 0 1 2 3
