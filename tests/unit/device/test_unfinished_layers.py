"""Layers that docker did not finish when the power failed: which ones ci-slim-update removes."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_slim.device import ci_slim_update as update

LEFT, KNOWN, OTHER = "a" * 64, "b" * 64, "c" * 64
BUILDKIT = "q8zqo2ldn3bno5rbn17g1fz5y"


class Store:
    """The folder of a docker daemon with a device that can start again."""

    def __init__(self, folder: Path) -> None:
        self.docker, self.own = folder / "docker", folder / "own"
        (self.docker / "overlay2/l").mkdir(parents=True)
        self.own.mkdir()
        self.boot = "one"

    def write(self, name: str) -> None:
        (self.docker / "overlay2" / name / "diff").mkdir(parents=True)
        (self.docker / "overlay2" / name / "link").write_text(name[:4].upper())
        (self.docker / "overlay2/l" / name[:4].upper()).symlink_to(f"../{name}/diff")

    def finish(self, name: str, place: str) -> None:
        path = self.docker / "image/overlay2/layerdb" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)

    @property
    def layers(self) -> set[str]:
        return {each.name for each in (self.docker / "overlay2").iterdir()} - {"l"}

    @property
    def made(self) -> update.UnfinishedLayers:
        return update.UnfinishedLayers(self.own, self.docker)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(tmp_path)
    monkeypatch.setattr(update, "_boot", lambda: made.boot)
    monkeypatch.setattr(update, "WATCH_SECONDS", 0.01)
    return made


def until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def cut_while_it_writes(store: Store, *names: str) -> None:
    """The power is cut while docker writes these layers."""
    kept = ""
    with store.made.watched():
        for name in names:
            store.write(name)
        names = tuple(each for each in names if len(each) == 64)
        written = store.own / "layers"
        until(lambda: written.exists() and all(each in written.read_text() for each in names))
        kept = written.read_text()
    written.write_text(kept)  # nobody is there to remove it


def test_only_what_docker_does_not_know_is_removed_and_only_after_another_start(
    store: Store,
) -> None:
    store.write(OTHER)
    cut_while_it_writes(store, LEFT, KNOWN, BUILDKIT)
    store.finish(KNOWN, "sha256/chain/cache-id")
    assert store.made.remove() == 0
    assert store.layers == {LEFT, KNOWN, OTHER, BUILDKIT}
    store.boot = "two"
    assert store.made.remove() == 1
    assert store.layers == {KNOWN, OTHER, BUILDKIT}
    assert sorted(each.name for each in (store.docker / "overlay2/l").iterdir()) == [
        "BBBB", "CCCC", "Q8ZQ",
    ]  # fmt: skip
    assert list(store.own.iterdir()) == []


def test_the_layer_of_a_container_stays(store: Store) -> None:
    cut_while_it_writes(store, LEFT)
    store.finish(LEFT, "mounts/container/mount-id")
    store.boot = "two"
    assert (store.made.remove(), store.layers) == (0, {LEFT})


def test_without_docker_s_own_records_nothing_is_removed(store: Store) -> None:
    cut_while_it_writes(store, LEFT)
    store.boot = "two"
    assert (store.made.remove(), store.layers) == (0, {LEFT})
    store.finish(OTHER, "sha256/other/cache-id")
    assert (store.made.remove(), store.layers) == (1, set())


def test_what_docker_finished_although_the_updater_was_killed_is_forgotten(store: Store) -> None:
    cut_while_it_writes(store, LEFT)
    store.finish(LEFT, "sha256/chain/cache-id")
    assert (store.made.remove(), store.layers) == (0, {LEFT})
    assert list(store.own.iterdir()) == []


def test_after_a_load_nothing_is_written_down(store: Store) -> None:
    with store.made.watched():
        store.write(LEFT)
        until(lambda: (store.own / "layers").exists())
    assert list(store.own.iterdir()) == []
    store.boot = "two"
    assert (store.made.remove(), store.layers) == (0, {LEFT})


@pytest.mark.parametrize("text", ["", "x", "one ../../etc", f"one {LEFT} more", "\0\n" * 9])
def test_a_damaged_list_removes_nothing(text: str, store: Store) -> None:
    store.write(LEFT)
    (store.own / "layers").write_text(text)
    store.boot = "two"
    assert (store.made.remove(), store.layers) == (0, {LEFT})


def test_where_the_store_cannot_be_read_nothing_is_watched(store: Store) -> None:
    made = update.UnfinishedLayers(store.own, None)
    with made.watched():
        store.write(LEFT)
    assert (made.remove(), list(store.own.iterdir())) == (0, [])
