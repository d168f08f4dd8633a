#!/bin/sh
# What clients of the RPC may do wrong beyond what test_refusals.sh sends: nested and odd JSON, texts
# cut inside a character, calls that wait in batches, clients that go away while their calls wait, and
# a node that stops under them.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib.sh

make_network 1
start 0
wait_for 100 ready 0 || fail "the node is not ready"
echo "pages in a browser"
url=http://127.0.0.1:$(rpc_port 0)
# page <status> <curl's options>: what such a request gets
page() {
    expected=$1
    shift
    found=$(curl -sS -m 10 -o "$WORK/page" -w '%{http_code}' "$@") || fail "curl $*"
    [ "$found" = "$expected" ] || fail "$* gets $found: $(cat "$WORK/page")"
}
status='{"jsonrpc":"2.0","id":1,"method":"chain_status"}'
page 200 -H 'Content-Type: application/json' -d "$status" "$url/"
page 415 -d "$status" "$url/"
page 415 -H 'Content-Type: text/plain' -d "$status" "$url/"
page 403 -H 'Content-Type: application/json' -H 'Origin: https://evil.example' -d "$status" "$url/"
page 403 -H 'Host: evil.example' "$url/metrics"
grep -q "Host: 'evil.example' is no address" "$WORK/page" || fail "the refusal does not name the host"
page 200 -H 'Host: localhost:1' "$url/livez"

cat >"$WORK/abuse.py" <<'PY'
import json, socket, sys, time

PORT, PID = int(sys.argv[1]), sys.argv[2]

def head(size):
    return (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % size)

def connect(*bodies):
    one = socket.create_connection(("127.0.0.1", PORT), timeout=60)
    one.sendall(b"".join(head(len(body)) + body for body in bodies))
    return one

def answer(one):
    """The next answer on a connection: its body as JSON, None for an empty one."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = one.recv(1)
        if not more:
            sys.exit(f"FAILED: the connection ended with {data}")
        data += more
    if data.startswith(b"HTTP/1.1 204"):
        return None
    size = int(data.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    body = b""
    while len(body) < size:
        body += one.recv(size - len(body))
    return json.loads(body)

def post(body):
    return answer(connect(body))

def one_call(method, params, number=1):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}

def text(value):
    return json.dumps(value, ensure_ascii=False).encode()

def refused(body, code, words):
    found = post(body).get("error", {})
    if found.get("data", {}).get("code") != code or words not in found.get("message", ""):
        sys.exit(f"FAILED: {code} with '{words}' was expected, the node says {found}")

print("odd JSON")
refused(b"[" * 100000, "PARSE_ERROR", "depth")
refused(b'{"a":' * 3000 + b"1" + b"}" * 3000, "PARSE_ERROR", "depth")
refused(b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', "PARSE_ERROR", "byte 0xff")
refused(b'{"jsonrpc":"2.0","id":"\\u0000","method":"x"}', "PARSE_ERROR", "u0000")
refused(b'{"jsonrpc":"2.0","id":[],"method":"chain_status"}', "INVALID_REQUEST", "id: ")
refused(text(one_call("chain_block", {"height": 10**30})), "PARSE_ERROR", "too big integer")
refused(text(one_call("chain_block", {"height": -1})), "INVALID_PARAMS", "height: ")
refused(text(one_call("chain_block", {"height": str(2**64)})), "INVALID_PARAMS", "height: ")
refused(text(one_call("chain_block", {"height": str(2**64 - 1)})), "NOT_FOUND", "height: ")
refused(text(one_call("tx_send", {"envelope": "abc"})), "INVALID_PARAMS", "envelope: 3 ")
refused(text(one_call("tx_send", {"envelope": ""})), "TRANSACTION_MALFORMED", "envelope: ")

print("a text that is cut inside a character is still told")
refused(text(one_call("chain_status", {"a" * 63 + "\u00e9": 1})), "INVALID_PARAMS", "no such parameter")

print("a batch whose calls wait is answered once, in order")
waiting = {"after": "latest", "wait_ms": 200}
batch = post(text([one_call("events_list", waiting, i) for i in range(10)]))
if [one["id"] for one in batch] != list(range(10)):
    sys.exit(f"FAILED: {batch}")
silent = [{"jsonrpc": "2.0", "method": "events_list", "params": waiting}] * 10
if post(text(silent)) is not None:
    sys.exit("FAILED: notifications were answered")

print("requests in a row are answered in order while some wait")
row = connect(*[text(one_call("events_list" if i % 2 else "chain_status", waiting if i % 2 else {}, i))
                for i in range(40)])
for i in range(40):
    if answer(row)["id"] != i:
        sys.exit(f"FAILED: answer {i} is out of order")

print("clients that went away do not keep others from waiting")
long = text([one_call("events_list", {"after": "latest", "wait_ms": 30000}, i) for i in range(10)])
for _ in range(60):
    connect(*[long] * 10).close()
one_more = text(one_call("events_list", {"after": "latest", "wait_ms": 50}))

def awaited(member):
    """The answer to one more call that waits, once it has this member."""
    end = time.monotonic() + 60
    while member not in (found := post(one_more)):
        if time.monotonic() > end:
            sys.exit(f"FAILED: no {member} but {found}")
        time.sleep(0.1)
    return found

awaited("result")

print("who waits beyond the bound is told so, nobody else is harmed")
held = [connect(*[long] * 10) for _ in range(45)]
found = awaited("error")["error"]
if found["data"]["code"] != "BUSY" or "waiting already" not in found["message"]:
    sys.exit(f"FAILED: {found}")
if "result" not in post(text(one_call("chain_status", {}))):
    sys.exit("FAILED: chain_status is not answered")

print("a node that stops answers those that wait")
import os, signal
os.kill(int(PID), signal.SIGTERM)
for one in held[:40]:
    if len(answer(one)) != 10:
        sys.exit("FAILED: a batch is not answered whole")
PY
python3 "$WORK/abuse.py" "$(rpc_port 0)" "$(cat "$WORK/node0/pid")"
wait "$(cat "$WORK/node0/pid")" || fail "the node ends with exit code $?"
rm "$WORK/node0/pid"
