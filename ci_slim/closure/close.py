"""Computes what the slim image keeps from what a run showed, each path with its reason.

The order is: the used paths, the user's `keep` patterns, the rules of ci_slim.closure.rules until
they add nothing new, and the user's `drop` patterns. `drop` wins over everything else.
"""

from collections.abc import Collection, Iterable, Mapping

from ci_slim.closure import nvidia, patterns
from ci_slim.closure.groups import grouping
from ci_slim.closure.keep_set import KeepOptions, KeepSet, sizes
from ci_slim.closure.keep_set_builder import Config, KeepSetBuilder
from ci_slim.closure.patterns import unmatched
from ci_slim.closure.rules import CAUTIOUS, RULES, SAFE, Rule, packages
from ci_slim.image.files import Contents, FileIndex, Kind, ancestors
from ci_slim.image.grouping import Grouping
from ci_slim.observe.observation import How, Observation

__all__ = ["KeepOptions", "KeepSet", "close", "explain", "healable", "unmatched"]

_WORDS = (
    (How.EXEC, "exec: executed"),
    (How.OPEN, "opened: read"),
    (How.LIST, "listed: as a folder"),
    (How.WRITE, "written: changed by the run"),
    (How.CREATE, "created: by the run, over what the image had"),
    (How.REMOVE, "removed: by the run"),
    (How.CONNECT, "connected: as a socket"),
    (How.LINK, "links: read as a link"),
    (How.STAT, "stat: looked at"),
)
_LINK_ONLY = How.LINK | How.REMOVE
_MOUNTED = ("/proc/", "/sys/", "/dev/")
_MAKES = How.CREATE | How.WRITE | How.REMOVE | How.CONNECT


def close(
    index: FileIndex,
    observation: Observation,
    config: Config,
    contents: Contents,
    options: KeepOptions,
    healed: frozenset[str] = frozenset(),
) -> KeepSet:
    """Compute the keep set of an image.

    `healed` has paths that an earlier slim image looked up and did not find. Raises UsageError if a
    pattern of the options is invalid.
    """
    builder = KeepSetBuilder(
        index, contents, observation, config, options.safety, options.dockerfile
    )
    builder.add("/", "folders: the root")
    _add_used(builder, observation)
    for path in sorted(healed):
        builder.add(path, "healed: looked up by the slim image")
    for pattern in options.keep:
        for path in patterns.matches(pattern, index):
            builder.add(path, f"keep: {pattern}")
    _add_derived(builder, options.without)
    added = {}
    if options.packages:
        added = dict(packages.apply(builder))
        _add_derived(builder, options.without)
    dropped = _drop(builder, options.drop)
    return KeepSet(
        {path: tuple(reasons) for path, reasons in builder.reasons.items()},
        {path: content for path, content in added.items() if path not in dropped},
        dropped,
        sizes(index, builder.reasons),
        builder.left_out.remaining(),
        _grouping(builder) if options.split else None,
    )


def _grouping(builder: KeepSetBuilder) -> Grouping:
    return grouping(
        builder.index, builder.steps, builder.owners, builder.application, builder.reasons
    )


def explain(keep: KeepSet, index: FileIndex, observation: Observation, path: str) -> str:
    """Say in one or two sentences why a path is in the slim image or not."""
    found = index.resolve(path)
    if path in keep or path in keep.added or path in keep.dropped:
        return keep.explain(path)
    if found.path is None and nvidia.is_mounted(path):
        return f"{path} is not in the fat image: NVIDIA's runtime mounts it on the board"
    if found.path is None:
        looked = " A look-up of it failed in the run, too." if path in observation.missed else ""
        return f"{path} is not in the fat image ({found.reason}).{looked}"
    if found.path != path:
        return f"{path} leads to {found.path}. {explain(keep, index, observation, found.path)}"
    if index[path].kind is Kind.DIR:
        return f"{path} is not kept: nothing in it was used and no rule needs it"
    others = [name for name in index.names(path) if name in keep]
    if others:
        return f"{path} is not kept, but another name of the same file is: {', '.join(others)}"
    return (
        f"{path} is not kept: the run did not use it and no rule needs it. "
        "To keep it, add a probe that uses it or a keep pattern"
    )


def healable(index: FileIndex, missed: Iterable[str], keep: KeepSet) -> frozenset[str]:
    """The failed look-ups of the slim image that lead to something in the fat image, even to a
    broken link. If the fat image lacks the target too, the links on the way are not needed."""
    healable = set()
    for path in missed:
        found = index.resolve(path)
        if found.path is None:
            found = index.resolve(path, follow_last=False)
        steps = (*found.links, *found.left, found.path)
        if found.path is not None and any(step not in keep for step in steps):
            healable.add(path)
    return frozenset(healable)


def _add_used(builder: KeepSetBuilder, observation: Observation) -> None:
    for path, how in observation.uses.items():
        if path.startswith(_MOUNTED):
            continue
        reason = next(text for flag, text in _WORDS if how & flag)
        real = builder.add(path, reason, follow=bool(how & ~_LINK_ONLY))
        if real is None and how & _MAKES:
            builder.add_folder_of(path, "folders: the run made something in it")


def _add_derived(builder: KeepSetBuilder, without: Collection[str]) -> None:
    """Run the rules until they add nothing new. The rules of every safety level run first, because
    other rules limit what they add by the size of what is kept so far."""
    fresh = _run_rules(builder, RULES, builder.take_fresh(), without)
    if builder.at_least("balanced"):
        fresh = _run_rules(builder, {**RULES, **CAUTIOUS}, fresh, without)
    if builder.at_least("safe"):
        _run_rules(builder, {**RULES, **CAUTIOUS, **SAFE}, fresh, without)


def _run_rules(
    builder: KeepSetBuilder, rules: Mapping[str, Rule], fresh: list[str], without: Collection[str]
) -> list[str]:
    """Run the rules once. Returns the new paths in the order in which they were added."""
    seen: list[str] = []
    while fresh:
        seen += fresh
        for name, rule in rules.items():
            if name not in without:
                rule(builder, fresh)
        fresh = builder.take_fresh()
    return seen


def _drop(builder: KeepSetBuilder, drop: Iterable[str]) -> dict[str, str]:
    """Remove what the user's patterns drop. A folder stays if it still contains something."""
    dropped: dict[str, str] = {}
    for pattern in drop:
        for path in patterns.matches(pattern, builder.index):
            if path in builder.reasons and path != "/":
                dropped.setdefault(path, pattern)
    for path in builder.reasons:
        if path not in dropped:
            for folder in ancestors(path):
                dropped.pop(folder, None)
    for path in dropped:
        del builder.reasons[path]
    return dropped
