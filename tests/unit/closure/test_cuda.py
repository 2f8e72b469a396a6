"""Tests images for a GPU: what the runtime mounts, and what the image must bring.

A GPU and NVIDIA's runtime are not here. What the runtime mounts is stood in for by libraries that a
run used and that the image does not have.
"""

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.closure import nvidia
from ci_slim.closure.close import explain
from ci_slim.closure.rules import RULES
from ci_slim.observe.observation import How, Observation

CUDA = "/usr/local/cuda-12.4/lib64"
GNU = "/usr/lib/x86_64-linux-gnu"
ASKS = {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}
IMAGE = SmallImage(
    {
        f"{GNU}/libcudnn.so.9": "-> libcudnn.so.9.1.0",
        f"{GNU}/libcudnn.so.9.1.0": elf_file(),
        f"{GNU}/libcudnn_ops.so.9.1.0": elf_file(),
        f"{GNU}/libcudnn_engines_precompiled.so.9": elf_file(),
        f"{GNU}/libcudnn.so.8": elf_file(),
        f"{CUDA}/libnvrtc.so.12": elf_file(),
        f"{CUDA}/libnvrtc-builtins.so.12.4": elf_file(),
        f"{CUDA}/libcufft.so.11": elf_file(),
        f"{CUDA}/stubs/libcublas.so": elf_file(),
        "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
        "/etc/ld.so.conf.d/988_cuda-12.conf": f"{CUDA}\n",
    },
    config={"Env": [f"{name}={value}" for name, value in ASKS.items()]},
)


def test_the_sets_in_use_are_kept_whole_and_no_others() -> None:
    kept = IMAGE.kept(f"{GNU}/libcudnn.so.9", f"{CUDA}/libnvrtc.so.12")
    assert kept == set(IMAGE.files) - {
        f"{GNU}/libcudnn.so.8", f"{CUDA}/libcufft.so.11", f"{CUDA}/stubs/libcublas.so",
    }  # fmt: skip


def test_without_the_rule_only_what_was_loaded_is_kept() -> None:
    kept = IMAGE.kept(f"{CUDA}/libnvrtc.so.12", without=("cuda",))
    assert kept == {f"{CUDA}/libnvrtc.so.12"}
    assert "cuda" in RULES, "it applies at each level of safety"


def test_an_image_that_asks_for_no_gpu_keeps_no_configuration_for_it() -> None:
    kept = SmallImage(IMAGE.files).kept(f"{CUDA}/libcufft.so.11")
    assert kept == {f"{CUDA}/libcufft.so.11"}


@pytest.mark.parametrize(
    ("path", "mounted"),
    [
        ("/usr/lib/x86_64-linux-gnu/libcuda.so.1", True),
        ("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.54.15", True),
        ("/usr/lib/aarch64-linux-gnu/tegra/libnvrm_gpu.so", True),
        ("/usr/bin/nvidia-smi", True),
        ("/dev/nvidiactl", True),
        ("/dev/nvhost-gpu", True),
        ("/usr/local/cuda/lib64/libcudart.so.12", False),
        ("/usr/lib/x86_64-linux-gnu/libcudnn.so.9", False),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", False),
    ],
)
def test_what_the_runtime_mounts_is_told_apart(path: str, mounted: bool) -> None:
    assert nvidia.is_mounted(path) is mounted
    said = explain(IMAGE.keep(f"{CUDA}/libnvrtc.so.12"), IMAGE.index(), Observation(), path)
    assert ("NVIDIA's runtime mounts it on the board" in said) is mounted


def test_a_run_without_a_gpu_is_said() -> None:
    missed = frozenset((f"{GNU}/libcuda.so.1", "/usr/lib/libcuda.so.1", "/etc/nothing"))
    said = nvidia.not_exercised(ASKS, Observation({}, missed), IMAGE.index())
    assert said is not None
    assert "no GPU was here (it looked for libcuda.so.1)" in said
    quiet = nvidia.not_exercised(ASKS, Observation(), IMAGE.index())
    assert quiet is not None
    assert "it loaded no library of a driver" in quiet


@pytest.mark.parametrize(
    ("env", "used"),
    [
        ({}, ()),
        ({"NVIDIA_VISIBLE_DEVICES": "void"}, ()),
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, (f"{GNU}/libcuda.so.1",)),
        ({"NVIDIA_REQUIRE_CUDA": "cuda>=12.4"}, ("/dev/nvidiactl",)),
    ],
)
def test_a_run_with_a_gpu_or_without_need_of_one_is_not(
    env: dict[str, str], used: tuple[str, ...]
) -> None:
    seen = Observation(dict.fromkeys(used, How.OPEN))
    assert nvidia.not_exercised(env, seen, IMAGE.index()) is None


def test_a_library_that_stands_in_for_the_driver_in_the_image_is_no_gpu() -> None:
    """A stub or a library for compatibility is a file of the image."""
    image = SmallImage({f"{CUDA}/compat/libcuda.so.1": elf_file()})
    seen = Observation({f"{CUDA}/compat/libcuda.so.1": How.OPEN})
    assert nvidia.not_exercised(ASKS, seen, image.index()) is not None
