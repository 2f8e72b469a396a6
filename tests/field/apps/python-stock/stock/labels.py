import io

from flask import Blueprint, Response

from stock.models import Item, db

bp = Blueprint("labels", __name__, url_prefix="/label")


@bp.get("/<int:number>.pdf")
def pdf(number):
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen import canvas

    item = db.get_or_404(Item, number)
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(60 * mm, 30 * mm))
    page.setFont("Vera", 12)
    page.drawString(4 * mm, 18 * mm, item.name)
    page.save()
    return Response(out.getvalue(), mimetype="application/pdf")


@bp.get("/<int:number>.svg")
def svg(number):
    from reportlab.graphics import renderSVG
    from reportlab.graphics.barcode import createBarcodeDrawing

    item = db.get_or_404(Item, number)
    return Response(renderSVG.drawToString(createBarcodeDrawing("Code128", value=item.name)), mimetype="image/svg+xml")
