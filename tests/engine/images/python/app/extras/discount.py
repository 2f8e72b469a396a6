from decimal import Decimal


def of(price: int) -> Decimal:
    return Decimal(100) / price
