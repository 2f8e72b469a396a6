"""What a change loosens of the rules of its target branch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loosened:
    """A rule of the target branch that a change loosens: the `key` in the image's settings, such as
    `budget.pull`, and a sentence. `image` is empty for a rule of all images."""

    image: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What a change loosens of the target branch's rules, and whether that fails the run."""

    branch: str
    """The target branch. The settings of the change were compared with its settings."""
    loosened: tuple[Loosened, ...] = ()
    protected: bool = False
    """`protect: true`: the run was judged by the target branch's rules, and loosening them fails.
    """
    approved: str = ""
    """What approves the change, such as "the label `size-approved`"; "" if nothing does."""
    needs: str = ""
    """What would approve the change; "" if it is approved, or needs no approval."""
    unknown: str = ""
    """Why the settings could not be compared with the target branch's; "" if they were."""

    @property
    def failed(self) -> bool:
        """Whether the gate fails the run. Unknown never counts as approved."""
        wrong = bool(self.loosened or self.unknown)
        return self.protected and wrong and not self.approved
