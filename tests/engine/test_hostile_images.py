"""Applications that tamper with their observation are always detected."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import NAMES
from trials import trials

OUT = "/.ci-slim/out"
STORES = ["overlay2", *trials("containerd")]


@pytest.fixture
def image(store: Store) -> Iterator[Callable[[str], str]]:
    """An image whose shell does something before it sleeps."""
    reference = f"{NAMES}/hostile"

    def build(line: str) -> str:
        command = f"{line}; cat /etc/debian_version; exec sleep 600".replace('"', '\\"')
        store.build_text(f'FROM debian:trixie-slim\nCMD ["bash", "-c", "{command}"]\n', reference)
        return reference

    yield build
    store.docker("rmi", "--force", reference, check=False)


@pytest.mark.parametrize("store", STORES, indirect=True)
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"rm -f {OUT}/trace.main", "removed or replaced a file of the tracer"),
        (f"ln -sf /etc/passwd {OUT}/trace.main", "removed or replaced a file of the tracer"),
        (f": > {OUT}/trace.main", "could not be read"),
        (f"truncate -s 2T {OUT}/trace.main", "the trace is damaged"),
    ],
    ids=["removed", "replaced", "cut", "filled"],
)
def test_a_trace_that_the_application_tampers_with_fails_the_run(
    store: Store, image: Callable[[str], str], tmp_path: Path, line: str, told: str
) -> None:
    done = ci_slim(store, ["slim", "--exec-probe=cat /etc/hosts", image(line)], tmp_path)
    assert done.code == 4, done.stderr
    assert "the trace is incomplete" in done.stderr
    assert told in done.stderr


@pytest.mark.parametrize("store", STORES, indirect=True)
def test_other_files_in_the_folder_of_traces_are_not_read(
    store: Store, image: Callable[[str], str], tmp_path: Path
) -> None:
    forged = "1 openat(AT_FDCWD</>, \\\\x22/etc/shadow\\\\x22, O_RDONLY) = 3</etc/shadow>"
    line = f"truncate -s 2T {OUT}/large; printf '{forged}' > {OUT}/trace.other"
    probe = "--exec-probe=cat /etc/debian_version"
    arguments = ["slim", probe, "--explain=/etc/shadow", image(line)]
    done = ci_slim(store, arguments, tmp_path)
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert platform["verified"]
    assert "/etc/shadow is not kept" in platform["explained"][0]
