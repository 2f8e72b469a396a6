"""A picture in SVG → PNG, with resvg and the font Lato of the extra `ci-slim[png]`.

The font comes with the extra: a machine may have none, and without one resvg leaves out all text.
"""

import importlib.resources

from ci_slim.errors import UsageError

ZOOM = 2
"""Pixels of the PNG for each pixel of the SVG: pictures stay sharp on dense screens."""
_FONTS = ("Lato-Regular.ttf", "Lato-Bold.ttf")


def to_png(svg: str) -> bytes:
    """The picture on white. Raises UsageError if the extra is not installed."""
    try:
        import resvg_py

        fonts = importlib.resources.files("font_lato") / "files"
    except ImportError as missing:
        raise UsageError(
            f"a PNG needs the Python package {missing.name}, which is not installed",
            hint="pip install 'ci-slim[png]', or write a .svg, which needs nothing more",
        ) from None
    with importlib.resources.as_file(fonts) as folder:
        return resvg_py.svg_to_bytes(
            svg_string=svg,
            background="#ffffff",
            zoom=ZOOM,
            font_files=[str(folder / name) for name in _FONTS],
            font_family="Lato",
            sans_serif_family="Lato",
        )
