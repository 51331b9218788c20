import asyncio

import asyncpg
from asyncpg.pgproto import pgproto


async def work(turn):
    async def refuse(reader, writer):
        await reader.read(8)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await asyncpg.connect(host="127.0.0.1", port=port, user="u", password="p", database="d", timeout=20, ssl=False)
        raise AssertionError("connected")
    except (ConnectionError, asyncpg.PostgresError) as error:
        said = type(error).__name__
    server.close()
    return said


def use(turn):
    buffer = pgproto.WriteBuffer()
    made = pgproto.UUID(bytes([turn]) * 16)
    return (
        asyncio.run(work(turn)),
        str(made),
        made.int,
        type(buffer).__name__,
        asyncpg.Range(1, turn + 1, upper_inc=True).upper,
    )
