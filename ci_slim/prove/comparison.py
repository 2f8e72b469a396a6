"""The answers of the slim image held against those of the fat one. Pure."""

from dataclasses import dataclass

from ci_slim import probes
from ci_slim.observe.observation import Exercise
from ci_slim.probes import Answer

KILLED = 137
"""The exit code of a container that did not end in time: how long it takes is no difference."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What the replay showed."""

    exercise: Exercise
    problems: tuple[str, ...]
    """What the slim image does worse than the fat one; empty when it is verified."""
    missing: frozenset[str]
    """Paths that it looked for in vain, and that the fat image has."""

    @property
    def unseen(self) -> tuple[str, ...]:
        """Why `missing` may not be all; empty when everything was seen."""
        lost = self.exercise.observation.lost
        if not lost:
            return ()
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        return (
            "not all that the slim image did was seen, so it may have missed more: "
            f"{lost[0].process}: {lost[0].detail}{more}",
        )


def compare(fat: Exercise, slim: Exercise) -> tuple[str, ...]:
    """Where the slim image does worse than the fat one, one sentence each."""
    if slim.problem:
        return (slim.problem, *slim.log[-5:])
    answers: dict[str, Answer] = {probe.name: answer for probe, answer in slim.answers}
    problems: list[str] = []
    for probe, before in fat.answers:
        after = answers.get(probe.name)
        if after is None:
            problems.append(f"{probe.name}: not reached any more")
            continue
        worse = probes.differences(probe, before, after)
        if not probes.failures(probe, before):  # a failing HEALTHCHECK may go on failing
            worse = tuple(dict.fromkeys((*worse, *probes.failures(probe, after))))
        problems += [f"{probe.name}: {difference}" for difference in worse]
    if fat.went_on and not slim.went_on and slim.exit_code != 0:
        problems.append(f"it ended by itself with exit code {slim.exit_code}; the fat image ran on")
        problems += slim.log[-5:]
    elif fat.exit_code == 0 and slim.exit_code not in (None, 0, KILLED):
        problems.append(f"stopped, it ended with exit code {slim.exit_code}; the fat image with 0")
    return tuple(problems)
