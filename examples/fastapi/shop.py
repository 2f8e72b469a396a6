"""A shop of two things."""

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

app = FastAPI(title="Shop")
PRICES = {"tea": 3, "coffee": 4}


class Order(BaseModel):
    """What somebody buys."""

    thing: str = Field(examples=["tea"])
    count: int = Field(1, ge=1, le=100)


@app.get("/prices/{thing}")
def price(thing: str) -> int:
    """The price of a thing."""
    if thing not in PRICES:
        raise HTTPException(404, f"there is no {thing}")
    return PRICES[thing]


@app.post("/orders")
def order(wanted: Order) -> dict[str, int]:
    """What an order costs."""
    return {"total": price(wanted.thing) * wanted.count}
