"""Builds leaf.onnx: how green a picture of 32 x 32 is, as shares of three sorts."""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

kernel = numpy.zeros((3, 3, 3, 3), numpy.float32)
for sort in range(3):
    kernel[sort, sort] = 1 / 9
weights = numpy.eye(3, dtype=numpy.float32) * 6
nodes = [
    helper.make_node("Conv", ["picture", "kernel"], ["blurred"], pads=[1, 1, 1, 1]),
    helper.make_node("Relu", ["blurred"], ["bright"]),
    helper.make_node("MaxPool", ["bright"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
    helper.make_node("GlobalAveragePool", ["pooled"], ["means"]),
    helper.make_node("Flatten", ["means"], ["flat"]),
    helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
    helper.make_node("Softmax", ["scores"], ["shares"], axis=1),
]
graph = helper.make_graph(
    nodes,
    "leaf",
    [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, 32, 32])],
    [helper.make_tensor_value_info("shares", TensorProto.FLOAT, ["batch", 3])],
    [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(weights, "weights")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
model.metadata_props.add(key="labels", value="red,green,blue")
onnx.checker.check_model(model)
onnx.save(model, "leaf.onnx")
