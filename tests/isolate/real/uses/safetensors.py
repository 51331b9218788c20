import os
import tempfile

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save, save_file


def use(turn):
    made = {"a": np.arange(10 + turn, dtype="f4"), "b": np.ones((2, 3), "i8")}
    assert (load(save(made))["a"] == made["a"]).all()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t")
        save_file(made, path, {"turn": str(turn)})
        with safe_open(path, "np") as file:
            seen = sorted(file.keys()), file.metadata(), file.get_slice("b")[:, 1:].tolist()
    try:
        load(b"no file")
        raise AssertionError("loaded")
    except SafetensorError as error:
        said = type(error).__name__
    return save(made)[:80], seen, said
