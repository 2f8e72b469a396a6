def weave(warp, weft):
    """Return the cloth."""
    return [(a, b) for a in warp for b in weft]
