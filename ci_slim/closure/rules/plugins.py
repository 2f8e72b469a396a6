"""Keeps the plugins beside a plugin that the run loaded, because the next input needs another one.

A library that converts pictures, fonts or character sets loads one plugin for each format, by a
name that it puts together from the data: no file names the plugin. If configuration names every
plugin that the run loaded, a person chose them, and the others are not needed.

If configuration names a plugin that the run did not load, a person chose it for later: a share of
Samba may have modules that only its first use loads.

The folders in which the loader and the languages search have rules of their own.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.libraries import configured, fitting, needed, size
from ci_slim.closure.rules.named_packages import installed
from ci_slim.image import elf
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

LEAST, MOST = 2_000_000, 8_000_000
"""The most bytes of plugins that are kept though the run did not load them, with the libraries that
they need: a sixth of the image, but no less and no more than this. Small ones come first."""

_CONFIGURATION_MOST = 1 << 18
_SEARCHED = re.compile(
    r"(?:/usr)?(?:/local)?/lib(?:x?32|64)?(?:/[^/]+-linux-[^/]+)?"
    r"|.*/(?:python\d?[\d.]*|(?:site|dist)-packages|node_modules|gems|ruby|perl5?|perl-base|php"
    r"|gconv|jvm|lua)(?:/.*)?"
)
_NAME = re.compile(r"(?:lib)?(?:\d+_)?(?:mod_)?([\w+-]{3,}?)(?:[_-]plugin|_module)?")
_CONFIGURATION = re.compile(r"/etc/.*|.*\.(?:conf|cfg|cnf|ini|load|ya?ml|toml|json|xml|properties)")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("plugins"):
        return
    folders: dict[str, list[str]] = {}
    for path in _loaded(builder):
        folders.setdefault(posixpath.dirname(path), []).append(path)
    unused = {folder: path for folder, path in _of_programs(builder) if folder not in folders}
    others = _of_packages(builder)
    chosen: AbstractSet[str] = chosen_words(builder) if folders or others else frozenset()
    left = min(MOST, max(LEAST, builder.kept_bytes() // 6)) if folders or unused or others else 0
    named = [path for path in others if not chosen.isdisjoint(_names_of(path))]
    left -= _add_small(builder, named, left, "plugins: named in configuration")
    for folder, plugins in sorted(folders.items()):
        if not chosen >= set(map(_stem, plugins)):
            left -= _add_others(builder, folder, plugins[0], left)
    for folder, program in sorted(unused.items()):
        left -= _add_others(builder, folder, program, left)


def _of_programs(builder: KeepSetBuilder) -> Iterator[tuple[str, str]]:
    """The folders with plugins that have the name of a program that the run executed, unless it has
    configuration, in which a person chooses plugins: /usr/lib/x86_64-linux-gnu/sox."""
    bases = ("/usr/lib", *builder.index.children("/usr/lib"))
    for path in builder.started:
        name = posixpath.basename(path)
        if path in builder.owners.package_of and not builder.exists(f"/etc/{name}"):
            for folder in (f"{base}/{name}" for base in bases):
                if folder in builder.index and not _SEARCHED.fullmatch(folder):
                    yield folder, path


def _of_packages(builder: KeepSetBuilder) -> list[str]:
    """The plugins that are not kept, of the software that the run executed or that is installed by
    name."""
    owners = builder.owners
    packages = {package for path in builder.started if (package := owners.package_of.get(path))}
    sources = {owners.source.get(package, package) for package in packages - owners.required}
    packages = {name for name in owners.files if owners.source.get(name, name) in sources}
    return [
        path
        for name in dict.fromkeys((*sorted(packages), *installed(builder.steps)))
        for path in owners.files.get(name, ())
        if path.endswith(".so")
        and path not in builder.reasons
        and builder.index[path].kind is Kind.FILE
        and not _SEARCHED.fullmatch(posixpath.dirname(path))
    ]


def _names_of(path: str) -> set[str]:
    """The words that may mean a plugin in configuration: `access`, `mod_access`; `sieve` for
    `lib90_sieve_plugin.so`."""
    found = _NAME.fullmatch(_stem(path))
    return {_stem(path), *(found.groups() if found else ())}


def _loaded(builder: KeepSetBuilder) -> Iterator[str]:
    """The libraries that the run opened and that no other file needs: a program loaded them."""
    elves = {path: found for path in builder.files(builder.reasons) if (found := builder.elf(path))}
    wanted = {posixpath.basename(name) for found in elves.values() for name in found.needed}
    searched = set(configured(builder))
    for path, found in elves.items():
        folder, name = posixpath.split(path)
        if (
            found.kind == "ET_DYN"
            and not found.interpreter
            and builder.used(path, How.OPEN)
            and wanted.isdisjoint((name, found.soname))
            and path not in builder.application
            and folder not in searched
            and not _SEARCHED.fullmatch(folder)
        ):
            yield path


def chosen_words(builder: KeepSetBuilder) -> AbstractSet[str]:
    """The words of the configuration that the run read, by which a person may choose plugins. They
    are read once."""
    words = builder.tables.get("chosen words")
    if words is None:
        found = re.findall(r"[\w+-]+", "\n".join(_configuration(builder)))
        words = builder.tables["chosen words"] = {word: [] for word in found}
    return words.keys()


def _configuration(builder: KeepSetBuilder) -> Iterator[str]:
    """The texts in which a person may choose plugins: those that the run read, the command."""
    for key in ("Env", "Entrypoint", "Cmd"):
        value = builder.config.get(key)
        yield from map(str, value) if isinstance(value, (list, tuple)) else ()
    for path in builder.files(builder.reasons):
        if builder.index[path].size <= _CONFIGURATION_MOST and (
            path in builder.application
            or (_CONFIGURATION.fullmatch(path) and builder.used(path, How.OPEN))
        ):
            yield builder.text(path)


def _stem(path: str) -> str:
    return posixpath.basename(path).partition(".")[0]


def _add_others(builder: KeepSetBuilder, folder: str, loaded: str, left: int) -> int:
    """Keep the other plugins of a folder. Returns their bytes."""
    files = [
        path
        for path in builder.index.children(folder)
        if path not in builder.reasons and builder.index[path].kind is Kind.FILE
    ]
    builder.contents.expect(files)
    made_for = elf.target(builder.head(loaded))
    others = [path for path in files if elf.target(builder.head(path)) == made_for]
    return _add_small(builder, others, left, f"plugins: beside {loaded}")


def _add_small(builder: KeepSetBuilder, plugins: Iterable[str], left: int, reason: str) -> int:
    """Keep plugins that fit, with what they need, small ones first. Returns their bytes."""
    brought = {path: {path, *needed(builder, path)} for path in plugins}
    in_order = sorted(brought, key=lambda path: (size(builder, brought[path]), path))
    fits = fitting(builder, {path: brought[path] for path in in_order}, left)
    weight = size(builder, set[str]().union(*(brought[path] for path in fits)))
    folders = dict.fromkeys(map(posixpath.dirname, fits))
    names = {path: also for folder in folders for path, also in _names(builder, folder).items()}
    for path in fits:
        for name in (path, *names.get(path, ())):
            builder.add(name, reason)
    return weight


def _names(builder: KeepSetBuilder, folder: str) -> Mapping[str, Sequence[str]]:
    """Under which other names each plugin of a folder is looked up: links, and the file `x.la` that
    libtool reads first."""
    found: dict[str, list[str]] = {}
    for path in builder.index.children(folder):
        if builder.index[path].kind is Kind.SYMLINK:
            found.setdefault(builder.index.resolve(path).path or "", []).append(path)
        elif path.endswith(".la"):
            found.setdefault(f"{path[:-3]}.so", []).append(path)
    return found
