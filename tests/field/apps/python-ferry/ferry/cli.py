"""Commands of the office: python -m ferry.cli"""

import asyncio

import rich_click as click
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from .main import database
from .models import Crossing


@click.group()
def office() -> None:
    """The ferry's office."""


@office.command()
def timetable() -> None:
    """Print the timetable."""

    async def found() -> list[Crossing]:
        async with database.get_session() as opened:
            return list(await opened.scalars(select(Crossing)))

    table = Table("Leaves", "Route", title="Timetable")
    for each in asyncio.run(found()):
        table.add_row(each.leaves, each.route)
    Console(width=60).print(table)


@office.command()
@click.argument("number", type=click.IntRange(1, 99))
def label(number: int) -> None:
    """Print a lane's label."""
    import segno

    segno.make_micro(f"LANE{number}").terminal(compact=True)
    click.echo(f"lane {number}")


if __name__ == "__main__":
    office()
