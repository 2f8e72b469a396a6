from markupsafe import _speedups, escape  # type: ignore[import-not-found]

print(escape("<a>"), _speedups.__name__)
