from labels.printers.picture import draw


def render(text, options):
    return "image/tiff", draw(text, "tiff")
