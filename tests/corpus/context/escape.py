from markupsafe import _speedups, escape

print(escape("<a>"), _speedups.__name__)
