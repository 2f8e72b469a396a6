"""Plan → fat images: chooses the builder and the caches, and runs one `docker buildx build` per
platform."""

from ci_slim.build.run import build

__all__ = ["build"]
