"""The folder for the reports of runs at a terminal, and what keeps it out of a build. Pure."""

REPORTS = ".ci-slim"
"""The name of the folder."""


def ignores_reports(text: str, below: str = REPORTS) -> bool:
    """Whether a .dockerignore keeps the folder of runs by hand out of a build; `below` is its path
    in the build context."""
    lines = {line.strip().strip("/") for line in text.splitlines()}
    return bool({below, f"**/{REPORTS}", "*", "**"} & lines)
