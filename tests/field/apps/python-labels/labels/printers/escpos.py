from escpos.printer import Dummy


def render(text, options):
    printer = Dummy(profile=options.get("profile", "default"))
    printer.set(bold=True)
    printer.textln(text)
    printer.barcode("4006381333931", "EAN13")
    printer.qr(text)
    printer.cut()
    return "application/octet-stream", printer.output
