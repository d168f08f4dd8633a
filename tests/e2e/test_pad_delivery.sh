#!/bin/sh
# A server that is not there when the pad is delivered: the model owner publishes what it misses. What fails on the
# way, here for want of units, is told once and tried again, and the round goes on. An owner who is early waits.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 4 1

as modeller model publish --name pads --dimension 64 --servers "$servers" --rounds 1 --reward 901 \
    --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 --bound 30000000 \
    --commit-window 100 --window 30 --pad >/dev/null
kill_server 4
begin modeller round open 1 --model "$WORK/update1.npy"
said() { grep -q "$1" "$WORK/modeller.out"; }
wait_for 100 said "round 1 is open" || fail "the round does not open: $(cat "$WORK/modeller.out")"

begin owner1 share commit 1 --update "$WORK/update1.npy"

echo "nothing is left to publish with"
address=$(wallet_address modeller)
fee=$(as modeller send 1 "$(server_address 1)" --json | field .receipt.fee)
as modeller send $(($(balance 0 "$address") - 2 * fee)) "$(server_address 1)" >/dev/null
wait_for 300 said "trying again" || fail "the model owner says: $(cat "$WORK/modeller.out")"
in_phase 1 1 pad || fail "the round is in phase $(round_field 1 1 phase)"

echo "it goes on as soon as there is"
as rich send 1000000 "$address" >/dev/null
wait_for 100 in_phase 1 1 commit || fail "the round is in phase $(round_field 1 1 phase): $(cat "$WORK/modeller.out")"
code=0
wait "$(cat "$WORK/modeller.pid")" || code=$?
rm -f "$WORK/modeller.pid"
[ "$code" = 0 ] || fail "round open ends with $code: $(cat "$WORK/modeller.out")"
said "published the pad's ciphertexts for server 4" || fail "the model owner says: $(cat "$WORK/modeller.out")"
[ "$(grep -c "trying again" "$WORK/modeller.out")" -le 2 ] || fail "it repeats itself: $(cat "$WORK/modeller.out")"

echo "an owner who came before the round took commitments has waited"
start_server 4
await_server 4
end_owner owner1 0
grep -q "^delivered to 3 of 3 servers" "$WORK/owner1.out" || fail "owner1 says: $(cat "$WORK/owner1.out")"
same_state 0 1 2 3
