"""What NVIDIA's runtime mounts into a container, and what an image must bring for a GPU.

The driver's libraries, its tools and its devices belong to the board: the runtime mounts them when
`NVIDIA_VISIBLE_DEVICES` asks for it (nvidia-container-toolkit; on a Jetson, the lists in
/etc/nvidia-container-runtime/host-files-for-container.d). CUDA's own libraries are the image's.
"""

import posixpath
import re
from collections.abc import Container, Mapping

from ci_slim.observe.observation import Observation

_DRIVER = re.compile(
    r"lib(?:cuda|nvcuvid|cudadebugger|nvidia-[\w-]+|nvoptix|vdpau_nvidia|EGL_nvidia|GLX_nvidia"
    r"|GLESv[12]\w*_nvidia)\.so(?:\.[\d.]+)?|nvidia-(?:smi|debugdump|persistenced|cuda-mps-\w+)"
)
_BOARD = re.compile(r".*/tegra(?:-egl)?/[^/]+|/dev/nv(?:idia|host|map)[^/]*|/etc/nv_tegra_release")


def asks(env: Mapping[str, str]) -> bool:
    """Whether the environment of an image asks for NVIDIA's runtime."""
    devices = env.get("NVIDIA_VISIBLE_DEVICES", "")
    return devices not in ("", "void", "none") or any(
        name.startswith("NVIDIA_REQUIRE_") for name in env
    )


def is_mounted(path: str) -> bool:
    """Whether this is a file that the runtime mounts from the board."""
    return bool(_DRIVER.fullmatch(posixpath.basename(path)) or _BOARD.fullmatch(path))


def not_exercised(
    env: Mapping[str, str], observation: Observation, image: Container[str]
) -> str | None:
    """What to say about a run of such an image without a GPU; None if there was one, or if the
    image asks for none. `image` has the paths of the image."""
    if not asks(env) or any(is_mounted(path) and path not in image for path in observation.uses):
        return None
    names = sorted({posixpath.basename(path) for path in observation.missed if is_mounted(path)})
    looked = (
        f"it looked for {', '.join(names[:3])}" if names else "it loaded no library of a driver"
    )
    return (
        f"it asks for NVIDIA's runtime, and no GPU was here ({looked}): what needs a GPU was not "
        "exercised. The CUDA libraries of the sets that it uses are kept"
    )
