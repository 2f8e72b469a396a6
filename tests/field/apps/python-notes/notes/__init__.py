from flask import Flask, redirect, render_template, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

app = Flask(__name__)
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


Base.metadata.create_all(engine)


@app.get("/")
def index():
    with Session(engine) as session:
        return render_template("index.html", notes=session.scalars(select(Note)).all())


@app.post("/notes")
def create():
    with Session(engine) as session:
        session.add(Note(text=request.form["text"]))
        session.commit()
    return redirect("/")


@app.get("/notes/<int:number>/edit")
def edit(number):
    with Session(engine) as session:
        return render_template("notes/edit.html", note=session.get(Note, number))


@app.get("/export.csv")
def export():
    from notes.export import as_csv

    with Session(engine) as session:
        return as_csv(session.scalars(select(Note))), 200, {"Content-Type": "text/csv"}


@app.get("/schema")
def schema():
    from sqlalchemy.schema import CreateTable
    from sqlalchemy.dialects import postgresql

    return str(CreateTable(Note.__table__).compile(dialect=postgresql.dialect()))


@app.errorhandler(404)
def missing(error):
    return render_template("errors/404.html"), 404
