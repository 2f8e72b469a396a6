import feedparser


def entries(path):
    return feedparser.parse(path.read_bytes()).entries
