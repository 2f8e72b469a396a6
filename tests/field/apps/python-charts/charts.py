"""Sales of a shop as charts and tables."""

import io
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from flask import Flask, Response, abort, request

app = Flask(__name__)
SALES = Path(__file__).parent / "data" / "sales.csv"
TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


def sales() -> pd.DataFrame:
    return pd.read_csv(SALES, parse_dates=["day"])


@app.get("/")
def index():
    return "charts: /chart.png"


@app.get("/chart.<kind>")
def chart(kind):
    if kind not in TYPES:
        abort(404)
    figure, axes = plt.subplots(figsize=(4, 3))
    frame = sales()
    axes.plot(frame["day"], frame["tea"], label="tea")
    axes.set_title(request.args.get("title", "Sales"))
    axes.legend()
    out = io.BytesIO()
    figure.savefig(out, format=kind)
    plt.close(figure)
    return Response(out.getvalue(), mimetype=TYPES[kind])


@app.get("/monthly")
def monthly():
    by_month = sales().set_index("day").resample("MS").sum()
    return by_month.to_json(date_format="iso", orient="index")


@app.get("/table")
def table():
    return sales().head(2).to_html(index=False)


@app.get("/export.xlsx")
def export():
    out = io.BytesIO()
    sales().to_excel(out, index=False, sheet_name="sales")
    return Response(out.getvalue(), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@app.get("/import")
def imported():
    out = io.BytesIO()
    sales().to_excel(out, index=False)
    out.seek(0)
    return {"rows": len(pd.read_excel(out))}


@app.get("/heat.png")
def heat():
    figure, axes = plt.subplots(figsize=(4, 3))
    image = axes.imshow(sales()[["tea", "coffee"]].to_numpy(), cmap="viridis")
    figure.colorbar(image)
    axes.set_title(r"$\alpha_i \leq \sum_k x_k$")
    figure.tight_layout()
    out = io.BytesIO()
    figure.savefig(out)
    plt.close(figure)
    return Response(out.getvalue(), mimetype="image/png")


@app.get("/local")
def local():
    zone = request.args.get("zone", "Europe/Berlin")
    return {"first": sales()["day"].dt.tz_localize("UTC").dt.tz_convert(zone).iloc[0].isoformat()}
