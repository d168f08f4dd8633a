#!/usr/bin/env python3
"""A network between the nodes of a test that can be cut, slowed and spoilt while they run.

    links.py serve CONTROL TABLE     TABLE: lines "from to listen-port target-port", one for each dialled link
    links.py tell CONTROL WORDS...   a command; returns when it is in force

Commands, where A and B are nodes and "A B" is the direction in which bytes flow:

    hold A B      bytes from A to B wait, as behind a dead route; nothing is lost
    slow A B MS   bytes from A to B take MS milliseconds
    spoil A B     one bit of the next bytes from A to B is flipped
    cut A B       connections between A and B are closed, and new ones too
    heal          everything flows again, and what was held leaves
"""
import asyncio
import sys

CHUNK = 65536
BACKLOG = 4 << 20  # bytes held of one direction before the sender feels it


class Network:
    def __init__(self):
        self.held, self.slow, self.spoilt, self.cut = set(), {}, set(), set()
        self.changed = asyncio.Event()
        self.connections = set()

    def announce(self):
        self.changed.set()
        self.changed = asyncio.Event()

    def command(self, words):
        name, rest = words[0], words[1:]
        if name == "heal":
            self.held, self.slow, self.spoilt, self.cut = set(), {}, set(), set()
        elif name == "hold":
            self.held.add((rest[0], rest[1]))
        elif name == "slow":
            self.slow[rest[0], rest[1]] = int(rest[2]) / 1000
        elif name == "spoil":
            self.spoilt.add((rest[0], rest[1]))
        elif name == "cut":
            self.cut.add(frozenset(rest))
            for pair, writers in list(self.connections):
                if pair == frozenset(rest):
                    for writer in writers:
                        writer.close()
        else:
            raise ValueError(f"unknown command {name!r}")
        self.announce()


async def deliver(network, way, queue, writer):
    """The far end of a direction: each chunk leaves when it is due and nothing holds it."""
    clock = asyncio.get_running_loop().time
    while True:
        due, data = await queue.get()
        while way in network.held:
            await network.changed.wait()
        if due > clock():
            await asyncio.sleep(due - clock())
        if not data:
            writer.close()
            return
        if way in network.spoilt:
            network.spoilt.discard(way)
            data = bytes([data[0] ^ 1]) + data[1:]
        writer.write(data)
        await writer.drain()


async def carry(network, way, reader, writer):
    clock = asyncio.get_running_loop().time
    queue = asyncio.Queue(maxsize=BACKLOG // CHUNK)
    far_end = asyncio.create_task(deliver(network, way, queue, writer))
    try:
        data = b"?"
        while data:
            data = await reader.read(CHUNK)
            await queue.put((clock() + network.slow.get(way, 0), data))
        await far_end
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        far_end.cancel()
        writer.close()


async def link(network, source, target, port, reader, writer):
    pair = frozenset((source, target))
    if pair in network.cut:
        writer.close()
        return
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    entry = (pair, (writer, far_writer))
    network.connections.add(entry)
    try:
        ways = [asyncio.create_task(carry(network, (source, target), reader, far_writer)),
                asyncio.create_task(carry(network, (target, source), far_reader, writer))]
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in rest:
            way.cancel()
    finally:
        network.connections.discard(entry)


async def serve(control, table):
    network = Network()

    async def obey(reader, writer):
        try:
            network.command((await reader.readline()).decode().split())
            writer.write(b"done\n")
        except (ValueError, IndexError) as error:
            writer.write(f"refused: {error}\n".encode())
        await writer.drain()
        writer.close()

    servers = []
    for line in open(table, encoding="ascii"):
        source, target, listen, port = line.split()

        async def accept(reader, writer, source=source, target=target, port=int(port)):
            await link(network, source, target, port, reader, writer)

        servers.append(await asyncio.start_server(accept, "127.0.0.1", int(listen)))
    servers.append(await asyncio.start_unix_server(obey, control))
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def tell(control, words):
    reader, writer = await asyncio.open_unix_connection(control)
    writer.write((" ".join(words) + "\n").encode())
    answer = (await reader.readline()).decode().strip()
    writer.close()
    if answer != "done":
        sys.exit(f"links: {' '.join(words)}: {answer}")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(sys.argv[2], sys.argv[3]))
    else:
        asyncio.run(tell(sys.argv[2], sys.argv[3:]))
