import yaml


def export(entries):
    return yaml.safe_dump([{"title": entry.title, "link": entry.link} for entry in entries], allow_unicode=True)
