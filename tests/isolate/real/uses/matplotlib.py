import io

import matplotlib
import numpy as np

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402


def use(turn):
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(4, 2))
    left.plot(np.sin(np.arange(20) + turn), label=f"$x^{turn}$")
    left.legend()
    right.contourf(np.outer(np.arange(8), np.arange(8)))
    right.set_title("title")
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    pdf = io.BytesIO()
    figure.savefig(pdf, format="svg")
    pyplot.close(figure)
    assert file.getvalue().startswith(b"\x89PNG") and b"</svg>" in pdf.getvalue()
    picture = pyplot.imread(io.BytesIO(file.getvalue()))
    return picture.shape, float(picture.sum().round(1))
