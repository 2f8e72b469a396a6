"""The section `probes` of the settings file: each probe read by the keys of its kind."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ci_slim import probes
from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import KINDS, Expect, Given, Probe, http
from ci_slim.probes.given import Read, Where
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.document import Node, Sequence, Table, node_of
from ci_slim.settings.files import Files, is_flag

_KNOWN = (*KINDS, "file")


def read_probes(node: Node | None, files: Files) -> tuple[Probe, ...]:
    """The probes of an image; their names differ."""
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        raise UsageError(
            f"`probes` must be a list, not {shapes.describe(node)}",
            where=node.where,
            hint="write each probe as an item of a list: `- http: /path`",
        )
    return probes.unique([probe for item in node.items for probe in _probes(item, files)])


def _probes(item: Node, files: Files) -> tuple[Probe, ...]:
    table = shapes.mapping(item, "probes", "write each probe as `- http: /path` or the like")
    if "file" in table.entries:
        return _probe_file(table, files)
    return (read_probe(table, files.relative(files.folder)),)


def read_probe(table: Table, read: Read) -> Probe:
    """One probe. `read` reads a file that it names, and may raise OSError."""
    found = [key for key in table.entries if key in KINDS]
    if len(found) != 1:
        problem = "has no kind" if not found else f"has several kinds: {', '.join(found)}"
        hint = f"give exactly one of {', '.join(_KNOWN)}"
        if not found and (unknown := _unknown(table)):
            problem += f", and `{unknown}` is not known"
            hint = shapes.nearest(unknown, _KNOWN)
        raise UsageError(f"the probe {problem}", where=table.where, hint=hint)
    kind = KINDS[found[0]]
    return kind.read(given(table, kind.KEYS, lambda keys: shapes.place(table, keys), read))


def _unknown(table: Table) -> str:
    """The first key that no kind has."""
    known = {key for kind in KINDS.values() for key in kind.KEYS.keys}
    return next((key for key in table.entries if key not in known), "")


def given(table: Table, section: Section, at: Where, read: Read) -> Given:
    """The values of a section, read and checked by their types."""
    present = frozenset(
        key
        for key in table.entries
        if shapes.given(table, key) is not None or _is_json(section, key)
    )
    return Given(_values(table, section, at, read), present, at, read)


def _is_json(section: Section, key: str) -> bool:
    """Whether a key takes any JSON value: then an empty value is a value too."""
    option = section.keys.get(key)
    return isinstance(option, Option) and option.type is Type.JSON


def _values(table: Table, section: Section, at: Where, read: Read) -> Mapping[str, Any]:
    values = cleaning.leaves(table, section)
    for key, below in section.keys.items():
        if isinstance(below, Section) and below.items is not None:
            values[key] = tuple(_items(table, key, below.items, at, read))
        elif isinstance(below, Section):
            values[key] = _values(shapes.child(table, key), below, _below(at, key), read)
    return values


def _items(table: Table, key: str, section: Section, at: Where, read: Read) -> Iterator[Given]:
    """The items of a list; each item has its own keys."""
    node = shapes.given(table, key)
    if node is None:
        return
    if not isinstance(node, Sequence):
        raise UsageError(f"`{key}` must be a list, not {shapes.describe(node)}", where=node.where)
    for number, item in enumerate(node.items):
        one = shapes.mapping(item, key)
        yield given(one, section, _below(_below(at, key), number), read)


def _below(at: Where, key: str | int) -> Where:
    return lambda keys: at((key, *keys))


def expectation(value: object, at: Where) -> Expect:
    """The `expect` of a command in a DockerSlim probe file."""
    section = http.KEYS.section("expect")
    if value is None:
        return Expect()
    table = shapes.mapping(node_of(value, at), "expect")
    values = cleaning.leaves(table, section)
    return Expect(**{key: value for key, value in values.items() if value is not None})


def _probe_file(table: Table, files: Files) -> tuple[Probe, ...]:
    """The probes of a DockerSlim probe file. Paths in it are relative to its own folder; if the
    file is given on the command line, to the working folder, as with DockerSlim."""
    for key, where in table.keys.items():
        if key != "file":
            raise UsageError(
                f"`{key}` does not go with `file`",
                where=where,
                hint="write the expected answers into the probe file, as `expect`",
            )
    node = table.entries["file"]
    name, text = files.text(node, "the probe file")
    folder = "." if is_flag(node) else str(PurePosixPath(name).parent)
    return probes.from_dockerslim(text, name, expectation, files.relative(folder))
