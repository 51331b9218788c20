"""A FastAPI application whose handlers compute in other interpreters: see README.md.

The environment may say POOL (interpreters, standard or threads) and WORKERS (their number).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager

import work
from fastapi import FastAPI, HTTPException, Request, Response

WORKERS = int(os.environ.get("WORKERS") or len(os.sched_getaffinity(0)))


def make_pool() -> Executor:
    kind = os.environ.get("POOL", "interpreters")
    if kind == "threads":
        return ThreadPoolExecutor(WORKERS)
    if kind == "standard":
        # CPython's own, from 3.14. Only `python -m insula_isolate` lets its interpreters import numpy.
        from concurrent.futures import InterpreterPoolExecutor
    else:
        from insula_isolate import InterpreterPoolExecutor
    return InterpreterPoolExecutor(WORKERS)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with make_pool() as pool:
        # A pool starts a worker where none is idle: as many calls at once start all of them. No request waits for
        # imports.
        await asyncio.gather(*(asyncio.wrap_future(pool.submit(work.ready)) for _ in range(WORKERS)))
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/forecast")
async def forecast(request: Request) -> Response:
    loop = asyncio.get_running_loop()
    try:
        answer = await loop.run_in_executor(app.state.pool, work.forecast, await request.body())
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return Response(answer, media_type="application/json")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
