import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet as pq

made = []


def use(turn):
    if not made:
        pc.register_scalar_function(
            lambda context, x: pc.multiply(x, 2),
            "twice",
            {"summary": "", "description": ""},
            {"x": pa.int64()},
            pa.int64(),
        )
        made.append(True)
    table = pa.table({"n": list(range(turn, turn + 500)), "s": [f"s{n % 7}" for n in range(500)]})
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    again = pq.read_table(io.BytesIO(file.getvalue()), use_threads=True)
    assert again.equals(table)
    groups = again.group_by("s").aggregate([("n", "sum")]).sort_by("s").to_pydict()
    twice = pc.call_function("twice", [table["n"].combine_chunks()])
    read = pa.csv.read_csv(io.BytesIO(b"a,b\n1,x\n2,y\n"), pa.csv.ReadOptions(use_threads=True))
    kept = pa.dataset.dataset(table).to_table(filter=pc.field("n") > turn + 490)
    try:
        pa.array([1, "x"])
        raise AssertionError("made")
    except pa.ArrowInvalid as error:
        said = str(error)
    return groups, pc.sum(twice).as_py(), read.to_pydict(), kept["n"].to_pylist(), said
