from tabulate import tabulate


def run(text):
    return tabulate([line.split(",") for line in text.splitlines()], tablefmt="github")
