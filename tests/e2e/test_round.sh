#!/bin/sh
# One round as its users live it: servers register, a model is published, owners join, commit and
# deliver, the round settles, everybody is paid; and what each wrong step is told.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh
TRAIN=$BUILD/souk-train

make_network 4
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready"
done
SOUK_NODE=http://127.0.0.1:$(rpc_port 0)
export SOUK_NODE

echo "servers register"
# shellcheck disable=SC2046
set -- $(free_ports 4)
servers=
for j in 1 2 3 4; do
    server init --home "$WORK/server$j" --kdf-cost 2 >/dev/null
    echo "$1" >"$WORK/server$j/port"
    address=$(server address --home "$WORK/server$j")
    as rich send 1000000 "$address" >/dev/null
    refused ROLE_MISSING server register --home "$WORK/server$j" --endpoint "http://127.0.0.1:$1"
    as rich role set "$address" server >/dev/null
    server register --home "$WORK/server$j" --endpoint "http://127.0.0.1:$1" --fee-min 10 >/dev/null
    servers=$servers${servers:+,}$address
    start_server "$j"
    shift
done
for j in 1 2 3 4; do await_server "$j"; done

echo "owners"
for i in 1 2 3 4; do
    address=$(new_address "owner$i")
    as rich send 1000000 "$address" >/dev/null
    [ "$i" = 4 ] || as rich role set "$address" contributor >/dev/null
    echo 0 >"$WORK/owner$i.fees"
done
python3 - "$WORK" <<'PY'
import random, sys
random.seed(1)
for name, rows in (("a", 40), ("b", 40), ("c", 40), ("all", 80)):
    with open(f"{sys.argv[1]}/{name}.csv", "w") as out:
        for _ in range(rows):
            label = random.randrange(4)
            out.write(",".join(f"{random.random() + (k % 4 == label):.4f}" for k in range(20)) + f",{label}\n")
PY
"$TRAIN" init "$WORK/all.csv" "$WORK/model.npy" >/dev/null

echo "publish and open"
printf 'memory 8\nSTOP\n' >"$WORK/small.asm"
refused "small.asm: policy: memory is 8 bytes, 96 are needed for up to 3 owners" \
    as rich model publish --name small --model "$WORK/model.npy" --servers "$servers" \
    --owners-max 3 --policy "$WORK/small.asm"
refused "server_fee is 9, a named server asks for 10" as rich model publish --model "$WORK/model.npy" \
    --servers "$servers" --server-fee 9
as rich model publish --name small --model "$WORK/model.npy" --servers "$servers" --rounds 2 \
    --reward 900 --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 \
    --commit-window 1000 --window 40 >/dev/null
refused "has no round yet" as owner1 round join 1
as rich round open 1 --model "$WORK/model.npy" >/dev/null
refused ROLE_MISSING as owner4 round join 1

echo "owners contribute"
n=0
for part in a b c; do
    n=$((n + 1))
    as "owner$n" round model 1 --out "$WORK/fetched.npy" >/dev/null
    cmp "$WORK/model.npy" "$WORK/fetched.npy" || fail "another model was fetched"
    "$TRAIN" update "$WORK/fetched.npy" "$WORK/$part.csv" "$WORK/update$n.npy" --epochs 5
done
[ "$(as owner1 round model 1 --out "$WORK/fetched.npy" --json | field .size)" = "$(wc -c <"$WORK/fetched.npy")" ] ||
    fail "round model --json does not tell the size"
refused "nothing to deliver in round 1 of model 1" as owner1 share deliver 1
refused "nothing was begun in this round yet" as owner1 share run 1
as owner1 round join 1 >/dev/null
refused JOIN_TWICE as owner1 round join 1
# The first owner goes step by step, the others let one command do it all.
as owner1 share commit 1 --update "$WORK/update1.npy" >"$WORK/out"
grep -q 'delivered to 3 of 3 servers' "$WORK/out" || fail "owner1 says: $(cat "$WORK/out")"
refused "another update" as owner1 share commit 1 --update "$WORK/update2.npy"
begin_owner owner2 1 1 "$WORK/update2.npy"
begin_owner owner3 1 1 "$WORK/update3.npy"
as owner1 share prove 1 >"$WORK/out" || fail "owner1: $(cat "$WORK/out")"
grep -q 'delivered to 3 of 3 servers' "$WORK/out" || fail "owner1 says: $(cat "$WORK/out")"
as rich round wait 1 --timeout 600 || {
    for j in 1 2 3 4; do tail -n 20 "$WORK/server$j/log"; done
    fail "the round does not settle"
}
for n in 2 3; do
    end_owner "owner$n" 0
    grep -q 'settled with 3 owners: paid 300' "$WORK/owner$n.out" || fail "owner$n says: $(cat "$WORK/owner$n.out")"
done
refused "deliveries are over: round 1 is in phase 'settled'" as owner1 share deliver 1
as owner1 share run 1 1 >"$WORK/out" || fail "owner1: $(cat "$WORK/out")"
grep -q 'paid 300' "$WORK/out" || fail "owner1 says: $(cat "$WORK/out")"
[ -z "$(ls "$WORK/wallets/shares")" ] || fail "owners keep $(ls "$WORK/wallets/shares")"
refused "joining is not open: the round is in phase settled, not in commit (JOIN_LATE)" as rich round join 1 1

echo "the sum is exact, and everybody is paid"
as rich round result 1 --out "$WORK/sum.npy" >/dev/null
python3 - "$WORK" <<'PY'
import struct, sys
def load(name):
    data = open(f"{sys.argv[1]}/{name}.npy", "rb").read()
    start = 10 + int.from_bytes(data[8:10], "little")
    return struct.unpack(f"<{(len(data) - start) // 8}d", data[start:])
def step(value):
    scaled = value * 65536
    return int(abs(scaled) + 0.5) * (1 if scaled >= 0 else -1)
updates = [load(f"update{n}") for n in (1, 2, 3)]
total = load("sum")
assert len(total) == len(updates[0])
for k, value in enumerate(total):
    assert value * 65536 == sum(step(u[k]) for u in updates), k
PY
[ "$(as rich round show 1 --json | field .phase)" = settled ] || fail "not settled"
[ "$(as rich round show 1 | grep -c 'paid 300')" -eq 3 ] || fail "owners are not paid: $(as rich round show 1)"
same_state 0 1 2 3

echo "the second round runs with a server down"
kill_server 4
as rich round open 1 --model "$WORK/model.npy" >/dev/null
for n in 1 2 3; do begin_owner "owner$n" 1 2 "$WORK/update$n.npy"; done
as rich round wait 1 --timeout 600 || fail "the round does not settle without server 4"
for n in 1 2 3; do
    end_owner "owner$n" 0
    grep -q "^server 4: " "$WORK/owner$n.out" || fail "owner$n does not tell that server 4 is away"
done
as rich round result 1 --out "$WORK/sum2.npy" >/dev/null
cmp "$WORK/sum.npy" "$WORK/sum2.npy" || fail "the same updates have another sum"
same_state 0 1 2 3
