import io

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.lib.pagesizes import A6
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas


def render(text, options):
    file = io.BytesIO()
    page = canvas.Canvas(file, pagesize=A6, pageCompression=0)
    font = options.get("font", "Helvetica")
    if font == "Vera":
        pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    page.setFont(font, 16)
    page.drawString(20, 300, text)
    renderPDF.draw(createBarcodeDrawing("QR", value=text), page, 20, 150)
    page.save()
    return "application/pdf", file.getvalue()
