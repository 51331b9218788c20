"""A program that a type checker has to accept, and whose wrong lines it has to refuse: `mypy --strict` warns of an
`ignore` that hides nothing."""

import sys
from concurrent.futures import Executor, Future

import insula_isolate


def add(a: int, b: int = 0) -> int:
    return a + b


def choose(name: str, path: str) -> bool | None:
    return None


insula_isolate.install()
insula_isolate.install("all", share=["libone*"], private=("libgomp*",), strict=True)
insula_isolate.install(choose)
for record in insula_isolate.report():
    line: str = record.name + record.action + record.why + record.path
remarks: list[str] = insula_isolate.report().remarks
result: insula_isolate.Verification = insula_isolate.verify()
proved: bool = bool(result)
findings: list[str] = result.findings

if sys.version_info >= (3, 12) and __name__ == "__main__":
    with insula_isolate.InterpreterPoolExecutor(2, policy="all", daemon_threads=False) as pool:
        executor: Executor = pool
        future: Future[int] = pool.submit(add, 1, b=2)
        assert future.result() == 3
        assert list(pool.map(add, [1, 2])) == [1, 2]
        try:
            pool.submit(add, 1).result()
        except (insula_isolate.BrokenInterpreterPool, insula_isolate.ExecutionFailed) as error:
            told: Exception = error

if len(sys.argv) > 1:
    insula_isolate.install(3)  # type: ignore[arg-type]
    insula_isolate.install(share=7)  # type: ignore[arg-type]
    insula_isolate.verify(1)  # type: ignore[call-arg]
    insula_isolate.InterpreterPoolExecutor("two")  # type: ignore[arg-type]
