import time

from markupsafe import _speedups, escape  # type: ignore[import-not-found]

print(escape("<a>"), _speedups.__name__, flush=True)
time.sleep(3600)
