"""Asks again until it is known what a replay means: both images, and a copy of the fat image."""

from ci_slim.fat.image import FatImage, Workspace
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec
from ci_slim.prove.comparison import Replay
from ci_slim.prove.decision import AskAgain, AskCopy, Decision, decide
from ci_slim.prove.replay import ask_again
from ci_slim.prove.whole_copy import ask_copy


def settle(
    workspace: Workspace,
    spec: RunSpec,
    reference: str,
    fat: FatImage,
    seen: Exercise,
    shown: Replay,
    healed: frozenset[str],
    number: int = 1,
    rounds: int = 1,
) -> tuple[Decision, Replay]:
    """What to do after the replay `shown` of the slim image `reference`, and the replay with the
    runs that this took. `seen` is the exercise of the fat image. See `decide` for the rest."""
    while True:
        match decide(shown, healed, number, rounds):
            case AskAgain():
                shown = ask_again(workspace, spec, reference, seen, shown)
            case AskCopy():
                shown = ask_copy(workspace, spec, fat, seen, shown)
            case decision:
                return decision, shown
