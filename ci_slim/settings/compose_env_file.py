"""The variables of the files that `env_file` of a Compose file names. Pure but for the reader.

The form is Docker's: `NAME=VALUE`, comments after `#`, single quotes for a literal text, double
quotes for one with `\\n` and variables (compose-spec, 05-services.md, "env_file format").
"""

import re
from collections.abc import Callable, Iterator, Mapping

from ci_slim.errors import UsageError
from ci_slim.settings import shapes
from ci_slim.settings.compose_mounts import inside
from ci_slim.settings.compose_values import Values
from ci_slim.settings.document import Node, Sequence, Table
from ci_slim.settings.files import told

Read = Callable[[str], bytes]

_LINE = re.compile(
    r"(?:export\s+)?(?P<name>[A-Za-z_][\w.-]*)\s*(?:(?P<equals>[=:])\s*(?:'(?P<literal>[^']*)'"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\'"\s].*?)?)\s*(?:\s#.*)?)?'
)
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def variables(
    service: str, node: Node | None, values: Values, folder: str, read: Read
) -> dict[str, str]:
    """The variables of all files; a later file wins. Raises UsageError. No message has a value."""
    found: dict[str, str] = {}
    for named, required, raw in _files(node):
        path = inside(service, values.text(named), folder, named.where, "reads")
        try:
            text = read(path).decode("utf-8-sig")
        except FileNotFoundError:
            if not required:
                continue
            raise UsageError(
                f"`{path}` of the service `{service}` does not exist", where=named.where
            ) from None
        except OSError as error:
            raise UsageError(
                f"`{path}` of the service `{service}` cannot be read: {told(error)}",
                where=named.where,
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"`{path}` is not UTF-8 text", where=named.where) from None
        for number, line in enumerate(text.splitlines(), 1):
            found |= _of_line(line, raw, {**found, **values.environment}, f"{path}:{number}:1")
    return found


def _files(node: Node | None) -> Iterator[tuple[Node, bool, bool]]:
    """Each path, whether the file must exist, and whether its values are taken literally."""
    if node is None:
        return
    for item in node.items if isinstance(node, Sequence) else (node,):
        if not isinstance(item, Table):
            yield item, True, False
            continue
        path, required = shapes.given(item, "path"), shapes.given(item, "required")
        if path is None:
            raise UsageError("this entry of `env_file` has no `path`", where=item.where)
        form = shapes.given(item, "format")
        said = shapes.text(form) if form is not None else ""
        if said not in ("", "raw"):
            raise UsageError(f"the format `{said}` is not known", where=item.where, hint="raw")
        needed = required is None or shapes.scalar(required, "true or false").text != "false"
        yield path, needed, said == "raw"


def _of_line(line: str, raw: bool, environment: Mapping[str, str], where: str) -> dict[str, str]:
    line = line.strip()
    if not line or line.startswith("#"):
        return {}
    if raw:
        name, equals, value = line.partition("=")
        return {name: value} if equals else {}
    match = _LINE.fullmatch(line)
    if match is None:
        raise UsageError("this line is no `NAME=VALUE`", where=where, hint="close each quote")
    name = match["name"]
    if match["equals"] is None:
        return {name: environment[name]} if name in environment else {}
    if match["literal"] is not None:
        return {name: match["literal"]}
    if match["quoted"] is not None:
        text = _ESCAPED.sub(
            lambda m: _ESCAPES.get(m[1], m[0] if m[1] == "$" else m[1]), match["quoted"]
        )
        return {name: Values(environment).filled(text.replace("\\$", "$$"), where)}
    return {name: Values(environment).filled(match["plain"] or "", where)}
