"""Plan → fat images: which builder, which cache, and one `docker buildx build` per platform."""

from ci_slim.build.run import build

__all__ = ["build"]
