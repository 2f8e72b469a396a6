"""YAML text → ruamel's node tree, or a UsageError with the place.

The whole text is first read as events. What a settings file must not contain is refused before any
tree is built from it.
"""

from typing import TYPE_CHECKING, Any

from ci_slim.errors import UsageError

if TYPE_CHECKING:
    from ruamel.yaml import YAML

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 24
MAX_ALIASES = 100
"""The limits of a settings file. A larger file is a mistake or an attack."""


def compose(text: str, name: str) -> Any:
    """The root node of the only document; None if there is no document. Raises UsageError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"the file is larger than {MAX_CHARACTERS // 1024} KiB",
            where=f"{name}:1:1",
            hint="a settings file has only a few KiB: check the name of the file",
        )
    try:
        _check_events(YAML(typ="safe", pure=True), text, name)
        return YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        raise _unreadable(error, text, name) from None
    except MarkedYAMLError as error:
        raise _not_yaml(error, name) from None
    except YAMLError as error:
        raise UsageError(f"not YAML: {error}", where=f"{name}:1:1") from None


def _check_events(yaml: "YAML", text: str, name: str) -> None:
    """Raise UsageError for what a settings file must not contain, before a tree is built."""
    from ruamel.yaml import events

    depth = aliases = documents = 0
    anchors = set()
    for event in yaml.parse(text):
        anchor = getattr(event, "anchor", None)
        if anchor is not None and not isinstance(event, events.AliasEvent):
            if anchor in anchors:
                raise UsageError(f"the anchor `&{anchor}` is used twice", where=place(event, name))
            anchors.add(anchor)
        if isinstance(event, events.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise UsageError(
                    "there is a second document",
                    where=place(event, name),
                    hint="a settings file has one document: remove the `---` and what follows",
                )
            if event.version is not None and tuple(event.version) != (1, 2):
                raise UsageError(
                    "the file asks for another version of YAML than 1.2",
                    where=place(event, name),
                    hint="remove the line that starts with %YAML",
                )
        elif isinstance(event, events.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise UsageError(f"nested deeper than {MAX_DEPTH} levels", where=place(event, name))
        elif isinstance(event, events.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, events.AliasEvent):
            aliases += 1
            if aliases > MAX_ALIASES:
                raise UsageError(
                    f"more than {MAX_ALIASES} aliases",
                    where=place(event, name),
                    hint="write the values without aliases",
                )


def place(marked: Any, name: str) -> str:
    """Where an event or a node of ruamel starts, as file:line:column."""
    mark = marked.start_mark
    return f"{name}:{mark.line + 1}:{mark.column + 1}"


def _not_yaml(error: Any, name: str) -> UsageError:
    mark = error.problem_mark or error.context_mark
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else f"{name}:1:1"
    problem = error.problem or error.context or "not YAML"
    context = f" {error.context}" if error.problem and error.context else ""
    hint = "check the indentation, the quotes and the brackets here and in the line above"
    if "'\\t'" in problem:
        hint = "YAML is indented with spaces: replace the tab"
    elif "that cannot start any token" in problem or "values are not allowed" in problem:
        hint = "put the value in quotes"
    return UsageError(f"not YAML: {problem}{context}", where=where, hint=hint)


def _unreadable(error: Any, text: str, name: str) -> UsageError:
    before = text[: error.position]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return UsageError(
        "a character that YAML does not allow: "
        + (f"U+{error.character:04X}" if isinstance(error.character, int) else "not a text"),
        where=f"{name}:{line}:{column}",
        hint="save the settings file as UTF-8 text",
    )
