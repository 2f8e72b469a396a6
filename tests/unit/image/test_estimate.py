import gzip
import io
import itertools
import random
import tarfile
from pathlib import Path

import pytest

from ci_slim.image import estimate


def test_an_estimate_is_near_gzip_even_for_text() -> None:
    text = Path(tarfile.__file__).read_bytes() * 3
    found = estimate.compressed(io.BytesIO(text), len(text))
    pushed = len(gzip.compress(text, 6))
    assert pushed * 0.95 < found < pushed * 1.05


@pytest.mark.parametrize("megabytes", [3, 50, 61])
def test_large_layers_are_sampled_and_the_rest_is_like_the_sample(megabytes: int) -> None:
    piece = random.Random(1).randbytes(1 << 16) + bytes(1 << 16)
    tar = piece * 8 * megabytes + b"tail"
    found = estimate.compressed(io.BytesIO(tar), len(tar))
    # A half that is random and one that is nothing: for gzip and igzip alike.
    assert 0.5 * len(tar) < found / (1 - estimate.EASE / 2) < 0.52 * len(tar)


def test_an_empty_tar_has_the_size_of_an_empty_stream() -> None:
    assert estimate.compressed(io.BytesIO(), 0) < 40


@pytest.mark.parametrize(
    ("megabytes", "share"), [(1, 1.0), (32, 1.0), (33, 0.25), (200, 0.25), (1000, 0.064)]
)
def test_how_much_of_a_layer_is_compressed(megabytes: int, share: float) -> None:
    size = megabytes * 1_048_576
    parts = list(estimate.pieces(size))
    assert sum(end - start for start, end in parts) / size == pytest.approx(share, rel=0.02)
    assert all(start < end <= size for start, end in parts)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(parts))
    assert size - parts[-1][1] < size / len(parts), "to the end of the layer"


def test_incompressible_bytes_keep_their_size() -> None:
    noise = random.Random(1).randbytes(3_000_000)
    assert estimate.compressed(io.BytesIO(noise), len(noise)) == pytest.approx(len(noise), rel=0.01)
