import csv
import io


def as_csv(notes):
    out = io.StringIO()
    csv.writer(out).writerows([("id", "text"), *((note.id, note.text) for note in notes)])
    return out.getvalue()
