"""A large image that is streamed gives the same as one that is stored completely."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons import Store
from recipes import AMD64, ARMV6

from ci_slim.closure.close import KeepSet
from ci_slim.engine.docker import Engine
from ci_slim.fat import source, stream_index
from ci_slim.fat.saved import SavedFatImage
from ci_slim.fat.source import FatSource
from ci_slim.fat.streamed import StreamedImage
from ci_slim.image import estimate
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How
from ci_slim.platforms import parse
from ci_slim.settings.plans import SlimPlan

PROGRAMS = ("/usr/bin/python3", "/bin/sh", "/server")


@pytest.mark.parametrize("layers", ["preserve", "merge"])
@pytest.mark.parametrize(
    ("name", "platform"),
    [("server", AMD64), ("server", ARMV6), ("nginx", AMD64), ("python", AMD64), ("tricky", AMD64)],
)
def test_every_file_of_an_image_is_the_same(
    name: str,
    platform: str,
    layers: str,
    overlay2: Store,
    built: Callable[[str, str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source, "LARGE", 0)
    monkeypatch.setattr(stream_index, "LEAST", 0)
    monkeypatch.setattr(estimate, "WHOLE", 0)
    monkeypatch.setattr(estimate, "MOST", 1 << 20)
    reference, asked = built("overlay2", name, platform), parse(platform)
    slim = SlimPlan(layers=layers)  # type: ignore[arg-type]
    with Engine.connect({**os.environ, **overlay2.environment}, "reading") as engine:
        pending = FatSource(engine, reference, asked, tmp_path, reference).start_reading(
            slim, whole=True
        )
        pending.expect(dict.fromkeys(PROGRAMS, How.EXEC))
        thin = pending.result()
        assert isinstance(thin, StreamedImage)
        (tmp_path / "whole").mkdir()
        whole = SavedFatImage.fetch(engine.save(reference), tmp_path / "whole", asked, reference)
        # From here on, the only sources are what was kept, and the container.
        monkeypatch.setattr(engine, "save", None)

        assert thin.index.layers == whole.index.layers
        assert thin.sizes == whole.sizes
        assert (tmp_path / "parts.tar").stat().st_size < (
            tmp_path / "whole" / "saved.tar"
        ).stat().st_size / 2
        everything = KeepSet(dict.fromkeys(whole.index, ("test",)))
        new = [
            [
                (layer.digest, layer.diff_id, layer.files)
                for layer in image.filter(everything, to, slim).layers
            ]
            for image, to in ((thin, tmp_path / "a"), (whole, tmp_path / "b"))
        ]
        assert new[0] == new[1]
        files = [path for path in whole.index if whole.index[path].kind is Kind.FILE]
        assert len(files) > 50
        for path in files[::7]:
            assert thin.contents.read(path, 1, 5000) == whole.contents.read(path, 1, 5000)
    assert not overlay2.text("ps", "-aq", "--filter", f"label=ci-slim={engine.run_id}")
