"""The arm of the robot."""

import argparse


class Arm:
    """An arm.

    Args:
        joints (int): how many joints it has.
    """

    def reach(self, height: float) -> bool:
        """Whether the arm reaches a height.

        >>> Arm().reach(0.4)
        True
        """
        return height < 1.5


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    made = argparse.ArgumentParser(prog="arm", description="Moves the arm.")
    made.add_argument("--height", type=float, help="how high, in metres")
    return made
