#!/bin/sh
# Rounds in which not everybody does what they should: a server that is silent, an owner who never
# delivers, one who joins and vanishes, servers that are killed in every phase, too few owners. What
# each has at the end is right to the unit.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

make_network 4
TREASURY=$(new_address treasury)
for i in 0 1 2 3; do
    genesis=$WORK/node$i/config/genesis.json
    jq --arg treasury "$TREASURY" '.parameters.treasury = $treasury' "$genesis" >"$WORK/genesis"
    cp "$WORK/genesis" "$genesis"
done
for i in 0 1 2 3; do start "$i"; done
for i in 0 1 2 3; do
    wait_for 100 ready "$i" || fail "node $i is not ready"
done
SOUK_NODE=http://127.0.0.1:$(rpc_port 0)
export SOUK_NODE

echo "four servers, the fourth is never started; owners"
make_servers 4
for j in 1 2 3; do start_server "$j"; done
for j in 1 2 3; do await_server "$j"; done
make_owner modeller publisher
for i in 1 2 3 4 5; do make_owner "owner$i"; done
python3 - "$WORK" <<'PY'
import struct, sys
head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (64,), }"
head += b" " * (117 - len(head)) + b"\n"
for name in range(1, 5):
    with open(f"{sys.argv[1]}/update{name}.npy", "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
        out.write(struct.pack("<64d", *(name + k / 64 for k in range(64))))
PY

wallet_address() { "$SOUK" wallet address "$1" --home "$WORK/wallets"; }
phase() { as modeller round show 1 "$1" --json | field .phase; }
in_phase() { [ "$(phase "$1")" = "$2" ]; }
committed() { as modeller round show 1 "$1" --json | field .committed; }
server_stake() { as rich server show "$(server address --home "$WORK/server$1")" --json | field .server.stake; }

# commit <i> <round>: with server 4 away the delivery is never whole.
commit() {
    if as "owner$1" share commit 1 "$2" --update "$WORK/update$1.npy" >"$WORK/out" 2>&1; then
        fail "owner$1 delivered to a server that is not there"
    fi
    sed -n 's/^committed in block .*, fee \([0-9]*\)$/\1/p' "$WORK/out" >>"$WORK/owner$1.fees"
    grep -q "delivered to $3 of 3 servers" "$WORK/out" || fail "owner$1 says: $(cat "$WORK/out")"
}

echo "round 1: three good owners, one without deliveries, one who vanishes"
paying modeller model publish --name liars --dimension 64 --servers "$servers" --rounds 2 \
    --reward 901 --server-fee 10 --owners-min 3 --owners-max 6 --owner-stake 50 \
    --commit-window 40 --window 20
paying modeller round open 1 --model "$WORK/update1.npy"
paying owner5 round join 1
for i in 1 2 3; do commit "$i" 1 2; done
for j in 2 3; do kill_server "$j"; done
commit 4 1 0
[ "$(committed 1)" = 4 ] || fail "$(committed 1) owners committed, not 4"
for j in 2 3; do start_server "$j"; done
for j in 2 3; do await_server "$j"; done
wait_for 200 in_phase 1 ack || fail "the round is in phase $(phase 1)"
kill_server 3
start_server 3
as modeller round wait 1 --timeout 60 >"$WORK/out" || fail "round 1: $(cat "$WORK/out")"
grep -q '5 joined, 3 accepted' "$WORK/out" || fail "round 1: $(cat "$WORK/out")"
as modeller round result 1 --out "$WORK/sum.npy" >/dev/null
python3 - "$WORK/sum.npy" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
sums = struct.unpack("<64d", data[10 + int.from_bytes(data[8:10], "little"):])
assert all(value == 6 + 3 * k / 64 for k, value in enumerate(sums)), sums
PY

echo "everybody has what they should, to the unit"
# 901 are 300 for each of three owners; 30 for three servers; 11 go back of 901 + 4 * 10.
for i in 1 2 3; do has "owner$i" "$(wallet_address "owner$i")" $((1000000 - $(fees "owner$i") + 300)); done
has owner4 "$(wallet_address owner4)" $((1000000 - $(fees owner4)))
has owner5 "$(wallet_address owner5)" $((1000000 - $(fees owner5) - 50))
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 2 * 941 + 11))
has treasury "$TREASURY" 150
for j in 1 2 3; do
    has "server $j" "$(server address --home "$WORK/server$j")" $((1000000 - 1000 - $(server_fees "$j") + 10))
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done
has "server 4" "$(server address --home "$WORK/server4")" $((1000000 - 1000 - $(cat "$WORK/server4/fees")))
[ "$(server_stake 4)" = 900 ] || fail "the silent server has a stake of $(server_stake 4)"

echo "round 2: too few owners; a server is away when it ends"
paying modeller round open 1 --model "$WORK/update1.npy"
for i in 1 2; do commit "$i" 2 2; done
[ -n "$(ls "$WORK/server2/rounds/1-2")" ] || fail "server 2 holds no share"
kill_server 2
refused "aborted: too few owners" as modeller round wait 1 2 --timeout 60
for i in 1 2; do has "owner$i" "$(wallet_address "owner$i")" $((1000000 - $(fees "owner$i") + 300)); done
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 930))
has treasury "$TREASURY" 150
[ "$(as modeller model show 1 --json | field .status)" = closed ] || fail "$(as modeller model show 1 --json)"

echo "nothing of the rounds is left on the servers"
start_server 2
await_server 2
nothing_kept() { [ -z "$(ls "$WORK/server$1/rounds")" ]; }
for j in 1 2 3; do
    [ ! -e "$WORK/server$j/rounds" ] || wait_for 50 nothing_kept "$j" ||
        fail "server $j keeps $(ls "$WORK/server$j/rounds")"
done

echo "servers stop cleanly, and leave with their stakes"
for j in 1 2 3; do
    pid=$(cat "$WORK/server$j/pid")
    kill -TERM "$pid"
    wait "$pid" || fail "server $j ends with $?"
    rm "$WORK/server$j/pid"
done
for j in 1 4; do
    address=$(server address --home "$WORK/server$j")
    before=$(balance 0 "$address")
    stake=$(server_stake "$j")
    fee=$(SOUK_PASSWORD_FILE=$WORK/password "$SOUK" server leave --home "$WORK/server$j" \
        --wallet identity --json | field .receipt.fee)
    has "server $j" "$address" $((before - fee + stake))
done
same_state 0 1 2 3
