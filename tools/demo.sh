#!/bin/sh
# Train a model over a whole local market, from an empty folder to paid owners, and stop everything.
#
#   ROUNDS=8         rounds of training        OWNERS=10          data owners
#   DATA=file.csv    other data: numbers, the class in the last column; DIVIDE=1 scales the features
#   DEMO_DIR=...     [$BUILD/demo]             BASE_PORT=26600    first of the ports
#   BUILD=build      where the programs are
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
ROUNDS=${ROUNDS:-8}
OWNERS=${OWNERS:-10}
BASE_PORT=${BASE_PORT:-26600}
DEMO_DIR=${DEMO_DIR:-$BUILD/demo}
DIVIDE=${DIVIDE:-16}
VALIDATORS=4
SERVERS=4
REWARD=10000000
SERVER_FEE=500000
OWNER_STAKE=1000000
PATH=$(cd "$BUILD" && pwd):$PATH
export PATH BUILD

fail() {
    echo "demo: $1" >&2
    exit 1
}

# field <name>: its last value in one-line JSON on standard input
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
# each <name>: all its values, one on a line
each() { grep -o "\"$1\":\"\{0,1\}[^\",}]*" | sed 's/^[^:]*:"\{0,1\}//'; }
now_ms() { date +%s%3N; }
seconds() { awk "BEGIN { printf \"%.1f\", $1 / 1000 }"; }
accuracy() { souk-train test "$1" "$DEMO_DIR/data/test.csv" --classes "$CLASSES" --divide "$DIVIDE" --json | sed 's/.*"accuracy": \([0-9.]*\).*/\1/'; }

# What one owner does in a round, through one node: get the model, train on its own data, contribute.
# A second attempt goes on with the contribution that the first one began.
contribute() {
    folder=$DEMO_DIR/owners/$2
    mkdir -p "$folder"
    souk round model 1 "$1" --out "$folder/model.npy" &&
        souk-train update "$folder/model.npy" "$DEMO_DIR/data/part-$2.csv" "$folder/update.npy" \
            --epochs 10 --batch 8 --rate 0.2 --divide "$DIVIDE" --classes "$CLASSES" --seed "$(($1 * 1000 + $2))" &&
        souk share run 1 "$1" --update "$folder/update.npy"
}
# owner <round> <number>: through its own node, or a second later the next where that fails.
owner() {
    SOUK_WALLET=owner-$2
    export SOUK_WALLET SOUK_NODE
    for attempt in $(seq 0 $((VALIDATORS - 1))); do
        SOUK_NODE=http://127.0.0.1:$((BASE_PORT + 2 * (($2 - 1 + attempt) % VALIDATORS) + 1))
        contribute "$1" "$2" && return
        sleep 1
    done
    echo "owner-$2 failed in round $1; see $DEMO_DIR/net/logs/owner-$2.log" >&3
    return 1
}
if [ "${1:-}" = owner ]; then
    owner "$2" "$3" 3>&2 >>"$DEMO_DIR/net/logs/owner-$3.log" 2>&1
    exit
fi

# The digits of Debian's scikit-learn: one file of its package, which is not installed.
fetch_digits() {
    [ ! -e "$BUILD/digits.csv" ] || return 0
    echo "fetching the handwritten digits out of Debian's package python3-sklearn"
    folder=$(mktemp -d)
    get="cd '$folder' && apt-get download -q python3-sklearn"
    if ! sh -c "$get" >"$folder/log" 2>&1 && ! { apt-get update -q >"$folder/log" 2>&1 && sh -c "$get" >"$folder/log" 2>&1; }; then
        tail -n 3 "$folder/log" >&2
        rm -rf "$folder"
        fail "apt-get cannot download python3-sklearn, which holds the digits; set DATA= to a CSV file whose last column is the class"
    fi
    dpkg-deb -x "$folder"/python3-sklearn_*.deb "$folder/x"
    packed=$(find "$folder/x" -name digits.csv.gz | head -n 1)
    [ -n "$packed" ] || fail "this version of python3-sklearn holds no digits.csv.gz; set DATA= to a CSV file"
    gzip -dc "$packed" >"$BUILD/digits.csv.new"
    rm -rf "$folder"
    awk -F, 'NF != 65 { bad = 1 } END { exit !(NR == 1797 && !bad) }' "$BUILD/digits.csv.new" ||
        fail "digits.csv of python3-sklearn is not 1797 rows of 65 columns; set DATA= to a CSV file"
    mv "$BUILD/digits.csv.new" "$BUILD/digits.csv"
}

stop() {
    code=$?
    trap - EXIT INT TERM
    if [ -e "$DEMO_DIR/net/testnet.json" ]; then
        souk-testnet down --home "$DEMO_DIR/net" || true
    fi
    [ "$code" -eq 0 ] || echo "demo: failed; logs are in $DEMO_DIR/net/logs" >&2
    exit "$code"
}

# Every unit: in accounts, in servers' stakes, in the model's escrow. Prints their sum.
count_units() {
    addresses=$({
        tr -d ' \n' <"$DEMO_DIR/net/genesis.json" | each address
        tr -d ' \n' <"$DEMO_DIR/net/genesis.json" | each treasury
        souk rpc chain_validators --json | tr -d ' \n' | each address
    } | sort -u)
    sum=0
    for address in $addresses; do
        sum=$((sum + $(souk balance "$address" --json | tr -d ' \n' | each balance)))
    done
    for stake in $(souk rpc market_servers --json | tr -d ' \n' | each stake); do
        sum=$((sum + stake))
    done
    echo $((sum + $(souk model show 1 --json | tr -d ' \n' | each escrow)))
}

# Wait until all validators tell of one state; prints the number of different ones.
count_states() {
    tries=0
    while :; do
        states=$(souk-testnet status --home "$DEMO_DIR/net" --json | each state_root | grep -v null | sort -u | wc -l)
        tries=$((tries + 1))
        if [ "$states" -eq 1 ] || [ "$tries" -ge 100 ]; then
            echo "$states"
            return
        fi
        sleep 0.1
    done
}

begin=$(now_ms)
if [ -e "$DEMO_DIR/net/testnet.json" ]; then
    souk-testnet down --home "$DEMO_DIR/net" >/dev/null
fi
rm -rf "$DEMO_DIR"
mkdir -p "$DEMO_DIR/data"
if [ -z "${DATA:-}" ]; then
    fetch_digits
    DATA=$BUILD/digits.csv
fi
[ -r "$DATA" ] || fail "DATA is '$DATA', which cannot be read"
souk-train split "$DATA" "$DEMO_DIR/data" --parts "$OWNERS" --test 20
CLASSES=$(souk-train init "$DATA" "$DEMO_DIR/model-0.npy" --hidden 32 --divide "$DIVIDE" | sed 's/.* \([0-9]*\) classes.*/\1/')
export CLASSES DIVIDE BASE_PORT DEMO_DIR VALIDATORS

trap stop EXIT
trap 'exit 130' INT TERM
souk-testnet init --home "$DEMO_DIR/net" --base-port "$BASE_PORT" --validators "$VALIDATORS" \
    --servers "$SERVERS" --owners "$OWNERS" --empty-block-interval 100 >/dev/null
souk-testnet up --home "$DEMO_DIR/net" 2>"$DEMO_DIR/net/logs/up.log" || {
    cat "$DEMO_DIR/net/logs/up.log" >&2
    exit 1
}
# shellcheck source=/dev/null # made by souk-testnet init
. "$DEMO_DIR/net/env"

servers=
for j in $(seq 1 "$SERVERS"); do
    servers=$servers${servers:+,}$(souk-server address --home "$DEMO_DIR/net/server-$j")
done
SOUK_WALLET=model-owner
export SOUK_WALLET
minimum=$((OWNERS * 2 / 3))
[ "$minimum" -ge 3 ] || minimum=3
echo
souk model publish --name digits --model "$DEMO_DIR/model-0.npy" --servers "$servers" --threshold 1 \
    --rounds "$ROUNDS" --reward "$REWARD" --server-fee "$SERVER_FEE" --owner-stake "$OWNER_STAKE" \
    --owners-min "$minimum" --owners-max "$OWNERS" --commit-window 2000 --window 100 --pad
units_before=$(count_units)

printf '\n%5s %7s %7s %9s %12s %16s %8s\n' round height owners accuracy paid 'owner-1 balance' seconds
printf '%5s %7s %7s %9s %12s %16s %8s\n' 0 "$(souk status --json | field height)" - "$(accuracy "$DEMO_DIR/model-0.npy")" 0 \
    "$(souk balance --wallet owner-1 --json | tr -d ' \n' | each balance)" "$(seconds $(($(now_ms) - begin)))"
round=1
while [ "$round" -le "$ROUNDS" ]; do
    from=$(now_ms)
    souk round open 1 --model "$DEMO_DIR/model-$((round - 1)).npy" >/dev/null
    seq 1 "$OWNERS" | xargs -P "$OWNERS" -n 1 "$0" owner "$round" || true
    accepted=$(souk round wait 1 "$round" --json --timeout 120 | field accepted)
    souk round result 1 "$round" --out "$DEMO_DIR/sum-$round.npy" >/dev/null
    souk-train apply "$DEMO_DIR/model-$((round - 1)).npy" "$DEMO_DIR/sum-$round.npy" \
        "$DEMO_DIR/model-$round.npy" --owners "$accepted"
    paid=$(souk round show 1 "$round" | awk '/ paid [0-9]+$/ { sum += $NF } END { printf "%d", sum }')
    printf '%5d %7s %7s %9s %12s %16s %8s\n' "$round" "$(souk status --json | field height)" "$accepted" \
        "$(accuracy "$DEMO_DIR/model-$round.npy")" "$paid" \
        "$(souk balance --wallet owner-1 --json | tr -d ' \n' | each balance)" "$(seconds $(($(now_ms) - from)))"
    round=$((round + 1))
done

souk-train update "$DEMO_DIR/model-0.npy" "$DEMO_DIR/data/train.csv" "$DEMO_DIR/central.npy" --whole \
    --epochs 60 --batch 16 --rate 0.1 --divide "$DIVIDE" --classes "$CLASSES"
market=$(accuracy "$DEMO_DIR/model-$ROUNDS.npy")
central=$(accuracy "$DEMO_DIR/central.npy")
echo
echo "accuracy on the test samples: $market over the market, $central trained centrally on the same data," \
    "a difference of $(awk "BEGIN { printf \"%+.1f\", 100 * ($market - $central) }") points"
states=$(count_states)
units_after=$(count_units)
echo "supply: $units_before units before, $units_after after $ROUNDS rounds"
echo "validators: $VALIDATORS, with $states state root"
[ "$units_before" -eq "$units_after" ] || fail "units were made or lost"
[ "$states" -eq 1 ] || fail "the validators have different states"
echo "done in $(seconds $(($(now_ms) - begin))) s; logs are in $DEMO_DIR/net/logs"
