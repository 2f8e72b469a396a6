"""The animals and what they gave."""

import os
from datetime import date
from decimal import Decimal

from pony.orm import Database, Optional, PrimaryKey, Required, Set, composite_key, db_session

db = Database()


class Animal(db.Entity):
    tag = PrimaryKey(str)
    name = Required(str)
    born = Required(date)
    mother = Optional("Animal", reverse="young")
    young = Set("Animal", reverse="mother")
    yields = Set("Yield")

    def before_insert(self):
        if self.mother and self.mother.born >= self.born:
            raise ValueError(f"{self.tag} is older than its mother")


class Yield(db.Entity):
    animal = Required(Animal)
    day = Required(date)
    litres = Required(Decimal, precision=6, scale=2)
    composite_key(animal, day)


def connect(path=None):
    db.bind(provider="sqlite", filename=path or os.environ.get("HERD_DB", ":memory:"), create_db=True)
    db.generate_mapping(create_tables=True)
    with db_session:
        if not Animal.exists():
            old = Animal(tag="ES-0001", name="Paloma", born=date(2019, 4, 1))
            Animal(tag="ES-0002", name="Estrella", born=date(2020, 5, 17))
            young = Animal(tag="ES-0003", name="Añil", born=date(2022, 2, 20), mother=old)
            Animal(tag="ES-0004", name="Bruna", born=date(2024, 3, 11), mother=young)
            for day, litres in ((1, "24.50"), (2, "25.10"), (3, "22.00")):
                Yield(animal=old, day=date(2026, 11, day), litres=Decimal(litres))
            Yield(animal=young, day=date(2026, 11, 1), litres=Decimal("19.75"))
