from functools import cache

import numpy
import onnxruntime
from PIL import Image, ImageOps


@cache
def session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession("models/leaf.onnx", options, providers=["CPUExecutionProvider"])


def labels() -> list[str]:
    return session().get_modelmeta().custom_metadata_map["labels"].split(",")


def classify(picture: Image.Image) -> dict[str, float]:
    small = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), (32, 32))
    tensor = numpy.asarray(small, numpy.float32).transpose(2, 0, 1)[None] / 255
    (shares,) = session().run(["shares"], {"picture": tensor})
    return dict(zip(labels(), (round(float(x), 3) for x in shares[0])))
