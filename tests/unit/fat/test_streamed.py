"""Tests that a streamed image gives the same as one that is stored completely."""

import hashlib
import io
import random
import tarfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tarballs import tarball

from ci_slim.closure import keep_set_builder
from ci_slim.closure.close import KeepSet
from ci_slim.errors import EngineError, UsageError
from ci_slim.fat import stream_index
from ci_slim.fat.reader_container import ReaderContainer
from ci_slim.fat.saved import SavedFatImage
from ci_slim.fat.streamed import StreamedImage
from ci_slim.image import estimate
from ci_slim.image.documents import dump
from ci_slim.image.files import Entry, Kind
from ci_slim.image.image import image_of
from ci_slim.image.layer import Layer
from ci_slim.image.layout import layout_members, write_tar
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.readable import Slice
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan

AMD64 = Platform("linux", "amd64")
LONG = "/opt/" + "/".join(["a-rather-long-name"] * 9)


def text(seed: int, size: int) -> str:
    """Letters that do not compress well."""
    return random.Random(seed).randbytes(size // 2).hex()


BASE = f"""
    d 0755 0:0 /usr
    f 0755 0:0 /usr/large {text(1, 700_000)}
    f 0644 0:0 /usr/small tiny
    f 0644 0:0 /usr/block {"b" * 512}
    f 0644 0:0 /usr/blocks {text(2, 51_200)}
    f 4755 7:8 {{SCHILY.xattr.security.capability=cap}} /usr/caps {text(3, 90_001)}
    h /usr/linked => /usr/large
    h /usr/also => /usr/caps
    l /lib -> usr
    d 0700 0:0 {LONG}
    f 0600 0:0 {LONG}/deep {text(4, 30_000)}
    f 0644 0:0 /var/lib/dpkg/status {text(5, 80_000)}
    f 0644 0:0 /proc/odd {text(6, 20_000)}
    f 0644 0:0 /etc/hosts {text(7, 30_000)}
    f 0644 0:0 /etc/changed {text(8, 10_000)}
    f 0644 0:0 /etc/gone {text(9, 10_000)}
"""
UPPER = f"""
    f 0640 1:1 /usr/large {text(10, 800_000)}
    f 0644 0:0 /etc/changed {text(11, 12_345)}
    w /etc/gone
    o /srv
    p 0644 /fifo
    f 0755 0:0 /app {text(12, 600_000)}
    l /link -> app
"""
TOP = "f 0644 0:0 /notes a layer that is little"


def archive(layers: Iterable[bytes], name: Callable[[str], str] = lambda name: name) -> bytes:
    """An archive as `docker save` of the classic store writes it."""
    new = []
    for number, tar in enumerate(layers):
        digest = f"sha256:{hashlib.sha256(tar).hexdigest()}"
        blob = Descriptor(LAYER, digest, len(tar))
        new.append(Layer(blob, digest, "none", partial(io.BytesIO, tar), source=number))
    config = dump(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["/app"]},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in new]},
            "history": [{"created_by": f"COPY {layer.source}"} for layer in new],
        }
    )
    image = image_of(config, new, AMD64, ("app:1",))
    out = io.BytesIO()
    write_tar(((name(path), *rest) for path, *rest in layout_members([image])), out)  # type: ignore[misc]
    return out.getvalue()


class Container:
    """Replaces a container of the image: it shows exactly the files of the image."""

    def __init__(
        self, whole: SavedFatImage, *, without: Iterable[str] = (), shorter: str = ""
    ) -> None:
        self._whole, self._without, self._shorter = whole, frozenset(without), shorter
        self.expected: set[str] = set()
        self.asked: set[str] = set()

    def expect(self, paths: Iterable[str]) -> None:
        self.expected |= set(paths)

    def entry(self, path: str) -> Entry:
        if path in self._without:
            raise KeyError(path)
        seen = self._whole.index[path]
        return seen._replace(size=seen.size - 1) if path == self._shorter else seen

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        assert not path.startswith(("/proc", "/etc/hosts")), "every container has its own"
        self.asked.add(path)
        return self._whole.contents.read(path, offset, size)


class Pair:
    """The same image, stored completely and streamed."""

    def __init__(
        self,
        folder: Path,
        layers: list[bytes],
        chunk: int = 65_536,
        data: bytes | None = None,
        **container: object,
    ) -> None:
        for name in ("whole", "thin", "again"):
            (folder / name).mkdir(parents=True)
        saved = archive(layers) if data is None else data
        self.folder = folder
        self.layers = layers
        self.bytes = len(saved)
        self.whole = SavedFatImage.fetch([saved], folder / "whole", AMD64, "app:1")
        self.container = Container(self.whole, **container)  # type: ignore[arg-type]
        self.saved_again = 0

        def entire() -> SavedFatImage:
            self.saved_again += 1
            return SavedFatImage.fetch([saved], folder / "again", AMD64, "app:1")

        self.thin = StreamedImage.read_stream(
            (saved[at : at + chunk] for at in range(0, len(saved), chunk)),
            folder / "thin",
            [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in layers],
            AMD64,
            "app:1",
            lambda: cast(ReaderContainer, self.container),
            entire,
        )

    @property
    def kept(self) -> int:
        return (self.folder / "thin" / "parts.tar").stat().st_size

    def both(self, keep: Iterable[str], plan: SlimPlan, to: str = "out") -> Iterator[list[str]]:
        kept = KeepSet(dict.fromkeys(keep, ("test",)))
        for kind, image in (("whole", self.whole), ("thin", self.thin)):
            new = image.filter(kept, self.folder / kind / to, plan).layers
            yield [layer.digest for layer in new]


@pytest.fixture(autouse=True)
def _small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lowers the limits, so that layers of a megabyte are streamed like those of a gigabyte."""
    for name, size in (("WHOLE", 0), ("PIECE", 1 << 12), ("MOST", 1 << 14)):
        monkeypatch.setattr(estimate, name, size)
    monkeypatch.setattr(stream_index, "LEAST", 1 << 16)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path, [tarball(each).getvalue() for each in (BASE, UPPER, TOP)])


def test_few_bytes_are_kept_and_all_can_be_read(pair: Pair) -> None:
    assert pair.kept < pair.bytes / 6
    assert list(pair.thin.index) == list(pair.whole.index)
    assert pair.thin.index.layers == pair.whole.index.layers
    assert pair.thin.config == pair.whole.config
    assert pair.thin.disk_bytes == pair.whole.disk_bytes


def test_the_sizes_are_the_same(pair: Pair) -> None:
    assert pair.thin.sizes == pair.whole.sizes
    assert pair.saved_again == 0


@pytest.mark.parametrize("layers", ["preserve", "merge"])
def test_everything_can_be_written(pair: Pair, layers: str) -> None:
    shown = [path for path in pair.whole.index if path not in ("/proc/odd", "/etc/hosts")]
    whole, thin = pair.both(shown, SlimPlan(layers=layers))  # type: ignore[arg-type]
    assert whole == thin
    assert pair.saved_again == 0
    # Small files, the package database and the targets of the links are kept.
    assert pair.container.asked == {
        *("/usr/large", "/usr/linked", "/usr/blocks", "/usr/also", f"{LONG}/deep"),
        *("/etc/changed", "/app"),
    }
    assert pair.container.expected == pair.container.asked | {"/usr/caps"}, "another name of also"


@pytest.mark.parametrize("path", ["/proc/odd", "/etc/hosts"])
def test_files_of_the_container_itself_are_read_from_the_image(pair: Pair, path: str) -> None:
    assert pair.thin.read(path) == pair.whole.contents.read(path)
    whole, thin = pair.both([path, "/app"], SlimPlan())
    assert whole == thin
    assert pair.saved_again == 1


@pytest.mark.parametrize("odd", [{"without": ["/app"]}, {"shorter": "/app"}])
def test_a_container_with_other_files_is_not_used(tmp_path: Path, odd: dict[str, object]) -> None:
    pair = Pair(tmp_path, [tarball(each).getvalue() for each in (BASE, UPPER)], **odd)  # type: ignore[arg-type]
    assert pair.thin.read("/app", 10, 20_000) == pair.whole.contents.read("/app", 10, 20_000)
    assert pair.saved_again == 1
    whole, thin = pair.both(["/usr/blocks", "/app"], SlimPlan())
    assert whole == thin
    assert "/app" not in pair.container.asked


def test_missing_bytes_are_read_from_the_image_saved_again(pair: Pair) -> None:
    start = (
        cast(Slice, pair.thin.image.layers[0].open()).offset + pair.thin.index["/usr/small"].start
    )
    known = pair.thin._sparse
    part = next(known._between(start, start + 1))
    known._parts.remove(part)
    known._parts.insert(0, part._replace(end=start))
    whole, thin = pair.both(["/usr/small"], SlimPlan())
    assert whole == thin
    assert pair.saved_again == 1


def test_without_a_container_the_image_is_saved_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> ReaderContainer:
        raise EngineError("no container can be made")

    monkeypatch.setattr(pair.thin, "_container", none)
    whole, thin = pair.both(["/app", "/usr/small"], SlimPlan())
    assert whole == thin
    assert pair.saved_again == 1


def test_the_whole_image_is_saved_once_more(pair: Pair) -> None:
    whole = pair.whole.whole(pair.folder / "a", SlimPlan())
    again = pair.thin.whole(pair.folder / "b", SlimPlan())
    assert (again.raw_config, again.raw_manifest) == (whole.raw_config, whole.raw_manifest)
    assert pair.saved_again == 1


def test_only_files_have_bytes(pair: Pair) -> None:
    for path in ("/usr", "/link", "/none"):
        with pytest.raises(UsageError, match="is not a file of the image"):
            pair.thin.read(path)


def test_a_layer_that_occurs_twice(tmp_path: Path) -> None:
    base, upper = (tarball(each).getvalue() for each in (BASE, UPPER))
    pair = Pair(tmp_path, [base, upper, base])
    assert pair.thin.index.layers == pair.whole.index.layers
    whole, thin = pair.both(["/usr/large", "/app", "/etc/gone"], SlimPlan())
    assert whole == thin


def test_old_archives_are_stored_completely(tmp_path: Path) -> None:
    layers = [tarball(each).getvalue() for each in (BASE, UPPER)]
    names = iter(["0/layer.tar", "1/layer.tar", "config.json", "-", "-", "manifest.json", "-"])
    data = archive(layers, lambda _: next(names))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        config = tar.extractfile("config.json")
        assert config is not None
        parts = {"config.json": config.read(), "0/layer.tar": layers[0], "1/layer.tar": layers[1]}
    manifest = {"Config": "config.json", "RepoTags": ["app:1"], "Layers": sorted(parts)[:2]}
    out = io.BytesIO()
    members = [*parts.items(), ("manifest.json", dump([manifest]))]
    write_tar(((name, data, len(data)) for name, data in members), out)
    pair = Pair(tmp_path, layers, data=out.getvalue())
    assert pair.kept > pair.bytes * 0.95
    whole, thin = pair.both(["/usr/large", "/app"], SlimPlan())
    assert whole == thin
    assert not pair.container.asked


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("chunk", [511, 512, 777, 4096, 32_768])
def test_every_header_is_known_wherever_the_stream_was_cut(
    tmp_path: Path, chunk: int, form: int
) -> None:
    lines = [f"f 0644 0:0 /first {text(0, 100_000)}"]
    for number in range(150):
        long = f"/{'n' * (number % 7 * 30 + 1)}{number}"
        size = (0, 100, 5000, 12_345)[number % 4]
        value = "" if form == tarfile.GNU_FORMAT else f"{{SCHILY.xattr.user.a={'v' * number * 5}}} "
        lines.append(f"f 0644 0:0 {value if number % 3 == 0 else ''}{long} {text(number, size)}")
        lines += [f"h {long}.link => {long}"] * (number % 5 == 0)
    pair = Pair(tmp_path, [tarball("\n".join(lines), tar_format=form).getvalue()], chunk)
    start = cast(Slice, pair.thin.image.layers[0].open()).offset
    known = pair.thin._sparse
    for entry in pair.thin.index.layers[0].entries:
        before = entry.end if entry.hardlink or entry.size <= 4096 else entry.data + 256
        assert not list(known.gaps(start + entry.start, start + before)), entry
    whole, thin = pair.both(pair.whole.index, SlimPlan())
    assert whole == thin
    assert pair.saved_again == 0


def test_a_hard_link_does_not_keep_the_bytes_before_it(tmp_path: Path) -> None:
    lines = [f"f 0644 0:0 /first {text(0, 10_000)}"]
    for number in range(20):
        lines += [f"f 0644 0:0 /{number} {text(number, 100_000)}", f"h /{number}.link => /first"]
    pair = Pair(tmp_path, [tarball("\n".join(lines)).getvalue()], 1 << 18)
    assert pair.kept < 100_000


def test_a_stream_that_ends_early_is_refused() -> None:
    data = archive([tarball(BASE).getvalue()])
    digest = hashlib.sha256(tarball(BASE).getvalue()).hexdigest()
    for end in (1000, *range(1100, len(data) - 1024, len(data) // 40), 1200, 1535):
        for chunk in (4096, len(data)):
            chunks = [data[at : min(end, at + chunk)] for at in range(0, end, chunk)]
            with pytest.raises(UsageError, match=r"at byte \d+"):
                stream_index.index_stream(
                    chunks, io.BytesIO(), [f"sha256:{digest}"], _none, (), "app:1"
                )


def test_it_does_not_wait_for_what_follows_the_end_of_the_archive() -> None:
    data = archive([tarball(BASE).getvalue()]).rstrip(b"\0")
    data += b"\0" * (512 - len(data) % 512) + b"\0" * 1024

    def chunks() -> Iterator[bytes]:
        yield data
        pytest.fail("the daemon is removing its copy")

    found, _ = stream_index.index_stream(chunks(), io.BytesIO(), [], _none, (), "app:1")
    assert found.seek(0, io.SEEK_END) == len(data)


def _none(_: int) -> tuple[tuple[int, int], ...]:
    return ()


FILES = st.lists(
    st.tuples(
        st.sampled_from(["/a", "/b", "/c/d", "/c/e", "/x" * 60, "/var/lib/dpkg/status"]),
        st.integers(0, 9000) | st.sampled_from([0, 512, 4096, 5120, 200_000]),
        st.sampled_from(["plain", "plain", "pax", "link"]),
    ),
    max_size=12,
)


def _layer(files: list[tuple[str, int, str]], seed: int) -> bytes:
    lines = [f"f 0644 0:0 /filler{seed} {text(seed, 400_000)}"]
    seen = {f"/filler{seed}"}
    for number, (path, size, how) in enumerate(files):
        if how == "link" and path not in seen:
            lines.append(f"h {path} => {sorted(seen)[number % len(seen)]}")
        else:
            pax = "{SCHILY.xattr.user.a=b} " if how == "pax" else ""
            lines.append(f"f 0644 0:0 {pax}{path} {text(seed + number, size)}")
        seen.add(path)
    return tarball("\n".join(lines)).getvalue()


@settings(derandomize=True, max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    layers=st.lists(FILES, min_size=1, max_size=3),
    chunk=st.sampled_from([777, 4096, 32_768, 1 << 20]),
    merge=st.booleans(),
    data=st.data(),
)
def test_whatever_the_layers(
    layers: list[list[tuple[str, int, str]]],
    chunk: int,
    merge: bool,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tars = [_layer(files, 100 * number) for number, files in enumerate(layers)]
    pair = Pair(tmp_path_factory.mktemp("images"), tars, chunk)
    assert pair.thin.index.layers == pair.whole.index.layers
    for path in pair.whole.index:
        if pair.whole.index[path].kind is Kind.FILE:
            assert pair.thin.read(path) == pair.whole.contents.read(path)
    for to in ("first", "second"):  # a second round writes other layers
        keep = data.draw(st.lists(st.sampled_from(list(pair.whole.index)), unique=True))
        plan = SlimPlan(layers="merge" if merge else "preserve")
        whole, thin = pair.both(keep, plan, to)
        assert whole == thin
    assert pair.saved_again == 0


def test_the_first_bytes_of_every_file_are_kept() -> None:
    assert keep_set_builder.HEAD <= stream_index.HEAD <= stream_index.SMALL
