#!/bin/sh
# A quorum is lost, and is there again: the next block comes within two of the first time-outs, whatever the outage has
# made of them. Time-outs are long here, for a machine under load; tests/bench/outage.sh measures minutes.
set -eu
cd "$(dirname "$0")/../.."
said=$(BASE_MS=3000 OUTAGE=15 TIMES=1 tests/bench/outage.sh) || {
    echo "$said"
    exit 1
}
echo "$said"
echo "$said" | awk '$1 == "next" { count++; if ($3 > 6000) exit 1 } END { if (count != 1) exit 1 }'
