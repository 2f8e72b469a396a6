import logging
from datetime import datetime

from huey import SqliteHuey, crontab

from bookings import models

huey = SqliteHuey(filename=str(models.DATA / "jobs.db"))
log = logging.getLogger("bookings.jobs")


@huey.task(retries=2, retry_delay=1)
def confirm(number: int) -> str:
    """Writes the confirmation that the mail server picks up."""
    from email.message import EmailMessage

    from bookings import texts

    booking = models.Booking.get_by_id(number)
    message = EmailMessage()
    message["To"], message["Subject"] = booking.email, texts.text("en", "Your table is booked")
    message.set_content(texts.page("mail.txt", "en", booking=booking))
    message.add_attachment(texts.calendar([booking]), maintype="text", subtype="calendar", filename="tea.ics")
    folder = models.DATA / "outbox"
    folder.mkdir(exist_ok=True)
    (folder / f"{number}.eml").write_bytes(message.as_bytes())
    return str(number)


@huey.periodic_task(crontab(minute="*/1"))
def tidy() -> None:
    gone = models.Booking.delete().where(models.Booking.starts < datetime(2020, 1, 1)).execute()
    log.info("tidied %s", gone)


@huey.task()
def report(kind: str) -> str:
    from importlib import import_module

    return import_module(f"bookings.reports.{kind}").write()
