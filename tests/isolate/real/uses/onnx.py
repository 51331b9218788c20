import numpy as np
import onnx
from onnx import TensorProto, checker, helper, numpy_helper, reference, shape_inference


def use(turn):
    node = helper.make_node("Add", ["a", "b"], ["c"])
    kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "abc"]
    graph = helper.make_graph([node], f"g{turn}", kinds[:2], kinds[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    checker.check_model(model)
    inferred = shape_inference.infer_shapes(model)
    again = onnx.load_from_string(model.SerializeToString())
    assert again == model
    try:
        checker.check_node(helper.make_node("NoSuchOperation", [], []))
        raise AssertionError("checked")
    except checker.ValidationError as error:
        said = str(error).splitlines()[0]
    run = reference.ReferenceEvaluator(model).run(None, {"a": np.ones(2, "f4"), "b": np.full(2, turn, "f4")})
    return (
        [one.tolist() for one in run],
        said,
        len(inferred.graph.value_info),
        numpy_helper.from_array(np.ones(2)).dims[0],
    )
