import radiusd


def authorize(p):
    """Guests pay by the hour; the price is a reply to the hot spot."""
    import decimal
    import json

    asked = dict(p)
    prices = json.loads('{"ada": "1.50", "kettle": "0.25"}')
    price = decimal.Decimal(prices.get(asked.get("User-Name"), "2.00"))
    reply = (("Reply-Message", f"An hour is {price} EUR"),)
    return radiusd.RLM_MODULE_UPDATED, reply, ()
