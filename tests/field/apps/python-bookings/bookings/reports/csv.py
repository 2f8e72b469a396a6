from __future__ import annotations

import csv

from bookings import models


def write() -> str:
    file = models.DATA / "bookings.csv"
    with file.open("w", newline="") as out:
        csv.writer(out, dialect="excel").writerows(models.Booking.select(models.Booking.guest, models.Booking.people).tuples())
    return str(file)
