import erfa
import numpy as np


def use(turn):
    first, second = erfa.cal2jd(2026, 1, np.arange(1, 10))
    matrix = erfa.pnm06a(first, second + turn)
    back = erfa.jd2cal(first, second)
    assert back["day" if isinstance(back, dict) else 2][0] == 1
    with np.testing.suppress_warnings() if hasattr(np.testing, "suppress_warnings") else np.errstate():
        return (
            matrix[0].round(9).tolist(),
            second.tolist(),
            erfa.gst06a(first[0], second[0], first[0], second[0]).round(9),
        )
