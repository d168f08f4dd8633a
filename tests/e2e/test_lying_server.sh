#!/bin/sh
# Servers that lie, with real processes (tests/e2e/lies.c): a wrong value of one owner, a wrong
# aggregate, a wrong value of the sum. The lie is seen, the liar is named and loses its stake, and the
# round settles with the exact sum and everybody else paid, to the unit.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 11 3

# publish <rounds> <j>...: a new model. A liar has no stake left to serve another with.
model=0
threshold=1
publish() {
    model=$((model + 1))
    rounds=$1
    shift
    list=
    for j in "$@"; do list=$list${list:+,}$(server_address "$j"); done
    paying modeller model publish --name lies --dimension 64 --servers "$list" --rounds "$rounds" \
        --reward 901 --server-fee 10 --owners-min 3 --owners-max 3 --owner-stake 50 --bound 30000000 \
        --commit-window 100 --window 20 --threshold "$threshold"
}

# restart_as <lie> <j>
restart_as() {
    kill_server "$2"
    start_liar "$1" "$2"
    await_server "$2"
}

run_round() {
    paying modeller round open "$model" --model "$WORK/update1.npy"
    for i in 1 2 3; do begin_owner "owner$i" "$model" 1 "$WORK/update$i.npy"; done
    settles "$model" 1 3 '6 + 3 * k / 64'
    for i in 1 2 3; do
        end_owner "owner$i" 0
        owner_has "$i" $((model * 300))
    done
}

# convicted <j> <mask>: it has no stake left, and the round says that it lied.
convicted() {
    [ "$(server_stake "$1")" -eq 0 ] || fail "server $1 has a stake of $(server_stake "$1")"
    [ "$(round_field "$model" 1 convicted)" = "$2" ] || fail "convicted: $(round_field "$model" 1 convicted)"
}

echo "a wrong value of one owner in DECIDE and FALLBACK: the share that is opened shows who lied"
publish 1 1 2 3 4
restart_as values 4
run_round
convicted 4 8
server_has 4 0
for j in 1 2 3; do server_has "$j" 10; done
has treasury "$TREASURY" 1000
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 941 + 11))

echo "a wrong value of CHECK"
publish 1 1 2 3 5
restart_as check 5
run_round
convicted 5 8
server_has 5 0
for j in 1 2 3; do server_has "$j" 20; done
has treasury "$TREASURY" 2000

echo "an aggregate with one element off, posted by the leader"
publish 1 6 1 2 3
restart_as aggregate 6
run_round
convicted 6 1
server_has 6 0
for j in 1 2 3; do server_has "$j" 30; done
has treasury "$TREASURY" 3000
[ "$(round_field "$model" 1 leader)" -eq 2 ] || fail "the next leader did not post"

# A server 1 .. t derives its shares: what is opened of it is the point alone.
echo "with three servers the owner's claim tells who is blamed, and the liar's own proof convicts it"
publish 1 8 1 2
restart_as values 8
run_round
convicted 8 1
for i in 1 2 3; do cat "$WORK/owner$i.out"; done | grep -c '^claimed' | grep -q '^1$' || fail "not one owner claimed"
server_has 8 0
has treasury "$TREASURY" 4000

echo "a blamed server that says nothing: the owner opens the share in its place"
publish 1 9 1 2
restart_as mute 9
run_round
convicted 9 1
for i in 1 2 3; do cat "$WORK/owner$i.out"; done | grep -c '^opened the share of server 1' | grep -q '^1$' || fail "not one owner opened a share"
has treasury "$TREASURY" 5000

echo "with three servers a lie about the sum ends the round, and no owner shares the same update again"
publish 2 1 2 7
restart_as check 7
paying modeller round open "$model" --model "$WORK/update1.npy"
for i in 1 2 3; do begin_owner "owner$i" "$model" 1 "$WORK/update$i.npy"; done
refused "aborted: inconsistent" as modeller round wait "$model" 1 --timeout 6000
for i in 1 2 3; do
    end_owner "owner$i" 1
    grep -q 'aborted: inconsistent; this owner was refunded' "$WORK/owner$i.out" || fail "owner$i says: $(cat "$WORK/owner$i.out")"
    owner_has "$i" 1500
done
kill_server 7
start_server 7
await_server 7
paying modeller round open "$model" --model "$WORK/update1.npy"
refused "the same must not be shared again" as owner1 share run "$model" 2 --update "$WORK/update1.npy"
for i in 1 2 3; do make_update "$WORK/other$i.npy" 64 "$i - k / 64"; done
for i in 1 2 3; do begin_owner "owner$i" "$model" 2 "$WORK/other$i.npy"; done
settles "$model" 2 3 '6 - 3 * k / 64'
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 1800
done

echo "two liars about one owner: one convicts itself, and the owner opens the share of the other"
threshold=2
publish 1 10 11 1 2 3
restart_as values 10
restart_as mute 11
run_round
for j in 10 11; do convicted "$j" 3; done
for i in 1 2 3; do cat "$WORK/owner$i.out"; done | grep -c '^opened the share of server 2' | grep -q '^1$' || fail "not one owner opened a share"
for j in 1 2 3; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done
same_state 0 1 2 3
