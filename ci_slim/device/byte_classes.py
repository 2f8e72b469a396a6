"""Classes of bytes by which places in a file are chosen, as regular expressions. Pure.

They depend on the content alone, so the same places are chosen in both versions of a file.
"""

_RUNS = {0, 0x20, 0xFF}
"""Bytes that come in long runs: places in them would be all the same."""


def sparse(factor: int, mask: int) -> bytes:
    """The class of the bytes whose product with `factor` has none of the bits of `mask`. It has no
    bytes that come in long runs."""
    fitting = (byte for byte in range(256) if not byte * factor & mask and byte not in _RUNS)
    return b"[" + b"".join(b"\\x%02x" % byte for byte in fitting) + b"]"
