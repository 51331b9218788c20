import pickle

import numpy as np


def use(turn):
    random = np.random.default_rng(turn)
    matrix = random.normal(size=(20, 20))
    solved = np.linalg.solve(matrix, np.arange(20.0))
    assert np.allclose(matrix @ solved, np.arange(20))
    table = np.array([(n, n / 2, str(n)) for n in range(30)], dtype=[("a", "i4"), ("b", "f8"), ("c", "U4")])
    table.sort(order="b")
    function = np.frompyfunc(lambda a, b: f"{a}{b}", 2, 1)
    with np.errstate(all="raise"):
        try:
            np.float64(1) / np.float64(0)
            raise AssertionError("no error")
        except FloatingPointError as error:
            said = str(error)
    assert (pickle.loads(pickle.dumps(matrix)) == matrix).all()
    words = np.array(["a", "bb" * turn, "ccc"], dtype=np.dtypes.StringDType())
    spectrum = np.abs(np.fft.rfft(np.sin(np.arange(64)))).round(6)
    return (
        solved.round(6).tolist(),
        table["c"][:5].tolist(),
        function([1, 2], ["x", "y"]).tolist(),
        said,
        np.strings.str_len(words).tolist(),
        spectrum.tolist(),
        np.einsum("ii", np.eye(5)),
        np.unique([3, 1, 3]).tolist(),
        repr(np.datetime64("2026-01-01") + turn),
    )
