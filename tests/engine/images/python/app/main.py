import getpass
import os
import signal
import sys
from pathlib import Path

from flask import Flask, Response, jsonify, render_template

app = Flask(__name__)


@app.get("/")
def page() -> str:
    return render_template("page.html", items=["bread", "milk"])


@app.get("/late")
def late() -> Response:
    # Imported by the request, not by the start.
    import sqlite3
    import zoneinfo
    from datetime import UTC, datetime

    rows = sqlite3.connect(":memory:").execute("select upper('late')").fetchone()
    summer = datetime(2026, 7, 1, tzinfo=UTC).astimezone(zoneinfo.ZoneInfo("Europe/Berlin"))
    return jsonify(row=rows[0], hour=summer.hour)


@app.get("/who")
def who() -> Response:
    return jsonify(user=getpass.getuser(), home=str(Path.home().stat().st_uid), pid=os.getpid())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.run(host="127.0.0.1" if os.environ.get("LOCAL") else "0.0.0.0", port=8000)
