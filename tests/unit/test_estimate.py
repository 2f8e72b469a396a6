import gzip
import io
import random
import tarfile
from pathlib import Path

import pytest

from ci_slim.slim import estimate


def test_an_estimate_is_within_a_quarter_of_gzip_even_for_text() -> None:
    text = Path(tarfile.__file__).read_bytes() * 3
    found = estimate.compressed(io.BytesIO(text), len(text))
    pushed = len(gzip.compress(text, 6))
    assert pushed * 0.9 < found < pushed * 1.25


@pytest.mark.parametrize("megabytes", [3, 50, 61])
def test_large_layers_are_sampled_and_the_rest_is_like_the_sample(megabytes: int) -> None:
    piece = random.Random(1).randbytes(1 << 16) + bytes(1 << 16)
    tar = piece * 8 * megabytes + b"tail"
    found = estimate.compressed(io.BytesIO(tar), len(tar))
    assert 0.5 * len(tar) < found < 0.52 * len(tar)


def test_nothing_has_the_size_of_an_empty_stream() -> None:
    assert estimate.compressed(io.BytesIO(), 0) < 40
