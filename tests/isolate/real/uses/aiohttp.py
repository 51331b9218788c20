import asyncio

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer


async def work(turn):
    async def handle(request):
        data = await request.json()
        return web.json_response({"got": data, "name": request.match_info["name"]})

    async def chat(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket

    app = web.Application()
    app.router.add_post("/{name}", handle)
    app.router.add_get("/chat/ws", chat)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post(f"/n{turn}", json={"turn": turn, "more": "x" * 1000})
        body = await answer.json()
        missing = await client.get("/missing/too")
        async with client.ws_connect("/chat/ws") as socket:
            await socket.send_str("hello")
            said = (await socket.receive()).data
    assert answer.status == 200 and missing.status == 404
    return body, said, aiohttp.http_parser.HttpRequestParser.__module__


def use(turn):
    return asyncio.run(work(turn))
