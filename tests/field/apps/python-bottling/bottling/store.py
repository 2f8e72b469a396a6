"""The batches, in a file of JSON, and what crosses the wire."""

import os
from typing import Annotated, Literal

import msgspec
from tinydb import Query, TinyDB
from tinydb.middlewares import CachingMiddleware
from tinydb.operations import increment
from tinydb.storages import JSONStorage, MemoryStorage


class Batch(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    recipe: str
    bottles: Annotated[int, msgspec.Meta(gt=0, le=50000)]
    tank: Literal["north", "south"]
    best_before: str | None = None


class Store:
    def __init__(self, path=None):
        path = path or os.environ.get("LINE_DB")
        self.db = TinyDB(path, storage=CachingMiddleware(JSONStorage), indent=1) if path else TinyDB(storage=MemoryStorage)
        if path:
            self.db.storage.WRITE_CACHE_SIZE = 1
        self.batches = self.db.table("batches", cache_size=20)

    def add(self, batch):
        return self.batches.insert({**msgspec.to_builtins(batch), "broken": 0})

    def all(self, tank=None):
        found = self.batches.search(Query().tank == tank) if tank else self.batches.all()
        return [{"id": one.doc_id, **one} for one in found]

    def broken(self, number):
        done = self.batches.update(increment("broken"), doc_ids=[number]) if self.batches.contains(doc_id=number) else []
        return self.batches.get(doc_id=number) if done else None

    def get(self, number):
        return self.batches.get(doc_id=number)
