"""Where a report comes from: its commit, its run, its job of a matrix."""

from dataclasses import dataclass

PARTS_MAX = 1000
"""The most jobs of a matrix. GitHub allows 256, GitLab 200."""


@dataclass(frozen=True, slots=True)
class Part:
    """The job of a matrix that wrote a report: the name that all jobs of the matrix share, the
    number of this job, from 1, and how many there are."""

    job: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The commit and the run that a report belongs to, as the forge's runner says. Unknown texts
    are empty."""

    commit: str = ""
    commit_url: str = ""
    run: int = 0
    """The number of the run (GitHub) or pipeline (GitLab), which grows with time; 0: unknown."""
    run_url: str = ""
    report_url: str = ""
    """Where the report can be downloaded."""
    fork: bool = False
    """Whether a run in the fork wrote the report. The fork's author may have changed the workflow.
    """
    tag: str = ""
    """The git tag that was pushed; "" for a branch or a change."""
