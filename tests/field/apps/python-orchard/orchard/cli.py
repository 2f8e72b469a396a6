"""The commands of the orchard's owner."""

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session, select

from .main import engine
from .models import Tree

app = typer.Typer(help="The orchard at the command line.")


@app.command()
def trees():
    """Show all trees."""
    shown = Table("Sort", "Kind", "Planted", title="Trees")
    with Session(engine) as session:
        for tree in session.exec(select(Tree)):
            shown.add_row(tree.sort, tree.kind, f"{tree.planted:%d %b %Y}")
    Console().print(shown)


@app.command()
def fell(number: int):
    """Remove a tree."""
    with Session(engine) as session:
        tree = session.get(Tree, number)
        if tree is None:
            raise typer.BadParameter("No such tree")
        session.delete(tree)
        session.commit()
    typer.secho(f"Felled {number}", fg="green")


if __name__ == "__main__":
    app()
