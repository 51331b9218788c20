import anyio
import httpx
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float


def number(n: int = 1):
    return n * 2


@app.post("/items/{item_id}")
async def make(item_id: int, item: Item, doubled: int = Depends(number)):
    if item_id > 1000:
        raise HTTPException(404, "no such item")
    return {"id": item_id, "doubled": doubled, **item.model_dump()}


async def calls(turn):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        good = await client.post(f"/items/{turn}", params={"n": turn}, json={"name": "x", "price": 1.5})
        wrong = await client.post("/items/x", json={"name": 1})
        missing = await client.post("/items/1001", json={"name": "x", "price": 2})
        schema = await client.get("/openapi.json")
    assert (good.status_code, wrong.status_code, missing.status_code) == (200, 422, 404)
    return good.json(), [one["type"] for one in wrong.json()["detail"]], missing.json(), sorted(schema.json()["paths"])


def use(turn):
    return anyio.run(calls, turn)
