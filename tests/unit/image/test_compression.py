"""Tests gzip and zstd on all cores: correct, and the same bytes every time."""

import gzip
import hashlib
import random
import threading

import pytest
import zstandard

from ci_slim.image.compression import GzipMembers, ParallelZstd, Workers, compressor

MIB = 1 << 20


def squeezed(data: bytes, step: int, workers: int = 4) -> bytes:
    stream = GzipMembers(Workers(workers, workers))
    parts = [stream.compress(data[at : at + step]) for at in range(0, len(data), step)]
    return b"".join((*parts, stream.flush()))


def text(size: int) -> bytes:
    """Data that compresses to about a half, unlike noise or zeros."""
    return random.Random(7).randbytes(size // 2).hex().encode()[:size]


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 12 * MIB + 5])
def test_compressed_bytes_can_be_read_back(size: int) -> None:
    assert gzip.decompress(squeezed(text(size), 700_000)) == text(size)


def test_the_bytes_depend_only_on_the_data() -> None:
    data = text(5 * MIB)
    expected = squeezed(data, len(data))
    assert squeezed(data, 4096) == expected
    assert squeezed(data, 999_999, workers=1) == expected
    assert expected[:10] == bytes.fromhex("1f8b08000000000000ff")


def test_every_machine_gives_the_same_bytes() -> None:
    """An arm64 machine gave the same bytes. They may change with the version of libdeflate. Then
    devices must fetch everything again."""
    found = hashlib.sha256(squeezed(text(3 * MIB), MIB)).hexdigest()
    assert found == "be901330589716aaf4aad7ce6d3f902df1acea5468d83537b05435867648cc00"


def test_blocks_add_few_bytes() -> None:
    data = text(4 * MIB)
    assert len(squeezed(data, MIB)) < len(gzip.compress(data, 6)) * 1.001


def test_few_threads_compress_until_hurry_is_called() -> None:
    workers = Workers(few=1, all=3)
    inside, enough = threading.Semaphore(0), threading.Event()

    def work() -> None:
        with workers.turn():
            inside.release()
            enough.wait()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=60)
    assert not inside.acquire(timeout=0.05), "the others wait for their turn"
    workers.hurry()
    workers.hurry()
    assert inside.acquire(timeout=60)
    assert inside.acquire(timeout=60)
    assert not inside.acquire(timeout=0.05), "never more than all"
    enough.set()
    for thread in threads:
        thread.join()


def test_zstd_depends_only_on_the_data_and_is_smaller() -> None:
    data = text(MIB)

    def zstd(step: int, workers: int) -> bytes:
        stream = ParallelZstd(workers=workers)
        parts = [stream.compress(data[at : at + step]) for at in range(0, len(data), step)]
        return b"".join((*parts, stream.flush()))

    expected = zstd(len(data), 2)
    assert zstd(4096, 1) == expected
    assert zstd(99_999, 3) == expected
    read = zstandard.ZstdDecompressor().decompressobj().decompress(expected)
    assert read == data
    assert len(expected) < len(squeezed(data, MIB)) * 0.99


def test_a_compressor_names_its_kind() -> None:
    assert [compressor(kind, Workers(1, 1)).kind for kind in ("gzip", "zstd")] == ["gzip", "zstd"]
