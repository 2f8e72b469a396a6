"""Single values of a Compose file, with its variables filled in. Pure.

The forms are those of the Compose specification (12-interpolation.md): `$VAR`, `${VAR}`,
`${VAR:-default}`, `${VAR-default}`, `${VAR:?error}`, `${VAR?error}`, `${VAR:+other}`,
`${VAR+other}`, and `$$` for a literal `$`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ci_slim.errors import UsageError
from ci_slim.settings import shapes
from ci_slim.settings.document import Node

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_VARIABLE = re.compile(
    rf"\$(?:(?P<sign>\$)|(?P<plain>{_NAME})|\{{(?P<name>{_NAME})"
    r"(?:(?P<how>:?[-?+])(?P<word>[^}]*))?\}|(?P<wrong>\{))"
)


@dataclass(frozen=True, slots=True)
class Values:
    """Reads values; `environment` fills their variables."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def text(self, node: Node) -> str:
        """A text, number, true or false, as the text in the file."""
        value = shapes.scalar(node, "a text")
        return self.filled(value.text, node.where)

    def number(self, node: Node) -> int:
        """A whole number."""
        text = self.text(node)
        if not re.fullmatch("[0-9]{1,6}", text):
            raise UsageError(f"`{text}` is no whole number", where=node.where)
        return int(text)

    def filled(self, text: str, where: str) -> str:
        """A text with its variables filled in."""

        def fill(match: re.Match[str]) -> str:
            if match["sign"]:
                return "$"
            if match["wrong"]:
                raise UsageError(
                    "`${` starts no variable that is understood",
                    where=where,
                    hint="write ${NAME} or ${NAME:-default}",
                )
            name, how, word = match["plain"] or match["name"], match["how"] or "", match["word"]
            value = self.environment.get(name)
            there = bool(value) if how.startswith(":") else value is not None
            if how.endswith("+"):
                return word if there else ""
            if there:
                return value or ""
            if how.endswith("-"):
                return str(word)
            raise UsageError(
                f"the environment variable `{name}` is not set",
                where=where,
                hint=f"{word} " * bool(word) + f"set it, or write ${{{name}:-default}}",
            )

        return _VARIABLE.sub(fill, text)
