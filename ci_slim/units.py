# ruff: noqa: RUF001, RUF002 - the special characters for minus, times and dash are intended
"""Numbers for people; everywhere else sizes are `int` bytes.

Units are decimal (MB = 10^6 bytes), as in registries and Docker. Between number and unit is a
normal space, so that people can search for what they see.
"""

_UNITS = (("kB", 10**3), ("MB", 10**6), ("GB", 10**9), ("TB", 10**12))
_HUNDREDTHS = 10
"""Below this many units, and always from GB on, two decimals are shown, else one."""

_CLOSE_TO_ALL = 9999  # in hundredths of a percent
_ALL = 10000


def size(count: int, finer: int = 1) -> str:
    """A size with at least three digits: `2.45 MB`, `12.3 MB`, `1.04 GB`; with fewer if they are
    exact: `12 MB`, `2.4 MB`, `512 B`. A negative size begins with `−`.

    `finer` is 10 for one more decimal, 100 for two more.
    """
    if count < 0:
        return "−" + size(-count, finer)
    if count < _UNITS[0][1]:
        return f"{count} B"
    for name, scale in _UNITS:
        fine = scale >= 10**9 or _rounded(count, scale, 100) < 100 * _HUNDREDTHS
        parts = (100 if fine else 10) * finer
        shown = _rounded(count, scale, parts)
        if shown < 1000 * parts or name == _UNITS[-1][0]:
            break
    for exact in (1, 10):
        if count * exact % scale == 0:
            whole, tenth = divmod(count * exact // scale, exact)
            return f"{whole}.{tenth} {name}" if exact > 1 else f"{whole} {name}"
    return f"{shown // parts}.{str(parts + shown % parts)[1:]} {name}"


def size_beside(count: int, other: int) -> str:
    """A size with enough decimals to differ from the other: `2.404 MB` next to `2.4 MB`."""
    fine = (size(count, 10**finer) for finer in range(12))
    if count == other:
        return size(count)
    return next((text for text in fine if _value(text) != _value(size(other))), f"{count} B")


def of_limit(count: int, limit: int, mark: str = "") -> str:
    """A size, its limit and its share of it: `2.45 / 4 MB, 61 %`, `450 kB / 4 MB, 11 %`; `mark`
    stands before the size."""
    number, unit = size_beside(count, limit).split(" ")
    shown = size(limit)
    same = unit == shown.split(" ")[1]
    return f"{mark}{number}{'' if same else f' {unit}'} / {shown}, {share(count, limit)}"


def signed(count: int) -> str:
    """A difference of sizes: `+1.2 MB`, `−340.0 kB`, `±0 B`."""
    if count == 0:
        return "±0 B"
    return size(count) if count < 0 else "+" + size(count)


def factor(before: int, after: int) -> str:
    """How many times smaller: `45.2×`; `–` if a size is zero."""
    if before <= 0 or after <= 0:
        return "–"
    tenths = _rounded(before, after, 10)
    return f"{tenths // 10}.{tenths % 10}×"


def change(before: int, after: int) -> str:
    """The relative change: `−97.8 %`, `+4.2 %`, `±0 %`; `–` if there was nothing before.

    It shows at most `−99.99 %` while something is left.
    """
    if before <= 0:
        return "–"
    if before == after:
        return "±0 %"
    sign = "−" if after < before else "+"
    hundredths = _rounded(abs(after - before) * 100, before, 100)
    if after < before and after > 0 and hundredths >= _ALL - 5:
        return f"−{min(hundredths, _CLOSE_TO_ALL) / 100:.2f} %"
    tenths = _rounded(abs(after - before) * 100, before, 10)
    return f"{sign}{tenths // 10}.{tenths % 10} %" if tenths else f"{sign}<0.1 %"


def share(part: int, whole: int) -> str:
    """A part of a whole in whole percent. A part below the whole is rounded down, a part above it
    up, so that only the whole is `100 %`."""
    if whole <= 0:
        return "–"
    return f"{-(-part * 100 // whole) if part > whole else part * 100 // whole} %"


def duration(seconds: float) -> str:
    """`840 ms`, `12.3 s`, `4 min 05 s`."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    tenths = round(seconds * 10)
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s"


def count(number: int, noun: str, nouns: str = "") -> str:
    """`1 file`, `2 files`; `nouns` is the plural if it is not the noun with an `s`."""
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"


def _value(text: str) -> tuple[float, str]:
    number, unit = text.replace("−", "-").split(" ")
    return float(number), unit


def _rounded(count: int, scale: int, parts: int) -> int:
    """`count / scale`, times `parts`, rounded half up, without floating point."""
    return (count * parts * 2 + scale) // (2 * scale)
