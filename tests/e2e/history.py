#!/usr/bin/env python3
"""What clients of a network may rely on, checked over JSON-RPC and nothing else.

    history.py watch STOP ADDRESS PORT...            read every node again and again until the file STOP exists
    history.py compare ADDRESS FOUNDERS ANSWERED PORT... afterwards: all blocks of all nodes

`watch`: what one node answers never goes back: the height it speaks of, and the balance of an account that only
receives. A node that does not answer is asked again later.

`compare`: all nodes have the same blocks up to the last that the first one has; every transaction was executed at most
once and is committed on each of them; those executed are FOUNDERS, and one for each unit that ADDRESS received, which
are ANSWERED or more.
"""
import json
import os
import sys
import time
import urllib.error
import urllib.request


def call(port, method, **params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        answer = json.load(response)
    return answer["result"] if "result" in answer else sys.exit(f"FAILED: {method}: {answer['error']}")


def read(port, address):
    """Height and balance as one answer of the node has them."""
    answer = call(port, "state_account", address=address)
    return int(answer["height"]), int(answer["account"]["balance"])


def watch(stop, address, ports):
    seen, reads = {port: (0, 0) for port in ports}, 0
    while not os.path.exists(stop):
        for port in ports:
            try:
                height, balance = read(port, address)
            except (OSError, urllib.error.URLError, ValueError):
                continue
            before = seen[port]
            if height < before[0] or balance < before[1]:
                sys.exit(f"FAILED: the node at {port} answered {(height, balance)} after {before}")
            seen[port] = (height, balance)
            reads += 1
        time.sleep(0.02)
    print(f"{reads} reads, each node's in order")


def receipts(ports, tip):
    """Transaction ids by how often they are in a block and executed; every node has these blocks."""
    seen, executed = {}, {}
    for height in range(1, tip + 1):
        headers = [call(port, "chain_header", height=height) for port in ports]
        if any(header["digest"] != headers[0]["digest"] for header in headers):
            sys.exit(f"FAILED: the nodes have different blocks at height {height}")
        for receipt in call(ports[0], "chain_receipts", height=height)["receipts"]:
            one = receipt["transaction_id"]
            if one != "0" * 64:
                seen[one] = seen.get(one, 0) + 1
                executed[one] = executed.get(one, 0) + receipt["ok"]
    return seen, {one: count for one, count in executed.items() if count}


def await_height(port, tip):
    end = time.monotonic() + 120
    while int(call(port, "chain_status")["height"]) < tip:
        if time.monotonic() > end:
            sys.exit(f"FAILED: the node at {port} stays below block {tip}")
        time.sleep(0.1)


def compare(address, founders, answered, ports):
    tip, received = read(ports[0], address)
    if received < answered:
        sys.exit(f"FAILED: {answered} were answered as committed, {received} arrived")
    for port in ports:
        await_height(port, tip)
    seen, executed = receipts(ports, tip)
    if any(count != 1 for count in executed.values()):
        sys.exit("FAILED: a transaction was executed twice")
    for one in executed:
        for port in ports:
            status = call(port, "tx_get", id=one)
            if status["status"] != "committed" or not status["receipt"]["ok"]:
                sys.exit(f"FAILED: {one} was executed, the node at {port} says {status}")
    if len(executed) != received + founders:
        sys.exit(f"FAILED: {len(executed)} transactions were executed, {received} + {founders} were expected")
    again = sum(1 for count in seen.values() if count > 1)
    print(f"{tip} blocks, {len(executed)} transactions executed, {again} ordered a second time")


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        compare(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
