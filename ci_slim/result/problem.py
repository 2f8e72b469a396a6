"""An error that ended a run."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a run ended before any platform was measured: the error; `where`, such as a file with
    line and column, an input or an image; `details`, lines of foreign output; and what to do next.
    """

    message: str
    where: str = ""
    details: tuple[str, ...] = ()
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    @property
    def line(self) -> tuple[str, int] | None:
        """The file of the checkout and the line that `where` names, if it names them."""
        name, _, place = self.where.partition(":")
        line = place.partition(":")[0]
        inside = not name.startswith(("/", "../"))
        return (name, int(line)) if inside and _LINE.fullmatch(line) else None
