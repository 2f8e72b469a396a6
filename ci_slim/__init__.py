"""Builds, slims and proves container images for small machines."""

__version__ = "0.1.0"
