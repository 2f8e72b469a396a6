import networkx as nx

from .models import Animal


def graph():
    tree = nx.DiGraph()
    for one in Animal.select():
        tree.add_node(one.tag, name=one.name, born=one.born.isoformat())
        if one.mother:
            tree.add_edge(one.mother.tag, one.tag)
    return tree


def as_format(kind):
    tree = graph()
    if kind == "graphml":
        return "\n".join(nx.generate_graphml(tree))
    if kind == "gml":
        return "\n".join(nx.generate_gml(tree))
    if kind == "text":
        return "\n".join(nx.generate_network_text(tree))
    raise KeyError(kind)


def line(first, last):
    return nx.shortest_path(graph(), first, last)
