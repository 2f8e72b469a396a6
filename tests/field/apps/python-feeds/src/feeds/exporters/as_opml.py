from lxml import etree
from lxml.builder import E


def export(entries):
    tree = E.opml(E.body(*(E.outline(text=entry.title, htmlUrl=entry.link) for entry in entries)), version="2.0")
    return etree.tostring(tree, pretty_print=True, encoding="unicode")
