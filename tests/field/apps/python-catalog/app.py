from dataclasses import dataclass

from litestar import Litestar, get, post


@dataclass
class Item:
    name: str
    price: float


ITEMS = [Item("tea", 2.5)]


@get("/items")
async def items() -> list[Item]:
    return ITEMS


@post("/items")
async def add(data: Item) -> Item:
    return data


@get("/items/{number:int}")
async def item(number: int) -> Item:
    return ITEMS[number]


app = Litestar([items, add, item])
