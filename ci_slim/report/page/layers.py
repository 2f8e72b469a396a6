"""The layers of the fat and the slim image, side by side: their sizes, and which are shared."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from ci_slim.image.sizes import ImageSizes
from ci_slim.report.cells import about
from ci_slim.report.page.markup import code, table
from ci_slim.result import PlatformReport
from ci_slim.units import count


def layers(p: PlatformReport) -> Iterator[str]:
    """The layers of both images, side by side, with a mark on those that are shared."""
    both = [(title, sizes) for title, sizes in (("Fat", p.fat), ("Slim", p.slim)) if sizes]
    if not both:
        return
    yield "<h3>Layers</h3>"
    held = frozenset[int]()
    if p.baseline and p.baseline.shared_layers is not None and p.result is not None:
        held = frozenset(p.baseline.shared_layers) & frozenset(range(len(p.result.layers)))
        yield (
            f"<p>The baseline has {len(held)} of {count(len(p.result.layers), 'layer')}. "
            "A device that has the baseline downloads only the others.</p>"
        )
    yield '<div class="layers">'
    # One scale, so that the bars of both images can be compared.
    most = max((layer.disk_bytes or 0 for _, each in both for layer in each.layers), default=0)
    names = [{layer.diff_id for layer in each.layers} for _, each in both]
    twins = frozenset.intersection(*map(frozenset, names)) - {""} if p.slim else frozenset()
    for title, sizes in both:
        other = "slim" if title == "Fat" else "fat"
        where = dict.fromkeys(twins, f"also in the {other} image")
        numbers = held if sizes is p.result else frozenset[int]()
        yield f"<div><h4>{title}</h4>{_layer_table(sizes, most or 1, where, numbers)}</div>"
    yield "</div>"


def _layer_table(
    sizes: ImageSizes, most: int, twins: Mapping[str, str], held: AbstractSet[int]
) -> str:
    """The layers of an image. `twins` says by diff_id what the other image shares. The baseline has
    those whose numbers are `held`."""
    cells = []
    for number, layer in enumerate(sizes.layers):
        shared = [twins[layer.diff_id]] if layer.diff_id in twins else []
        shared += ["also in the baseline"] if number in held else []
        kind = "same" if shared else "base" if layer.base else ""
        cells.append(
            (
                '<svg class="bar" width="100" height="12" viewBox="0 0 100 12" aria-hidden="true">'
                f'<rect class="{kind}" height="12" '
                f'width="{max(1, 100 * (layer.disk_bytes or 0) // most)}"/></svg>',
                about(layer.pull_bytes, sizes.pull_exact),
                about(layer.disk_bytes, sizes.disk_exact),
                ("base image: " if layer.base else "")
                + code(layer.created_by, 200)
                + "".join(f"<small>{words}</small>" for words in shared),
            )
        )
    return table(("on disk", "pull", "disk", "made by"), cells, numbers=(1, 2))
