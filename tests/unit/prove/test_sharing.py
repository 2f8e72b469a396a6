"""Common layers of proved images: which images share, and what becomes of one that does worse."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci_slim.closure.keep_set import KeepSet
from ci_slim.errors import EngineError, Interrupted
from ci_slim.fat.image import StageTimer
from ci_slim.platforms import Platform
from ci_slim.prove import sharing
from ci_slim.prove.result import SlimResult
from ci_slim.prove.sharing import ProvedImage, share_layers

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
ANY: Any = None


def timer() -> StageTimer:
    @contextlib.contextmanager
    def shown(_: str) -> Iterator[None]:
        yield

    return StageTimer(shown)


def proved(
    name: str, folder: Path, platform: Platform = AMD64, *, slim: bool = True
) -> tuple[ProvedImage, StageTimer, None]:
    place = folder / f"{name}-{platform.slug}"
    place.mkdir()
    image: Any = f"slim {name}" if slim else None
    workspace: Any = SimpleNamespace(folder=place)
    spec: Any = SimpleNamespace(platform=platform)
    done = SlimResult(image, KeepSet({}), ANY, None, 1)
    return ProvedImage(name, workspace, spec, ANY, ANY, done, None), timer(), None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The names of the images that were given common layers together."""
    found: list[tuple[str, ...]] = []

    def common(images: Sequence[Any], names: Sequence[str], sink: object) -> tuple[Any, ...]:
        found.append(tuple(names))
        return tuple(f"{image} with common layers" for image in images)

    monkeypatch.setattr(sharing, "with_common_layers", common)
    monkeypatch.setattr(sharing, "_uncompressed", lambda image, _: image)
    return found


def images(ended: Sequence[tuple[Any, Any, Any]]) -> list[object]:
    return [found.done.image if isinstance(found, ProvedImage) else found for found, _, _ in ended]


def accepted(of: ProvedImage, image: Any) -> SlimResult:
    return SlimResult(image, KeepSet({}), ANY, None, 1)


def test_the_images_of_each_platform_share(
    tmp_path: Path, asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "_proved", accepted)
    ended: list[tuple[Any, StageTimer, None]] = [
        proved("a", tmp_path),
        proved("a", tmp_path, ARM64),
        ("a report", timer(), None),
        proved("b", tmp_path),
        proved("not smaller", tmp_path, slim=False),
        proved("b", tmp_path, ARM64),
    ]
    assert images(share_layers(ended)) == [
        "slim a with common layers",
        "slim a with common layers",
        "a report",
        "slim b with common layers",
        None,
        "slim b with common layers",
    ]
    assert asked == [("a", "b"), ("a", "b")]


def test_one_image_shares_with_nobody(tmp_path: Path, asked: list[tuple[str, ...]]) -> None:
    assert images(share_layers([proved("a", tmp_path)])) == ["slim a"]
    assert asked == []


@pytest.mark.parametrize("failing", ["worse", "engine"])
def test_an_image_that_cannot_be_proved_again_stays_as_it_was_and_says_so(
    failing: str,
    tmp_path: Path,
    asked: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tried(of: ProvedImage, image: Any) -> SlimResult | tuple[str, ...]:
        if of.name != "b":
            return accepted(of, image)
        if failing == "engine":
            raise EngineError("GET / says 500")
        return ("GET / says 500",)

    monkeypatch.setattr(sharing, "_proved", tried)
    both: list[Any] = [proved("a", tmp_path), proved("b", tmp_path)]
    ended: list[Any] = share_layers(both)
    assert images(ended) == ["slim a with common layers", "slim b"]
    kept = ended[1][0]
    assert isinstance(kept, ProvedImage)
    assert kept.done.warnings == (
        "the layers are not shared, since the proof failed: GET / says 500",
    )


def test_an_interrupted_proof_ends_the_run(
    tmp_path: Path, asked: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(of: ProvedImage, image: Any) -> SlimResult:
        raise Interrupted("stopped")

    monkeypatch.setattr(sharing, "_proved", interrupted)
    with pytest.raises(Interrupted):
        share_layers([proved("a", tmp_path), proved("b", tmp_path)])
