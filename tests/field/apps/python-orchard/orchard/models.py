from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlmodel import Field, SQLModel


class Kind(StrEnum):
    apple = "apple"
    pear = "pear"
    plum = "plum"


class Tree(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    sort: str
    kind: str
    planted: date
    note: str | None = None


class NewTree(SQLModel):
    sort: str = Field(min_length=2)
    kind: Kind
    planted: date
    note: str | None = None


class Harvest(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    tree_id: int = Field(foreign_key="tree.id")
    kilos: Decimal = Field(max_digits=8, decimal_places=2)
    day: date


class NewHarvest(SQLModel):
    tree_id: int
    kilos: Decimal = Field(gt=0, max_digits=8, decimal_places=2)
    day: date
