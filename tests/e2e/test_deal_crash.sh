#!/bin/sh
# Servers that deal the keys of masks are killed at every step: after a dealer drew its seed, kept its dealing,
# had it taken by a node, in a block; after it kept the keys it was dealt, its confirmation, and with that on its
# way or in a block. Each goes on with what it had kept, nobody loses a stake, and the distances that
# the keys mask are exact: the right updates are taken, and the sum is theirs.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

DIMENSION=5120
VAULT=rounds/1-1

# dies <j> <point>: server j is started and ends there, see tests/e2e/deaths.c.
dies() {
    DIE_AT=$2
    export DIE_AT
    start_liar "" "$1"
    unset DIE_AT
    code=0
    wait "$(cat "$WORK/server$1/pid")" || code=$?
    rm -f "$WORK/server$1/pid"
    [ "$code" = 137 ] || fail "server $1 ends with $code and not at '$2': $(tail -n 5 "$WORK/server$1/log")"
    echo "server $1 died: $2"
}

# remember <j> <file>...: what server j has kept under these names, each just once.
remember() {
    home=$WORK/server$1
    shift
    for name in "$@"; do
        set -- "$home/$VAULT"/*"$name"*
        if [ $# != 1 ] || [ ! -s "$1" ]; then fail "$home has kept not one $name: $*"; fi
        cp "$1" "$home/kept-$name"
    done
}

# the_same <j> <file>...: it is what it was.
the_same() {
    home=$WORK/server$1
    shift
    for name in "$@"; do
        set -- "$home/$VAULT"/*"$name"*
        if [ $# != 1 ] || ! cmp -s "$1" "$home/kept-$name"; then fail "$home has another $name: $*"; fi
    done
}

start_market 4 5
for i in 1 2 3; do make_update "$WORK/update$i.npy" $DIMENSION "1 + $i / 1024"; done
for i in 4 5; do make_update "$WORK/update$i.npy" $DIMENSION "0 * k - 20"; done
list=$(for j in 1 2 3 4; do server_address "$j"; done | paste -s -d ,)
as modeller model publish --name deals --dimension $DIMENSION --servers "$list" --rounds 1 --reward 1000 \
    --server-fee 10 --owners-min 3 --owners-max 5 --owner-stake 50 --scale-bits 12 --bound 30000000 --rows 80 \
    --commit-window 150 --window 200 --krum 3 --krum-faults 0 >/dev/null
kill_server 1
kill_server 2
as modeller round open 1 --model "$WORK/update1.npy" >/dev/null
[ "$(round_field 1 1 phase)" = deal ] || fail "the round is in phase $(round_field 1 1 phase)"

echo "a dealer dies before its dealing is kept, and draws another seed"
dies 1 "keep seed"
remember 1 seed
dies 1 "keep BATCH_DEAL"
if cmp -s "$WORK/server1/kept-seed" "$WORK/server1/$VAULT"/*seed*; then fail "the seed was not drawn anew"; fi
remember 1 seed BATCH_DEAL

echo "once kept it is what is dealt"
dies 1 pool
the_same 1 seed BATCH_DEAL
dies 2 block
remember 2 seed BATCH_DEAL

echo "a member dies before and after its keys and its confirmation are kept"
dies 1 "keep keys"
the_same 1 seed BATCH_DEAL
remember 1 keys
dies 1 "keep BATCH_ACK"
remember 1 BATCH_ACK
the_same 1 seed BATCH_DEAL keys
dies 1 pool
the_same 1 seed BATCH_DEAL keys BATCH_ACK
dies 2 block
the_same 2 seed BATCH_DEAL
remember 2 keys BATCH_ACK

echo "the round goes on with the same"
start_server 1
start_server 2
await_server 1
await_server 2
wait_for 100 in_phase 1 1 commit || fail "the keys were not confirmed"
the_same 1 seed BATCH_DEAL keys BATCH_ACK
the_same 2 seed BATCH_DEAL keys BATCH_ACK
[ "$(round_field 1 1 dealt)" = 15 ] || fail "dealt: $(round_field 1 1 dealt)"
for i in 1 2 3 4 5; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
settles 1 1 3 '3 + 6 / 1024'
for i in 1 2 3; do end_owner "owner$i" 0; done
for i in 4 5; do end_owner "owner$i" 1; done
for j in 1 2 3 4; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
    if grep -q "event=false_key" "$WORK/server$j/log"; then fail "server $j was given a false key"; fi
done
same_state 0 1 2 3
