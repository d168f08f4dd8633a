#!/bin/sh
# Rounds in which not everybody is there: a server that is silent, an owner whose ciphertexts never reach
# two servers, one who joins and vanishes, servers that are killed in every phase, too few owners. What
# each has at the end is right to the unit.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 4 5
kill_server 4
committed() { round_field 1 "$1" committed; }
has_committed() { [ "$(committed 1)" = "$1" ]; }
until_phase() { as modeller round wait 1 "$1" --until "$2" --timeout 600 >/dev/null; }

# again <j>: it is killed and comes back.
again() {
    kill_server "$1"
    start_server "$1"
    await_server "$1"
}

echo "round 1: three good owners, one without deliveries, one who vanishes, servers that are killed"
paying modeller model publish --name liars --dimension 64 --servers "$servers" --rounds 2 \
    --reward 901 --server-fee 10 --owners-min 3 --owners-max 6 --owner-stake 400 --bound 30000000 \
    --commit-window 60 --window 24
paying modeller round open 1 --model "$WORK/update1.npy"
paying owner5 round join 1
for i in 1 2 3; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
delivered() { [ "$(find "$WORK/server$1" -name 'x-*' | wc -l)" -eq 3 ]; }
for j in 2 3; do wait_for 200 delivered "$j" || fail "server $j holds $(ls "$WORK/server$j/rounds")"; done
for j in 2 3; do kill_server "$j"; done
if as owner4 share commit 1 --update "$WORK/update4.npy" >"$WORK/out" 2>&1; then
    fail "owner4 delivered to servers that are not there"
fi
grep -q "delivered to 0 of 3 servers" "$WORK/out" || fail "owner4 says: $(cat "$WORK/out")"
sed -n 's/^.* in block [0-9]*, fee \([0-9]*\)$/\1/p' "$WORK/out" >>"$WORK/owner4.fees"
wait_for 100 has_committed 4 || fail "$(committed 1) owners committed, not 4"
for j in 2 3; do start_server "$j"; done
for j in 2 3; do await_server "$j"; done
wait_for 300 in_phase 1 1 prove || fail "the round is in phase $(round_field 1 1 phase)"
for j in 2 3; do kill_server "$j"; done
SOUK_PASSWORD_FILE=$WORK/password SOUK_HOME=$WORK/wallets "$SOUK" share prove 1 --wallet owner4 \
    >"$WORK/owner4.out" 2>&1 &
echo $! >"$WORK/owner4.pid"
proved() { grep -q "^proved" "$WORK/owner4.out"; }
wait_for 100 proved || fail "owner4 says: $(cat "$WORK/owner4.out")"
kill -9 "$(cat "$WORK/owner4.pid")"
rm "$WORK/owner4.pid"
sed -n 's/^.* in block [0-9]*, fee \([0-9]*\)$/\1/p' "$WORK/owner4.out" >>"$WORK/owner4.fees"
for j in 2 3; do start_server "$j"; done
for j in 2 3; do await_server "$j"; done
for phase in decide aggregate check; do
    until_phase 1 "$phase"
    again 3
done
settles 1 1 3 '6 + 3 * k / 64'

echo "everybody has what they should, to the unit"
# 901 are 300 for each of three owners; 30 for three servers; 11 go back of 901 + 4 * 10.
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 300
done
owner_has 4 0
owner_has 5 -400
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 2 * 941 + 11))
has treasury "$TREASURY" 500
for j in 1 2 3; do
    server_has "$j" 10
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done
server_has 4 0
[ "$(server_stake 4)" = 900 ] || fail "the silent server has a stake of $(server_stake 4)"

echo "round 2: too few owners; a server is away when it ends"
paying modeller round open 1 --model "$WORK/update1.npy"
for i in 1 2; do begin_owner "owner$i" 1 2 "$WORK/update$i.npy"; done
kept() { [ -n "$(ls "$WORK/server$1/rounds/1-2" 2>/dev/null)" ]; }
wait_for 100 kept 2 || fail "server 2 holds no share"
kill_server 2
refused "aborted: too few owners" as modeller round wait 1 2 --timeout 600
for i in 1 2; do
    end_owner "owner$i" 1
    grep -q 'the round was aborted: too few owners; this owner was refunded' "$WORK/owner$i.out" ||
        fail "owner$i says: $(cat "$WORK/owner$i.out")"
    owner_has "$i" 300
done
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 930))
has treasury "$TREASURY" 500
[ "$(as modeller model show 1 --json | field .status)" = closed ] || fail "$(as modeller model show 1 --json)"

echo "nothing of the rounds is left on the servers, nor with the owners who saw them through"
start_server 2
await_server 2
nothing_kept() { [ "$(find "$WORK/server$1/rounds" ! -type d -o -name "[0-9]*")" = "" ]; }
for j in 1 2 3; do
    [ ! -e "$WORK/server$j/rounds" ] || wait_for 50 nothing_kept "$j" ||
        fail "server $j keeps $(find "$WORK/server$j/rounds")"
done
[ "$(find "$WORK/wallets/shares" -name '*.share' | wc -l)" -eq 1 ] || fail "owners keep $(ls "$WORK/wallets/shares")"

echo "servers stop cleanly, and leave with their stakes"
for j in 1 2 3; do
    pid=$(cat "$WORK/server$j/pid")
    kill -TERM "$pid"
    wait "$pid" || fail "server $j ends with $?"
    rm "$WORK/server$j/pid"
done
for j in 1 4; do
    address=$(server_address "$j")
    before=$(balance 0 "$address")
    stake=$(server_stake "$j")
    fee=$(SOUK_PASSWORD_FILE=$WORK/password "$SOUK" server leave --home "$WORK/server$j" \
        --wallet identity --json | field .receipt.fee)
    has "server $j" "$address" $((before - fee + stake))
done
same_state 0 1 2 3
