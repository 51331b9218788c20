import os
import tempfile

import coverage

SOURCE = "def f(n):\n    if n > 5:\n        return 1\n    else:\n        return 2\n\nx = f(TURN)\n"


def use(turn):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"measured{turn}.py")
        with open(path, "w") as file:
            file.write(SOURCE.replace("TURN", str(turn)))
        measure = coverage.Coverage(data_file=None, branch=True, include=[path], config_file=False)
        with measure.collect():
            exec(compile(SOURCE.replace("TURN", str(turn)), path, "exec"), {})
        lines = measure.get_data().lines(path)
        arcs = measure.get_data().arcs(path)
    assert lines
    return sorted(lines), sorted(arcs), coverage.version_info[:1]
