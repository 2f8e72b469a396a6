import xlsxwriter

from bookings import models


def write() -> str:
    file = models.DATA / "bookings.xlsx"
    with xlsxwriter.Workbook(file, {"remove_timezone": True}) as book:
        sheet = book.add_worksheet("Bookings")
        for row, booking in enumerate(models.Booking.select()):
            sheet.write_row(row, 0, [booking.guest, booking.people, str(booking.starts)])
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Bookings!$B$1:$B$9"})
        sheet.insert_chart("E2", chart)
    return str(file)
