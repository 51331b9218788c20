import asyncio

import uvloop


async def work(turn):
    async def echo(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def ask(n):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"line %d\n" % n)
        answer = await reader.readline()
        writer.close()
        return answer

    answers = await asyncio.gather(*(ask(n) for n in range(turn % 5 + 1)))
    server.close()
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.001)
        raise AssertionError("no time-out")
    except asyncio.TimeoutError:
        pass
    in_thread = await asyncio.get_running_loop().run_in_executor(None, lambda: turn * 2)
    return answers, in_thread, type(asyncio.get_running_loop()).__module__


def use(turn):
    loop = uvloop.new_event_loop()
    try:
        return loop.run_until_complete(work(turn))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
