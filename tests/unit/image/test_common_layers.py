"""Tests common layers of several images: the same files in each image as before."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_trees import texts, tree
from tarballs import listing_of, tarball

from ci_slim.image import common_layers
from ci_slim.image.common_layers import with_common_layers
from ci_slim.image.config import ImageConfig
from ci_slim.image.files import FileIndex, Kind, read_layer
from ci_slim.image.filter import filtered
from ci_slim.image.image import Image, slim_image
from ci_slim.platforms import Platform

BIG = "f 0755 0:0 /usr/python " + "p" * 300
BASE = f"d 0755 0:0 /usr\n{BIG}\nf 0644 0:0 /usr/lib l"


IMPLIED = (Kind.DIR, 0o755, 0, 0)


def image(*layers: str) -> Image:
    tars = [tarball(text) for text in layers]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    new = filtered(index, list(index), tars, "preserve", io.BytesIO)
    history = [{"created_by": f"COPY {number}"} for number in range(len(layers))]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64] * len(layers)},
        "history": history,
    }
    return slim_image(ImageConfig(config), new, Platform("linux", "amd64"))


def share(*images: Image) -> tuple[Image, ...]:
    names = ["hello", "weather", "clock", "more"][: len(images)]
    return with_common_layers(images, names, io.BytesIO)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of these tests are small."""
    monkeypatch.setattr(common_layers, "LEAST", 1)


def listed(of: Image) -> list[str]:
    return [listing_of(io.BytesIO(layer.open().read())) for layer in of.layers]


def test_equal_files_are_in_a_common_layer_and_the_rest_in_its_own() -> None:
    hello, weather = share(
        image(BASE, "f 0644 0:0 /srv/hello h"), image(BASE, "f 0644 0:0 /srv/weather w")
    )
    assert hello.layers[0].digest == weather.layers[0].digest
    assert listed(hello)[0] == (
        f"d 0755 0:0 usr\nf 0644 0:0 usr/lib l\nf 0755 0:0 usr/python {'p' * 300}"
    )
    assert listed(hello)[1:] == ["f 0644 0:0 srv/hello h"]
    assert [each["created_by"] for each in hello.config.history if not each.get("empty_layer")] == [
        "ci-slim slim: shared by hello, weather",
        "COPY 1",
    ]


def test_a_folder_that_differs_is_each_image_s_own() -> None:
    one, two = share(image(BASE), image(BASE.replace("d 0755 0:0 /usr", "d 0700 1:1 /usr")))
    assert one.layers[0].digest == two.layers[0].digest
    assert [text.splitlines()[0] for text in listed(two)] == ["d 0755 0:0 usr", "d 0700 1:1 usr"]
    assert listed(one)[1] == "d 0755 0:0 usr"


@pytest.mark.parametrize(
    "other",
    [
        BIG.replace("0755", "0700"),
        BIG.replace("0:0", "1:1"),
        BIG.replace("ppp", "qqq"),
        BIG.replace("/usr/python", "/opt/python"),
        BIG.replace("0:0 ", "0:0 {SCHILY.xattr.user.a=b} "),
        BIG + "\nh /usr/python3 => /usr/python",
    ],
)
def test_a_file_is_common_only_if_all_of_it_is_equal(other: str) -> None:
    one, two = share(image(BIG), image(other))
    assert {layer.digest for layer in one.layers}.isdisjoint(layer.digest for layer in two.layers)


def test_sets_of_images_contain_each_other_or_have_nothing_in_common() -> None:
    two, others = "f 0644 0:0 /two " + "t" * 5000, "f 0644 0:0 /others " + "o" * 3000
    hello, weather, clock = share(image(BASE, two), image(BASE, two, others), image(BASE, others))
    digests = [[layer.digest for layer in each.layers] for each in (hello, weather, clock)]
    assert digests[0][0] == digests[1][0] == digests[2][0]
    assert digests[0][1] == digests[1][1]
    assert digests[1][2] == digests[2][1] or set(digests[1][2:]) & set(digests[2][1:]) == set()
    assert hello.layers[1].label == "shared by hello, weather"


def test_images_with_nothing_in_common_stay_apart() -> None:
    one, two = share(image("f 0644 0:0 /a x"), image("f 0644 0:0 /b y"))
    assert [layer.label for layer in (*one.layers, *two.layers)] == ["", ""]
    assert listed(two) == ["f 0644 0:0 b y"]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.lists(st.lists(texts(), min_size=1, max_size=3), min_size=2, max_size=4), st.booleans())
def test_each_image_has_the_same_files_as_before(
    layers: Sequence[Sequence[str]], same_base: bool
) -> None:
    common_layers.LEAST = 1
    base = [layers[0][0]] if same_base else []
    before = [image(*base, *each) for each in layers]
    after = share(*before)
    for old, new in zip(before, after, strict=True):
        was, now = tree(old.layers), tree(new.layers)
        assert {path: now[path] for path in was} == was
        # A folder without an entry gets the one that Docker makes for it.
        assert {now[path][0][:4] for path in now.keys() - was.keys()} <= {IMPLIED}
        made = [each for each in new.config.history if not each.get("empty_layer")]
        assert len(made) == len(new.layers) == len(new.config.diff_ids)
