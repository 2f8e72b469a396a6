"""The results of a run as variables for later jobs, in GitLab's dotenv format. Pure.

https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv: at most 20 variables and
5 KB. A value has no quotes, no comments and no line breaks.
"""

import re
from collections.abc import Iterator

from ci_slim.report.foreign import visible
from ci_slim.result import PlatformReport, Report

VARIABLES_MAX = 20
BYTES_MAX = 5 * 1024

_OTHER = re.compile(r"[^A-Z0-9]+")
_VALUE_MAX = 150


def to_dotenv(report: Report) -> str:
    """CI_SLIM_OUTCOME, CI_SLIM_LEFT_OUT, and for each image on each platform the bytes to pull and
    the digest: CI_SLIM_LISTENER_LINUX_ARM_V6_PULL_BYTES.

    CI_SLIM_LEFT_OUT counts the platforms that did not fit.
    """
    kept: dict[str, str] = {"CI_SLIM_OUTCOME": report.outcome, "CI_SLIM_LEFT_OUT": "0"}
    left = 0
    for image in report.images:
        for p in image.platforms:
            found = {
                f"CI_SLIM_{_name(f'{image.name} {p.platform}')}_{name}": value
                for name, value in _values(p)
            }
            more = kept | found
            taken = found.keys() & kept.keys()  # image-1 and image.1 become the same name
            if taken or len(more) > VARIABLES_MAX or len(_text(more).encode()) > BYTES_MAX - 10:
                left += 1
            else:
                kept = more
    return _text(kept | {"CI_SLIM_LEFT_OUT": str(left)})


def _values(p: PlatformReport) -> Iterator[tuple[str, str]]:
    if p.result is None:
        return
    if p.result.pull_bytes is not None:
        yield "PULL_BYTES", str(p.result.pull_bytes)
    if p.result.digest:
        yield "DIGEST", visible(p.result.digest, _VALUE_MAX)


def _name(text: str) -> str:
    return _OTHER.sub("_", text.upper()).strip("_")


def _text(variables: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in variables.items())
