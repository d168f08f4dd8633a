#!/bin/sh
# Owners who are absent or lie, and one who is wronged, with real processes: who commits and never
# proves, who joins and vanishes, whose proof is false, whose share for one server is off. The liar is
# found and pays, the others are paid, the sum is exact, and all have what they should to the unit.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

start_market 4 5
paying modeller model publish --name owners --dimension 64 --servers "$servers" --rounds 4 \
    --reward 901 --server-fee 10 --owners-min 3 --owners-max 5 --owner-stake 40000 --bound 30000000 \
    --commit-window 40 --window 20

echo "round 1: who never proves pays a quarter of the stake, who never commits all of it"
paying modeller round open 1 --model "$WORK/update1.npy"
paying owner5 round join 1
for i in 1 2 3; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
as owner4 share commit 1 --update "$WORK/update4.npy" >"$WORK/out" || fail "owner4: $(cat "$WORK/out")"
sed -n 's/^.* in block [0-9]*, fee \([0-9]*\)$/\1/p' "$WORK/out" >>"$WORK/owner4.fees"
settles 1 1 3 '6 + 3 * k / 64'
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 300
done
owner_has 4 -10000
owner_has 5 -40000
has treasury "$TREASURY" 50000
has modeller "$(wallet_address modeller)" $((1000000 - $(fees modeller) - 4 * 941 + 1))
for j in 1 2 3 4; do server_has "$j" 10; done

echo "round 2: a false proof is seen, and costs the stake"
paying modeller round open 1 --model "$WORK/update1.npy"
for i in 1 2 3; do begin_owner "owner$i" 1 2 "$WORK/update$i.npy"; done
begin_liar proof owner4 1 2 "$WORK/update4.npy"
settles 1 2 3 '6 + 3 * k / 64'
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 600
done
end_owner owner4 1
grep -q 'it was slashed' "$WORK/owner4.out" || fail "owner4 says: $(cat "$WORK/owner4.out")"
owner_has 4 -50000
has treasury "$TREASURY" 90000
for j in 1 2 3 4; do server_has "$j" 20; done

echo "round 3: a share that is off is opened by its server, whose fee the owner pays"
paying modeller round open 1 --model "$WORK/update1.npy"
for i in 1 2 3; do begin_owner "owner$i" 1 3 "$WORK/update$i.npy"; done
begin_liar share owner5 1 3 "$WORK/update5.npy"
settles 1 3 3 '6 + 3 * k / 64'
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 900
done
end_owner owner5 1
owner_has 5 -80000
for j in 1 2 4; do server_has "$j" 30; done
grep -q 'post=DISPUTE_JUSTIFY' "$WORK/server3/log" || fail "server 3 did not justify itself"
paid_back=$(($(balance 0 "$(server_address 3)") - (1000000 - 1000 - $(server_fees 3) + 30)))
[ "$paid_back" -gt 0 ] || fail "server 3 got $paid_back units for its proof"
has treasury "$TREASURY" $((130000 - paid_back))
for j in 1 2 3 4; do
    [ "$(server_stake "$j")" = 1000 ] || fail "server $j has a stake of $(server_stake "$j")"
done

echo "round 4: a server that says nothing arrived gets it in public, and the owner is paid"
kill_server 2
LIE_ABOUT=$(python3 - "$(wallet_address owner4)" <<'PY'
import sys
letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
words = [letters.index(c) for c in sys.argv[1].rsplit("1", 1)[1][:-6]]
bits = "".join(f"{word:05b}" for word in words)
print(bytes(int(bits[i:i + 8], 2) for i in range(0, 160, 8)).hex())
PY
)
export LIE_ABOUT
start_liar deaf 2
await_server 2
paying modeller round open 1 --model "$WORK/update1.npy"
for i in 1 2 3 4; do begin_owner "owner$i" 1 4 "$WORK/update$i.npy"; done
settles 1 4 4 '10 + 4 * k / 64'
for i in 1 2 3; do
    end_owner "owner$i" 0
    owner_has "$i" 1125
done
end_owner owner4 0
grep -q 'published the ciphertexts for server 2' "$WORK/owner4.out" || fail "owner4 says: $(cat "$WORK/owner4.out")"
owner_has 4 -49775
for j in 1 2 4; do server_has "$j" 40; done
same_state 0 1 2 3
