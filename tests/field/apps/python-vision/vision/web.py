import importlib
import io
from pathlib import Path

import numpy
from fastapi import FastAPI, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader
from PIL import Image, UnidentifiedImageError
from prometheus_client import Counter, generate_latest

app = FastAPI(title="Leaf vision", version="1.4.0")
pages = Environment(loader=PackageLoader("vision"), autoescape=True)
COUNT = Counter("pictures", "Pictures that were classified", ["sort"])
PHOTOS = Path("photos")


def opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise HTTPException(415, "This is no picture") from None


def photo(name: str) -> Image.Image:
    if not (PHOTOS / name).is_file():
        raise HTTPException(404, f"No photo {name}")
    return opened((PHOTOS / name).read_bytes())


@app.get("/", response_class=HTMLResponse)
def start():
    names = sorted(path.name for path in PHOTOS.iterdir() if path.suffix != ".txt")
    return pages.get_template("start.html").render(names=names)


@app.get("/photos/{name}/sort")
def sort(name: str):
    from vision import model

    shares = model.classify(photo(name))
    best = max(shares, key=shares.get)
    COUNT.labels(best).inc()
    return {"sort": best, "shares": shares}


@app.get("/photos/{name}/measure/{what}")
def measured(name: str, what: str):
    function = getattr(importlib.import_module("vision.measure"), what, None)
    if function is None:
        raise HTTPException(404, f"No measurement {what}")
    return function(numpy.asarray(photo(name).convert("L"), float) / 255)


@app.get("/photos/{name}/thumb")
def thumb(name: str, request: Request, width: int = 40):
    kind = "webp" if "image/webp" in request.headers.get("accept", "") else "png"
    picture = photo(name).convert("RGB")
    picture.thumbnail((width, width))
    out = io.BytesIO()
    picture.save(out, kind)
    return Response(out.getvalue(), media_type=f"image/{kind}")


@app.get("/photos/{name}/heat", response_class=Response)
def heat(name: str):
    from skimage import exposure, transform

    grey = numpy.asarray(photo(name).convert("L"), float) / 255
    grey = transform.rescale(exposure.equalize_adapthist(grey), 0.5)
    out = io.BytesIO()
    Image.fromarray((grey * 255).astype("uint8")).save(out, "jpeg")
    return Response(out.getvalue(), media_type="image/jpeg")


@app.post("/sort")
async def upload(file: UploadFile):
    from vision import model

    return {"file": file.filename, "shares": model.classify(opened(await file.read()))}


@app.get("/model")
def about():
    from vision import model

    session = model.session()
    return {"inputs": [i.shape for i in session.get_inputs()], "labels": model.labels(), "providers": session.get_providers()}


@app.get("/metrics")
def metrics():
    return Response(generate_latest(), media_type="text/plain")
