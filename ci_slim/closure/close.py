"""From what a run showed to what the slim image keeps, each path with the reason.

First what was used, then what the rules in ci_slim.closure.rules derive from it until nothing new
comes, then the user's own patterns: `keep` before the rules, so that what they name works, `drop`
last, and it wins.
"""

import posixpath
from collections.abc import Collection, Iterable, Mapping

from ci_slim.closure import patterns
from ci_slim.closure.keep_set import Config, KeepOptions, KeepSet, KeepSetBuilder, sizes
from ci_slim.closure.patterns import unmatched
from ci_slim.closure.rules import CAUTIOUS, RULES, SAFE, Rule, packages
from ci_slim.image.files import Contents, FileIndex, Kind
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
    """The keep set of an image.

    `healed`: paths that an earlier slim image was seen to miss. UsageError when a pattern of the
    options cannot be read.
    """
    builder = KeepSetBuilder(
        index, contents, observation, config, options.safety, options.dockerfile
    )
    builder.add("/", "folders: the root")
    _used(builder, observation)
    for path in sorted(healed):
        builder.add(path, "healed: looked up by the slim image")
    for pattern in options.keep:
        for path in patterns.matches(pattern, index):
            builder.add(path, f"keep: {pattern}")
    _derive(builder, options.without)
    added = {}
    if options.packages:
        added = dict(packages.apply(builder))
        _derive(builder, options.without)
    dropped = _drop(builder, options.drop)
    return KeepSet(
        {path: tuple(reasons) for path, reasons in builder.reasons.items()},
        {path: content for path, content in added.items() if path not in dropped},
        dropped,
        sizes(index, builder.reasons),
        tuple(builder.left_out.values()),
    )


def explain(keep: KeepSet, index: FileIndex, observation: Observation, path: str) -> str:
    """Why a path is in the slim image, or why it is not; one or two sentences."""
    found = index.resolve(path)
    if path in keep or path in keep.added or path in keep.dropped:
        return keep.explain(path)
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
        "A probe that uses it, or a keep pattern, brings it in"
    )


def healable(index: FileIndex, missed: Iterable[str], keep: KeepSet) -> frozenset[str]:
    """Those look-ups that failed in the slim image and find something in the fat one, be it a link
    that leads nowhere. Links on the way to what the fat image lacks as well change no answer."""
    healable = set()
    for path in missed:
        found = index.resolve(path)
        if found.path is None:
            found = index.resolve(path, follow_last=False)
        steps = (*found.links, *found.left, found.path)
        if found.path is not None and any(step not in keep for step in steps):
            healable.add(path)
    return frozenset(healable)


def _used(builder: KeepSetBuilder, observation: Observation) -> None:
    for path, how in observation.uses.items():
        if path.startswith(_MOUNTED):
            continue
        reason = next(text for flag, text in _WORDS if how & flag)
        real = builder.add(path, reason, follow=bool(how & ~_LINK_ONLY))
        if real is None and how & _MAKES:
            builder.add_folder_of(path, "folders: the run made something in it")


def _derive(builder: KeepSetBuilder, without: Collection[str]) -> None:
    """Applies the rules until nothing new comes: first those that hold at every level of safety,
    so that what the others may weigh can be measured by it."""
    fresh = _applied(builder, RULES, builder.take_fresh(), without)
    if builder.at_least("balanced"):
        fresh = _applied(builder, {**RULES, **CAUTIOUS}, fresh, without)
    if builder.at_least("safe"):
        _applied(builder, {**RULES, **CAUTIOUS, **SAFE}, fresh, without)


def _applied(
    builder: KeepSetBuilder, rules: Mapping[str, Rule], fresh: list[str], without: Collection[str]
) -> list[str]:
    """The paths that were new, in the order in which they came."""
    seen: list[str] = []
    while fresh:
        seen += fresh
        for name, rule in rules.items():
            if name not in without:
                rule(builder, fresh)
        fresh = builder.take_fresh()
    return seen


def _drop(builder: KeepSetBuilder, drop: Iterable[str]) -> dict[str, str]:
    """Takes out what the user drops; folders that hold something kept stay."""
    dropped: dict[str, str] = {}
    for pattern in drop:
        for path in patterns.matches(pattern, builder.index):
            if path in builder.reasons and path != "/":
                dropped.setdefault(path, pattern)
    for path in builder.reasons:
        if path not in dropped:
            while path != "/":
                path = posixpath.dirname(path)
                dropped.pop(path, None)
    for path in dropped:
        del builder.reasons[path]
    return dropped
