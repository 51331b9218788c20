import contourpy
import numpy as np


def use(turn):
    z = np.outer(np.arange(12.0), np.arange(12.0)) + turn
    made = contourpy.contour_generator(z=z, name="threaded", thread_count=2, chunk_size=6)
    serial = contourpy.contour_generator(z=z)
    lines = serial.lines(turn + 30.5)
    try:
        contourpy.contour_generator(z=np.zeros(3))
        raise AssertionError("made")
    except (TypeError, ValueError) as error:
        said = str(error)
    return sum(len(line) for line in made.lines(turn + 30.5)), [line.round(6).tolist() for line in lines], said
