#!/bin/sh
# Where the time of a whole round goes, and how much memory it takes: four validators, four servers and ten
# owners as real processes on this machine, with updates of D elements; `make` first.
#
#   D=1000000   elements of an update          OWNERS=10   data owners
#   PAD=        1: with the model owner's pad  WINDOW=600  blocks of each phase
#   BUILD=build BASE_PORT=27900                KEEP=       1: leave the homes for a look
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
D=${D:-1000000}
OWNERS=${OWNERS:-10}
WINDOW=${WINDOW:-600}
BASE_PORT=${BASE_PORT:-27900}
PATH=$(cd "$BUILD" && pwd):$PATH
HOME_DIR=$(mktemp -d)
NET=$HOME_DIR/net
export PATH

finish() {
    souk-testnet down --home "$NET" >/dev/null 2>&1 || true
    [ -n "${KEEP:-}" ] || rm -rf "$HOME_DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM

# measured <command>: run it, and say how much memory it had at most and how long it computed.
measured() {
    python3 -c '
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("took", used.ru_maxrss // 1024, "MiB", int(1000 * (used.ru_utime + used.ru_stime)), "ms")
sys.exit(code)' "$@"
}

# Updates of random signs and sizes, float32, all within the bound.
python3 - "$HOME_DIR" "$D" "$OWNERS" <<'PY'
import array, random, sys
home, d, owners = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % d
head += " " * (63 - (10 + len(head)) % 64) + "\n"
random.seed(1)
piece = array.array("f", (random.gauss(0, 1) / 64 for _ in range(min(d, 65536))))
for i in range(owners + 1):
    values = (piece * (d // len(piece) + 1))[i:d + i]
    with open(f"{home}/update-{i}.npy", "wb") as out:
        out.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + values.tobytes())
PY

souk-testnet init --home "$NET" --base-port "$BASE_PORT" --validators 4 --servers 4 --owners "$OWNERS" \
    --empty-block-interval 100 >/dev/null
souk-testnet up --home "$NET" >/dev/null 2>&1
# shellcheck source=/dev/null # made by souk-testnet init
. "$NET/env"
servers=
for j in 1 2 3 4; do servers=$servers${servers:+,}$(souk-server address --home "$NET/server-$j"); done
souk model publish --wallet model-owner --name bench --model "$HOME_DIR/update-0.npy" --servers "$servers" \
    --rounds 1 --owners-min 3 --owners-max "$OWNERS" --bound 4194304 --commit-window 5000 \
    --window "$WINDOW" ${PAD:+--pad} >/dev/null
begin=$(date +%s%N)
souk round open 1 --wallet model-owner --model "$HOME_DIR/update-0.npy" >/dev/null
opened=$(date +%s%N)
for i in $(seq 1 "$OWNERS"); do
    measured souk share run 1 --wallet "owner-$i" --update "$HOME_DIR/update-$i.npy" >"$HOME_DIR/owner-$i.log" 2>&1 &
done
souk round wait 1 --timeout 3600
wait
end=$(date +%s%N)
grep -L 'settled' "$HOME_DIR"/owner-*.log | while read -r log; do echo "$log: $(cat "$log")"; done

echo "d $D, owners $OWNERS, servers 4, threshold 1${PAD:+, pad}; load $(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "opening, with the model of $(wc -c <"$HOME_DIR/update-0.npy") bytes: $(((opened - begin) / 1000000)) ms"
echo "from open to settled: $(((end - opened) / 1000000)) ms"
souk events --json >"$HOME_DIR/events"
python3 - "$HOME_DIR/events" <<'PY'
import json, subprocess, sys
def time_of(height):
    header = subprocess.run(["souk", "rpc", "chain_header", json.dumps({"height": height}), "--json"],
                            capture_output=True, text=True, check=True)
    return int(json.loads(header.stdout)["header"]["time_ms"])
phases = ("pad", "deal", "confirm", "commit", "prove beacon", "prove", "ack", "publish", "decide beacon",
          "decide", "fallback", "claim", "justify", "values", "aggregate", "check beacon", "check", "credits", "settled", "aborted")
last = None
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["name"] not in ("round_opened", "round_phase"):
        continue
    height = int(event["block_height"])
    now = time_of(height)
    if last:
        print(f"  {last[0]:14} {now - last[1]:7} ms {height - last[2]:5} blocks")
    phase = event["data"].get("phase")
    last = (phases[int(phase)] if phase is not None else "open", now, height)
PY
# took <part>: most resident memory and time on a processor of a process that runs.
took() {
    pid=$(cut -d ' ' -f 1 "$NET/run/$1.pid")
    awk '/^VmHWM/ { printf "%d MiB ", $2 / 1024 }' "/proc/$pid/status"
    awk -v hz="$(getconf CLK_TCK)" '{ print int(1000 * ($14 + $15) / hz) " ms" }' "/proc/$pid/stat"
}
echo "peak of resident memory and time on a processor:"
echo "  owners, median and most $(sed -n 's/^took //p' "$HOME_DIR"/owner-*.log | sort -n | sed -n "$(((OWNERS + 1) / 2))p;\$p" | tr '\n' ' ')"
for part in server-1 server-2 server-3 server-4 node-1 node-2 node-3 node-4; do echo "  $part $(took "$part")"; done
for j in 1 2 3 4; do
    echo "server $j: $(grep -h event=computed "$NET"/logs/server-"$j".log | sed 's/.*owners=/owners=/' | tr '\n' ';')"
done
