"""The baseline: images meet by name and platform, updates are counted in blobs."""

from dataclasses import replace

import pytest
from reports import AMD64, ARM64, ARMV6, digest, of, replaced, sample

from ci_slim.image.ancestry import base_layers
from ci_slim.image.sizes import ImageSizes, LayerSize, image_sizes
from ci_slim.judge.baseline import Previous, compared, match, previous_of, update
from ci_slim.platforms import Platform
from ci_slim.result import Baseline, PlatformReport

DEBIAN = LayerSize(digest("d"), 30_000_000, 80_000_000, "# debian.sh", digest("1"), True)
NEWER = replace(DEBIAN, digest=digest("e"), pull_bytes=31_000_000, diff_id=digest("2"))
APP = LayerSize(digest("a"), 400_000, 900_000, "COPY app /", digest("3"))
APP2 = LayerSize(digest("b"), 450_000, 950_000, "COPY app /", digest("4"))
RECOMPRESSED = replace(DEBIAN, digest=digest("f"), pull_bytes=30_000_500)
NAMELESS = LayerSize("", 7, 9, "all layers, merged")
UNKNOWN = LayerSize(digest("c"), None, 9, "RUN x", digest("5"))


def image(*layers: LayerSize, config: str = "0", name: str = "6") -> ImageSizes:
    return image_sizes(
        "app:1", digest(name), 1000, layers, files=3, config_digest=digest(config) if config else ""
    )


@pytest.mark.parametrize(
    ("new", "old", "size"),
    [
        (image(DEBIAN, APP), image(DEBIAN, APP), 0),
        (image(DEBIAN, APP2, name="7", config="8"), image(DEBIAN, APP), 451_000),
        (image(NEWER, APP, name="7", config="8"), image(DEBIAN, APP), 31_001_000),
        (image(RECOMPRESSED, APP2, name="7", config="8"), image(DEBIAN, APP), 451_000),
        (image(DEBIAN, APP, name="7"), image(DEBIAN, APP), 0),
        (image(DEBIAN, APP, name="7", config=""), image(DEBIAN, APP), 1000),
        (image(NAMELESS, name="7", config="8"), image(NAMELESS), 1007),
        (image(UNKNOWN, name="7", config="8"), image(DEBIAN), None),
        (image(UNKNOWN, DEBIAN, name="7", config="8"), image(UNKNOWN), 30_001_000),
        (image(APP, APP2, APP2, name="7", config="8"), image(), 851_000),
    ],
    ids=[
        "the same image", "changed application", "changed base", "base compressed once more",
        "other manifest of the same config", "config without a digest", "layers without a digest",
        "new layer of unknown size", "old layer of unknown size", "a blob twice",
    ],
)  # fmt: skip
def test_an_update_fetches_what_the_baseline_has_not(
    new: ImageSizes, old: ImageSizes, size: int | None
) -> None:
    assert update(new, old) == size


@pytest.mark.parametrize(
    ("new", "old", "shared"),
    [
        (image(DEBIAN, APP2), image(DEBIAN, APP), (0,)),
        (image(APP, RECOMPRESSED), image(DEBIAN, APP), (0, 1)),
        (image(NEWER, APP2), image(DEBIAN, APP), ()),
        (image(NAMELESS), image(NAMELESS), ()),
    ],
    ids=["changed application", "compressed once more", "all new", "layers without a digest"],
)
def test_the_layers_that_the_baseline_has_are_known(
    new: ImageSizes, old: ImageSizes, shared: tuple[int, ...]
) -> None:
    got = compared(slim_report(new, new), Previous("app", ARMV6, "file x", old))
    assert got.baseline is not None
    assert got.baseline.shared_layers == shared


def previous(name: str, platform: Platform) -> Previous:
    return Previous(name, platform, "file x", image(DEBIAN, APP))


KNOWN = (previous("app", AMD64), previous("app", ARMV6), previous("other", ARM64))


@pytest.mark.parametrize(
    ("name", "platform", "found"),
    [
        ("app", AMD64, 0),
        ("app", ARMV6, 1),
        ("app", Platform("linux", "arm", "v7"), None),
        ("app", ARM64, None),
        ("other", Platform("linux", "arm64", "v8"), 2),
    ],
)
def test_images_meet_by_name_and_platform_with_its_variant(
    name: str, platform: Platform, found: int | None
) -> None:
    assert match(KNOWN, name, platform) is (None if found is None else KNOWN[found])


def test_a_report_gives_what_was_delivered() -> None:
    first, second, skipped = sample().images[0].platforms
    known = tuple(previous_of(of(first, second, skipped), "artifact"))
    assert [(p.name, p.platform, p.source) for p in known] == [
        ("listener", ARMV6, "artifact"),
        ("listener", ARM64, "artifact"),
    ]
    assert [p.delivered for p in known] == [first.slim, second.slim]
    assert known[0].fat == first.fat


def slim_report(fat: ImageSizes, slim: ImageSizes) -> PlatformReport:
    return replaced(sample().images[0].platforms[0], fat=fat, slim=slim, no_baseline="not looked")


KEPT = LayerSize(digest("7"), 500, 900, "# debian.sh", digest("7"), True)
KEPT_MORE = replace(KEPT, digest=digest("8"), diff_id=digest("8"), pull_bytes=800)


@pytest.mark.parametrize(
    ("fat", "slim", "old_fat", "old_slim", "base", "growth"),
    [
        (DEBIAN, KEPT, DEBIAN, KEPT, "same", 0),
        (DEBIAN, KEPT_MORE, DEBIAN, KEPT, "same", 300),
        (NEWER, KEPT_MORE, DEBIAN, KEPT, "changed", 300),
        (NEWER, KEPT, None, KEPT, "same", 0),
        (NEWER, KEPT_MORE, None, KEPT, "unknown", 300),
        (APP, APP, APP, APP, "unknown", None),
    ],
)
def test_a_change_of_the_base_image_is_told_apart(
    fat: LayerSize,
    slim: LayerSize,
    old_fat: LayerSize | None,
    old_slim: LayerSize,
    base: str,
    growth: int | None,
) -> None:
    report = slim_report(image(fat, APP), image(slim, APP2, name="7", config="8"))
    old = Previous(
        "app", ARMV6, "file x", image(old_slim, APP), image(old_fat, APP) if old_fat else None
    )
    got = compared(report, old)
    assert got.baseline == Baseline(
        "file x",
        "app:1",
        digest("6"),
        old.delivered.pull_bytes,
        old.delivered.disk_bytes,
        base,  # type: ignore[arg-type]
        growth,
        shared_layers=(0,) if slim == old_slim else (),
    )
    assert got.no_baseline == ""


def test_a_platform_without_a_result_has_a_baseline_and_no_update() -> None:
    skipped = sample().images[0].platforms[2]
    got = compared(skipped, KNOWN[0])
    assert got.baseline is not None
    assert (got.baseline.base_image, got.update_bytes) == ("unknown", None)


def test_a_registry_without_layers_read_tells_no_disk_size() -> None:
    report = slim_report(image(DEBIAN), image(KEPT, APP2, name="7", config="8"))
    got = compared(
        report, replace(KNOWN[0], delivered=replace(KNOWN[0].delivered, disk_bytes=None))
    )
    assert got.baseline is not None
    assert (got.baseline.pull_bytes, got.baseline.disk_bytes) == (30_401_000, None)


def made(*created_by: str) -> list[dict[str, object]]:
    """History: entries in brackets made no layer."""
    return [
        {"created_by": text.strip("()"), "empty_layer": True}
        if text.startswith("(")
        else {"created_by": text}
        for text in created_by
    ]


@pytest.mark.parametrize(
    ("history", "layers"),
    [
        (made("ADD rootfs.tar / # buildkit", '(CMD ["/bin/sh"])', "COPY app / # buildkit"), 1),
        (made("# debian.sh", "RUN apt", '(CMD ["bash"])', "COPY a /", '(CMD ["a"])'), 2),
        (made("x", '(CMD ["bash"])', "RUN a", '(CMD ["python3"])', "RUN b", "COPY c /"), 2),
        (made("COPY app /", '(CMD ["app"])'), 0),
        (made("COPY app /"), 0),
        (made('(CMD ["x"])'), 0),
        ([], 0),
        # Slim images: one layer more on top, none more, and one of the image's own without files.
        (made("x", '(CMD ["bash"])', "COPY a /", '(CMD ["a"])', "ci-slim slim"), 1),
        (made("x", '(CMD ["bash"])', "COPY a /", '(CMD ["a"])', "(ci-slim slim)"), 1),
        (made("x", '(CMD ["bash"])', "(COPY a /)", '(CMD ["a"])', "ci-slim slim"), 1),
        (made("(x)", '(CMD ["bash"])', "(COPY a /)", '(CMD ["a"])', "ci-slim slim"), 0),
        (made("x", '(CMD ["bash"])', "(COPY a /)", "ci-slim slim: base", "ci-slim slim: a"), 1),
    ],
)
def test_base_layers_end_at_a_command_below_own_layers(
    history: list[dict[str, object]], layers: int
) -> None:
    assert base_layers(history) == layers


def test_the_classic_builders_command_ends_the_base_as_well() -> None:
    history: list[dict[str, object]] = [
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": '/bin/sh -c #(nop)  CMD ["bash"]', "empty_layer": True},
        {"created_by": "/bin/sh -c make"},
    ]
    assert base_layers(history) == 1
