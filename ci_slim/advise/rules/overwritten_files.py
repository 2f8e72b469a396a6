"""Files that a later layer overwrites or deletes, and that stay in the layer which made them."""

from collections.abc import Iterator

from ci_slim.advise.built_files import LEFTOVERS
from ci_slim.advise.finding import Finding
from ci_slim.advise.rules import copy_owner, removed_later
from ci_slim.advise.subject import Subject
from ci_slim.advise.updates import own_layers
from ci_slim.units import size

NAME = "overwritten-files"
_LEAST = 1_000_000
_OTHERS = (copy_owner.find, removed_later.find)
"""Rules that have a change for some of these."""


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each instruction that hides 1 MB and more of what earlier instructions of this
    Dockerfile made, where no rule has a change for it. The built image shows it. Only reported:
    whether both can be one instruction is for people to say."""
    facts, own = subject.facts, own_layers(subject)
    if facts is None or own is None:
        return
    base, made = own
    found: dict[tuple[int, int], tuple[int, str]] = {}
    for each in sorted(facts.hidden, key=lambda hidden: hidden.bytes):
        if each.made_in >= base and not LEFTOVERS.fullmatch(each.path):
            key = (each.hidden_in - base, each.made_in - base)
            found[key] = (found.get(key, (0, ""))[0] + each.bytes, each.path)  # the largest
    others = [other for rule in _OTHERS for other in rule(subject)]
    for (number, earlier), (total, path) in sorted(found.items()):
        by, maker = made[number][1], made[earlier][1]
        if total >= _LEAST and not any(other.concerns(by) for other in others):
            yield Finding(
                NAME,
                by.line,
                f"{size(total)} of what line {maker.line} made are overwritten or deleted here, "
                f"and stay in its layer: {path}",
                unchanged="not changed: bring both into one instruction, or into a build stage",
            )
