import libcst as cst


class Rename(cst.CSTTransformer):
    def leave_Name(self, original_node, updated_node):
        return updated_node.with_changes(value=updated_node.value + "_x")


def use(turn):
    source = f"def f(a, b={turn}):\n    # said\n    return [a  +  b for _ in range(3)]\n"
    tree = cst.parse_module(source)
    assert tree.code == source
    try:
        cst.parse_module("def (")
        raise AssertionError("parsed")
    except cst.ParserSyntaxError as error:
        said = str(error).splitlines()[0]
    return tree.visit(Rename()).code, said
