"""The workloads. Each function makes one without arguments, which is one operation, and one that checks its answer."""


def python():
    """Pure Python: no extension module at all."""

    def operation():
        total = 0
        for k in range(200):
            total += k * k
        return total

    return operation, lambda answer: answer == 2646700


def pydantic():
    """Validate a model with nested ones from Python objects, and serialise it."""
    from pydantic import BaseModel

    class Tag(BaseModel):
        name: str
        weight: float

    class User(BaseModel):
        id: int
        name: str
        tags: list[Tag]

    given = {"id": "17", "name": "a user", "tags": [{"name": f"tag {k}", "weight": k} for k in range(10)]}

    def operation():
        return User.model_validate(given).model_dump_json()

    return operation, lambda answer: answer.startswith('{"id":17,"name":"a user","tags":[{"name":"tag 0","weight":0.0}')


def orjson():
    """Serialise a document of 2 kB, and parse it."""
    import orjson

    given = [{"id": k, "name": f"name {k}", "values": [k / 3, k / 7, None, True]} for k in range(30)]

    def operation():
        return orjson.loads(orjson.dumps(given))

    return operation, lambda answer: answer == given


def numpy():
    """Small arrays, as programs that are slow have them: numpy keeps the GIL throughout."""
    import numpy

    given = numpy.arange(64, dtype=float)[::-1].copy()

    def operation():
        ordered = numpy.sort(given)
        return float(((ordered - ordered.mean()) / ordered.std()).cumsum().max() + numpy.dot(given, ordered))

    return operation, lambda answer: abs(answer - 41664.0) < 1


def jinja2():
    """Render a table of 20 rows, in which everything is escaped by markupsafe."""
    from jinja2 import Environment

    environment = Environment(autoescape=True)
    template = environment.from_string(
        "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
    )
    rows = [[f"<b>{k}</b>", k, "a & b", 'say "so"'] for k in range(20)]

    def operation():
        return template.render(rows=rows)

    return operation, lambda answer: answer.count("&lt;b&gt;") == 20 and "<b>" not in answer


def fastapi():
    """A request through a FastAPI application: validate its body, compute, render a page, serialise the answer."""
    import asyncio
    import json

    import numpy
    import orjson
    from fastapi import FastAPI, Response
    from jinja2 import Environment
    from pydantic import BaseModel

    class Item(BaseModel):
        name: str
        prices: list[float]

    class Order(BaseModel):
        customer: str
        items: list[Item]

    template = Environment(autoescape=True).from_string("{% for item in items %}<li>{{ item.name }}</li>{% endfor %}")
    application = FastAPI()

    @application.post("/order")
    async def order(order: Order) -> Response:
        means = [numpy.mean(item.prices) for item in order.items]
        answer = {"means": means, "page": template.render(items=order.items), "customer": order.customer}
        return Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")

    body = {"customer": "c", "items": [{"name": f"<{k}>", "prices": [k, k + 1, k + 2]} for k in range(5)]}
    request = {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/order",
        "raw_path": b"/order",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    loop = asyncio.new_event_loop()

    async def once():
        sent = []

        async def receive():
            return request

        async def send(message):
            sent.append(message)

        await application(dict(scope), receive, send)
        return sent

    def operation():
        return loop.run_until_complete(once())

    def check(answer):
        said = orjson.loads(answer[1]["body"])
        return (
            answer[0]["status"] == 200
            and said["means"] == [1, 2, 3, 4, 5]
            and said["page"].startswith("<li>&lt;0&gt;</li>")
        )

    return operation, check


WORK = {each.__name__: each for each in (python, pydantic, orjson, numpy, jinja2, fastapi)}


def prepared(name):
    """The operation, warm and seen to answer right."""
    operation, check = WORK[name]()
    for _ in range(50):
        answer = operation()
    assert check(answer), answer
    return operation
