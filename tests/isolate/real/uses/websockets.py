import asyncio

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.speedups import apply_mask


async def work(turn):
    async def echo(socket):
        async for message in socket:
            await socket.send(message[::-1])

    async with serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", proxy=None) as socket:
            await socket.send(f"text {turn}")
            await socket.send(b"bytes" * 1000)
            return await socket.recv(), len(await socket.recv())


def use(turn):
    return asyncio.run(work(turn)), apply_mask(b"%20d" % turn, b"mask"), websockets.__name__
