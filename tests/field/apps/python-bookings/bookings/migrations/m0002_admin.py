from argon2 import PasswordHasher

from bookings import models


def run(migrator):
    models.User.create(name="ada", password=PasswordHasher(time_cost=1, memory_cost=8192).hash("milk"))
