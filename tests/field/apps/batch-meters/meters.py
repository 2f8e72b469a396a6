"""Meter readings: python -m meters COMMAND"""

import json
from pathlib import Path

import click


def table(path):
    import pandas as pd

    return pd.read_csv(path, sep=";", decimal=",", parse_dates=["time"])


@click.group()
@click.version_option("5.1", prog_name="meters")
def main():
    """Work on meter readings."""


@main.command()
@click.argument("path", type=click.Path(exists=True))
def daily(path):
    """Sums by day and meter."""
    frame = table(path)
    sums = frame.pivot_table(index=frame["time"].dt.date, columns="meter", values="kwh", aggfunc="sum")
    click.echo(sums.round(1).to_string())


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.option("--as", "kind", type=click.Choice(["markdown", "latex", "html", "json", "xml", "fancy_grid"]), default="markdown")
def totals(path, kind):
    """Totals by meter, in some format."""
    sums = table(path).groupby("meter", as_index=False)["kwh"].sum().round(1)
    match kind:
        case "markdown" | "fancy_grid":
            click.echo(sums.to_markdown(index=False, tablefmt="github" if kind == "markdown" else kind))
        case "latex":
            click.echo(sums.style.hide(axis="index").format(precision=1).to_latex(hrules=True))
        case "html":
            from jinja2 import Environment, FileSystemLoader

            views = Environment(loader=FileSystemLoader("templates"), autoescape=True)
            click.echo(views.get_template("report.html").render(rows=sums.to_dict("records")))
        case "json":
            click.echo(sums.to_json(orient="table", index=False))
        case "xml":
            click.echo(sums.to_xml(index=False, row_name="meter_total"))


@main.command()
@click.argument("source", type=click.Path(exists=True))
@click.argument("target", type=click.Path())
def convert(source, target):
    """Write the readings as .xlsx, .ods, .h5, .parquet, .sqlite, .pickle or .csv.zst and read them again."""
    import pandas as pd

    frame, path = table(source), str(target)
    match "".join(Path(target).suffixes):
        case ".xlsx":
            with pd.ExcelWriter(path, engine="xlsxwriter") as book:
                frame.to_excel(book, sheet_name="Readings", index=False)
                book.sheets["Readings"].autofilter(0, 0, len(frame), 2)
            again = pd.read_excel(path, engine="openpyxl")
        case ".ods":
            frame.head(20).to_excel(path, engine="odf", index=False)
            again = pd.read_excel(path, engine="odf")
        case ".h5":
            frame.to_hdf(path, key="readings", format="table", complib="blosc:lz4", complevel=5, data_columns=["meter"])
            again = pd.read_hdf(path, "readings", where="meter == 'hall'")
        case ".parquet":
            import duckdb

            duckdb.sql(f"COPY (SELECT * FROM frame) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
            again = duckdb.sql(f"SELECT * FROM '{path}'").df()
        case ".sqlite":
            from sqlalchemy import create_engine

            engine = create_engine(f"sqlite:///{path}")
            frame.to_sql("readings", engine, index=False, if_exists="replace")
            again = pd.read_sql("SELECT meter, sum(kwh) AS kwh FROM readings GROUP BY meter", engine)
        case ".pickle.xz":
            frame.to_pickle(path)
            again = pd.read_pickle(path)
        case _:
            raise click.ClickException(f"unknown format: {target}")
    click.echo(f"{len(again)} rows back, columns {', '.join(map(str, again.columns))}")


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.argument("query")
def sql(path, query):
    """Ask the readings with SQL; the table's name is readings."""
    import duckdb

    base = duckdb.connect()
    base.sql(f"CREATE TABLE readings AS SELECT * FROM read_csv('{path}', delim=';', decimal_separator=',')")
    try:
        base.sql(query).show()
    except duckdb.Error as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("path", type=click.Path(exists=True))
def peaks(path):
    """The three highest readings of each meter, with polars."""
    import polars as pl

    found = (
        pl.scan_csv(path, separator=";", decimal_comma=True, try_parse_dates=True)
        .sort("kwh", descending=True)
        .group_by("meter", maintain_order=True)
        .agg(pl.col("kwh").head(3))
        .sort("meter")
        .collect()
    )
    click.echo(found.write_json())


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.option("--zone", default="Europe/Brussels")
@click.option("--every", default="1D")
def resample(path, zone, every):
    """Means in a time zone."""
    frame = table(path).set_index("time").tz_localize("UTC").tz_convert(zone)
    click.echo(frame.groupby("meter")["kwh"].resample(every).mean().unstack("meter").round(2).head(4).to_csv())


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.option("--country", default="BE")
@click.option("--language", default=None)
def workdays(path, country, language):
    """Use on holidays and on other days."""
    import holidays

    days = holidays.country_holidays(country, years=2026, language=language)
    frame = table(path)
    named = frame["time"].dt.date.map(lambda day: days.get(day, "-"))
    click.echo(frame.groupby(named)["kwh"].mean().round(2).to_string())


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.option("--degree", default=2)
def trend(path, degree):
    """A fit of the daily sums."""
    import numpy as np
    from numpy.polynomial import Polynomial

    frame = table(path)
    sums = frame.groupby(frame["time"].dt.date)["kwh"].sum().to_numpy()
    fitted = Polynomial.fit(np.arange(len(sums)), sums, degree)
    strongest = int(np.argmax(np.abs(np.fft.rfft(frame[frame.meter == "hall"]["kwh"] - 2))))
    values = np.linalg.eigvalsh(np.cov(frame.pivot(index="time", columns="meter", values="kwh").to_numpy().T))
    click.echo(f"degree {fitted.degree()}, period {24 * 10 / strongest:.0f} h, eigenvalues {len(values)}, sample {np.random.default_rng(7).integers(0, 100, 3).tolist()}")


@main.command()
@click.argument("amount")
@click.argument("unit")
def unit(amount, unit):
    """Convert an amount: unit '3 kWh' MJ"""
    import pint

    registry = pint.UnitRegistry()
    try:
        click.echo(f"{registry(amount).to(unit):.2f~P}")
    except pint.errors.PintError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("path", type=click.Path(exists=True))
def old(path):
    """Read a file of the old meters."""
    import pandas as pd

    frame = pd.read_csv(path, sep=";", decimal=",", encoding="latin-1", na_values=["n/a"])
    frame["zeit"] = pd.to_datetime(frame["zeit"], format="%d.%m.%Y %H:%M")
    frame["kwh"] = frame["kwh"].interpolate()
    click.echo(frame.to_csv(index=False))


@main.command()
@click.argument("notes", type=click.Path(exists=True))
@click.argument("events", type=click.Path(exists=True))
def places(notes, events):
    """Join the places (JSON) and the events (XML)."""
    import pandas as pd

    where = pd.json_normalize(json.loads(Path(notes).read_text()))
    when = pd.read_xml(events, parse_dates=["at"])
    click.echo(where.merge(when, on="meter", validate="1:1").to_json(orient="records", lines=True, date_format="iso"))


if __name__ == "__main__":
    main()
