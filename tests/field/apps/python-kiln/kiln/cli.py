import datetime as dt
import sys

import click

from kiln import exports, notify, programs, store
from kiln.plc import Controller, simulate


@click.group()
def main():
    """The kiln of the studio."""


@main.command()
@click.option("--port", default=8050, show_default=True)
def serve(port):
    """Serve the pages."""
    import os

    import waitress

    from kiln.app import server

    if os.environ.get("KILN_PLC") == "simulated":
        simulate()
    waitress.serve(server, port=port, threads=4)


@main.command("programs")
def show():
    """Print the programs as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Programs")
    for title in ("Key", "Name", "Peak", "Hours"):
        table.add_column(title)
    for key, program in programs.load().items():
        table.add_row(key, program.name, f"{program.peak} °C", str(program.curve()[-1][0]))
    Console(width=80).print(table)


@main.command()
@click.argument("key")
@click.argument("at", type=click.DateTime(["%Y-%m-%dT%H:%M"]))
def plan(key, at):
    """Plan a firing."""
    if key not in programs.load():
        raise click.BadParameter(f"{key}: no such program", param_hint="KEY")
    click.echo(f"planned as {store.add(key, at.isoformat('T', 'minutes'))}")


@main.command()
@click.option("--influx", is_flag=True)
def read(influx):
    """Read the controller."""
    with Controller() as controller:
        found = controller.read()
    click.echo(exports.line(found, dt.datetime.now(dt.UTC)) if influx else f"{found['celsius']:.1f} °C, target {found['target']:.0f} °C")


@main.command()
@click.argument("url")
def tell(url):
    """Try a notification."""
    try:
        done = notify.tell("Kiln", "This is a test.", url)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo("told" if done else "failed")
    sys.exit(not done)


if __name__ == "__main__":
    main(prog_name="kiln")
