import h5py
import numpy as np


def use(turn):
    with h5py.File(f"memory {turn}", "w", driver="core", backing_store=False) as file:
        data = file.create_dataset(
            "a/b", data=np.arange(200 + 2 * turn).reshape(2, -1), compression="gzip", chunks=True
        )
        data.attrs["unit"] = f"m{turn}"
        file.create_dataset("s", data=["text", "more"], dtype=h5py.string_dtype())
        kind = np.dtype([("x", "f8"), ("y", "i4")])
        file["rows"] = np.array([(1.5, turn)], dtype=kind)
        seen = []
        file.visititems(lambda name, item: seen.append((name, type(item).__name__)))
        try:
            file["missing"]
            raise AssertionError("found")
        except KeyError as error:
            said = str(error)
        return (
            int(data[1].sum()),
            data.attrs["unit"],
            file["s"].asstr()[:].tolist(),
            file["rows"][0]["y"].item(),
            seen,
            said,
        )
