from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from feeds.read import entries

app = typer.Typer(help="Read feeds, and write them in other formats.", rich_markup_mode="rich")


def _version(asked: bool) -> None:
    if asked:
        print(f"feeds {version('feeds')}, feedparser {version('feedparser')}")
        raise typer.Exit


@app.callback()
def main(show: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    pass


@app.command("list")
def list_(feed: Path) -> None:
    """List the titles of a feed."""
    for entry in entries(feed):
        print(entry.title)


@app.command()
def export(feed: Path, format: str = "json") -> None:
    """Write a feed in another format; each is a plug-in."""
    found = entry_points(group="feeds.exporters", name=format)
    if not found:
        raise typer.BadParameter(f"no exporter {format}")
    (exporter,) = found
    print(exporter.load()(entries(feed)))


@app.command()
def exporters() -> None:
    """List the exporters that are installed."""
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "module")
    for point in sorted(entry_points(group="feeds.exporters")):
        table.add_row(point.name, point.value)
    Console().print(table)


@app.command()
def dates(feed: Path, language: str = "en") -> None:
    """Print each entry's date in a language."""
    from datetime import datetime

    from babel.dates import format_date

    for entry in entries(feed):
        print(format_date(datetime(*entry.published_parsed[:6]), "full", locale=language))


@app.command()
def clean(page: Path, parser: str = "html.parser") -> None:
    """Print the text of a page."""
    from bs4 import BeautifulSoup

    print(BeautifulSoup(page.read_bytes(), parser).get_text(" ", strip=True))


@app.command()
def links(page: Path) -> None:
    """Print the links of a page."""
    from lxml import html

    for _, _, link, _ in html.fromstring(page.read_text()).iterlinks():
        print(link)


@app.command()
def check(feed: Path) -> None:
    """Validate a feed."""
    from lxml import etree

    schema = etree.XMLSchema(etree.fromstring(files("feeds").joinpath("schemas/rss.xsd").read_bytes()))
    if not schema.validate(etree.parse(feed)):
        typer.secho(schema.error_log.last_error, fg="red", err=True)
        raise typer.Exit(3)
    print("valid")
