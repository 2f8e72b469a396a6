import csv
import importlib
import pkgutil
from pathlib import Path

import click

from bookings import models


@click.group()
@click.version_option("3.2.0", prog_name="bookings")
def main():
    """Tables of the tea house."""
    models.DATA.mkdir(exist_ok=True)
    models.database.connect(reuse_if_open=True)


@main.command()
def migrate():
    """Bring the database to the newest form."""
    from playhouse.migrate import SqliteMigrator

    from bookings import migrations

    models.database.create_tables([models.Migration])
    for module in sorted(pkgutil.iter_modules(migrations.__path__), key=lambda m: m.name):
        if not models.Migration.get_or_none(name=module.name):
            with models.database.atomic():
                importlib.import_module(f"bookings.migrations.{module.name}").run(SqliteMigrator(models.database))
                models.Migration.create(name=module.name)
            click.echo(f"{module.name} applied")


@main.command()
@click.option("--port", default=8888, show_default=True)
def serve(port):
    """Serve the pages."""
    from bookings import web

    web.serve(port)


@main.command("import")
@click.argument("file", type=click.File())
def import_(file):
    """Read bookings of a CSV file."""
    from dateutil import parser

    count = 0
    for row in csv.DictReader(file):
        table = models.Table.get(name=row["table"])
        models.Booking.create(table=table, guest=row["guest"], email=row["email"], starts=parser.parse(row["starts"]), people=row["people"])
        count += 1
    click.secho(f"{count} imported", fg="green")


@main.command()
@click.argument("kind", type=click.Choice(["workbook", "csv"]))
def report(kind):
    """Write a report."""
    click.echo(importlib.import_module(f"bookings.reports.{kind}").write())


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file):
    """Copy the database while it is in use."""
    import sqlite3

    with sqlite3.connect(file) as target:
        models.database.connection().backup(target)
    click.echo(f"{file.stat().st_size > 0 and 'saved'} {file}")


@main.command()
@click.argument("name")
@click.password_option()
def user(name, password):
    """Add a user."""
    from argon2 import PasswordHasher

    models.User.create(name=name, password=PasswordHasher().hash(password))
    click.echo(f"{name} may come in")


main(prog_name="bookings")
