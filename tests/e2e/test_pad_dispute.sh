#!/bin/sh
# Disputes about a pad with real processes (tests/e2e/lies.c). A server that lies about it, silent when it is
# blamed, is slashed by what the model owner claims and opens, and the round settles with the exact sum. A pad
# whose shares are on no polynomial costs the model owner the round: owners and servers are paid.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 4 3

# publish <j>...: a model with a pad, of these servers.
publish() {
    list=
    for j in "$@"; do list=$list${list:+,}$(server_address "$j"); done
    paying modeller model publish --name pads --dimension 64 --servers "$list" --rounds 1 --reward 901 \
        --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 --bound 30000000 \
        --commit-window 100 --window 30 --pad
}

# open_with <program> <model>: the round, with its pad delivered.
open_with() {
    SOUK_PASSWORD_FILE=$WORK/password SOUK_HOME=$WORK/wallets "$1" round open "$2" \
        --model "$WORK/update1.npy" --wallet modeller >"$WORK/open.out" 2>&1 ||
        fail "round open says: $(cat "$WORK/open.out")"
}

echo "without a pad there is nothing to defend"
publish 1 2 3
refused "there is no round\|has no round yet" as modeller round defend 1

echo "with three servers one lies about the pad: the model owner's claim names it, its opening convicts it"
kill_server 3
start_liar pad 3
await_server 3
open_with "$SOUK" 1
refused "there is no pad of this account" as owner1 round defend 1
begin modeller round defend 1
for i in 1 2 3; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
settles 1 1 3 '6 + 3 * k / 64'
end_owner modeller 0
grep -q '^claimed in block' "$WORK/modeller.out" || fail "the model owner says: $(cat "$WORK/modeller.out")"
grep -q "^opened the pad's share of server 3" "$WORK/modeller.out" ||
    fail "the model owner says: $(cat "$WORK/modeller.out")"
for i in 1 2 3; do end_owner "owner$i" 0; done
[ "$(server_stake 3)" = 0 ] || fail "server 3 has a stake of $(server_stake 3)"
[ "$(round_field 1 1 convicted)" = 4 ] || fail "convicted: $(round_field 1 1 convicted)"
for j in 1 2; do [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"; done
for i in 1 2 3; do owner_has "$i" 300; done

echo "a pad that is none: the server that is blamed opens its share, and the model owner bears the round"
as rich send 1000 "$(server_address 3)" >/dev/null
SOUK_PASSWORD_FILE=$WORK/password "$SOUK" server stake 1000 --home "$WORK/server3" --wallet identity >/dev/null
kill_server 3
start_server 3
await_server 3
publish 1 2 3 4
LIE=share open_with "$LIARS/souk" 2
for i in 1 2 3; do begin_owner "owner$i" 2 1 "$WORK/update$i.npy"; done
refused "aborted: pad" as modeller round wait 2 1 --timeout 120
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 600
done
[ "$(round_field 2 1 pad_guilty)" = true ] || fail "pad_guilty: $(round_field 2 1 pad_guilty)"
for j in 1 2 3 4; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done
same_state 0 1 2 3
