from pathlib import Path

import typer
from PIL import Image, ImageDraw

app = typer.Typer(help="The eye above the sorting belt.")


@app.command()
def photos(folder: Path = Path("photos")):
    """Draw the photos of the start page, in the formats of our cameras."""
    picture = Image.new("RGB", (120, 80), "black")
    draw = ImageDraw.Draw(picture)
    for x in (10, 50, 90):
        draw.ellipse((x, 20, x + 22, 60), fill=(40, 200, 60))
    for name in ("leaf.png", "leaf.jpg", "leaf.webp", "leaf.tiff", "leaf.bmp", "leaf.gif"):
        picture.save(folder / name)


@app.command()
def classify(file: Path, label: bool = False):
    """Tell the sort of a picture."""
    from vision import model

    shares = model.classify(Image.open(file))
    print(max(shares, key=shares.get) if label else shares)


@app.command()
def compare(one: Path, other: Path):
    """How similar two pictures are (SSIM)."""
    from skimage import color, io, metrics

    pictures = [color.rgb2gray(io.imread(file)[..., :3]) for file in (one, other)]
    print(f"similar: {metrics.structural_similarity(*pictures, data_range=1):.3f}")


@app.command()
def profile(runs: int = 10):
    """Time the model."""
    import time

    from vision import model

    picture = Image.new("RGB", (64, 64))
    began = time.perf_counter()
    for _ in range(runs):
        model.classify(picture)
    typer.secho(f"{runs} runs", fg="green", nl=False)
    print(f", {1000 * (time.perf_counter() - began) / runs:.1f} ms each")


app()
