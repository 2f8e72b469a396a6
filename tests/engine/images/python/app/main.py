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


@app.get("/unprobed")
def unprobed() -> Response:
    # No probe asks for it: nothing that it imports or opens is ever seen.
    import csv
    import email.message
    import io
    from datetime import datetime

    from extras import discount

    message = email.message.EmailMessage()
    message.set_content("caf\u00e9")
    rows = list(csv.reader(io.StringIO("a,b")))
    try:
        discount.of(0)
    except ZeroDivisionError as error:
        failed = str(error)
    year = datetime.strptime("24 Nov 2026", "%d %b %Y").year
    text = "\u6f22".encode("euc_jp").hex()
    shell = os.popen("echo started").read()  # noqa: S605 - the shell is the point
    return jsonify(
        body=message.get_content(), rows=rows, failed=failed, year=year, text=text, shell=shell
    )


@app.get("/who")
def who() -> Response:
    return jsonify(user=getpass.getuser(), home=str(Path.home().stat().st_uid), pid=os.getpid())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.run(host="127.0.0.1" if os.environ.get("LOCAL") else "0.0.0.0", port=8000)
