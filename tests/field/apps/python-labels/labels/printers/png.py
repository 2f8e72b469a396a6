from labels.printers.picture import draw


def render(text, options):
    return "image/png", draw(text, "png")
