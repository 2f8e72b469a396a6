from markdownify import markdownify


def export(entries):
    return "\n".join(f"## {entry.title}\n{markdownify(entry.summary)}" for entry in entries)
