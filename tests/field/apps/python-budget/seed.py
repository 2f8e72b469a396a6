"""The hut's budget, as its first users entered it."""

from base64 import b64encode

from ihatemoney.run import create_app

app = create_app()
ask = app.test_client()
hut = {"name": "Hut", "id": "hut", "password": "firewood", "contact_email": "ida@hut.example", "default_currency": "CHF"}
assert ask.post("/api/projects", data=hut).status_code == 201
login = {"Authorization": "Basic " + b64encode(b"hut:firewood").decode()}
ids = [
    ask.post("/api/projects/hut/members", data={"name": name, "weight": weight}, headers=login).json
    for name, weight in (("Ida", 1), ("Jon", 2), ("Zoë", 1))
]
for day, what, payer, amount in (
    ("2026-01-10", "Firewood", 0, "120.50"),
    ("2026-02-14", "Fondue", 1, "84"),
    ("2026-03-02", "Rope", 2, "39.90"),
):
    bill = {"date": day, "what": what, "payer": ids[payer], "payed_for": ids, "amount": amount, "bill_type": "Expense", "original_currency": "CHF"}
    made = ask.post("/api/projects/hut/bills", data=bill, headers=login)
    assert made.status_code == 201, made.text
