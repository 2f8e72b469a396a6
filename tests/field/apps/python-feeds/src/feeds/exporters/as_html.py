from jinja2 import Environment, PackageLoader, select_autoescape


def export(entries):
    environment = Environment(loader=PackageLoader("feeds"), autoescape=select_autoescape())
    return environment.get_template("list.html").render(entries=entries)
