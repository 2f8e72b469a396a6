"""Labels over HTTP: GET /label/PRINTER?text=..., POST /sheet."""

import importlib

import falcon


class Home:
    def on_get(self, request, response):
        response.media = {"printers": ["png", "svg", "pdf", "escpos", "zpl", "gif", "tiff"]}


class Label:
    def on_get(self, request, response, printer):
        text = request.get_param("text", required=True)
        try:
            module = importlib.import_module(f"labels.printers.{printer}")
        except ModuleNotFoundError:
            raise falcon.HTTPNotFound(title="No such printer", description=printer) from None
        response.content_type, response.data = module.render(text, request.params)


class Barcode:
    def on_get(self, request, response, kind):
        import io

        import barcode
        from barcode.writer import ImageWriter, SVGWriter

        image = request.get_param("as") == "png"
        try:
            code = barcode.get(kind, request.get_param("text", required=True), writer=ImageWriter() if image else SVGWriter())
        except barcode.errors.BarcodeNotFoundError:
            raise falcon.HTTPNotFound(title="No such barcode") from None
        except barcode.errors.BarcodeError as error:
            raise falcon.HTTPBadRequest(title="Not in this barcode", description=str(error)) from None
        file = io.BytesIO()
        code.write(file)
        response.content_type = "image/png" if image else "image/svg+xml"
        response.data = file.getvalue()


class Sheet:
    def on_get(self, request, response):
        import io

        from openpyxl import Workbook, load_workbook

        book = Workbook()
        for row in [("text", "cups"), ("assam", 3)]:
            book.active.append(row)
        file = io.BytesIO()
        book.save(file)
        read = load_workbook(file)
        response.media = [[cell.value for cell in row] for row in read.active.iter_rows()]


class Scan:
    def on_post(self, request, response):
        from PIL import Image, UnidentifiedImageError

        try:
            image = Image.open(request.bounded_stream)
        except UnidentifiedImageError:
            raise falcon.HTTPUnsupportedMediaType(title="Not an image") from None
        response.media = {"format": image.format, "size": image.size}


app = falcon.App()
app.add_route("/", Home())
app.add_route("/label/{printer}", Label())
app.add_route("/barcode/{kind}", Barcode())
app.add_route("/sheet", Sheet())
app.add_route("/scan", Scan())
