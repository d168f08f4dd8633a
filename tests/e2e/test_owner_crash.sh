#!/bin/sh
# An owner, a server and a model owner who are killed with -9 at every step of a round, come back, and
# end where they would have ended: one commitment, one proof, one value of each kind, the exact sum.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 4 3

# kill_owner <wallet>: with -9, in the middle of what it does.
kill_owner() {
    kill -9 "$(cat "$WORK/$1.pid")" 2>/dev/null || true
    wait "$(cat "$WORK/$1.pid")" 2>/dev/null || true
    sed -n 's/^.* in block [0-9]*, fee \([0-9]*\)$/\1/p' "$WORK/$1.out" >>"$WORK/$1.fees"
}
# resume_owner <wallet>: it goes on with what it kept.
resume_owner() { begin "$1" share run 1; }
said() { grep -q "$2" "$WORK/$1.out"; }
at_least() { [ "$(round_field 1 1 "$1")" -ge "$2" ]; }
kept() { [ -n "$(find "$WORK/wallets/shares" -name "$1" 2>/dev/null)" ]; }

echo "the pad's owner is killed between opening and delivering, and goes on"
as modeller model publish --name crash --dimension 64 --servers "$servers" --rounds 1 --reward 901 \
    --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 --bound 30000000 \
    --commit-window 400 --window 60 --pad >/dev/null
for j in 2 3 4; do kill_server "$j"; done
begin modeller round open 1 --model "$WORK/update1.npy"
wait_for 100 said modeller "round 1 is open" || fail "the round does not open: $(cat "$WORK/modeller.out")"
kill_owner modeller
for j in 2 3 4; do start_server "$j"; done
for j in 2 3 4; do await_server "$j"; done
as modeller round open 1 --model "$WORK/update1.npy" >"$WORK/out" 2>&1 || fail "going on: $(cat "$WORK/out")"
wait_for 100 in_phase 1 1 commit || fail "the round is in phase $(round_field 1 1 phase)"

echo "an owner is killed at every step"
begin_owner owner1 1 1 "$WORK/update1.npy"
wait_for 100 kept '*.share' || fail "nothing is kept"
kill_owner owner1
resume_owner owner1
wait_for 100 at_least committed 1 || fail "owner1 says: $(cat "$WORK/owner1.out")"
kill_owner owner1
for i in 2 3; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
wait_for 200 in_phase 1 1 prove || fail "the round is in phase $(round_field 1 1 phase)"
resume_owner owner1
wait_for 200 at_least proved 3 || fail "owner1 says: $(cat "$WORK/owner1.out")"
kill_owner owner1
resume_owner owner1

echo "servers are killed in every phase"
for phase in ack decide aggregate check; do
    as modeller round wait 1 1 --until "$phase" --timeout 600 >/dev/null
    for j in 1 3; do kill_server "$j"; done
    for j in 1 3; do start_server "$j"; done
    for j in 1 3; do await_server "$j"; done
done
settles 1 1 3 '6 + 3 * k / 64'
for i in 1 2 3; do
    end_owner "owner$i" 0
    [ "$i" = 1 ] || owner_has "$i" 300
done
[ "$(as modeller round show 1 1 | grep -c 'paid 300')" -eq 3 ] || fail "owners are not paid: $(as modeller round show 1 1)"
for j in 1 2 3 4; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done
[ "$(find "$WORK/wallets/shares" -name '*.share' | wc -l)" -eq 0 ] || fail "owners keep $(ls "$WORK/wallets/shares")"

echo "nobody but who has the pad reads the sum"
refused "masked by the model owner's pad" as owner1 round result 1 1 --out "$WORK/sum.npy" --home "$WORK/server1"
same_state 0 1 2 3
