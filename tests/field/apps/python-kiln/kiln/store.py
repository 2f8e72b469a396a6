"""Firings and readings in SQLite."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def db() -> Iterator[sqlite3.Connection]:
    base = sqlite3.connect(os.environ["KILN_DB"])
    base.row_factory = sqlite3.Row
    base.executescript(
        """create table if not exists firing (id integer primary key, program text, at text, note text);
        create table if not exists reading (at integer, celsius real, power real, target real, door integer);"""
    )
    try:
        yield base
        base.commit()
    finally:
        base.close()


def firings() -> list[dict]:
    with db() as base:
        return [dict(row) for row in base.execute("select * from firing order by at")]


def add(program: str, at: str, note: str = "") -> int:
    with db() as base:
        done = base.execute("insert into firing (program, at, note) values (?, ?, ?)", (program, at, note))
        return int(done.lastrowid or 0)
