from kiwisolver import Solver, UnsatisfiableConstraint, Variable


def use(turn):
    left, width = Variable("left"), Variable("width")
    solver = Solver()
    solver.addConstraint((left + width == 100 + turn) | "required")
    solver.addConstraint((left >= 10) | "strong")
    solver.addEditVariable(width, "medium")
    solver.suggestValue(width, turn)
    solver.updateVariables()
    try:
        solver.addConstraint((left + width == 1) | "required")
        raise AssertionError("solved")
    except UnsatisfiableConstraint as error:
        # Its terms come in any order.
        said = sorted(str(error).split(" == ")[0].split(" + "))
    return left.value(), width.value(), said
