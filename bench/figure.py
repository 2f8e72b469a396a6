"""One figure of the benchmark."""

from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True)
class Figure:
    """A ratio or an amount, and the limit that the project sets for it."""

    name: str
    value: float
    limit: float | None
    detail: str

    def __str__(self) -> str:
        if self.limit is None:
            return f"{self.name:44} {self.value:8.2f}  {self.detail}"
        word = "ok" if self.value <= self.limit else "FALLS SHORT"
        return f"{self.name:44} {self.value:8.2f}  (at most {self.limit:g})  {word}  {self.detail}"
