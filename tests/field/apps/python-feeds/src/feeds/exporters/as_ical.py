import uuid
from email.utils import parsedate_to_datetime


def export(entries):
    events = (
        f"BEGIN:VEVENT\nUID:{uuid.uuid5(uuid.NAMESPACE_URL, entry.link)}\n"
        f"DTSTART:{parsedate_to_datetime(entry.published):%Y%m%d}\nSUMMARY:{entry.title}\nEND:VEVENT"
        for entry in entries
    )
    return "\n".join(["BEGIN:VCALENDAR", *events, "END:VCALENDAR"])
