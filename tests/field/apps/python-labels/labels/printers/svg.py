import qrcode
from qrcode.image.svg import SvgPathImage


def render(text, options):
    return "image/svg+xml", qrcode.make(text, image_factory=SvgPathImage).to_string()
