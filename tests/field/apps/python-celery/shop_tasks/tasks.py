"""What the workers of the shop do."""

import io
import zlib
from pathlib import Path

from .app import app


@app.task
def add(a, b):
    return a + b


@app.task
def letter(name):
    from jinja2 import Environment, FileSystemLoader

    pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"))
    return pages.get_template("letter.txt").render(name=name)


@app.task
def thumbnail(kind):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, kind)
    return out.getvalue()[:12].hex()


@app.task
def qr(text):
    import qrcode
    import qrcode.image.svg

    return qrcode.make(text, image_factory=qrcode.image.svg.SvgImage).to_string().decode()


@app.task
def barcode(digits):
    from barcode import get_barcode_class

    out = io.BytesIO()
    get_barcode_class("ean13")(digits).write(out)
    return out.getvalue().decode()


@app.task(bind=True, max_retries=1)
def retried(self):
    if self.request.retries == 0:
        raise self.retry(countdown=0)
    return "second time"


@app.task
def tidy():
    return zlib.crc32(b"tidy")
