import os
import sqlite3

import markdown
from flask import Flask, abort, g, redirect, render_template, request, url_for


def create_app():
    app = Flask(__name__)
    app.config["DATABASE"] = os.environ.get("NOTES_DB", "/data/notes.db")

    def db():
        if "db" not in g:
            g.db = sqlite3.connect(app.config["DATABASE"])
            g.db.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)")
        return g.db

    @app.teardown_appcontext
    def close(error):
        if "db" in g:
            g.pop("db").close()

    @app.route("/")
    def index():
        rows = db().execute("SELECT id, text FROM note ORDER BY id DESC").fetchall()
        return render_template("index.html", notes=rows)

    @app.route("/notes", methods=["POST"])
    def add():
        text = request.form.get("text", "").strip()
        if not text:
            abort(400)
        with db() as connection:
            number = connection.execute("INSERT INTO note (text) VALUES (?)", (text,)).lastrowid
        return redirect(url_for("show", number=number))

    @app.route("/notes/<int:number>")
    def show(number):
        row = db().execute("SELECT text FROM note WHERE id = ?", (number,)).fetchone()
        if row is None:
            abort(404)
        return render_template("note.html", body=markdown.markdown(row[0], extensions=["tables"]))

    @app.route("/about")
    def about():
        return render_template("about.html")

    return app
