from bookings import models


def run(migrator):
    models.database.create_tables([models.Table, models.Booking, models.Words, models.User])
    models.Table.insert_many([{"name": "Window", "seats": 2}, {"name": "Garden", "seats": 6}]).execute()
