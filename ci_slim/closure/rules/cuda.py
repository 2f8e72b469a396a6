"""CUDA: keeps all libraries of a set if one of them is in use, and the settings of the loader.

A set loads its parts by name when a GPU is there: cuDNN its engines, NVRTC its builtins, TensorRT
its plugins. A machine that builds has no GPU, so no run shows them. NVIDIA's runtime runs
`ldconfig` on the board, after it has mounted the driver, so the loader's configuration stays.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure import nvidia
from ci_slim.closure.keep_set_builder import KeepSetBuilder

_SET = re.compile(
    r"lib(cudnn|cublas|nvrtc|nvinfer|nvonnxparser|cusolver|cufft|cusparse|curand|cudart|npp|nvjpeg"
    r"|nvJitLink|nccl|cupti)[\w-]*\.so(?:\.(\d+)[\d.]*)?"
)
_SETTINGS = ("/etc/ld.so.conf", "/etc/ld.so.conf.d", "/usr/share/glvnd/egl_vendor.d",
             "/usr/share/egl/egl_external_platform.d", "/etc/vulkan/icd.d",
             "/etc/OpenCL/vendors")  # fmt: skip


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("cuda") and nvidia.asks(builder.env):
        for path in _SETTINGS:
            builder.add_tree(path, "cuda: read when NVIDIA's runtime has mounted the driver")
    for path in fresh:
        folder, name = posixpath.split(path)
        found = _SET.fullmatch(name)
        if found and "/stubs/" not in path and builder.once(f"cuda {folder}/{found[1]}{found[2]}"):
            for other in builder.index.children(folder):
                same = _SET.fullmatch(posixpath.basename(other))
                if same and same[1] == found[1] and found[2] in (None, same[2]):
                    builder.add(other, f"cuda: of the same set as {path}")
