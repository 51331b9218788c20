import io

import polars as pl


def use(turn):
    frame = pl.DataFrame({"n": range(turn, turn + 1000), "g": [f"g{n % 7}" for n in range(1000)]})
    mapped = (
        frame.lazy()
        .with_columns(
            pl.col("n").map_elements(lambda n: n * 2 + 1, return_dtype=pl.Int64).alias("m"),
            pl.col("g").map_elements(str.upper, return_dtype=pl.String).alias("u"),
            pl.col("n").map_batches(lambda column: column + 1, return_dtype=pl.Int64).alias("b"),
        )
        .collect()
    )
    groups = mapped.group_by("u").agg(pl.col("m").sum(), pl.col("b").max()).sort("u")
    mixed = frame.group_by("g").map_groups(lambda part: part.head(1)).sort("g")
    file = io.BytesIO()
    frame.write_parquet(file)
    assert pl.read_parquet(io.BytesIO(file.getvalue())).equals(frame)
    try:
        frame.select(pl.col("n").map_elements(lambda n: [][n], return_dtype=pl.Int64))
        raise AssertionError("mapped")
    except IndexError as error:
        said = str(error).splitlines()[0]
    except pl.exceptions.ComputeError as error:
        said = str(error).splitlines()[0]
    return groups.rows(), mixed.rows(), said, frame.sql("select sum(n) s from self").item()
