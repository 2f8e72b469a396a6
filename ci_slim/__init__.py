"""Builds, slims and proves container images for small machines."""

__version__ = "1.0.0"
