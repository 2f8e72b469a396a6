"""A label as a picture, in the formats that Pillow writes."""

import io

import qrcode
from PIL import ImageDraw, ImageFont


def draw(text, form):
    image = qrcode.make(text, box_size=4).get_image().convert("RGB")
    ImageDraw.Draw(image).text((4, 0), text, fill="black", font=ImageFont.load_default(12))
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()
