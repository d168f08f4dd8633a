#!/bin/sh
# The demonstration, short: real data, ten owners, every round settled and paid, nothing lost; and a
# validator that is killed with -9 in the middle comes back and agrees.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh
ROUNDS=4
DEMO_DIR=$WORK/demo
BASE_PORT=$(free_port_range 12)
export ROUNDS DEMO_DIR BASE_PORT BUILD
stop_all() { "$BUILD/souk-testnet" down --home "$DEMO_DIR/net" >/dev/null 2>&1 || true; }

# Data of our own, so that the test needs no network: ten classes of noisy patterns.
python3 - "$WORK/data.csv" <<'PY'
import random, sys
random.seed(7)
centres = [[random.randrange(17) for _ in range(64)] for _ in range(10)]
with open(sys.argv[1], "w") as out:
    for i in range(1500):
        row = [min(16, max(0, c + random.gauss(0, 5))) for c in centres[i % 10]]
        out.write(",".join(f"{x:.2f}" for x in row) + f",{i % 10}\n")
PY
DATA=$WORK/data.csv
export DATA

row() { awk -v round="$1" '$1 == round && NF == 7' "$WORK/out"; }
has_row() { [ -n "$(row "$1")" ]; }

tools/demo.sh >"$WORK/out" 2>&1 &
demo=$!
wait_for 600 has_row 1 || fail "no first round: $(cat "$WORK/out")"
"$BUILD/souk-testnet" kill 2 --home "$DEMO_DIR/net"
sleep 1
"$BUILD/souk-testnet" restart 2 --home "$DEMO_DIR/net"
wait "$demo" || fail "the demo failed: $(cat "$WORK/out")"
cat "$WORK/out"

for round in 1 2 3 4; do
    row "$round" | awk '{ exit !($3 >= 6 && $3 <= 10 && $5 > 0) }' || fail "round $round is not paid"
done
row 4 | awk '{ exit !($4 > 0.9) }' || fail "the model did not learn"
row 1 | awk '{ exit !($3 == 10 && $5 == 10000000) }' || fail "not all ten owners were paid in round 1"
grep -q '4, with 1 state root' "$WORK/out" || fail "the validators do not agree"
grep -q '^stopped 8 processes' "$WORK/out" || fail "not everything was stopped"

echo "a second run in the same folder works"
ROUNDS=1 tools/demo.sh >"$WORK/out" 2>&1 || fail "the second run: $(cat "$WORK/out")"
has_row 1 || fail "no round in the second run: $(cat "$WORK/out")"
