import asyncio

from tornado import httpclient, httpserver, web, websocket
from tornado.speedups import websocket_mask
from tornado.testing import bind_unused_port


class Handler(web.RequestHandler):
    async def get(self, name):
        await asyncio.sleep(0)
        self.write({"name": name})


class Echo(websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message.upper())


async def work(turn):
    server = httpserver.HTTPServer(web.Application([("/n/(.*)", Handler), ("/ws", Echo)]))
    listening, port = bind_unused_port()
    server.add_socket(listening)
    client = httpclient.AsyncHTTPClient(force_instance=True)
    answer = await client.fetch(f"http://127.0.0.1:{port}/n/{turn}")
    socket = await websocket.websocket_connect(f"ws://127.0.0.1:{port}/ws")
    await socket.write_message("text")
    said = await socket.read_message()
    socket.close()
    client.close()
    server.stop()
    await server.close_all_connections()
    return answer.body, said, websocket_mask(b"abcd", b"%8d" % turn)


def use(turn):
    return asyncio.run(work(turn))
