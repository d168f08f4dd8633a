#!/bin/sh
# A model with a public vector: owners prove their cosine with it, servers open scores and distances of
# accepted owners, and who is far from it is left out of the sum.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
. tests/e2e/lib_market.sh

# publish <owners> <options>: the round goes on when so many have committed.
publish() {
    owners=$1
    shift
    as modeller model publish --name values --dimension 128 --servers "$servers" --rounds 1 --reward 900 \
        --server-fee 10 --owners-min 3 --owners-max "$owners" --owner-stake 50 --bound 30000000 \
        --commit-window 1000 --window 40 "$@"
}

start_market 4 6
echo "a server adds to its stake"
refused SERVER_UNKNOWN as modeller server stake 500
SOUK_PASSWORD_FILE=$WORK/password "$SOUK" server stake 500 --home "$WORK/server1" --wallet identity >/dev/null
[ "$(server_stake 1)" = 1500 ] || fail "server 1 has a stake of $(server_stake 1), not 1500"

make_update "$WORK/reference.npy" 128 '1 + 0 * k'
make_update "$WORK/short.npy" 64 '1 + 0 * k'
make_update "$WORK/long.npy" 128 '1000 + 0 * k'
for i in 1 2 3; do make_update "$WORK/update$i.npy" 128 "$i + 0 * k"; done
make_update "$WORK/update4.npy" 128 '20 + 0 * k'
make_update "$WORK/update5.npy" 128 '-1 + 0 * k'
make_update "$WORK/update6.npy" 128 '2 if k < 32 else 0'

echo "options that do not go together"
refused "reference is needed exactly with" publish 5 --score
refused "reference is needed exactly with" publish 5 --reference "$WORK/reference.npy"
refused "drop-far needs --distance" publish 5 --reference "$WORK/reference.npy" --score --drop-far 2
refused "goes not with --least-cosine" publish 5 --reference "$WORK/reference.npy" --least-product 1 --least-cosine 1
refused "a number from 1e-06 to 1 is expected" publish 5 --reference "$WORK/reference.npy" --least-cosine 1.5
refused "the model's dimension is 128" publish 5 --reference "$WORK/short.npy" --score
refused "long.npy" publish 5 --reference "$WORK/long.npy" --score
refused "MODEL_FUNCTIONALS" publish 5 --reference "$WORK/reference.npy" --score --distance --credit

echo "a cosine of 0.6, scores, distances, and who is far"
publish 4 --reference "$WORK/reference.npy" --score --distance --drop-far 1.4 --least-cosine 0.6 >/dev/null
as modeller round open 1 --model "$WORK/update1.npy" >/dev/null
for i in 5 6; do # -1, and 0.5
    refused "the update fails the model's test against its reference" \
        as "owner$i" share run 1 --update "$WORK/update$i.npy"
done
[ "$(round_field 1 1 joined)" = 0 ] || fail "an owner joined with what it cannot prove"
for i in 1 2 3 4; do begin_owner "owner$i" 1 1 "$WORK/update$i.npy"; done
settles 1 1 3 '6 + 0 * k'
for i in 1 2 3; do end_owner "owner$i" 0; done
end_owner owner4 1
grep -q "it was dropped" "$WORK/owner4.out" || fail "owner4 says: $(cat "$WORK/owner4.out")"
as modeller round show 1 1 >"$WORK/out"
# <1, i> = 128 i and |i - 1|^2 = 128 (i - 1)^2, both in steps of 2^-32.
for i in 1 2 3; do
    line=" paid 300 score $((128 * i << 32)) distance $((128 * (i - 1) * (i - 1) << 32))\$"
    grep "$(wallet_address "owner$i") paid " "$WORK/out" | grep -q "$line" ||
        fail "owner$i has no$line: $(cat "$WORK/out")"
done

echo "a least inner product of 200"
publish 3 --reference "$WORK/reference.npy" --least-product 200 >/dev/null
as modeller round open 2 --model "$WORK/update1.npy" >/dev/null
refused "the update fails the model's test against its reference" \
    as owner1 share run 2 --update "$WORK/update1.npy"
for i in 2 3 4; do begin_owner "owner$i" 2 1 "$WORK/update$i.npy"; done
settles 2 1 3 '25 + 0 * k'
for i in 2 3 4; do end_owner "owner$i" 0; done
same_state 0 1 2 3
