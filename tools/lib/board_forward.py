#!/usr/bin/env python3
"""Makes the boot board of a private rack reachable from this host's browser.

usage: board_forward.py NAMESPACE_FILE PORT

Listens on 127.0.0.1:PORT of the host (any free port when that one is taken), prints the URL, and carries each connection to
127.0.0.1:PORT inside the network namespace. A socket stays in the namespace it was made in, so: listen, then change namespace.
"""

import asyncio
import ctypes
import os
import socket
import sys

CLONE_NEWNET = 0x40000000
CONNECTIONS_MAX = 64


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    return listener


def enter_namespace(path):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(path, "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)


async def carry(reader, writer):
    """One direction; its end is passed on."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        pass


async def serve(listener, port):
    slots = asyncio.Semaphore(CONNECTIONS_MAX)

    async def connected(reader, writer):
        async with slots:
            try:
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(carry(reader, inner_writer), carry(inner_reader, writer))
            inner_writer.close()
            writer.close()

    server = await asyncio.start_server(connected, sock=listener)
    await server.serve_forever()


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    port = int(sys.argv[2])
    listener = listen(port)
    enter_namespace(sys.argv[1])
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    asyncio.run(serve(listener, port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
