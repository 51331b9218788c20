import io

import numpy as np
import pandas as pd


def use(turn):
    frame = pd.DataFrame(
        {
            "n": np.arange(turn, turn + 200),
            "g": [f"g{n % 5}" for n in range(200)],
            "t": pd.date_range("2026-01-01", periods=200, freq="h", tz="Europe/Berlin"),
        }
    )
    groups = frame.groupby("g")["n"].agg(["sum", "mean", lambda part: part.max() - part.min()])
    merged = frame.merge(groups.reset_index(), on="g").set_index("t")["sum"].resample("D").max()
    again = pd.read_csv(io.StringIO(frame.to_csv(index=False)))
    assert (again["n"] == frame["n"]).all()
    try:
        frame["missing"]
        raise AssertionError("found")
    except KeyError as error:
        said = str(error)
    wide = frame.pivot_table(index="g", columns=frame["n"] % 3, values="n", aggfunc="sum")
    return (
        groups.values.tolist(),
        merged.tolist(),
        wide.to_json(),
        said,
        frame["n"].rolling(3).mean().iloc[-1],
        str(frame.dtypes["t"]),
    )
