# Helpers for tests that start real nodes on loopback; read by `. tests/e2e/lib.sh` from the root of
# the repository. Whatever was started is stopped when the test ends.
# shellcheck shell=sh
BUILD=${BUILD:-build}
SOUKD=$BUILD/soukd
SOUK=$BUILD/souk
WORK=$(mktemp -d)
export SOUK_PASSWORD_FILE=
unset SOUK_HOME SOUK_NODE SOUK_WALLET

# Every process is known by the file pid of its home.
stop_all() {
    for file in "$WORK"/node*/pid "$WORK"/server*/pid "$WORK"/*.pid; do
        [ -e "$file" ] || continue
        kill -9 "$(cat "$file")" 2>/dev/null || true
    done
}
finish() {
    code=$?
    trap - EXIT
    stop_all
    if [ "$code" -ne 0 ] && [ -z "${KEEP:-}" ]; then
        for log in "$WORK"/node*/log "$WORK"/server*/log; do
            [ -e "$log" ] || continue
            echo "--- $log"
            tail -n 20 "$log"
        done
    fi
    [ -n "${KEEP:-}" ] || rm -rf "$WORK"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

fail() {
    echo "FAILED: $*"
    exit 1
}

# free_port_range <count>: the first of as many ports in a row as nobody listens on, and this test has not got
# before: a node may not have started yet, or be killed. They are below the range from which the kernel takes the ports
# of outgoing connections, as in tests/lib/ports.h.
free_port_range() {
    python3 - "$1" "$WORK/ports_taken" <<'PY'
import pathlib, random, socket, sys
count, path = int(sys.argv[1]), pathlib.Path(sys.argv[2])
taken = set(path.read_text().split()) if path.exists() else set()
while True:
    base, held = random.randrange(20000, 32000), []
    if any(str(port) in taken for port in range(base, base + count)):
        continue
    try:
        for port in range(base, base + count):
            held.append(socket.socket())
            held[-1].bind(("127.0.0.1", port))
        break
    except OSError:
        pass
with path.open("a") as out:
    out.writelines(f"{port}\n" for port in range(base, base + count))
print(base)
PY
}

# free_ports <count>: as many of these ports, in one line.
free_ports() {
    base=$(free_port_range "$1")
    seq -s ' ' "$base" $((base + $1 - 1))
}

# field <path>: a value out of JSON on standard input, for example `field .result.height`.
field() {
    jq -r "$1"
}

# post <port> <body>: the answer of a node to a JSON-RPC body.
post() {
    curl -sS -m 70 -H 'Content-Type: application/json' --data-binary "$2" "http://127.0.0.1:$1/"
}

# get <port> <path>: body and status of a GET, in one line.
get() {
    curl -sS -m 30 -w ' %{http_code}' "http://127.0.0.1:$1$2"
}

# call <node> <method> [params]: the result of a call.
call() {
    post "$(rpc_port "$1")" "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-{\}}}"
}

rpc_port() {
    cat "$WORK/node$1/rpc"
}

# make_network <count>: homes node0 .. with keys, one genesis, and a rich wallet named rich.
make_network() {
    count=$1
    # shellcheck disable=SC2046
    set -- $(free_ports $((2 * count)))
    mkdir -p "$WORK/wallets"
    (umask 077 && echo secret >"$WORK/password")
    "$SOUK" wallet new rich --home "$WORK/wallets" --password-file "$WORK/password" --kdf-cost 2 \
        >/dev/null
    RICH=$("$SOUK" wallet address rich --home "$WORK/wallets")
    i=0
    while [ "$i" -lt "$count" ]; do
        "$SOUKD" init --home "$WORK/node$i" >"$WORK/node$i.keys"
        echo "$1" >"$WORK/node$i/p2p"
        echo "$2" >"$WORK/node$i/rpc"
        shift 2
        i=$((i + 1))
    done
    write_genesis "$count"
}

write_genesis() {
    python3 - "$WORK" "$1" "$RICH" <<'PY'
import json, pathlib, sys, time
work, count, rich = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
nodes = []
for i in range(count):
    keys = dict(line.split(" = ", 1) for line in (work / f"node{i}.keys").read_text().splitlines())
    nodes.append({**keys, "p2p": (work / f"node{i}/p2p").read_text().strip()})
genesis = {
    "version": 1,
    "network": "e2e",
    "address_prefix": "tsouk",
    "time_ms": str(int(time.time() * 1000) - 1000),
    "base_chain_id": "00" * 32,
    "base_height": "0",
    "base_state_root": "00" * 32,
    "parameters": {
        "treasury": rich,
        "gas_price_min": "1",
        "gas_per_transaction": "1000",
        "gas_per_byte": "1",
        "gas_limit_max": "100000000",
        "server_stake_min": "1000",
        "server_penalty": "100",
        "window_min": 2,
        "window_max": 1000,
        "block_bytes_max": "2000000",
        "block_transactions_max": 5000,
        "empty_block_interval_ms": 200,
    },
    "validators": [
        {"name": f"node{i}", "public_key": n["public_key"], "node_key": n["node_key"]}
        for i, n in enumerate(nodes)
    ],
    "accounts": [{"address": rich, "balance": "1000000000000", "roles": 15}],
}
for i in range(count):
    config = work / f"node{i}/config"
    (config / "genesis.json").write_text(json.dumps(genesis, indent=1))
    rpc = (work / f"node{i}/rpc").read_text().strip()
    lines = [f"[p2p]\nlisten = 127.0.0.1:{nodes[i]['p2p']}", f"[rpc]\nlisten = 127.0.0.1:{rpc}", "[peers]"]
    lines += [f"node{j} = {n['node_key']}@127.0.0.1:{n['p2p']}" for j, n in enumerate(nodes) if j != i]
    (config / "soukd.conf").write_text("\n".join(lines) + "\n")
PY
}

# add_observer <node>: a home without a validator key that knows all validators, and they know it; before
# they start.
add_observer() {
    watcher=$1
    # shellcheck disable=SC2046
    set -- $(free_ports 2)
    "$SOUKD" init --observer --home "$WORK/node$watcher" >"$WORK/node$watcher.keys"
    echo "$2" >"$WORK/node$watcher/rpc"
    cp "$WORK/node0/config/genesis.json" "$WORK/node$watcher/config/"
    key=$(sed -n 's/^node_key = //p' "$WORK/node$watcher.keys")
    {
        printf '[p2p]\nlisten = 127.0.0.1:%s\n[rpc]\nlisten = 127.0.0.1:%s\n[peers]\n' "$1" "$2"
        for home in "$WORK"/node*/p2p; do
            name=$(basename "$(dirname "$home")")
            echo "$name = $(sed -n 's/^node_key = //p' "$WORK/$name.keys")@127.0.0.1:$(cat "$home")"
            echo "watcher$watcher = $key" >>"$WORK/$name/config/soukd.conf"
        done
    } >"$WORK/node$watcher/config/soukd.conf"
}

# start <node> [flags]: begin, and wait until it answers.
start() {
    node=$1
    shift
    "$SOUKD" start --home "$WORK/node$node" "$@" >>"$WORK/node$node/log" 2>&1 &
    echo $! >"$WORK/node$node/pid"
    wait_for 100 alive "$node" || fail "node $node does not start"
}

alive() {
    get "$(rpc_port "$1")" /livez 2>/dev/null | grep -q ' 200$'
}

ready() {
    get "$(rpc_port "$1")" /readyz 2>/dev/null | grep -q ' 200$'
}

# wait_for <tenths> <command...>: until it succeeds. The number says how long it may take on a machine that does
# nothing else; it is given up after two minutes at the earliest. The command may not wait_for anything itself.
wait_for() {
    tries=$1
    [ "$tries" -ge 1200 ] || tries=1200
    shift
    while [ "$tries" -gt 0 ]; do
        if "$@"; then
            return 0
        fi
        sleep 0.1
        tries=$((tries - 1))
    done
    return 1
}

kill_node() {
    kill -9 "$(cat "$WORK/node$1/pid")"
    wait "$(cat "$WORK/node$1/pid")" 2>/dev/null || true
    rm -f "$WORK/node$1/pid"
}

height() {
    call "$1" chain_status | field .result.height
}

at_height() {
    [ "$(height "$1")" -ge "$2" ]
}

# state_root_at <node> <height>: as the header after it has it, so certified by a quorum.
state_root_at() {
    call "$1" chain_header "{\"height\":$(($2 + 1))}" | field .result.header.state_root
}

# new_address <name>: of a fresh wallet.
new_address() {
    "$SOUK" wallet new "$1" --home "$WORK/wallets" --password-file "$WORK/password" --kdf-cost 2 \
        >/dev/null
    "$SOUK" wallet address "$1" --home "$WORK/wallets"
}

# transfer <node> <amount> <address>: from the rich wallet, until it is committed. A node that has not executed the
# transfer before, which went through another, does not know the next nonce: that is awaited.
transfer() {
    if [ -e "$WORK/transferred" ] && [ "$(cat "$WORK/transferred_by")" != "$1" ]; then
        behind=1200
        until at_height "$1" "$(sed -n 's/^  block  *//p' "$WORK/transferred")" || [ "$behind" -eq 0 ]; do
            sleep 0.1
            behind=$((behind - 1))
        done
    fi
    "$SOUK" send "$2" "$3" --node "http://127.0.0.1:$(rpc_port "$1")" --home "$WORK/wallets" \
        --wallet rich --password-file "$WORK/password" >"$WORK/transferred.new" || return 1
    echo "$1" >"$WORK/transferred_by"
    mv "$WORK/transferred.new" "$WORK/transferred"
    cat "$WORK/transferred"
}

# begin_transfer <address>: 1 from the rich wallet through node 0, by a process $begun that waits for the block; until the
# transaction is in the pools of nodes 0 and 1.
begin_transfer() {
    "$SOUK" send 1 "$1" --node "http://127.0.0.1:$(rpc_port 0)" --home "$WORK/wallets" --wallet rich \
        --password-file "$WORK/password" >"$WORK/begun" 2>&1 &
    # shellcheck disable=SC2034 # for the test
    begun=$!
    for each in 0 1; do
        wait_for 100 holds_one "$each" || fail "node $each has no transaction: $(cat "$WORK/begun")"
    done
}
holds_one() { [ "$(call "$1" mempool_status | field .result.count)" = 1 ]; }

balance() {
    call "$1" state_account "{\"address\":\"$2\"}" | field .result.account.balance
}

# at_rest <node>: its last header certifies the state that is there.
at_rest() {
    call "$1" chain_status | field '.result | .height + " " + .state_root' >"$WORK/status"
    read -r rest_height rest_root <"$WORK/status" &&
        [ "$(call "$1" chain_header "{\"height\":$rest_height}" | field .result.header.state_root)" = "$rest_root" ]
}

# level <node>...: each has the last block that any of them has now.
level() {
    top=0
    for each in "$@"; do
        its=$(height "$each")
        [ "$its" -le "$top" ] || top=$its
    done
    for each in "$@"; do
        wait_for 150 at_height "$each" "$top" || fail "node $each stays at $(height "$each") below $top"
    done
}

# has_balance <node> <address> <units>
has_balance() { [ "$(balance "$1" "$2")" = "$3" ]; }

# certified <node> <height>: a quorum has certified the state after this block, by the next one or, at rest, by
# this very one, which changed nothing.
certified() {
    at_height "$1" $(($2 + 1)) || { at_height "$1" "$2" && at_rest "$1"; }
}

# same_state <node>...: all certify the same state after the last block that any of them has now.
same_state() {
    level "$@"
    for each in "$@"; do
        wait_for 100 certified "$each" "$top" || fail "node $each at height $(height "$each") certifies no state of block $top"
    done
    [ "$(for each in "$@"; do certified_root "$each" "$top"; done | sort -u | wc -l)" -eq 1 ] ||
        fail "the state after block $top differs: $(for each in "$@"; do certified_root "$each" "$top"; done)"
}
# certified_root <node> <height>: the state after it, once that is certified().
certified_root() {
    state_root_at "$1" "$2" 2>/dev/null | grep -v '^null$' || state_root_at "$1" $(($2 - 1))
}

# settled <node>...: all have the same last block, which certifies the state: where nobody sends no more blocks come.
settled() {
    resting=
    for each in "$@"; do
        at_rest "$each" || return 1
        [ "${resting:=$rest_height}" = "$rest_height" ] || return 1
    done
}

# rpc_ports <count>: of node 0 and its followers, in one line.
rpc_ports() {
    i=0
    while [ "$i" -lt "$1" ]; do
        printf '%s ' "$(rpc_port "$i")"
        i=$((i + 1))
    done
}

# sender <i> <address>: one transfer of 1 after the other from the wallet sender<i>, through any of four nodes that
# answers, until the file $WORK/stop exists. What the client says is committed is counted in $WORK/count<i>, the rest in
# $WORK/unsure<i>.
sender() {
    turn=$1
    while [ -d "$WORK" ] && [ ! -e "$WORK/stop" ]; do # a test that failed has removed it
        turn=$(((turn + 1) % 4))
        # A node that is cut off holds its client up; not all of them, and not for long.
        if timeout 5 "$SOUK" send 1 "$2" --node "http://127.0.0.1:$(rpc_port "$turn")" \
            --home "$WORK/wallets" --wallet "sender$1" --password-file "$WORK/password" \
            >"$WORK/out$1" 2>&1; then
            echo >>"$WORK/count$1"
        else
            echo >>"$WORK/unsure$1"
            cat "$WORK/out$1" >>"$WORK/refused$1"
            sleep 0.1
        fi
    done
}

# link_network <count>: between make_network and start: every connection between nodes goes through
# tests/e2e/links.py, which network <command...> tells what to do.
link_network() {
    count=$1
    python3 - "$WORK" "$count" "$(free_port_range $((count * count)))" <<'PY'
import pathlib, sys
work, count, first = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
ports = [(work / f"node{i}/p2p").read_text().strip() for i in range(count)]
table = []
for i in range(count):
    config = work / f"node{i}/config/soukd.conf"
    text = config.read_text()
    for j in range(count):
        if j != i:
            own = str(first + i * count + j)
            text = text.replace(f"@127.0.0.1:{ports[j]}", f"@127.0.0.1:{own}")
            table.append(f"{i} {j} {own} {ports[j]}")
    config.write_text(text)
(work / "links").write_text("\n".join(table) + "\n")
PY
    mkdir -p "$WORK/node_links"
    python3 tests/e2e/links.py serve "$WORK/control" "$WORK/links" >"$WORK/node_links/log" 2>&1 &
    echo $! >"$WORK/node_links/pid"
    wait_for 100 test -S "$WORK/control" || fail "the links do not start"
}
network() {
    python3 tests/e2e/links.py tell "$WORK/control" "$@"
}
