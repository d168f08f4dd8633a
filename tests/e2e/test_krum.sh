#!/bin/sh
# Multi-Krum over real processes: ten owners, two of them poisoned. Servers deal the keys of their masks,
# post distances of sketches, and the chain takes the four updates closest to the others; the sum is
# exactly theirs. A dealer that is killed goes on, one that lies is named and the round goes on without it,
# one that is silent ends a round whose model asks for that.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

DIMENSION=5120

# publish <rounds> <j>... -- <options>: a new model.
model=0
publish() {
    rounds=$1
    shift
    list=
    while [ "$1" != -- ]; do
        list=$list${list:+,}$(server_address "$1")
        shift
    done
    shift
    as modeller model publish --name krum --dimension $DIMENSION --servers "$list" --rounds "$rounds" \
        --reward 1000 --server-fee 10 --owners-min 3 --owners-max 10 --owner-stake 50 --scale-bits 12 \
        --bound 30000000 --rows 80 --commit-window 300 --window 60 "$@"
}

# Four that agree, four that differ from them in a quarter of the elements each, two that are far away and agree.
for_owner() {
    case $1 in
    [1-4]) echo "1 + $1 / 1024" ;;
    [5-8]) echo "3 if k % 4 == $1 - 5 else 1" ;;
    *) echo "0 * k - 20" ;;
    esac
}

# contribute <round>: all ten; the first four are taken, and paid.
contribute() {
    for i in $(seq 1 10); do begin_owner "owner$i" "$model" "$1" "$WORK/update$i.npy"; done
    settles "$model" "$1" 4 '4 + 10 / 1024'
    for i in 1 2 3 4; do end_owner "owner$i" 0; done
    for i in 5 6 7 8 9 10; do
        end_owner "owner$i" 1
        grep -q "it was dropped" "$WORK/owner$i.out" || fail "owner$i says: $(cat "$WORK/owner$i.out")"
    done
    as modeller round show "$model" "$1" >"$WORK/out"
    [ "$(grep -c 'paid *paid 250' "$WORK/out")" = 4 ] || fail "not four were paid: $(cat "$WORK/out")"
}

start_market 5 10
for i in $(seq 1 10); do make_update "$WORK/update$i.npy" $DIMENSION "$(for_owner "$i")"; done

echo "options that do not go together"
refused "need --krum" publish 1 1 2 3 4 -- --krum-faults 1
refused "need --krum" publish 1 1 2 3 4 -- --sketch-rows 90
refused "goes not with --drop-far" publish 1 1 2 3 4 -- --krum 4 --drop-far 2
refused "3 servers are named, the mode pairs needs 4" publish 1 1 2 3 -- --krum 4
refused "MODEL_KRUM" publish 1 1 2 3 4 -- --krum 5 --krum-faults 2
refused "from 80 to 512" publish 1 1 2 3 4 -- --krum 4 --sketch-rows 79
refused "32768 elements or more, of this model they have 5120" publish 1 1 2 3 4 -- --krum 4 --sketch-rows 512

echo "a dealer that is killed before it deals and before it confirms"
publish 2 1 2 3 4 -- --krum 4 --krum-faults 2 >/dev/null
model=1
kill_server 1
as modeller round open 1 --model "$WORK/update1.npy" >/dev/null
[ "$(round_field 1 1 phase)" = deal ] || fail "the round is in phase $(round_field 1 1 phase)"
start_server 1
wait_for 100 in_phase 1 1 confirm commit || fail "the keys were not dealt"
kill_server 1
start_server 1
await_server 1
wait_for 100 in_phase 1 1 commit || fail "the keys were not confirmed"
[ "$(round_field 1 1 dealt)" = 15 ] || fail "dealt: $(round_field 1 1 dealt)"
contribute 1
for j in 1 2 3 4; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done

echo "a dealer of false keys loses its stake, and three servers go on"
kill_server 1
start_liar deal 1
await_server 1
as modeller round open 1 --model "$WORK/update1.npy" >/dev/null
contribute 2
[ "$(server_stake 1)" = 0 ] || fail "server 1 has a stake of $(server_stake 1)"
[ "$(round_field 1 2 misdealt)" = 1 ] || fail "misdealt: $(round_field 1 2 misdealt)"
grep -q "event=false_key .*dealer=1" "$WORK/server4/log" || fail "server 4 says nothing of false keys"

echo "with four servers one that is silent ends the round, before anybody has trained"
publish 1 2 3 4 5 -- --krum 4 --values-abort >/dev/null
model=2
kill_server 5
as modeller round open 2 --model "$WORK/update1.npy" >/dev/null
refused "aborted: values" as modeller round wait 2 1 --timeout 600
[ "$(server_stake 5)" = 900 ] || fail "server 5 has a stake of $(server_stake 5)"
for j in 2 3 4; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done
same_state 0 1 2 3
