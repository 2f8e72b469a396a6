"""What advice works on: the files that it may change, and what is known of the build. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim.advise.bases import Bases
from ci_slim.advise.finding import Context, Facts, Finding
from ci_slim.advise.linters import Remark, merged
from ci_slim.advise.patch import Sources
from ci_slim.advise.rules import findings
from ci_slim.advise.subject import Subject
from ci_slim.advise.updates import History
from ci_slim.image.instructions import read_dockerfile
from ci_slim.platforms import Platform


@dataclass(frozen=True, slots=True)
class Given:
    """What advice works on: the files that it may change, their places, the built stage and its
    arguments, and the build context."""

    image: str
    sources: Sources
    places: Mapping[str, Path]
    """Where the files of `sources` are, by their paths there."""
    target: str | None
    arguments: Mapping[str, str]
    context: Context
    history: History = ()
    bases: Bases = field(default_factory=Bases)
    remarks: tuple[Remark, ...] = ()
    """What other linters say of the Dockerfile."""

    def subject(
        self,
        platform: Platform,
        facts: Facts | None,
        *,
        emulated: bool = True,
        text: str | None = None,
    ) -> Subject:
        """The Dockerfile, or this text of it, with the variables of a platform."""
        variables = {
            "TARGETPLATFORM": str(platform),
            "TARGETOS": platform.os,
            "TARGETARCH": platform.architecture,
            "TARGETVARIANT": platform.variant,
            **self.arguments,
        }
        text = self.sources.dockerfile.text if text is None else text
        read = read_dockerfile(text)
        return Subject(read, self.target, variables, facts, self.context, emulated, self.bases)

    def findings(self, subject: Subject) -> tuple[Finding, ...]:
        """What the rules find; then what only other linters found, which has no change."""
        own, others = merged(findings(subject), self.remarks, subject)
        return (*own, *others)

    def files(self, texts: Mapping[str, str]) -> dict[Path, str]:
        """The changed texts by the place of their files."""
        return {self.places[path]: text for path, text in texts.items()}
