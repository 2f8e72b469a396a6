"""The pairs of versions whose updates are measured, and what is said of them."""

from bench.updates import HEAD, PAIRS, Measured, Pair, figures, row

SCOPED = Pair("patch", "npm", ("@scope/name@1.0.0", "b@1.0"), ("@scope/name@1.0.1", "b@1.1"))


def test_a_pair_is_named_by_its_packages_and_both_versions() -> None:
    assert SCOPED.name == "@scope/name 1.0.0 → 1.0.1, b 1.0 → 1.1"


def test_every_architecture_has_pairs_of_python_and_node() -> None:
    there = {(pair.architecture, pair.source) for pair in PAIRS}
    for architecture in ("amd64", "arm64", "arm/v6"):
        assert {(architecture, "pypi"), (architecture, "npm")} <= there


def test_no_pair_is_there_twice() -> None:
    assert len({(pair.name, pair.architecture) for pair in PAIRS}) == len(PAIRS) >= 30


def test_the_speed_is_that_of_one_processor_for_the_new_layer() -> None:
    others = {"xdelta3": 40, "zstd": 50, "casync": 900, "zstd:chunked": 800}
    slow = Measured(10_000_000, 1000, {2: 44, 1: 45}, others, 2.0, 4.0)
    fast = Measured(30_000_000, 1000, {2: 20, 1: 21}, others, 1.0, 4.0)
    assert (
        "New layer in each second of one processor: 18 MB in the median, 5.0 MB to 30 MB; over "
        "all pairs 13.3 MB, by zstd 5.0 MB."
    ) in figures([(SCOPED, slow), (SCOPED, fast)])
    speeds = [row(SCOPED, each)[HEAD.index("MB/s")] for each in (slow, fast)]
    assert speeds == ["5.0", "30.0"]
