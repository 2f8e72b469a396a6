"""The files of a repository → a first settings file and a first pipeline, as texts. Pure.

`commands.init` reads the repository, asks, and writes. Every text of a repository is foreign: it
becomes a value of YAML through `yaml_text`, or a comment through `yaml_text.remark`.
"""

from ci_slim.start.pipeline_files import NewFile, ignore_file, pipeline_file
from ci_slim.start.proposal import (
    BuildSecret,
    Proposal,
    ProposedImage,
    ProposedProbe,
    with_given_secrets,
)
from ci_slim.start.propose import propose
from ci_slim.start.repository import Forge, Repository, tells
from ci_slim.start.settings_file import settings_text
from ci_slim.start.trial import (
    failed_probes,
    skipped,
    with_budgets,
    without_guesses,
    without_probes,
)
from ci_slim.start.unreached import unreached, unreached_after

__all__ = [
    "BuildSecret",
    "Forge",
    "NewFile",
    "Proposal",
    "ProposedImage",
    "ProposedProbe",
    "Repository",
    "failed_probes",
    "ignore_file",
    "pipeline_file",
    "propose",
    "settings_text",
    "skipped",
    "tells",
    "unreached",
    "unreached_after",
    "with_budgets",
    "with_given_secrets",
    "without_guesses",
    "without_probes",
]
