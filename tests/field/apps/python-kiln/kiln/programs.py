"""Firing programs, read from TOML files."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("programs")


@dataclass(frozen=True)
class Program:
    key: str
    name: str
    cone: str
    clay: str
    steps: tuple[dict, ...]

    @property
    def peak(self) -> int:
        return max(step["to"] for step in self.steps)

    def curve(self) -> list[tuple[float, int]]:
        """Hours and degrees."""
        points, hours, at = [(0.0, 20)], 0.0, 20
        for step in self.steps:
            hours += (step["to"] - at) / step["rate"]
            at = step["to"]
            points.append((round(hours, 2), at))
            if step.get("hold"):
                hours += step["hold"] / 60
                points.append((round(hours, 2), at))
        return points


def load() -> dict[str, Program]:
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        text = tomllib.loads(path.read_text())
        found[path.stem] = Program(
            path.stem, text["name"], text["cone"], text["clay"], tuple(text["step"])
        )
    return found
