from labels.printers.picture import draw


def render(text, options):
    return "image/gif", draw(text, "gif")
